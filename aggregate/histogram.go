package aggregate

import (
	"iter"
	"math"
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/histogram"
	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/window"
)

// HistogramGroup is one group's answer. It is not for concurrent use.
type HistogramGroup struct {
	counter *CounterGroup
	pieces  []buckets
	all     *merged // nil: of no question
}

// Labels implements [Group].
func (g *HistogramGroup) Labels() labels.Labels { return g.Observations().Labels() }

// Coverage implements [Group].
func (g *HistogramGroup) Coverage() Coverage { return g.Observations().Coverage() }

// Warnings implements [Group].
func (g *HistogramGroup) Warnings() []string { return g.Observations().Warnings() }

// Observations returns the number of observations as a counter.
func (g *HistogramGroup) Observations() *CounterGroup { return orNone(g.counter) }

// Quantile returns the q-quantile of all observations; false without any or for
// a q outside [0, 1].
func (g *HistogramGroup) Quantile(q float64) (promfold.Estimate, bool) {
	d := g.merge()
	defer d.Unlock()
	return d.Quantile(q)
}

// WorstQuantile returns the member with the greatest q-quantile; Lo and Hi hold
// the greatest of all members'. Its Share is that of the observations, 0 where
// that is not known.
func (g *HistogramGroup) WorstQuantile(q float64) (Member, bool) {
	worst, ok := layout.Worst(q, g.distributions())
	if !ok {
		return Member{}, false
	}
	for _, m := range g.Observations().Increases() {
		if m.Instance == worst.Name {
			m.Estimate = g.counter.answer.open(estimate{Value: worst.Estimate.Value, Lo: worst.Lo, Hi: worst.Hi})
			if m.Share = 0; worst.Share > 0 { // NaN: nobody is known to have observed anything
				m.Share = worst.Share
			}
			return m, true
		}
	}
	return Member{}, false
}

// Over returns the share of observations above x.
func (g *HistogramGroup) Over(x float64) (promfold.Estimate, bool) {
	d := g.merge()
	defer d.Unlock()
	return d.Over(x)
}

// Sum returns the sum of the observations; false if a member's is not known.
// Observations that may have been missed have any value.
func (g *HistogramGroup) Sum() (promfold.Estimate, bool) {
	d := g.merge()
	defer d.Unlock()
	sum, ok := d.Sum()
	e := g.allowing(sum)
	if least, most, known := g.sums(); known && !e.Exact() {
		e.Lo, e.Hi = min(least, sum), max(most, sum)
	}
	return e, ok
}

// Mean returns the mean observation.
func (g *HistogramGroup) Mean() (promfold.Estimate, bool) {
	d := g.merge()
	defer d.Unlock()
	mean, ok := d.Mean()
	e := g.allowing(mean)
	if least, most, known := g.sums(); known && !e.Exact() {
		n, _ := g.Observations().Increase()
		if e.Lo = min(least/n.Hi, mean); n.Lo > 0 {
			e.Hi = max(most/n.Lo, mean)
		}
	}
	return e, ok
}

// sums returns the least and the greatest sum of what was observed, if nothing
// is open but where between two checkpoints the window begins.
func (g *HistogramGroup) sums() (least, most float64, known bool) {
	if g.counter == nil || g.signed() || g.counter.left() != nil {
		return 0, 0, false
	}
	_, parts := g.counter.parts()
	for i := range parts {
		if parts[i].loose {
			return 0, 0, false
		}
	}
	for i := range g.pieces {
		lo, hi := &g.pieces[i], &g.pieces[i]
		if lo.most != nil {
			lo, hi = lo.least, lo.most
		}
		least, most = least+lo.sum, most+hi.sum
	}
	return least, most, true
}

// allowing widens what is known of the observations that were counted to what
// those may be that were missed, or may not have been.
func (g *HistogramGroup) allowing(x float64) estimate {
	e := exactly(x)
	if n, _ := g.Observations().Increase(); !n.Exact() {
		if e.Lo, e.Hi = 0, math.Inf(1); g.signed() {
			e.Lo = math.Inf(-1)
		}
	}
	return e
}

