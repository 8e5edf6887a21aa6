package aggregate

import (
	"math"
	"slices"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/window"
)

// HistogramView answers how observations were distributed. Quantiles are of the
// merged observations, or of the worst instance; a mean of quantiles is not
// offered.
//
// Instances may expose classic buckets, native ones, or both; each observation
// counts once. Native buckets are preferred; a series that comes without them is
// followed by its classic ones until its process ends. New buckets with none in
// common start at their own first point, and a warning says so. Gauge histograms
// are not selected.
type HistogramView struct{ v *view }

func (v *HistogramView) kept() *view {
	if v == nil {
		return nil
	}
	return v.v
}

// In returns the groups in a window, sorted by labels; a view without By has
// exactly one.
func (v *HistogramView) In(w Window) ([]*HistogramGroup, error) {
	q, err := w.ask(v.kept())
	if err != nil {
		return nil, err
	}
	defer q.close()
	counters, shares, err := q.grown()
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

// One returns the group of a view without By.
func (v *HistogramView) One(w Window) (*HistogramGroup, error) {
	if err := v.kept().checkSingle(); err != nil {
		return nil, err
	}
	return only(v.In(w))
}

// Totals returns the groups as histograms to expose; no count ever falls. There
// are none of a part of the fleet.
//
// The bounds are those that all instances have; observations in native buckets
// count from the first bound that is certainly not below them. Native buckets
// have a schema that all instances have, and are left out where some have classic
// ones alone. The sum is NaN where it is not known of all; it may fall if
// observations may be negative.
func (v *HistogramView) Totals(s Snapshot) []Series {
	return totalsAt(s, v.kept(), (*view).histogramTotals)
}

// Status says what the view selects.
func (v *HistogramView) Status(s Snapshot) Status { return statusAt(s, v.kept()) }

// buckets is what one instance observed in buckets of one layout.
type buckets struct {
	share  int32
	layout *layout.Layout
	counts []float64      // cumulative
	native *layout.Native // in place of layout and counts; without its sum
	sum    float64        // NaN if unknown

	// Where the window begins between two checkpoints: the same, at least and at
	// most; else nil.
	least, most *buckets
}

// departedShare is the share of departed instances.
const departedShare = -1

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

func (t *tally) has(p *part, q growth.Quirk) (found bool) {
	t.happenings(p, func(e *happening) { found = found || e.Quirk == q })
	return found
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
