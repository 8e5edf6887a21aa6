package gauge

import (
	"math"
	"slices"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/roster"
)

// Member is what one instance reads in a group.
type Member struct {
	Name     string
	Value    float64 // not NaN
	Changed  int64   // when it last changed; 0: never seen to
	Silent   bool    // it lacks a part, so it has no vote
	Standing roster.Standing
	Double   int32 // members with the same number may be one process; 0: it is not suspected
}

// Members are the instances of a group, by name. Those that are in doubt are
// among them: they are in bounds, not in values.
type Members struct {
	List   []Member
	Unmet  int    // instances that were expected and never answered: in all bounds
	Leader string // the elected one
}

func exactly(x float64) promfold.Estimate { return promfold.Estimate{Value: x, Lo: x, Hi: x} }

// Combined returns the number of the fleet and, if it is that of one member, its
// name; false if there is none.
func (m *Members) Combined(c Combine) (x promfold.Estimate, who string, ok bool) {
	switch c {
	case Sum:
		x, ok = m.Sum()
	case Max:
		return m.Max()
	case Min:
		return m.Min()
	case Mean:
		x, ok = m.Mean()
	case Leader:
		for i := range m.List {
			if p := &m.List[i]; p.Name == m.Leader && p.Standing.Counts() && m.Leader != "" {
				return exactly(p.Value), p.Name, true
			}
		}
	case Consensus:
		a := m.Agreement()
		return promfold.Estimate{Value: a.Value, Lo: a.Least, Hi: a.Most}, a.Name, a.Of > 0
	}
	return x, who, ok
}

// Sum returns the sum; false if +Inf and −Inf are in it. Instances that never answered are taken to be below 0 only
// where others are. Of those that may be one process, one is in the bounds that are nearer to 0.
func (m *Members) Sum() (promfold.Estimate, bool) {
	var value, lo, hi exact.Sum
	n, negative := 0, false
	above, below := map[int32]float64{}, map[int32]float64{} // of those that may be one, the one that is most
	for i := range m.List {
		p := &m.List[i]
		negative = negative || p.Value < 0
		if p.Standing.Counts() {
			n++
			value.Add(p.Value)
		}
		sure := p.Standing == roster.Present
		switch {
		case sure && p.Double != 0 && p.Value > 0:
			above[p.Double] = max(above[p.Double], p.Value)
		case sure || p.Value < 0:
			lo.Add(p.Value)
		}
		switch {
		case sure && p.Double != 0 && p.Value < 0:
			below[p.Double] = min(below[p.Double], p.Value)
		case sure || p.Value > 0:
			hi.Add(p.Value)
		}
	}
	for _, x := range above {
		lo.Add(x)
	}
	for _, x := range below {
		hi.Add(x)
	}
	x := promfold.Estimate{Value: value.Near(), Lo: lo.Least(), Hi: hi.Most()}
	if n == 0 || math.IsNaN(x.Value) {
		return promfold.Estimate{}, false
	}
	if math.IsNaN(x.Lo) || m.Unmet > 0 && negative {
		x.Lo = math.Inf(-1)
	}
	if math.IsNaN(x.Hi) || m.Unmet > 0 {
		x.Hi = math.Inf(1)
	}
	return x, true
}

// Max returns the greatest value and whose it is; ties go to the first name.
func (m *Members) Max() (promfold.Estimate, string, bool) {
	x, who, ok := m.extreme(1)
	return x, who, ok
}

// Min returns the least value and whose it is; ties go to the first name.
func (m *Members) Min() (promfold.Estimate, string, bool) {
	x, who, ok := m.extreme(-1)
	return promfold.Estimate{Value: -x.Value, Lo: -x.Hi, Hi: -x.Lo}, who, ok
}

// extreme returns the greatest of the values times a sign.
func (m *Members) extreme(sign float64) (x promfold.Estimate, who string, ok bool) {
	sure, doubted, highest := math.Inf(-1), math.Inf(1), math.Inf(-1)
	known := false
	for i := range m.List {
		p := &m.List[i]
		v := sign * p.Value
		if p.Standing.Counts() && (!ok || v > x.Value) {
			x.Value, who, ok = v, p.Name, true
		}
		if p.Standing == roster.Present {
			known, sure = true, max(sure, v)
		} else {
			doubted = min(doubted, v)
		}
		highest = max(highest, v)
	}
	if !ok {
		return promfold.Estimate{}, "", false
	}
	if x.Lo, x.Hi = sure, highest; !known {
		x.Lo = doubted // any of them may be the only one
	}
	if m.Unmet > 0 {
		x.Hi = math.Inf(1)
	}
	return x, who, true
}