// signed: an observation may be negative.
func (g *HistogramGroup) signed() bool {
	for i := range g.pieces {
		p := &g.pieces[i]
		if p.layout != nil && p.layout.Floor() < 0 || p.native != nil && len(p.native.Negative) > 0 {
			return true
		}
	}
	return false
}

// Distribution returns all observations; the caller owns it.
func (g *HistogramGroup) Distribution() *histogram.Distribution {
	d := &histogram.Distribution{Signed: g.signed()}
	all := g.merge()
	defer all.Unlock()
	d.Engine.Merge(&all.Distribution)
	return d
}

// Distributions yields the observations of each member, by name; the caller
// owns them.
func (g *HistogramGroup) Distributions() iter.Seq2[string, *histogram.Distribution] {
	return func(yield func(string, *histogram.Distribution) bool) {
		for _, m := range g.distributions() {
			d := &histogram.Distribution{Signed: g.signed()}
			d.Engine.Merge(m.Distribution)
			if !yield(m.Name, d) {
				return
			}
		}
	}
}

// merge adds up what the members observed, when it is first asked for, and locks
// it.
func (g *HistogramGroup) merge() *merged {
	if g.all == nil {
		g.all = &merged{}
	}
	g.all.Lock()
	if !g.all.done {
		g.all.done = true
		for i := range g.pieces {
			g.pieces[i].addTo(&g.all.Distribution)
		}
	}
	return g.all
}

// distributions are the members that observed something, by name. Departed ones
// are none.
func (g *HistogramGroup) distributions() []layout.Member {
	var list []layout.Member
	last := int32(-1)
	for i := range g.pieces {
		p := &g.pieces[i]
		if p.share == departedShare {
			continue
		}
		if p.share != last {
			list = append(list, layout.Member{Name: g.counter.answer.shares[p.share].name, Distribution: &layout.Distribution{}})
			last = p.share
		}
		p.addTo(list[len(list)-1].Distribution)
	}
	return list
}

// addDepartures adds what departed instances observed, which belongs to no
// member.
func (g *HistogramGroup) addDepartures() {
	left := g.counter.left()
	if left == nil {
		return
	}
	for i := range left.Classes {
		c := &left.Classes[i]
		p := buckets{share: departedShare, layout: c.Layout, sum: c.Sum.Float64()}
		if c.Grid != nil {
			p.native = c.Native()
		} else {
			p.counts = c.Counts.AppendDiff(nil, 0, c.Layout.Len(), &exact.Vector{})
		}
		if c.NoSum {
			p.sum = math.NaN()
		}
		g.pieces, g.all = append(slices.Clip(g.pieces), p), nil // other answers share the list
	}
}

// HistogramView answers how observations were distributed. Quantiles are of the
// merged observations, or of the worst instance, with the interval that holds
// them; package histogram has the rules.
//
// Of classic and native buckets, the native ones are preferred, and each
// observation counts once; a series that comes without native ones is followed
// by its classic ones until its process ends. New buckets with none in common
// start at their own first point, and a warning says so. Gauge histograms are
// not selected.
type HistogramView struct{ v *view }

func (v *HistogramView) kept() *view {
	if v == nil {
		return nil
	}
	return v.v
}

// In returns the groups in a window.
func (v *HistogramView) In(w Window) ([]*HistogramGroup, error) {
	q, err := w.ask(v.kept())
	if err != nil {
		return nil, err
	}
	defer q.close()
	counters, shares, err := grownOf(q)
	if err != nil {
		return nil, err
	}
	list := make([]*HistogramGroup, 0, len(counters))
	for _, c := range counters {
		g := &HistogramGroup{counter: c}
		if len(c.answer.of) > 0 { // else only departed instances are in the group
			g.pieces = c.answer.piecesOf(shares)[c.number]
			g.all = &c.answer.merged[c.number]
		}
		g.addDepartures()
		list = append(list, g)
	}
	return list, nil
}

