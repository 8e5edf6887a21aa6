package layout

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// SummaryQuantile is what an instance says its quantile of a level is.
type SummaryQuantile struct{ Level, Value float64 }

// Summary is the quantiles that one instance computed itself. They are neither averaged nor added. The bounds that
// follow from them hold as far as the values do, which clients compute to within an error of their own.
type Summary struct {
	Quantiles []SummaryQuantile // by ascending level; a value of NaN says that nothing was observed
	Count     float64           // observations
	Sum       float64           // of the observations, NaN if unknown
	Signed    bool              // observations may be negative although every quantile is positive

	// Described says that the quantiles describe exactly the Count observations, so that their ranks bound those of a
	// merged quantile. Otherwise they describe another window, such as the client's last ten minutes, and Count weighs
	// only the estimate. A merged quantile then lies between the least and the greatest of its parts' quantiles,
	// whatever their weights.
	Described bool
}

// check returns an error that names what keeps s from being a summary.
func (s *Summary) check() error {
	if !isCount(s.Count) {
		return fmt.Errorf("count %v is not a number of observations", s.Count)
	}
	last := SummaryQuantile{Level: -1, Value: math.Inf(-1)}
	for _, q := range s.Quantiles {
		switch {
		case !(q.Level >= 0 && q.Level <= 1):
			return fmt.Errorf("quantile level %v is not in [0, 1]", q.Level)
		case q.Level <= last.Level:
			return fmt.Errorf("quantile level %v stands after %v", q.Level, last.Level)
		case math.IsNaN(q.Value):
			continue
		case q.Value < last.Value:
			return fmt.Errorf("quantile %v is %v, less than %v at level %v", q.Level, q.Value, last.Value, last.Level)
		}
		last = q
	}
	return nil
}

// known returns a copy of s with the finite quantiles alone.
func (s *Summary) known() Summary {
	k := *s
	k.Quantiles = slices.DeleteFunc(slices.Clone(s.Quantiles), func(q SummaryQuantile) bool { return q.Value-q.Value != 0 })
	k.Signed = s.Signed || len(k.Quantiles) > 0 && k.Quantiles[0].Value <= 0
	k.Described = s.Described || len(k.Quantiles) == 0 // nothing is said that could be of another window
	return k
}

// compareSummaries orders known summaries, so that a distribution has them in one order however they came together.
func compareSummaries(a, b Summary) int {
	if c := cmp.Or(cmp.Compare(a.Count, b.Count), compareBool(a.Signed, b.Signed), compareBool(a.Described, b.Described)); c != 0 {
		return c
	}
	return slices.CompareFunc(a.Quantiles, b.Quantiles, func(a, b SummaryQuantile) int {
		return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.Value, b.Value))
	})
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

func (s *Summary) floor() float64 {
	if s.Signed {
		return math.Inf(-1)
	}
	return 0
}

// quantile bounds the q-quantile of the summary alone.
func (s *Summary) quantile(q float64) (lo, hi float64) {
	lo = s.floor()
	for _, k := range s.Quantiles {
		if k.Level <= q {
			lo = k.Value
		}
		if k.Level >= q {
			return lo, k.Value
		}
	}
	return lo, math.Inf(1)
}

// upTo bounds the share of the summary's observations up to x.
func (s *Summary) upTo(x float64) (lo, hi float64) {
	switch {
	case math.IsInf(x, 1):
		return 1, 1
	case math.IsInf(x, -1) || x < s.floor():
		return 0, 0
	}
	for _, k := range s.Quantiles {
		if k.Value > x {
			return lo, k.Level
		}
		lo = k.Level
	}
	return lo, 1
}

// share bounds the share of the summary's observations in (lower, upper].
func (s *Summary) share(lower, upper float64) (lo, hi float64) {
	l, m := s.upTo(lower)
	lo, hi = s.upTo(upper)
	return max(0, lo-m), hi - l
}

// appendTo appends the cells of a summary to x. The observation of rank max(1, ⌈φn⌉) is the value at level φ, those of
// ranks in between lie between the values. If n is not integral, a part φ of it lies up to the value.
func (s *Summary) appendTo(x *envelope) {
	first, integral := len(x.cells), isInteger(s.Count)
	at := cell{lower: math.Inf(-1), shape: unbounded}
	if !s.Signed {
		at.lower, at.shape = before(0), floored
	}
	put := func(upper, n float64) {
		if n > at.before {
			at.upper, at.after = upper, n
			x.add(at)
			at.before = n
		}
	}
	for _, q := range s.Quantiles {
		l, _ := levelOf(q.Level)
		n := l.rank(s.Count, integral)
		if integral {
			put(q.Value, n-1)
		} else {
			put(q.Value, n)
		}
		at = cell{lower: before(q.Value), shape: closed, before: at.before}
		put(q.Value, n)
	}
	put(math.Inf(1), s.Count)
	x.addRow(first)
}
