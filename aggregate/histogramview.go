package aggregate

import (
	"math"
	"slices"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/layout"
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
		g.pieces = append(slices.Clip(g.pieces), p) // other answers share the list
	}
}

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

// addTo cannot fail: a view keeps sums of steps. Those of histograms that were
// read while being written add up to what is true, but single buckets may be
// too few.
func (p *buckets) addTo(d *layout.Distribution) {
	if p.native != nil {
		n := *p.native // other answers share it
		n.Sum = p.sum
		_ = d.AddNative(&n)
		return
	}
	_ = d.AddIncrease(p.layout, nil, p.counts, p.sum)
}
