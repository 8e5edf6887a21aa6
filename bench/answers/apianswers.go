package main

import (
	"maps"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/histogram"
)

func coverageOf(c aggregate.Coverage) coverage {
	return coverage{c.Expected, c.Missing, c.Partial, c.Reporting, c.Stale, c.Failed, c.Reset, c.Duplicates, c.Ambiguous}
}

func groupOf(g aggregate.Group) group {
	return group{labels: g.Labels().String(), coverage: coverageOf(g.Coverage()), warnings: g.Warnings()}
}

func estimateOf(e promfold.Estimate, ok bool) estimate { return estimate{e.Value, e.Lo, e.Hi, ok} }

func valueOf(e promfold.Estimate, ok bool) estimate { return exactly(e.Value, ok) }

func namedOf(m aggregate.Member, ok bool) named {
	return named{instance: m.Instance, estimate: estimateOf(m.Estimate, ok)}
}

// counters returns the groups of a counter view that have a member.
func (v *view) counters(m moment, window time.Duration) ([]counterGroup, error) {
	groups, err := v.counter.In(v.fleet.in(m, window))
	var list []counterGroup
	for _, g := range groups {
		if x := counterGroupOf(g); len(x.members) > 0 || x.increase.ok {
			list = append(list, x)
		}
	}
	return list, err
}

func counterGroupOf(g *aggregate.CounterGroup) counterGroup {
	x := counterGroup{
		group: groupOf(g), increase: estimateOf(g.Increase()), rate: estimateOf(g.Rate()), rateNow: estimateOf(g.RateNow()), most: namedOf(g.MaxIncrease()),
	}
	if m, ok := g.Hottest(); ok {
		x.hottest = named{instance: m.Instance, estimate: valueOf(m.Estimate, true)}
	}
	rates := map[string]estimate{}
	for _, m := range g.Rates() {
		rates[m.Instance] = valueOf(m.Estimate, true)
		x.hottest.share = max(x.hottest.share, m.Share.Value) // another's, where the hottest has no step in the window
	}
	events := map[string][eventKinds]int{}
	for _, e := range g.Events() {
		n := events[e.Instance]
		n[eventOf(e.Verdict)] += e.Series
		events[e.Instance] = n
	}
	for _, m := range g.Increases() {
		x.members = append(x.members, counterMember{
			instance: m.Instance, increase: estimateOf(m.Estimate, true), rate: rates[m.Instance], covers: m.Covers, older: m.Older, live: m.Live,
			resets: m.Resets, steps: m.Steps, weight: m.Weight, events: events[m.Instance],
		})
	}
	return x
}

// totals returns the groups of a counter or histogram view, as they are to be
// exposed.
func (v *view) totals(m moment) []series {
	if v.counter != nil {
		return seriesOf(v.counter.Totals(v.fleet.at(m)), "")
	}
	return seriesOf(v.histogram.Totals(v.fleet.at(m)), "")
}

// seriesOf returns series as they are to be exposed, with the name of their
// family where there is one.
func seriesOf(from []aggregate.Series, family string) (list []series) {
	for _, s := range from {
		x := series{labels: fullName(s.Labels, family), value: s.Value, start: s.Start}
		if h := s.Histogram; h != nil {
			x.value = 0
			x.classic = &classic{bounds: h.Bounds, counts: h.Counts, sum: h.Sum}
			if h.Exponential {
				x.native = &native{
					schema: h.Schema, threshold: h.ZeroThreshold, zero: h.ZeroCount, count: h.Count,
					positive: bucketsOf(h.Positive), negative: bucketsOf(h.Negative),
				}
			}
		}
		list = append(list, x)
	}
	return list
}

// fullName returns labels with the name of a metric, if there is one.
func fullName(ls labels.Labels, name string) string {
	if name == "" {
		return ls.String()
	}
	return labels.NewBuilder(ls).Set(model.MetricNameLabel, name).Labels().String()
}

func bucketsOf(from []histogram.Bucket) (list []bucket) {
	for _, b := range from {
		list = append(list, bucket{b.Index, b.Count})
	}
	return list
}

// gauges returns the groups of a gauge view that have a member.
func (v *view) gauges(m moment) ([]gaugeGroup, error) {
	groups, err := v.gauge.At(v.fleet.at(m))
	var list []gaugeGroup
	for _, g := range groups {
		if x := gaugeGroupOf(g); len(x.members) > 0 {
			list = append(list, x)
		}
	}
	return list, err
}

func gaugeGroupOf(g *aggregate.GaugeGroup) gaugeGroup {
	x := gaugeGroup{
		group: groupOf(g), value: valueOf(g.Value()), highest: namedOf(g.Max()), lowest: namedOf(g.Min()), median: namedOf(g.Quantile(.5)),
		electedAs: namedOf(g.Leader()), mean: exactly(g.Mean()), stddev: exactly(g.Stddev()),
	}
	for _, m := range g.Members() {
		x.members = append(x.members, gaugeMember{m.Instance, m.Estimate.Value, m.Age})
	}
	return x
}

