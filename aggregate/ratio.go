package aggregate

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// RatioView answers how two counters relate, over the same steps of the same
// instances: errors to requests, hits to look-ups.
type RatioView struct{ num, den *view }

// Ratio declares the ratio of two views of one fleet that group alike.
func Ratio(numerator, denominator *CounterView) (*RatioView, error) {
	n, d := numerator.view, denominator.view
	switch {
	case n.fleet != d.fleet:
		return nil, fmt.Errorf("%w: a ratio of two fleets", errView)
	case !slices.Equal(n.By, d.By) || !slices.Equal(n.Without, d.Without):
		return nil, fmt.Errorf("%w: a ratio of views that group differently", errView)
	}
	return &RatioView{n, d}, nil
}

// RatioGroup is one group's answer.
type RatioGroup struct {
	Group
	num, den *CounterGroup
	members  []RatioMember
}

// RatioMember is one instance's part: both of its increases, over one span.
type RatioMember struct {
	Instance               string
	Numerator, Denominator Answer
	Covers                 time.Duration
}

// At answers as [CounterView.At] does, for the groups of the denominator. A
// member that has no series of the numerator counts as 0 there.
func (v *RatioView) At(now time.Time, window time.Duration, conditions ...Condition) ([]*RatioGroup, error) {
	v.num.fleet.mu.ask()
	defer v.num.fleet.mu.Unlock()
	qn, errN := v.num.fleet.ask(v.num, now, window, conditions)
	qd, errD := v.den.fleet.ask(v.den, now, window, conditions)
	if err := errors.Join(errN, errD); err != nil {
		return nil, err
	}
	nums, dens := sameSteps(&qn, &qd)
	numerators := map[string]*CounterGroup{}
	for _, g := range qn.counters(nums) {
		numerators[string(g.Labels.Bytes(nil))] = g
	}
	var list []*RatioGroup
	for _, den := range qd.counters(dens) {
		num := numerators[string(den.Labels.Bytes(nil))]
		if num == nil {
			num = qn.nothing(den.Group)
		}
		g := &RatioGroup{Group: den.Group, num: num, den: den}
		g.about = &noted{qd.coverage, slices.Compact(slices.Sorted(slices.Values(slices.Concat(num.Warnings(), den.Warnings()))))}
		g.pair()
		list = append(list, g)
	}
	return list, nil
}

// nothing is the answer for a group that no instance has anything in.
func (q *question) nothing(g Group) *CounterGroup {
	p := &plan{groups: []final{{labels: g.Labels}}, from: make([]int32, 2)}
	num := &CounterGroup{Group: g, answer: &answer{asked: q.asked(), tally: &tally{plan: p}}}
	num.about = num
	return num
}

// sameSteps are the shares of both views, each pair beginning at one
// checkpoint: where one view was declared later, at its first one.
func sameSteps(qn, qd *question) (nums, dens []share) {
	for _, in := range qd.f.ordered {
		if !qd.f.counts(in, qd.e) {
			continue
		}
		var n, d share
		if !qn.share(&n, in, in.bindings[qn.v.index]) || !qd.share(&d, in, in.bindings[qd.v.index]) {
			continue
		}
		if n.since != d.since {
			from := max(n.from, d.from, n.b.Since, d.b.Since)
			if from >= in.history.N {
				continue // no step in common yet
			}
			qn.shareFrom(&n, in, n.b, from)
			qd.shareFrom(&d, in, d.b, from)
		}
		nums, dens = append(nums, n), append(dens, d)
	}
	return nums, dens
}

// pair joins the members of both sides; both stand by name.
func (g *RatioGroup) pair() {
	nums := g.num.Members()
	for _, d := range g.den.Members() {
		m := RatioMember{Instance: d.Instance, Denominator: d.Increase, Covers: d.Covers}
		for len(nums) > 0 && nums[0].Instance < d.Instance {
			nums = nums[1:]
		}
		if len(nums) > 0 && nums[0].Instance == d.Instance {
			m.Numerator = nums[0].Increase
		}
		g.members = append(g.members, m)
	}
}

// Members are the instances behind the answer, by name.
func (g *RatioGroup) Members() []RatioMember { return g.members }

// Ratio is the fleet's: all of the numerator to all of the denominator. Where
// the denominator did not grow there is none.
func (g *RatioGroup) Ratio() (Answer, bool) {
	n, _ := g.num.Increase() // without a series of it: 0
	d, ok := g.den.Increase()
	if !ok {
		return Answer{}, false
	}
	return quotient(n, d)
}

// Ratio is the member's own.
func (m RatioMember) Ratio() (Answer, bool) { return quotient(m.Numerator, m.Denominator) }

// Max is the member with the greatest ratio, which the fleet's hides; of
// equals the first by name.
func (g *RatioGroup) Max() (RatioMember, bool) {
	i := hottest(g.members,
		func(a, b RatioMember) int {
			x, _ := a.Ratio()
			y, _ := b.Ratio()
			return cmp.Compare(x.Value, y.Value)
		},
		func(m RatioMember) bool { return m.Denominator.Value > 0 })
	if i < 0 {
		return RatioMember{}, false
	}
	return g.members[i], true
}

// quotient of two intervals: the numerator may be anything in its own while
// the denominator is anything in its own.
func quotient(n, d Answer) (Answer, bool) {
	if !(d.Value > 0) {
		return Answer{}, false
	}
	a := Answer{Value: n.Value / d.Value, Lo: n.Lo / d.Hi, Hi: n.Hi / d.Lo}
	if math.IsNaN(a.Lo) {
		a.Lo = 0
	}
	if math.IsNaN(a.Hi) || d.Lo == 0 {
		a.Hi = math.Inf(1)
	}
	return a, true
}
