package aggregate

import (
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/histogram"
	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
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
func (g *HistogramGroup) Warnings() []string {
	list := g.Observations().Warnings()
	var names []string
	n := 0.0
	for i := range g.pieces {
		if p := &g.pieces[i]; p.layout != nil && p.layout.Len() == 1 && p.counts[0] > 0 && p.share != departedShare {
			n += p.counts[0]
			names = append(names, g.counter.answer.shares[p.share].name)
		}
	}
	if n > 0 {
		list = append(slices.Clip(list), fmt.Sprintf("of %.4g observations only count and sum are known: %s", n, explain.Few(names)))
	}
	return list
}

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
		g.addTo(&g.all.Distribution)
		if a := g.Observations().answer; a != nil && a.unmet > 0 {
			g.all.AddUnknown(math.Inf(1), g.signed())
		}
	}
	return g.all
}

// addTo adds the pieces. What is not known of how many observations there were is
// not known of their buckets either.
func (g *HistogramGroup) addTo(d *layout.Distribution) {
	share, below, above := int32(departedShare-1), 0.0, 0.0
	for i := range g.pieces {
		p := &g.pieces[i]
		if p.share != share {
			share = p.share
			below, above = g.unsure(share)
			d.AddUnknown(above, g.signed())
		}
		p.addTo(d, below)
	}
}

// unsure returns how many of an instance's observations may not have been, and how
// many more there may have been. What was lost at a proven end is not in it: the
// warnings say so.
func (g *HistogramGroup) unsure(share int32) (below, above float64) {
	var x window.Bounds
	if share == departedShare {
		x.Merge(&g.counter.left().Bounds)
		return x.Below.Float64(), x.Above.Float64()
	}
	owners, parts := g.counter.parts()
	i, ok := slices.BinarySearch(owners, share)
	if !ok {
		return 0, 0
	}
	lost := 0
	g.counter.answer.happenings(&parts[i], func(e *happening) {
		e.bound(&x, g.counter.answer.start)
		if e.Verdict == judge.Reset && e.Doubt&judge.Unproven == 0 {
			lost += e.Open
		}
	})
	if above = x.Above.Float64(); x.Open > lost || parts[i].open {
		above = math.Inf(1)
	}
	return x.Below.Float64(), above
}

// distributions are the members that observed something, by name. Departed ones
// are none.
func (g *HistogramGroup) distributions() []layout.Member {
	var list []layout.Member
	last, below, above := int32(-1), 0.0, 0.0
	for i := range g.pieces {
		p := &g.pieces[i]
		if p.share == departedShare {
			continue
		}
		if p.share != last {
			list = append(list, layout.Member{Name: g.counter.answer.shares[p.share].name, Distribution: &layout.Distribution{}})
			last = p.share
			below, above = g.unsure(last)
			list[len(list)-1].Distribution.AddUnknown(above, g.signed())
		}
		p.addTo(list[len(list)-1].Distribution, below)
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
// window begins between two checkpoints, or begins or ends at a torn reading, its
// value, the least and the most.
func (sh *share) rows() []grownRow {
	most := sh.grown(&sh.b.Live, sh.edge.Most.Row)
	value, least := most, most
	if sh.edge.Part > 0 {
		least = sh.grown(&sh.b.Live, sh.edge.Least.Row)
		value = grownRow{between(least.counts, most.counts, sh.edge.Part), between(least.sums, most.sums, sh.edge.Part)}
	}
	ends := sh.torn(sh.in.last)
	if !ends && !sh.torn(sh.edge.Most.At) && (sh.edge.Part == 0 || !sh.torn(sh.edge.Least.At)) {
		if sh.edge.Part == 0 {
			return []grownRow{value}
		}
		return []grownRow{value, least, most}
	}
	// The buckets of a torn reading are of different moments, but between those of
	// the readings beside it.
	live, held := &sh.b.Live, sh.in.history.Held()
	if ends {
		live, _ = sh.b.Around(math.MaxInt, held)
	}
	before, _ := sh.b.Around(sh.edge.Most.Number, held)
	_, after := sh.b.Around(sh.edge.Least.Number, held)
	return []grownRow{value, sh.grown(live, after), sh.grown(&sh.b.Live, before)}
}

// grown returns what the instance's row grew by from a base to an end.
func (sh *share) grown(end, base *window.Row) grownRow {
	n := sh.b.Counts()
	row := end.Counts.AppendDiff(make([]float64, 0, n+len(sh.b.Cols)), 0, n, &base.Counts)
	row = end.Sums.AppendDiff(row, 0, len(sh.b.Cols), &base.Sums)
	return grownRow{row[:n:n], row[n:]}
}

// between returns what lies in the given part of the way from most to least.
func between(least, most []float64, part float64) (list []float64) {
	for i := range most {
		list = append(list, most[i]-part*(most[i]-least[i]))
	}
	return list
}

// torn reports whether a histogram was read while the client was writing it, in
// the scrape at a time.
func (sh *share) torn(at int64) bool {
	for n := sh.b.EventsUntil(at); n > 0 && sh.b.Events[n-1].At == at; n-- {
		if sh.b.Events[n-1].Quirk == growth.Torn {
			return true
		}
	}
	return false
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
//
// below of the observations may not have been.
func (p *buckets) addTo(d *layout.Distribution, below float64) {
	if p.native == nil && below > 0 {
		d.AddDoubt(p.layout, p.counts, below)
	}
	switch {
	case p.native != nil:
		n := *p.native // other answers share it
		n.Sum = p.sum
		if below > 0 && d.AddNativeBetween(nil, &n, &n) == nil {
			return
		}
		if p.most == nil || d.AddNativeBetween(p.least.native, &n, p.most.native) != nil {
			_ = d.AddNative(&n)
		}
	case p.most == nil:
		_ = d.AddIncrease(p.layout, nil, p.counts, p.sum)
	case d.AddBetween(p.layout, p.least.counts, p.counts, p.most.counts, p.sum) != nil:
		d.AddTorn(p.layout, p.counts, p.least.counts, p.most.counts, p.sum)
	}
}
