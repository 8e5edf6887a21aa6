package aggregate

import (
	"math"
	"time"

	"github.com/promfold/promfold/histogram"
	"github.com/promfold/promfold/internal/exact"
)

// HistogramView answers how observations were distributed. Quantiles are of
// the merged observations, or of the worst instance: a mean of quantiles says
// nothing, and is not to be had.
type HistogramView struct{ *view }

// HistogramGroup is one group's answer. As a [CounterGroup] it tells of the
// number of observations.
type HistogramGroup struct {
	*CounterGroup
	all   histogram.Distribution
	parts []histogram.Member
}

// At answers for the window that ends at now, as [CounterView.At] does.
func (v *HistogramView) At(now time.Time, window time.Duration, conditions ...Condition) ([]*HistogramGroup, error) {
	v.fleet.mu.Lock()
	defer v.fleet.mu.Unlock()
	q, err := v.fleet.ask(v.view, now, window, conditions)
	if err != nil {
		return nil, err
	}
	counters := q.counters()
	list := make([]*HistogramGroup, len(counters))
	byKey := make(map[string]*HistogramGroup, len(counters))
	for i, c := range counters {
		list[i] = &HistogramGroup{CounterGroup: c}
		byKey[string(c.Labels.Bytes(nil))] = list[i]
	}
	opening := q.f.opening()
	shares := q.shares()
	for i := range shares {
		sh := &shares[i]
		if sh.older {
			continue
		}
		for _, p := range q.parts(sh, opening) {
			if err := byKey[p.key].add(sh, p); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}

// add merges what one instance observed in the window.
func (g *HistogramGroup) add(sh *share, p *part) error {
	d := &histogram.Distribution{}
	var diff exact.Sum
	var cumulative []float64
	for _, c := range p.cols {
		col := &sh.b.cols[c]
		cumulative = cumulative[:0]
		for i := range col.layout.Len() {
			diff.Reset()
			sh.b.live.counts.SumDiff(&diff, col.at+i, &sh.row.counts)
			cumulative = append(cumulative, diff.Float64())
		}
		diff.Reset()
		sh.b.live.sums.SumDiff(&diff, int(c), &sh.row.sums)
		sum := diff.Float64()
		if p.said.has(noSum) {
			sum = math.NaN()
		}
		if err := d.Add(col.layout, cumulative, sum); err != nil {
			return err
		}
	}
	g.all.Merge(d)
	g.parts = append(g.parts, histogram.Member{Name: sh.in.name, Distribution: d})
	return nil
}

func (r remarks) has(q quirk) bool {
	for k := range r {
		if k.quirk == q {
			return true
		}
	}
	return false
}

// Distribution is everything observed in the window, of all members together.
func (g *HistogramGroup) Distribution() *histogram.Distribution { return &g.all }

// Count is how many observations the group had in the window.
func (g *HistogramGroup) Count() float64 { return g.all.Count() }

// Sum is that of the observed values; false where a member's is not known.
func (g *HistogramGroup) Sum() (float64, bool) { return g.all.Sum() }

// Quantile is of all observations together, with the interval that holds it.
// The error is of q alone: not within [0, 1].
func (g *HistogramGroup) Quantile(q float64) (histogram.Estimate, bool, error) {
	return g.all.Quantile(q)
}

// Over is the share of the observations above x, with its bounds.
func (g *HistogramGroup) Over(x float64) (histogram.Estimate, bool) { return g.all.Over(x) }

// Distributions are the members that observed something, by name.
func (g *HistogramGroup) Distributions() []histogram.Member { return g.parts }

// WorstQuantile is the instance with the greatest quantile, which the merged
// one hides, and which share of the observations is its own.
func (g *HistogramGroup) WorstQuantile(q float64) (histogram.WorstMember, bool, error) {
	return histogram.Worst(q, g.parts)
}
