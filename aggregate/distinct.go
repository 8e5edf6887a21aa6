package aggregate

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// Variant is one way in which instances show a metric: the labels of a series,
// and its value.
type Variant struct {
	Labels    labels.Labels // without the metric's name
	Value     float64
	Instances []string // that show it, by name
}

// VariantGroup is one group's variants.
type VariantGroup struct {
	Group
	Variants  []Variant // by labels, then by value
	Instances []string  // that expose the metric, by name
}

// Distinct answers what is shown, and by whom, where arithmetic says nothing:
// versions (kubernetes_build_info), switches (kubernetes_feature_enabled, by
// name), cluster identities. Times are as for [GaugeView.At].
func (v *GaugeView) Distinct(now time.Time, conditions ...Condition) ([]*VariantGroup, error) {
	v.fleet.mu.ask()
	defer v.fleet.mu.Unlock()
	q, err := v.fleet.ask(v.view, now, All, conditions)
	if err != nil {
		return nil, err
	}
	byKey := map[string]*VariantGroup{}
	said := exclusions{}
	for in, b := range q.present() {
		said.mistyped(in, v.view)
		for _, e := range in.plan.Gauges(v.index) {
			x := in.cols.Value(int(e.Pos)) + 0
			if math.IsNaN(x) {
				said.add(isNaN, in.name, 1)
				continue
			}
			ls := b.labelsOf(int(e.Col))
			key := string(ls.Bytes(nil))
			g, ok := byKey[key]
			if !ok {
				g = &VariantGroup{Group: Group{Labels: ls}}
				byKey[key] = g
			}
			shown := v.fleet.store.Line(in.cols.ID(int(e.Pos))).Labels
			g.show(Variant{Labels: seriesLabels(shown), Value: x}, in.name)
		}
	}
	list := sortGroups(byKey, func(g *VariantGroup) *Group { return &g.Group })
	identities, partials := q.identities(), q.partials()
	for _, g := range list {
		g.about = &noted{q.coverage, slices.Concat(said.words(), identities, partials.words(q.v, g.Labels))}
		for in := range q.present() {
			if in.exposes(v.view) && v.selection.SpeaksFor(g.Labels, in.labels) {
				g.Instances = append(g.Instances, in.name)
			}
		}
	}
	return list, nil
}

// seriesLabels are a line's without the metric's name.
func seriesLabels(l labels.Labels) labels.Labels {
	return labels.NewBuilder(l).Del(model.MetricNameLabel).Labels()
}

// show adds an instance to a variant.
func (g *VariantGroup) show(v Variant, name string) {
	i, ok := slices.BinarySearchFunc(g.Variants, v, func(a, b Variant) int {
		return cmp.Or(labels.Compare(a.Labels, b.Labels), cmp.Compare(a.Value, b.Value))
	})
	if !ok {
		g.Variants = slices.Insert(g.Variants, i, v)
	}
	if at := &g.Variants[i].Instances; len(*at) == 0 || (*at)[len(*at)-1] != name {
		*at = append(*at, name)
	}
}

// Skew lists the variants that some of the instances show and others do not:
// in a fleet of one version and configuration, none.
func (g *VariantGroup) Skew() []Variant {
	return slices.DeleteFunc(slices.Clone(g.Variants), func(v Variant) bool { return len(v.Instances) == len(g.Instances) })
}
