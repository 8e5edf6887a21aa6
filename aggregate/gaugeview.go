package aggregate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/promfold/promfold/internal/exact"
)

// GaugeView answers what a gauge reads now. What the number of a fleet is
// depends on what the gauge means; a rate it has none.
type GaugeView struct{ *view }

// GaugeGroup is one group's answer, of the instances that are alive.
type GaugeGroup struct {
	Group
	members []GaugeMember
}

// GaugeMember is one instance's part in a group.
type GaugeMember struct {
	Instance string
	Value    float64       // the sum of its series in the group
	Series   int           // how many those are; NaN ones are left out
	Age      time.Duration // since it was read

	fact    float64 // the same without sentinels
	votes   int     // how many series that are none
	changed int64   // when one of them last changed; 0: never seen to
}

// At answers for a time not before the last scrape ([ErrPast]): a group for
// each set of labels, sorted. Instances that are stale or gone are not in it.
func (v *GaugeView) At(now time.Time, conditions ...Condition) ([]*GaugeGroup, error) {
	v.fleet.mu.Lock()
	defer v.fleet.mu.Unlock()
	q, err := v.fleet.ask(v.view, now, All, conditions)
	if err != nil {
		return nil, err
	}
	byKey := map[string]*GaugeGroup{}
	nans := map[*GaugeGroup]map[string]int{}
	for _, in := range v.fleet.ordered {
		if !v.fleet.live(in, q.e) || !v.fleet.counts(in, q.e) {
			continue
		}
		b := in.bindings[v.index]
		for c, sums := range v.read(in, b) {
			if sums.lines == 0 {
				continue
			}
			ls := b.route.labelsOf(b.cols[c].group, in.labels)
			key := string(ls.Bytes(nil))
			g, ok := byKey[key]
			if !ok {
				g = &GaugeGroup{Group: Group{Labels: ls, Coverage: q.coverage}}
				byKey[key], nans[g] = g, map[string]int{}
			}
			if sums.nans > 0 {
				nans[g][in.name] = sums.nans
			}
			if sums.lines > sums.nans {
				g.members = append(g.members, sums.member(in, b.changed[c], q.e))
			}
		}
	}
	list := sortGroups(byKey, func(g *GaugeGroup) *Group { return &g.Group })
	identities := q.identities()
	for _, g := range list {
		g.Warnings = slices.Concat(nanWarnings(nans[g]), identities, q.partials(g.Labels))
	}
	return list, nil
}

// columnSum is what an instance reads in one column, added anew each time:
// sums that are carried on drift.
type columnSum struct {
	all, fact          exact.Sum
	lines, nans, votes int
}

func (v *GaugeView) read(in *instance, b *binding) []columnSum {
	sums := make([]columnSum, len(b.cols))
	for _, e := range b.entries {
		x, s := in.cols.Value(int(e.pos)), &sums[e.ref]
		s.lines++
		if math.IsNaN(x) {
			s.nans++
			continue
		}
		x += 0 // −0 is 0
		s.all.Add(x)
		if !slices.Contains(v.Sentinels, x) {
			s.fact.Add(x)
			s.votes++
		}
	}
	return sums
}

func (s *columnSum) member(in *instance, changed, e int64) GaugeMember {
	return GaugeMember{
		Instance: in.name, Value: s.all.Float64(), Series: s.lines - s.nans,
		Age:  time.Duration(e-in.last) * time.Millisecond,
		fact: s.fact.Float64(), votes: s.votes, changed: changed,
	}
}

func nanWarnings(nans map[string]int) []string {
	var list []string
	for name, n := range nans {
		list = append(list, fmt.Sprintf("%d series NaN, left out: %s", n, name))
	}
	slices.Sort(list)
	return list
}

// Members are the instances behind the answer, by name.
func (g *GaugeGroup) Members() []GaugeMember { return g.members }

// Sum is right for what each instance has a share of.
func (g *GaugeGroup) Sum() (float64, bool) {
	var s exact.Sum
	for _, m := range g.members {
		s.Add(m.Value)
	}
	x := s.Float64() // +Inf and −Inf have no sum
	return x, len(g.members) > 0 && !math.IsNaN(x)
}

// Mean is the mean of the instances' values.
func (g *GaugeGroup) Mean() (float64, bool) {
	sum, ok := g.Sum()
	return sum / float64(max(1, len(g.members))), ok
}

// Max is the instance with the largest value; of equals the first by name.
func (g *GaugeGroup) Max() (GaugeMember, bool) { return g.extreme(1) }

// Min is the instance with the smallest value; of equals the first by name.
func (g *GaugeGroup) Min() (GaugeMember, bool) { return g.extreme(-1) }

func (g *GaugeGroup) extreme(sign int) (GaugeMember, bool) {
	i := hottest(g.members,
		func(a, b GaugeMember) int { return sign * cmp.Compare(a.Value, b.Value) },
		func(GaugeMember) bool { return true })
	if i < 0 {
		return GaugeMember{}, false
	}
	return g.members[i], true
}

// FactAnswer is one truth that every instance repeats.
type FactAnswer struct {
	Value    float64
	Min, Max float64 // of what the instances say
	Agree    int     // how many say Value
	Of       int     // of how many that say something
}

// Fact is right for what every instance repeats, such as the number of objects
// in the store behind them: the value of the instance whose value changed
// last, since that one looked last; where several did, or none, the one most
// of them say, then the larger. Sentinels have no vote.
func (g *GaugeGroup) Fact() (FactAnswer, bool) {
	a := FactAnswer{Min: math.Inf(1), Max: math.Inf(-1)}
	says := map[float64]int{}
	latest := int64(-1)
	for _, m := range g.members {
		if m.votes == 0 {
			continue
		}
		a.Of++
		says[m.fact]++
		a.Min, a.Max = min(a.Min, m.fact), max(a.Max, m.fact)
		latest = max(latest, m.changed)
	}
	if a.Of == 0 {
		return FactAnswer{}, false
	}
	for _, m := range g.members {
		if m.votes == 0 || m.changed != latest {
			continue
		}
		if n := says[m.fact]; n > a.Agree || n == a.Agree && m.fact > a.Value {
			a.Value, a.Agree = m.fact, n
		}
	}
	return a, true
}
