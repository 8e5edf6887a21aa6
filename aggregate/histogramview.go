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
// number of observations. It is not for concurrent use: questions to a
// distribution use scratch of its own.
type HistogramGroup struct {
	*CounterGroup
	pieces []buckets
	all    histogram.Distribution // of all pieces, once merged
	merged bool
}

// buckets is what one instance observed in buckets of one layout.
type buckets struct {
	share  int32
	layout *histogram.Layout
	counts []float64 // cumulative
	sum    float64   // NaN: not known
}

// At answers for the window that ends at now, as [CounterView.At] does.
func (v *HistogramView) At(now time.Time, window time.Duration, conditions ...Condition) ([]*HistogramGroup, error) {
	v.fleet.mu.Lock()
	defer v.fleet.mu.Unlock()
	q, err := v.fleet.ask(v.view, now, window, conditions)
	if err != nil {
		return nil, err
	}
	shares := q.shares()
	counters := q.counters(shares)
	groups, list := make([]HistogramGroup, len(counters)), make([]*HistogramGroup, len(counters))
	slots := v.finals.slots
	for i, c := range counters {
		groups[i].CounterGroup = c
		groups[i].pieces = make([]buckets, 0, len(c.parts))
		list[i] = &groups[i]
		slots[c.number] = int32(i)
	}
	for i := range shares {
		if !shares[i].older {
			addPieces(groups, slots, int32(i), &shares[i])
		}
	}
	for _, c := range counters {
		slots[c.number] = 0
	}
	return list, nil
}

// addPieces copies what one instance observed in the window.
func addPieces(groups []HistogramGroup, slots []int32, n int32, sh *share) {
	room := make([]float64, 0, sh.b.counts)
	for c := range sh.b.cols {
		col := &sh.b.cols[c]
		from := len(room)
		room = sh.b.live.counts.AppendDiff(room, col.at, col.at+col.layout.Len(), &sh.row.counts)
		var diff exact.Sum
		sh.b.live.sums.SumDiff(&diff, c, &sh.row.sums)
		g := &groups[slots[col.final]]
		g.pieces = append(g.pieces, buckets{n, col.layout, room[from:len(room):len(room)], diff.Float64()})
		if p := g.partOf(n); p != nil && g.answer.has(p, noSum) {
			g.pieces[len(g.pieces)-1].sum = math.NaN()
		}
	}
}

func (g *CounterGroup) partOf(share int32) *part {
	for i := range g.parts {
		if g.parts[i].share == share {
			return &g.parts[i]
		}
	}
	return nil
}

func (a *answer) has(p *part, q quirk) (found bool) {
	a.happenings(p, func(e *happening) { found = found || e.quirk == q })
	return found
}

// merge adds up what the members observed, when it is first asked for.
func (g *HistogramGroup) merge() *histogram.Distribution {
	if !g.merged {
		g.merged = true
		for _, p := range g.pieces {
			p.addTo(&g.all)
		}
	}
	return &g.all
}

// addTo cannot fail: a view keeps sums of steps, none of which falls with le.
func (p *buckets) addTo(d *histogram.Distribution) { _ = d.Add(p.layout, p.counts, p.sum) }

// Distribution is everything observed in the window, of all members together.
func (g *HistogramGroup) Distribution() *histogram.Distribution { return g.merge() }

// Count is how many observations the group had in the window.
func (g *HistogramGroup) Count() float64 { return g.merge().Count() }

// Sum is that of the observed values; false where a member's is not known.
func (g *HistogramGroup) Sum() (float64, bool) { return g.merge().Sum() }

// Quantile is of all observations together, with the interval that holds it.
// The error is of q alone: not within [0, 1].
func (g *HistogramGroup) Quantile(q float64) (histogram.Estimate, bool, error) {
	return g.merge().Quantile(q)
}

// Over is the share of the observations above x, with its bounds.
func (g *HistogramGroup) Over(x float64) (histogram.Estimate, bool) { return g.merge().Over(x) }

// Distributions are the members that observed something, by name.
func (g *HistogramGroup) Distributions() []histogram.Member {
	var list []histogram.Member
	last := int32(-1)
	for i := range g.pieces {
		p := &g.pieces[i]
		if p.share != last {
			list = append(list, histogram.Member{Name: g.answer.shares[p.share].name, Distribution: &histogram.Distribution{}})
			last = p.share
		}
		p.addTo(list[len(list)-1].Distribution)
	}
	return list
}

// WorstQuantile is the instance with the greatest quantile, which the merged
// one hides, and which share of the observations is its own.
func (g *HistogramGroup) WorstQuantile(q float64) (histogram.WorstMember, bool, error) {
	return histogram.Worst(q, g.Distributions())
}
