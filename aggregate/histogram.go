package aggregate

import (
	"fmt"
	"iter"
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/histogram"
	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/tally"
)

// HistogramGroup is one group's answer. It is not for concurrent use.
type HistogramGroup struct {
	counter  *CounterGroup
	observed tally.Distribution
}

// Labels implements [Group].
func (g *HistogramGroup) Labels() labels.Labels { return g.Observations().Labels() }

// Coverage implements [Group].
func (g *HistogramGroup) Coverage() Coverage { return g.Observations().Coverage() }

// Warnings implements [Group].
func (g *HistogramGroup) Warnings() []string {
	list := g.Observations().Warnings()
	if n, names := g.observed.Shapeless(); n > 0 {
		list = append(slices.Clip(list), fmt.Sprintf("of %.4g observations only count and sum are known: %s", n, explain.Few(names)))
	}
	if names := g.observed.MetOnce(); len(names) > 0 {
		list = append(slices.Clip(list), "behind a balancer and not met twice, so that their observations may have any value: "+explain.Few(names))
	}
	return list
}

// Observations returns the number of observations as a counter.
func (g *HistogramGroup) Observations() *CounterGroup { return orNone(g.counter) }

// Quantile returns the q-quantile of all observations; false without any or for a q outside [0, 1].
func (g *HistogramGroup) Quantile(q float64) (promfold.Estimate, bool) { return g.observed.Quantile(q) }

// WorstQuantile returns the member with the greatest q-quantile; Lo and Hi hold the greatest of all members'. Its
// Share is that of the observations, 0 where that is not known.
func (g *HistogramGroup) WorstQuantile(q float64) (Member, bool) {
	return memberOf(g.observed.Worst(q))
}

// Over returns the share of observations above x.
func (g *HistogramGroup) Over(x float64) (promfold.Estimate, bool) { return g.observed.Over(x) }

// Sum returns the sum of the observations; false if a member's is not known. Observations that may have been missed
// have any value.
func (g *HistogramGroup) Sum() (promfold.Estimate, bool) { return g.observed.Sum() }

// Mean returns the mean observation.
func (g *HistogramGroup) Mean() (promfold.Estimate, bool) { return g.observed.Mean() }

// Distribution returns all observations; the caller owns it.
func (g *HistogramGroup) Distribution() *histogram.Distribution {
	d := &histogram.Distribution{Signed: g.observed.Signed()}
	g.observed.Merge(func(all *layout.Distribution) { d.Engine.Merge(all) })
	return d
}

// Distributions yields the observations of each member, by name; the caller owns them.
func (g *HistogramGroup) Distributions() iter.Seq2[string, *histogram.Distribution] {
	return func(yield func(string, *histogram.Distribution) bool) {
		for _, m := range g.observed.Members() {
			d := &histogram.Distribution{Signed: g.observed.Signed()}
			d.Engine.Merge(m.Distribution)
			if !yield(m.Name, d) {
				return
			}
		}
	}
}

// HistogramView answers how observations were distributed. Quantiles are of the merged observations, or of the worst
// instance; package histogram has the rules.
//
// Native buckets are preferred, and each observation counts once; a series that comes without them is followed by its
// classic ones until its process ends. New buckets with none in common start at
// their own first point, and a warning says so. Gauge histograms are not selected.
type HistogramView struct{ v *view }

// In returns the groups in a window.
func (v *HistogramView) In(w Window) ([]*HistogramGroup, error) {
	q, err := w.ask(behind(v))
	if err != nil {
		return nil, err
	}
	defer q.close()
	counters, err := grownOf(q)
	if err != nil {
		return nil, err
	}
	groups, list := make([]HistogramGroup, len(counters)), make([]*HistogramGroup, len(counters))
	for i, c := range counters {
		groups[i] = HistogramGroup{c, c.growth.Distribution()}
		list[i] = &groups[i]
	}
	return list, nil
}

// One returns the only group.
func (v *HistogramView) One(w Window) (*HistogramGroup, error) {
	return only(behind(v), w, v.In)
}
