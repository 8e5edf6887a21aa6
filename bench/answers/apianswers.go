package main

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/internal/layout"
)

func coverageOf(c aggregate.Coverage) coverage {
	return coverage{c.Expected, c.Missing, c.Partial, c.Reporting, c.Stale, c.Failed, c.Reset, c.Duplicates, c.Ambiguous}
}

func groupOf(g *aggregate.Group) group {
	return group{labels: g.Labels.String(), coverage: coverageOf(g.Coverage()), warnings: g.Warnings()}
}

func estimateOf(a aggregate.Answer, ok bool) estimate { return estimate{a.Value, a.Lo, a.Hi, ok} }

func layoutEstimate(e layout.Estimate, ok bool) estimate { return estimate{e.Value, e.Lo, e.Hi, ok} }

// counters returns the groups of a counter view that have a member.
func (v *view) counters(m moment, window time.Duration) ([]counterGroup, error) {
	groups, err := v.counter.At(m.now, windowOf(window), m.conditions()...)
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
		group: groupOf(&g.Group), increase: estimateOf(g.Increase()), rate: estimateOf(g.Rate()), rateNow: estimateOf(g.RateNow()),
	}
	if m, _, ok := g.MaxRate(); ok {
		x.hottest = named{instance: m.Instance, estimate: exactly(m.Rate, true)}
		if a, ok := g.Asymmetry(); ok {
			x.hottest.share = a.Share
		}
	}
	if m, ok := g.MaxIncrease(); ok {
		x.most = named{instance: m.Instance, estimate: estimateOf(m.Increase, true)}
	}
	explained := map[string]aggregate.MemberExplanation{}
	for _, m := range g.Explain().Members {
		explained[m.Instance] = m
	}
	for _, m := range g.Members() {
		e := explained[m.Instance]
		member := counterMember{
			instance: m.Instance, increase: estimateOf(m.Increase, true), rate: exactly(m.Rate, m.HasRate), covers: m.Covers,
			older: m.Older, live: m.Live, resets: m.Resets, steps: e.Steps, weight: e.Weight,
		}
		for _, happened := range e.Events {
			member.events[eventOf(happened.Verdict)] += happened.Series
		}
		x.members = append(x.members, member)
	}
	return x
}

// totals returns the groups of a counter or histogram view, as they are to be
// exposed.
func (v *view) totals(m moment) (list []series) {
	if v.counter != nil {
		list = counterTotals(v.counter.Totals(m.now))
	}
	if v.histogram != nil {
		list = append(list, histogramTotals(v.histogram.Totals(m.now))...)
	}
	return list
}

func counterTotals(totals []aggregate.Total) (list []series) {
	for _, t := range totals {
		list = append(list, series{labels: t.Labels.String(), value: t.Value, start: t.Created})
	}
	return list
}

func histogramTotals(totals []aggregate.HistogramTotal) (list []series) {
	for _, t := range totals {
		x := series{labels: t.Labels.String(), start: t.Created, classic: &classic{bounds: t.Bounds, counts: t.Counts, sum: t.Sum}}
		if !t.HasSum {
			x.classic.sum = math.NaN()
		}
		if n := t.Native; n != nil {
			x.native = &native{schema: n.Schema, threshold: n.ZeroThreshold, zero: n.ZeroCount, count: n.Count, sum: n.Sum}
			x.native.positive, x.native.negative = bucketsOf(n.Positive), bucketsOf(n.Negative)
			for i := range lengthOf(n.Custom) {
				x.native.bounds = append(x.native.bounds, n.Custom.Bound(i))
			}
		}
		list = append(list, x)
	}
	return list
}

func lengthOf(l *layout.Layout) int {
	if l == nil {
		return 0
	}
	return l.Len()
}

func bucketsOf(from []layout.Bucket) (list []bucket) {
	for _, b := range from {
		list = append(list, bucket{b.Index, b.Count})
	}
	return list
}

// gauges returns the groups of a gauge view that have a member.
func (v *view) gauges(m moment) ([]gaugeGroup, error) {
	groups, err := v.gauge.At(m.now, m.conditions()...)
	var list []gaugeGroup
	for _, g := range groups {
		if g.Count() > 0 {
			list = append(list, gaugeGroupOf(g))
		}
	}
	return list, err
}

func gaugeGroupOf(g *aggregate.GaugeGroup) gaugeGroup {
	of := func(m aggregate.GaugeMember, ok bool) named {
		return named{instance: m.Instance, estimate: exactly(m.Value, ok)}
	}
	x := gaugeGroup{
		group: groupOf(&g.Group), highest: of(g.Max()), lowest: of(g.Min()), electedAs: of(g.Leader()),
		mean: exactly(g.Mean()), stddev: exactly(g.Stddev()),
	}
	value, _, ok := g.Value()
	x.value = exactly(value, ok)
	if middle, ok, err := g.Quantile(.5); err == nil {
		x.median = of(middle, ok)
	}
	for _, m := range g.Members() {
		x.members = append(x.members, gaugeMember{m.Instance, m.Value, m.Age})
	}
	return x
}

// variants returns the groups of a gauge view whose labels say something.
func (v *view) variants(m moment) ([]variantGroup, error) {
	groups, err := v.gauge.Distinct(m.now, m.conditions()...)
	var list []variantGroup
	for _, g := range groups {
		x := variantGroup{group: groupOf(&g.Group)}
		for _, y := range g.Variants {
			x.variants = append(x.variants, variant{y.Labels.String(), y.Value, y.Instances})
		}
		list = append(list, x)
	}
	return list, err
}

