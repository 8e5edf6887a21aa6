package aggregate

import (
	"math"
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold"
)

// RatioView answers how two counters relate, over the same steps of the same
// instances.
type RatioView struct{ num, den *view }

func (v *RatioView) kept() *view {
	if v == nil {
		return nil
	}
	return v.den
}

// In returns the groups of the denominator in a window. A member without a
// series of the numerator counts as 0 there.
func (v *RatioView) In(w Window) ([]*RatioGroup, error) {
	qd, err := w.ask(v.kept())
	if err != nil {
		return nil, err
	}
	defer qd.close()
	qn := *qd
	if qn.v, err = v.num, qn.checkWindow(w, v.num); err != nil {
		return nil, err
	}
	defer func() { clear(v.num.scratch) }()
	nums, dens, err := sameSteps(&qn, qd)
	if err != nil {
		return nil, err
	}
	numerators := map[string]*CounterGroup{}
	for _, g := range countersOf(&qn, nums) {
		numerators[string(g.labels.Bytes(nil))] = g
	}
	var list []*RatioGroup
	for _, den := range countersOf(qd, dens) {
		num := numerators[string(den.labels.Bytes(nil))]
		if num == nil {
			num = nothingOf(&qn, den.labels)
		}
		list = append(list, &RatioGroup{num: num, den: den})
	}
	return list, nil
}

// One returns the only group.
func (v *RatioView) One(w Window) (*RatioGroup, error) {
	if err := v.kept().checkSingle(); err != nil {
		return nil, err
	}
	return only(v.In(w))
}

// sameSteps returns the shares of both views, each pair beginning at the same
// checkpoint: if one view was declared later, at its first one.
func sameSteps(qn, qd *question) (nums, dens []share, err error) {
	for i := range qd.states {
		x := &qd.states[i]
		in := x.in
		var n, d share
		hasN, errN := qn.share(&n, x, in.bindings[qn.v.index])
		hasD, errD := qd.share(&d, x, in.bindings[qd.v.index])
		switch {
		case errN != nil:
			return nil, nil, errN
		case errD != nil:
			return nil, nil, errD
		case !hasN || !hasD:
			continue
		}
		if n.since != d.since {
			s := max(n.since, d.since)
			if s >= in.last {
				continue // no step in common yet
			}
			later := *qd
			later.s, later.all = s, false
			for _, sh := range []*share{&n, &d} {
				if _, err := later.share(sh, x, sh.b); err != nil {
					return nil, nil, err
				}
			}
		}
		nums, dens = append(nums, n), append(dens, d)
	}
	return nums, dens, nil
}

// RatioGroup is one group's answer.
type RatioGroup struct{ num, den *CounterGroup }

// Labels implements [Group].
func (g *RatioGroup) Labels() labels.Labels { return g.Denominator().Labels() }

// Coverage implements [Group].
func (g *RatioGroup) Coverage() Coverage { return g.Denominator().Coverage() }

// Warnings implements [Group].
func (g *RatioGroup) Warnings() []string {
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(g.Numerator().Warnings(), g.Denominator().Warnings()))))
}

// Ratio returns all of the numerator to all of the denominator; false if the
// denominator did not grow.
func (g *RatioGroup) Ratio() (promfold.Estimate, bool) {
	n, _ := g.Numerator().Increase() // 0 without a series
	d, ok := g.Denominator().Increase()
	if !ok {
		return estimate{}, false
	}
	return quotient(n, d)
}

// Max returns the member with the greatest ratio; ties go to the first name.
func (g *RatioGroup) Max() (Member, bool) { return greatest(g.Members(), Member.value) }

// Members returns the members and their ratios, by name: those whose
// denominator grew.
func (g *RatioGroup) Members() []Member {
	var list []Member
	nums := g.Numerator().Increases()
	for _, m := range g.Denominator().Increases() {
		for len(nums) > 0 && nums[0].Instance < m.Instance {
			nums = nums[1:]
		}
		n := estimate{}
		if len(nums) > 0 && nums[0].Instance == m.Instance {
			n = nums[0].Estimate
		}
		own, ok := quotient(n, m.Estimate)
		if m.Estimate, m.Share = own, 0; ok {
			list = append(list, m)
		}
	}
	return list
}

// Numerator returns the numerator's answer.
func (g *RatioGroup) Numerator() *CounterGroup { return orNone(g.num) }

// Denominator returns the denominator's answer.
func (g *RatioGroup) Denominator() *CounterGroup { return orNone(g.den) }

// quotient returns the quotient of two intervals, each of which may be anywhere
// inside its own.
func quotient(n, d estimate) (estimate, bool) {
	if !(d.Value > 0) {
		return estimate{}, false
	}
	a := estimate{Value: n.Value / d.Value, Lo: n.Lo / d.Hi, Hi: n.Hi / d.Lo}
	if math.IsNaN(a.Lo) {
		a.Lo = 0
	}
	if math.IsNaN(a.Hi) || d.Lo == 0 {
		a.Hi = math.Inf(1)
	}
	return a, true
}
