package aggregate

import (
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/internal/tally"
)

// RatioView answers how two counters relate, over the same steps of the same instances.
type RatioView struct{ num, den *view }

// isPart reports whether all that the numerator counts is in the denominator.
func (v *RatioView) isPart() bool { return v.num.selection.Within(&v.den.selection) }

func (v *RatioView) kept() *view {
	if v == nil {
		return nil
	}
	return v.den
}

// In returns the groups of the denominator in a window. A member without a series of the numerator counts as 0 there.
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
	nums, dens, err := sameSteps(&qn, qd)
	if err != nil {
		return nil, err
	}
	numerators := map[string]*CounterGroup{}
	known := slices.ContainsFunc(nums, func(sh tally.Share) bool { return qd.states[sh.Key].in.exposes(v.num) })
	for _, g := range countersOf(&qn, nums) {
		numerators[string(g.labels.Bytes(nil))] = g
	}
	var list []*RatioGroup
	for _, den := range countersOf(qd, dens) {
		num := numerators[string(den.labels.Bytes(nil))]
		if num == nil {
			num = nothingOf(&qn, den.labels)
		}
		list = append(list, &RatioGroup{num, den, v.isPart(), known})
	}
	return list, nil
}

// One returns the only group.
func (v *RatioView) One(w Window) (*RatioGroup, error) {
	return only(v.kept(), w, v.In)
}

// sameSteps returns the shares of both views, each pair beginning at the same checkpoint: if one view was declared
// later, at its first one.
func sameSteps(qn, qd *question) (nums, dens []tally.Share, err error) {
	for i := range qd.states {
		var n, d tally.Share
		hasN, errN := qn.share(&n, i)
		hasD, errD := qd.share(&d, i)
		switch {
		case errN != nil:
			return nil, nil, errN
		case errD != nil:
			return nil, nil, errD
		case !hasN || !hasD:
			continue
		}
		if a, b := n.Edge.Most.At, d.Edge.Most.At; a != b {
			s := max(a, b)
			if s >= qd.states[i].in.Last {
				continue // no step in common yet
			}
			for _, x := range []struct {
				q  *question
				sh *tally.Share
			}{{qn, &n}, {qd, &d}} {
				later := *x.q
				later.s, later.all = s, false
				if _, err := later.share(x.sh, i); err != nil {
					return nil, nil, err
				}
			}
		}
		nums, dens = append(nums, n), append(dens, d)
	}
	return nums, dens, nil
}

// RatioGroup is one group's answer.
type RatioGroup struct {
	num, den *CounterGroup
	isPart   bool // what the numerator counts is in the denominator
	known    bool // some member ever had the numerator's metric
}

// Labels implements [Group].
func (g *RatioGroup) Labels() labels.Labels { return g.Denominator().Labels() }

// Coverage implements [Group].
func (g *RatioGroup) Coverage() Coverage { return g.Denominator().Coverage() }

// Warnings implements [Group].
func (g *RatioGroup) Warnings() []string {
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(g.Numerator().Warnings(), g.Denominator().Warnings()))))
}

// Ratio returns all of the numerator to all of the denominator; false if that did not grow, or nobody had the numerator's
// metric. A part's bounds assume what a rate's do.
func (g *RatioGroup) Ratio() (promfold.Estimate, bool) {
	if !g.known {
		return estimate{}, false
	}
	return g.Denominator().growth.Ratio(g.Numerator().growth, g.isPart)
}

// Max returns the member with the greatest ratio; ties go to the first name.
func (g *RatioGroup) Max() (Member, bool) { return memberOf(tally.Greatest(g.ratios())) }

// Members returns the members and their ratios, by name: those whose denominator grew.
func (g *RatioGroup) Members() []Member { return membersOf(g.ratios()) }

func (g *RatioGroup) ratios() []tally.Member {
	if !g.known {
		return nil
	}
	return g.Denominator().growth.Ratios(g.Numerator().growth, g.isPart)
}

// Numerator returns the numerator's answer.
func (g *RatioGroup) Numerator() *CounterGroup { return orNone(g.num) }

// Denominator returns the denominator's answer.
func (g *RatioGroup) Denominator() *CounterGroup { return orNone(g.den) }
