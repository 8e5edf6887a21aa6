package aggregate

import (
	"cmp"
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/exact"
)

// GaugeRatioView answers how far something is used up that each instance has
// of its own: seats, quotas, file descriptors. The ratio is taken inside each
// instance, within one scrape. That of two maxima, or of two sums, is nobody's:
// it shows 33 % or 50 % where one of two instances is at 98 %.
type GaugeRatioView struct{ num, den *view }

// GaugeRatio declares the ratio of two views of one fleet. Of each instance,
// each series of the denominator is matched with the sum of the numerator's
// series that have its labels, whatever others they have. The groups are the
// denominator's.
func GaugeRatio(numerator, denominator *GaugeView) (*GaugeRatioView, error) {
	if numerator.fleet != denominator.fleet {
		return nil, fmt.Errorf("%w: a ratio of two fleets", errView)
	}
	return &GaugeRatioView{numerator.view, denominator.view}, nil
}

// GaugeRatioGroup is one group's answer, of the instances that are alive.
type GaugeRatioGroup struct {
	Group
	members []GaugeRatioMember
}

// GaugeRatioMember is one match inside one instance.
type GaugeRatioMember struct {
	Instance               string
	Labels                 labels.Labels // the denominator's series'
	Numerator, Denominator float64
	Ratio                  float64
}

// At answers as [GaugeView.At] does. Left out and named in the warnings are
// denominators that are missing, NaN, 0 or less, and what has no numerator
// because the instance does not expose it; where it does, but not for this
// match, the numerator is 0.
func (v *GaugeRatioView) At(now time.Time, conditions ...Condition) ([]*GaugeRatioGroup, error) {
	f := v.num.fleet
	f.mu.ask()
	defer f.mu.Unlock()
	q, err := f.ask(v.den, now, All, conditions)
	if err != nil {
		return nil, err
	}
	byKey := map[string]*GaugeRatioGroup{}
	all := exclusions{} // what is of no group
	said := map[*GaugeRatioGroup]exclusions{}
	for in, den := range q.present() {
		num := in.bindings[v.num.index]
		for _, r := range matchInside(f, in, num, den, all) {
			ls := den.labelsOf(int(r.col))
			key := string(ls.Bytes(nil))
			g, ok := byKey[key]
			if !ok {
				g = &GaugeRatioGroup{Group: Group{Labels: ls}}
				byKey[key], said[g] = g, exclusions{}
			}
			if why := r.refusal(in.exposes(v.num), v.den.Sentinels); why != "" {
				said[g].add(why, in.name, 1)
				continue
			}
			g.members = append(g.members, r.member(in))
		}
	}
	list := sortGroups(byKey, func(g *GaugeRatioGroup) *Group { return &g.Group })
	if len(list) == 0 && len(all) > 0 {
		list = append(list, &GaugeRatioGroup{})
	}
	identities, partials := q.identities(), q.partials()
	for _, g := range list {
		g.about = &noted{q.coverage, slices.Concat(said[g].words(), all.words(), identities, partials.words(q.v, g.Labels))}
		slices.SortFunc(g.members, func(a, b GaugeRatioMember) int {
			return cmp.Or(cmp.Compare(a.Instance, b.Instance), labels.Compare(a.Labels, b.Labels))
		})
	}
	return list, nil
}

// Why a match is left out.
const (
	noDenominator  = "%d series of the numerator without a denominator, left out"
	noNumerator    = "%d series without a numerator, left out"
	badNumerator   = "%d numerators not known, left out"
	badDenominator = "%d denominators not above 0, or not known, left out"
)

// inside is one match: a series of the denominator, and what stands above it.
type inside struct {
	labels labels.Labels
	col    uint32
	num    exact.Sum
	den    float64
}

// matchInside matches the series of one instance.
func matchInside(f *Fleet, in *instance, num, den *binding, said exclusions) []*inside {
	var list []*inside
	byLabels := map[string]*inside{}
	names := map[string][]string{} // the sets of names that denominators have
	for _, e := range in.plan.Gauges(den.view.index) {
		ls := seriesLabels(f.store.Line(in.cols.ID(int(e.Pos))).Labels)
		r := &inside{labels: ls, col: e.Col, den: in.cols.Value(int(e.Pos))}
		list = append(list, r)
		byLabels[string(ls.Bytes(nil))] = r
		set := namesOf(ls)
		names[fmt.Sprintf("%q", set)] = set
	}
	for _, e := range in.plan.Gauges(num.view.index) {
		ls := f.store.Line(in.cols.ID(int(e.Pos))).Labels
		x, matched := in.cols.Value(int(e.Pos))+0, false
		if slices.Contains(num.view.Sentinels, x) {
			x = math.NaN()
		}
		for r := range matches(ls, names, byLabels) {
			r.num.Add(x)
			matched = true
		}
		if !matched {
			said.add(noDenominator, in.name, 1)
		}
	}
	return list
}

func namesOf(ls labels.Labels) []string {
	var list []string
	ls.Range(func(l labels.Label) { list = append(list, l.Name) })
	return list
}

// matches are the denominators all of whose labels a numerator has.
func matches(num labels.Labels, names map[string][]string, byLabels map[string]*inside) iter.Seq[*inside] {
	return func(yield func(*inside) bool) {
		for _, set := range names {
			r := byLabels[string(labels.NewBuilder(num).Keep(set...).Labels().Bytes(nil))]
			if r != nil && !yield(r) {
				return
			}
		}
	}
}

// refusal says why a match is none; empty: it is one.
func (r *inside) refusal(numExposed bool, sentinels []float64) string {
	n := r.num.Float64()
	switch {
	case !(r.den > 0) || slices.Contains(sentinels, r.den):
		return badDenominator
	case !numExposed:
		return noNumerator
	case math.IsNaN(n) || math.IsNaN(n/r.den):
		return badNumerator
	}
	return ""
}

func (r *inside) member(in *instance) GaugeRatioMember {
	n := r.num.Float64()
	return GaugeRatioMember{Instance: in.name, Labels: r.labels, Numerator: n, Denominator: r.den, Ratio: n / r.den}
}

// Members are the matches behind the answer, by instance and labels.
func (g *GaugeRatioGroup) Members() []GaugeRatioMember { return g.members }

// Max is the match with the greatest ratio: what is used up first.
func (g *GaugeRatioGroup) Max() (GaugeRatioMember, bool) {
	return greatest(g.members, gaugeRatio)
}

// Top lists the k matches with the greatest ratios, greatest first.
func (g *GaugeRatioGroup) Top(k int) []GaugeRatioMember { return top(k, g.members, gaugeRatio) }

func gaugeRatio(m GaugeRatioMember) float64 { return m.Ratio }