// variants returns the groups of a gauge view whose labels say something.
func (v *view) variants(m moment) ([]variantGroup, error) {
	groups, err := v.gauge.At(v.fleet.at(m))
	var list []variantGroup
	for _, g := range groups {
		x := variantGroup{group: groupOf(g)}
		for _, y := range g.Variants() {
			x.variants = append(x.variants, variant{y.Labels.String(), y.Value, y.Instances})
		}
		if len(x.variants) > 0 {
			list = append(list, x)
		}
	}
	return list, err
}

// saturations returns the groups of a gauge and its limit that have a member.
func (v *view) saturations(m moment) ([]ratioGroup, error) {
	groups, err := v.gauge.At(v.fleet.at(m))
	var list []ratioGroup
	for _, g := range groups {
		x := ratioGroup{group: groupOf(g), highest: namedOf(g.Max())}
		for _, m := range g.Members() {
			x.members = append(x.members, namedOf(m, true))
		}
		if len(x.members) > 0 {
			list = append(list, x)
		}
	}
	return list, err
}

// ratios returns the groups of a ratio that have a member.
func (v *view) ratios(m moment, window time.Duration) ([]ratioGroup, error) {
	groups, err := v.ratio.In(v.fleet.in(m, window))
	var list []ratioGroup
	for _, g := range groups {
		if len(g.Denominator().Increases()) == 0 {
			continue
		}
		x := ratioGroup{
			group: groupOf(g), ratio: estimateOf(g.Ratio()), highest: namedOf(g.Max()),
			numerator: estimateOf(g.Numerator().Increase()), denominator: estimateOf(g.Denominator().Increase()),
		}
		for _, m := range g.Members() {
			x.members = append(x.members, namedOf(m, true))
		}
		list = append(list, x)
	}
	return list, err
}

// histograms returns the groups of a histogram view that have a member.
func (v *view) histograms(m moment, window time.Duration) ([]histogramGroup, error) {
	groups, err := v.histogram.In(v.fleet.in(m, window))
	var list []histogramGroup
	for _, g := range groups {
		x := histogramGroup{group: groupOf(g), observations: counterGroupOf(g.Observations())}
		if len(x.observations.members) > 0 || x.observations.increase.ok {
			v.distribution(g, &x)
			list = append(list, x)
		}
	}
	return list, err
}

// distribution asks how the observations of a group were distributed. The rows
// of a heatmap are not offered.
func (v *view) distribution(g *aggregate.HistogramGroup, x *histogramGroup) {
	x.sum, x.mean = valueOf(g.Sum()), valueOf(g.Mean())
	for _, q := range levels {
		x.quantiles = append(x.quantiles, estimateOf(g.Quantile(q)))
		m, ok := g.WorstQuantile(q)
		worst := namedOf(m, ok)
		worst.share = x.observations.part(m.Instance)
		x.worst = append(x.worst, worst)
	}
	for _, limit := range v.above {
		x.above = append(x.above, estimateOf(g.Over(limit)))
	}
}

// part is an instance's of the increases of all.
func (g *counterGroup) part(instance string) float64 {
	own, all := 0.0, 0.0
	for i := range g.members {
		x := g.members[i].increase.value
		if all += x; g.members[i].instance == instance {
			own = x
		}
	}
	if all == 0 {
		return 0
	}
	return own / all
}

// everything returns all families as one instance would expose them. Names that
// instances declare with different types are left out.
func (f *fleet) everything(v *view, m moment) (all everything, err error) {
	for _, x := range v.every.Families(f.at(m)) {
		if x.Others > 0 {
			continue
		}
		list := seriesOf(x.Series, x.Name)
		switch x.Type {
		case model.MetricTypeCounter:
			all.counters = append(all.counters, list...)
		case model.MetricTypeHistogram:
			all.histograms = append(all.histograms, list...)
		case model.MetricTypeSummary:
			for _, s := range x.Series {
				all.summary(x.Name, &s)
			}
		case model.MetricTypeGauge, model.MetricTypeInfo, model.MetricTypeStateset:
			all.gauges = append(all.gauges, list...)
		default:
			all.single = append(all.single, list...)
		}
	}
	return all, nil
}

// summary adds one as what it is made of: two counters, and the quantiles if one
// instance alone has it.
func (all *everything) summary(name string, s *aggregate.Series) {
	all.counters = append(all.counters,
		series{labels: fullName(s.Labels, name+"_count"), value: s.Histogram.Count, start: s.Start},
		series{labels: fullName(s.Labels, name+"_sum"), value: s.Histogram.Sum, start: s.Start})
	if len(s.Quantiles) == 0 {
		return
	}
	x := series{labels: fullName(s.Labels, name)}
	for _, q := range slices.Sorted(maps.Keys(s.Quantiles)) {
		x.quantiles = append(x.quantiles, level{q, s.Quantiles[q]})
	}
	all.single = append(all.single, x)
}