// Mean returns the mean; false if +Inf and −Inf are in it.
func (m *Members) Mean() (promfold.Estimate, bool) {
	var sum, sure exact.Sum
	var doubted []float64
	n, k := 0, 0
	for i := range m.List {
		p := &m.List[i]
		if p.Standing.Counts() {
			n++
			sum.Add(p.Value)
		}
		if p.Standing == roster.Present {
			k++
			sure.Add(p.Value)
		} else {
			doubted = append(doubted, p.Value)
		}
	}
	x := exactly(sum.Quo(float64(max(1, n))))
	if n == 0 || math.IsNaN(x.Value) {
		return promfold.Estimate{}, false
	}
	if len(doubted) > 0 {
		slices.Sort(doubted)
		x.Lo = min(x.Value, leastMean(sure.Least(), k, doubted))
		slices.Reverse(doubted)
		for i := range doubted {
			doubted[i] = -doubted[i]
		}
		x.Hi = max(x.Value, -leastMean(-sure.Most(), k, doubted))
	}
	if m.Unmet > 0 {
		x.Lo, x.Hi = math.Inf(-1), math.Inf(1)
	}
	return x, true
}

// leastMean returns the least mean of n values with a sum and of any of others,
// which are sorted.
func leastMean(sum float64, n int, others []float64) float64 {
	least := math.Inf(1)
	if n > 0 {
		least = sum / float64(n)
	}
	for _, x := range others {
		if next := sum + x; math.IsInf(sum, 1) || math.IsInf(x, 1) {
			sum = next
		} else {
			sum = exact.NotAbove(next)
		}
		n++
		least = min(least, sum/float64(n))
	}
	return least
}

// Stddev returns the standard deviation of the members that count, divided by
// their number; false if there is none, or a value is not finite.
func (m *Members) Stddev() (float64, bool) {
	mean, ok := m.Mean()
	if !ok || math.IsInf(mean.Value, 0) {
		return 0, false
	}
	widest, n := 0.0, 0
	for i := range m.List {
		if p := &m.List[i]; p.Standing.Counts() {
			n++
			widest = max(widest, math.Abs(p.Value-mean.Value))
		}
	}
	if widest == 0 || math.IsInf(widest, 0) || math.IsNaN(widest) {
		return 0, widest == 0
	}
	var squares exact.Sum // relative to the widest: a square may not be a number
	for i := range m.List {
		if p := &m.List[i]; p.Standing.Counts() {
			d := (p.Value - mean.Value) / widest
			squares.Add(d * d)
		}
	}
	return widest * math.Sqrt(squares.Float64()/float64(n)), true
}

// Agreement is on one truth that every instance repeats.
type Agreement struct {
	Value       float64
	Name        string  // of an instance that has the value; ties go to the first name
	Least, Most float64 // that instances say, those in doubt among them
	Agree, Of   int     // instances with this value, of those with a vote
}

// Agreement returns the one truth that every instance repeats, such as the
// number of objects in the store behind them: the value that changed last, since
// its instance read it last. If several changed then, or none did, it is the
// value that most of them have, then the larger one. Instances that read at
// different times normally disagree.
//
// A member that is silent or in doubt has no vote.
func (m *Members) Agreement() Agreement {
	a := Agreement{Least: math.Inf(1), Most: math.Inf(-1)}
	says := map[float64]int{}
	latest := int64(-1)
	for i := range m.List {
		p := &m.List[i]
		if p.Silent {
			continue
		}
		a.Least, a.Most = min(a.Least, p.Value), max(a.Most, p.Value)
		if p.Standing.Counts() {
			a.Of++
			says[p.Value]++
			latest = max(latest, p.Changed)
		}
	}
	if a.Of == 0 {
		return Agreement{}
	}
	for i := range m.List {
		p := &m.List[i]
		if p.Silent || !p.Standing.Counts() || p.Changed != latest {
			continue
		}
		if n := says[p.Value]; n > a.Agree || n == a.Agree && p.Value > a.Value {
			a.Value, a.Agree, a.Name = p.Value, n, p.Name
		}
	}
	return a
}
