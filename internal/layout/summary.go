package layout

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// SummaryQuantile is what one instance says its quantile of a level is.
type SummaryQuantile struct{ Level, Value float64 }

// Summary is the quantiles that one instance computed itself, over a window of its own. Its count and sum are counters
// and no part of this.
type Summary struct {
	Name      string
	Quantiles []SummaryQuantile // by increasing level; a value that is NaN says that there was nothing to observe

	// Window is how many observations the quantiles describe; 0: not known. It is not _count, which counts all of the
	// process' life, but what _count grew by in the summary's window (10 minutes with most clients).
	Window uint64
}

// SummaryError tells what keeps a summary from being one.
type SummaryError struct{ Name, Problem string }

func (e *SummaryError) Error() string {
	return fmt.Sprintf("histogram: summary of %q %s", e.Name, e.Problem)
}

func (s *Summary) check() error {
	last := SummaryQuantile{Level: -1, Value: math.Inf(-1)}
	for _, q := range s.Quantiles {
		switch {
		case !(q.Level >= 0 && q.Level <= 1):
			return &LevelError{q.Level}
		case q.Level <= last.Level:
			return &SummaryError{s.Name, fmt.Sprintf("has level %v after %v", q.Level, last.Level)}
		case math.IsNaN(q.Value):
			continue
		case q.Value < last.Value:
			return &SummaryError{s.Name, fmt.Sprintf("falls from %v to %v at level %v", last.Value, q.Value, q.Level)}
		}
		last = q
	}
	return nil
}

func (s *Summary) at(level float64) (value float64, ok bool) {
	for _, q := range s.Quantiles {
		if q.Level == level {
			return q.Value, !math.IsNaN(q.Value)
		}
	}
	return 0, false
}

// WorstSummary is the instance with the greatest quantile of a level, exactly as it said; of equals the one with the
// least name.
type WorstSummary struct {
	Name    string
	Value   float64
	Share   float64 // its part of the observations of all windows; 0 unless every window is known
	Members int     // how many have a value at this level
}

// WorstOfSummaries finds the worst instance. There is no answer if none has a value at this very level.
func WorstOfSummaries(level float64, summaries []Summary) (WorstSummary, bool, error) {
	if _, err := parseLevel(level); err != nil {
		return WorstSummary{}, false, err
	}
	var worst WorstSummary
	var total, window uint64
	known := true
	for i := range summaries {
		s := &summaries[i]
		if err := s.check(); err != nil {
			return WorstSummary{}, false, err
		}
		value, ok := s.at(level)
		if !ok {
			continue
		}
		total += s.Window
		known = known && s.Window > 0
		if worst.Members++; worst.Members == 1 || value > worst.Value || value == worst.Value && s.Name < worst.Name {
			worst.Name, worst.Value, window = s.Name, value, s.Window
		}
	}
	if known && total > 0 {
		worst.Share = float64(window) / float64(total)
	}
	return worst, worst.Members > 0, nil
}

// Interval is where a value lies, both ends included.
type Interval struct{ Lo, Hi float64 }

// MergedQuantile bounds the quantile of all summaries' observations together. It is an interval and no number: there is
// none to be had, and the mean of the quantiles is none.
//
// Where every summary with observations has a value at this level it lies between the least and the greatest of them,
// whatever their weights. Where all windows are known the ranks of the other levels' values bound it too. There is no
// answer if neither is the case. The interval holds as far as the summaries' values do, which clients compute to within
// an error of their own.
func MergedQuantile(level float64, summaries []Summary) (Interval, bool, error) {
	l, err := parseLevel(level)
	if err != nil {
		return Interval{}, false, err
	}
	between := Interval{math.Inf(1), math.Inf(-1)}
	everywhere, known, found := true, true, false
	for i := range summaries {
		s := &summaries[i]
		if err := s.check(); err != nil {
			return Interval{}, false, err
		}
		if !slices.ContainsFunc(s.Quantiles, func(q SummaryQuantile) bool { return !math.IsNaN(q.Value) }) {
			continue
		}
		found = true
		v, ok := s.at(level)
		if everywhere = everywhere && ok; ok {
			between = Interval{min(between.Lo, v), max(between.Hi, v)}
		}
		known = known && s.Window > 0
	}
	if !everywhere {
		between = Interval{math.Inf(-1), math.Inf(1)}
	}
	if known && found {
		ranks := rankEnvelope(l, summaries)
		between = Interval{max(between.Lo, ranks.Lo), min(between.Hi, ranks.Hi)}
	}
	// Values that are off by their clients' error can contradict each other.
	return between, found && (everywhere || known) && between.Lo <= between.Hi, nil
}

// weighted is a number of observations that lie at a bound or beyond it.
type weighted struct {
	bound float64
	n     uint64
}

// rankEnvelope bounds the order statistic of rank ⌈qN⌉ by its rank among the lower and among the upper ends of what is
// known of each observation: that of rank ⌈φn⌉ is the value at φ, those of ranks in between lie between the values.
func rankEnvelope(l level, summaries []Summary) Interval {
	var lower, upper []weighted
	var total uint64
	for i := range summaries {
		s := &summaries[i]
		rank, value := uint64(0), math.Inf(-1)
		for _, q := range s.Quantiles {
			if math.IsNaN(q.Value) {
				continue
			}
			at, _ := parseLevel(q.Level)
			if r := max(1, at.times(s.Window)); r > rank {
				lower = append(lower, weighted{value, r - rank - 1}, weighted{q.Value, 1})
				upper = append(upper, weighted{q.Value, r - rank})
				rank = r
			}
			value = q.Value
		}
		if rank > 0 {
			lower = append(lower, weighted{value, s.Window - rank})
			upper = append(upper, weighted{math.Inf(1), s.Window - rank})
			total += s.Window
		}
	}
	r := max(1, l.times(total))
	return Interval{boundOfRank(lower, r), boundOfRank(upper, r)}
}

func boundOfRank(bounds []weighted, r uint64) float64 {
	slices.SortFunc(bounds, func(a, b weighted) int { return cmp.Compare(a.bound, b.bound) })
	var n uint64
	for _, b := range bounds {
		if n += b.n; n >= r {
			return b.bound
		}
	}
	return math.Inf(1)
}
