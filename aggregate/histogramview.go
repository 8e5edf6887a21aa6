package aggregate

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/layout"
)

// HistogramView answers how observations were distributed. Quantiles are of
// the merged observations, or of the worst instance: a mean of quantiles says
// nothing, and is not to be had.
//
// Instances may expose classic buckets, native ones, or both, in any mixture
// and in text and protobuf by turns: a series is one histogram, and each
// observation counts once. Native buckets are preferred; a series that comes
// without them is followed by its classic ones until its process ends. Where
// nothing is the same before and after (other bounds, finer buckets, no buckets
// in text of what has native ones alone), the new buckets start at their own
// first point, and a warning says so. Gauge histograms do not count what
// happened: no view takes them, and Status names who exposes them.
type HistogramView struct{ *view }

// HistogramGroup is one group's answer. As a [CounterGroup] it tells of the
// number of observations. It is not for concurrent use: questions to a
// distribution use scratch of its own.
type HistogramGroup struct {
	*CounterGroup
	pieces []buckets
	all    layout.Distribution // of all pieces, once merged
	merged bool
}

// buckets is what one instance observed in buckets of one layout.
type buckets struct {
	share  int32
	layout *layout.Layout
	counts []float64      // cumulative
	native *layout.Native // in place of layout and counts; without its sum
	sum    float64        // NaN: not known
}

// At answers for the window that ends at now, as [CounterView.At] does.
func (v *HistogramView) At(now time.Time, window time.Duration, conditions ...Condition) ([]*HistogramGroup, error) {
	v.fleet.mu.ask()
	defer v.fleet.mu.Unlock()
	q, err := v.fleet.ask(v.view, now, window, conditions)
	if err != nil {
		return nil, err
	}
	defer q.done()
	q.departs = q.all
	shares := q.shares()
	counters := q.counters(shares)
	groups, list := make([]HistogramGroup, len(counters)), make([]*HistogramGroup, len(counters))
	for i, c := range counters {
		groups[i].CounterGroup, groups[i].pieces = c, c.answer.piecesOf(shares)[i]
		list[i] = &groups[i]
	}
	if !q.all {
		return list, nil
	}
	of := map[*CounterGroup]*HistogramGroup{}
	for _, g := range list {
		of[g.CounterGroup] = g
	}
	list = nil
	for _, c := range q.addDepartures(counters) {
		g := of[c]
		if g == nil {
			g = &HistogramGroup{CounterGroup: c}
		}
		g.addDepartures()
		list = append(list, g)
	}
	return list, nil
}

// addDepartures adds what departed instances observed: no member's.
func (g *HistogramGroup) addDepartures() {
	left := g.left()
	if left == nil {
		return
	}
	for i := range left.classes {
		c := &left.classes[i]
		p := buckets{share: departedShare, layout: c.Layout, sum: c.Sum.Float64()}
		if c.Grid != nil {
			p.native = c.Native()
		} else {
			p.counts = c.Counts.AppendDiff(nil, 0, c.Layout.Len(), &exact.Vector{})
		}
		if c.NoSum {
			p.sum = math.NaN()
		}
		g.pieces = append(slices.Clip(g.pieces), p) // others have the same ones
	}
}

// departedShare is that of those that are no members any more.
const departedShare = -1

// piecesOf copies what the instances observed in the window, by group. The
// fleet's lock is held.
func (t *tally) piecesOf(shares []share) [][]buckets {
	if t.pieces != nil {
		return t.pieces
	}
	t.pieces = make([][]buckets, len(t.groups))
	room := make([]buckets, len(t.columns))
	for i := range t.pieces {
		t.pieces[i], room = room[:0:t.width[i]], room[t.width[i]:]
	}
	counts := 0
	for i := range shares {
		counts += shares[i].b.Counts()
	}
	next, columns := make([]float64, 0, counts), t.columns
	var diff exact.Sum
	for i := range shares {
		sh := &shares[i]
		own := columns[:len(sh.b.Cols)]
		columns = columns[len(own):]
		if sh.older {
			continue
		}
		begin := len(next)
		next = sh.b.Live.Counts.AppendDiff(next, 0, sh.b.Counts(), &sh.row.Counts)
		row := next[begin:]
		for c := range own {
			col := &sh.b.Cols[c]
			diff.Reset()
			sh.b.Live.Sums.SumDiff(&diff, c, &sh.row.Sums)
			sum := diff.Float64()
			if t.has(&t.parts[own[c].part], growth.NoSum) {
				sum = math.NaN()
			}
			p := buckets{share: int32(i), layout: col.Layout, sum: sum}
			if col.Grid != nil {
				p.native = col.Places.Native(col.Grid, col.At(), func(at int) float64 { return row[at] })
			} else {
				p.counts = row[col.At() : own[c].count+1]
			}
			g := t.group[own[c].part]
			t.pieces[g] = append(t.pieces[g], p)
		}
	}
	return t.pieces
}

func (t *tally) has(p *part, q growth.Quirk) (found bool) {
	t.happenings(p, func(e *happening) { found = found || e.Quirk == q })
	return found
}

// merge adds up what the members observed, when it is first asked for.
func (g *HistogramGroup) merge() *layout.Distribution {
	if !g.merged {
		g.merged = true
		for _, p := range g.pieces {
			p.addTo(&g.all)
		}
	}
	return &g.all
}

// addTo cannot fail: a view keeps sums of steps, none of which falls with le.
func (p *buckets) addTo(d *layout.Distribution) {
	if p.native != nil {
		n := *p.native // others read it, too
		n.Sum = p.sum
		_ = d.AddNative(&n)
		return
	}
	_ = d.Add(p.layout, p.counts, p.sum)
}

// Distribution is everything observed in the window, of all members together.
func (g *HistogramGroup) Distribution() *layout.Distribution { return g.merge() }

// Count is how many observations the group had in the window.
func (g *HistogramGroup) Count() float64 { return g.merge().Count() }

// Sum is that of the observed values; false where a member's is not known.
func (g *HistogramGroup) Sum() (float64, bool) { return g.merge().Sum() }

// Quantile is of all observations together, with the interval that holds it.
// The error is of q alone: not within [0, 1].
func (g *HistogramGroup) Quantile(q float64) (promfold.Estimate, bool, error) {
	if !(q >= 0 && q <= 1) {
		return promfold.Estimate{}, false, fmt.Errorf("%w: quantile %g of observations", errView, q)
	}
	e, ok := g.merge().Quantile(q)
	return e, ok, nil
}

// Over is the share of the observations above x, with its bounds.
func (g *HistogramGroup) Over(x float64) (promfold.Estimate, bool) { return g.merge().Over(x) }

// Distributions are the members that observed something, by name. Departed
// ones are none.
func (g *HistogramGroup) Distributions() []layout.Member {
	var list []layout.Member
	last := int32(-1)
	for i := range g.pieces {
		p := &g.pieces[i]
		if p.share == departedShare {
			continue
		}
		if p.share != last {
			list = append(list, layout.Member{Name: g.answer.shares[p.share].name, Distribution: &layout.Distribution{}})
			last = p.share
		}
		p.addTo(list[len(list)-1].Distribution)
	}
	return list
}

// WorstQuantile is the instance with the greatest quantile, which the merged
// one hides, and which share of the observations is its own.
func (g *HistogramGroup) WorstQuantile(q float64) (layout.WorstMember, bool, error) {
	if !(q >= 0 && q <= 1) {
		return layout.WorstMember{}, false, fmt.Errorf("%w: quantile %g of members", errView, q)
	}
	w, ok := layout.Worst(q, g.Distributions())
	return w, ok, nil
}