// saturations returns the groups of a gauge and its limit that have a member.
// The gauge's own labels are those of the limit, so that a member is one match.
func (v *view) saturations(m moment) ([]ratioGroup, error) {
	groups, err := v.saturation.At(m.now, m.conditions()...)
	of := func(m aggregate.GaugeRatioMember, ok bool) named {
		return named{instance: m.Instance, estimate: exactly(m.Ratio, ok)}
	}
	var list []ratioGroup
	for _, g := range groups {
		x := ratioGroup{group: groupOf(&g.Group), highest: of(g.Max())}
		for _, m := range g.Members() {
			x.members = append(x.members, of(m, true))
		}
		if len(x.members) > 0 {
			list = append(list, x)
		}
	}
	return list, err
}

// ratios returns the groups of a ratio that have a member.
func (v *view) ratios(m moment, window time.Duration) ([]ratioGroup, error) {
	groups, err := v.ratio.At(m.now, windowOf(window), m.conditions()...)
	of := func(m aggregate.RatioMember) named {
		return named{instance: m.Instance, estimate: estimateOf(m.Ratio())}
	}
	var list []ratioGroup
	for _, g := range groups {
		n, d := g.Explain()
		x := ratioGroup{
			group: groupOf(&g.Group), ratio: estimateOf(g.Ratio()),
			numerator: estimateOf(n.Increase, n.HasIncrease), denominator: estimateOf(d.Increase, d.HasIncrease),
		}
		if m, ok := g.Max(); ok {
			x.highest = of(m)
		}
		for _, m := range g.Members() {
			if y := of(m); y.ok {
				x.members = append(x.members, y)
			}
		}
		if len(g.Members()) > 0 {
			list = append(list, x)
		}
	}
	return list, err
}

// histograms returns the groups of a histogram view that have a member.
func (v *view) histograms(m moment, window time.Duration) ([]histogramGroup, error) {
	groups, err := v.histogram.At(m.now, windowOf(window), m.conditions()...)
	var list []histogramGroup
	for _, g := range groups {
		x := histogramGroup{group: groupOf(&g.Group), observations: counterGroupOf(g.CounterGroup)}
		if len(x.observations.members) == 0 && !x.observations.increase.ok {
			continue
		}
		if err := v.distribution(g, &x); err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	return list, err
}

// distribution asks how the observations of a group were distributed.
func (v *view) distribution(g *aggregate.HistogramGroup, x *histogramGroup) error {
	x.sum = exactly(g.Sum())
	x.mean = exactly(g.Distribution().Mean())
	for _, q := range levels {
		e, ok, err := g.Quantile(q)
		if err != nil {
			return err
		}
		x.quantiles = append(x.quantiles, layoutEstimate(e, ok))
		w, ok, err := g.WorstQuantile(q)
		if err != nil {
			return err
		}
		x.worst = append(x.worst, named{instance: w.Name, estimate: estimate{w.Estimate.Value, w.Lo, w.Hi, ok}, share: w.Share})
	}
	for _, limit := range v.above {
		x.above = append(x.above, layoutEstimate(g.Over(limit)))
	}
	if v.rows && g.Count() > 0 {
		for _, r := range g.Distribution().Rows(nil, nil) {
			x.rows = append(x.rows, row{r.Lower, r.Upper, estimate{r.Count, r.Lo, r.Hi, true}})
		}
	}
	return nil
}

// everything returns all families as one instance would expose them. Names that
// instances declare with different types are left out.
func (f *fleet) everything(v *view, m moment) (everything, error) {
	conflicts := map[string]bool{}
	for _, x := range f.Families() {
		if x.Others > 0 {
			conflicts[x.Name] = true
		}
	}
	agreed := func(ls labels.Labels) bool {
		name := ls.Get(model.MetricNameLabel)
		for _, suffix := range []string{"", "_total", "_count", "_sum"} {
			if base, ok := strings.CutSuffix(name, suffix); ok && conflicts[base] {
				return false
			}
		}
		return true
	}
	counters := slices.DeleteFunc(v.counter.Totals(m.now), func(t aggregate.Total) bool { return !agreed(t.Labels) })
	histograms := slices.DeleteFunc(v.histogram.Totals(m.now), func(t aggregate.HistogramTotal) bool { return !agreed(t.Labels) })
	all := everything{counters: counterTotals(counters), histograms: histogramTotals(histograms)}
	gauges, err := v.gauge.At(m.now)
	for _, g := range gauges {
		if x, ok := usual(g); ok && agreed(g.Labels) {
			all.gauges = append(all.gauges, series{labels: g.Labels.String(), value: x})
		}
	}
	for _, u := range f.Unmerged(m.now) {
		x := series{labels: u.Labels.String(), value: u.Value}
		for _, q := range u.Quantiles {
			x.quantiles = append(x.quantiles, level{q.Level, q.Value})
		}
		if u.Instances == 1 && (u.OK || len(x.quantiles) > 0) && agreed(u.Labels) {
			all.single = append(all.single, x)
		}
	}
	return all, err
}

// usual is what a gauge of the fleet is exposed as, by its name.
func usual(g *aggregate.GaugeGroup) (float64, bool) {
	name := g.Labels.Get(model.MetricNameLabel)
	for _, suffix := range []string{"_info", "_timestamp_seconds", "_time_seconds", "_timestamp", "_created"} {
		if strings.HasSuffix(name, suffix) {
			m, ok := g.Max()
			return m.Value, ok
		}
	}
	return g.Sum()
}