// One returns the only group.
func (v *HistogramView) One(w Window) (*HistogramGroup, error) {
	if err := v.kept().checkSingle(); err != nil {
		return nil, err
	}
	return only(v.In(w))
}

// departedShare is the share of departed instances.
const departedShare = -1

// piecesOf copies what the instances observed in the window, by group. The
// fleet's lock is held.
func (t *tally) piecesOf(shares []share) [][]buckets {
	if t.pieces != nil {
		return t.pieces
	}
	t.pieces, t.merged = make([][]buckets, len(t.groups)), make([]merged, len(t.groups))
	room := make([]buckets, len(t.columns))
	for i := range t.pieces {
		t.pieces[i], room = room[:0:t.width[i]], room[t.width[i]:]
	}
	columns := t.columns
	for i := range shares {
		sh := &shares[i]
		own := columns[:len(sh.b.Cols)]
		columns = columns[len(own):]
		if sh.older {
			continue
		}
		rows := sh.rows()
		for c := range own {
			p := buckets{share: int32(i)}
			p.fill(sh, &rows[0], c)
			if len(rows) > 1 {
				p.least, p.most = &buckets{}, &buckets{}
				p.least.fill(sh, &rows[1], c)
				p.most.fill(sh, &rows[2], c)
			}
			if t.has(&t.parts[own[c].part], growth.NoSum) {
				p.sum = math.NaN()
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

// grownRow is what a row grew by.
type grownRow struct{ counts, sums []float64 }

// rows returns what the instance's row grew by in the window: one, or if the
// window begins between two checkpoints its value, the least and the most.
func (sh *share) rows() []grownRow {
	since := func(b *window.Base) grownRow {
		live, n := &sh.b.Live, sh.b.Counts()
		row := live.Counts.AppendDiff(make([]float64, 0, n+len(sh.b.Cols)), 0, n, &b.Row.Counts)
		row = live.Sums.AppendDiff(row, 0, len(sh.b.Cols), &b.Row.Sums)
		return grownRow{row[:n:n], row[n:]}
	}
	most := since(&sh.edge.Most)
	if sh.edge.Part == 0 {
		return []grownRow{most}
	}
	least := since(&sh.edge.Least)
	between := func(least, most []float64) (list []float64) {
		for i := range most {
			list = append(list, most[i]-sh.edge.Part*(most[i]-least[i]))
		}
		return list
	}
	return []grownRow{{between(least.counts, most.counts), between(least.sums, most.sums)}, least, most}
}

// fill takes over a column of a row.
func (p *buckets) fill(sh *share, r *grownRow, c int) {
	col := &sh.b.Cols[c]
	p.layout, p.sum = col.Layout, r.sums[c]
	if col.Grid != nil {
		p.native = col.Places.Native(col.Grid, col.At(), func(at int) float64 { return r.counts[at] })
	} else {
		p.counts = r.counts[col.At() : col.Count()+1]
	}
}

// addTo cannot fail: a view keeps sums of steps. Those of histograms that were
// read while being written add up to what is true, but single buckets may be
// too few.
func (p *buckets) addTo(d *layout.Distribution) {
	switch {
	case p.native != nil:
		n := *p.native // other answers share it
		n.Sum = p.sum
		if p.most == nil || d.AddNativeBetween(p.least.native, &n, p.most.native) != nil {
			_ = d.AddNative(&n)
		}
	case p.most == nil:
		_ = d.AddIncrease(p.layout, nil, p.counts, p.sum)
	case d.AddBetween(p.layout, p.least.counts, p.counts, p.most.counts, p.sum) != nil:
		_ = d.AddIncrease(p.layout, nil, p.counts, p.sum)
		last := len(p.counts) - 1
		d.AddDoubt(p.layout, p.counts, p.counts[last]-p.least.counts[last])
		d.AddUnknown(p.most.counts[last]-p.counts[last], p.layout.Floor() < 0)
	}
}
