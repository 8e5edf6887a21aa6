package tally

import (
	"math"
	"slices"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/layout"
)

// piece is what one instance observed in buckets of one layout.
type piece struct {
	share  int32
	part   int32
	layout *layout.Layout
	whole  []int64        // cumulative, where nothing but integers is in a row
	counts []float64      // else
	native *layout.Native // in place of layout and counts; without its sum
	sum    float64        // NaN if unknown
	signed bool           // a sum fell: some observations are negative, although no bound is

	// Where the window begins between two checkpoints: the same, at least and at most; else nil.
	least, most *piece
}

// read copies what the instances observed in the window, by group.
func (t *Tally) read() {
	if t.pieces != nil {
		return
	}
	t.pieces, t.merged = make([][]piece, len(t.groups)), make([]merged, len(t.groups))
	columns, counts := 0, 0
	for i, own := range t.columns {
		columns, counts = columns+len(own), counts+t.shares[i].Table.Counts()
	}
	room, whole, sums := make([]piece, columns), make([]int64, counts), make([]float64, columns)
	for i := range t.pieces {
		t.pieces[i], room = room[:0:t.width[i]], room[t.width[i]:]
	}
	for i, own := range t.columns {
		sh := &t.shares[i]
		n, since := sh.Table.Counts(), &sh.Edge.Most.Past
		switch {
		case sh.Older:
		case sh.Edge.Part == 0 && !sh.Table.Torn() && sh.Table.GrownSince(since, whole[:n]):
			sh.Table.SumsSince(since, sums[:0])
			t.readRows(i, grownRow{whole: whole[:n], sums: sums[:len(own)]})
			whole, sums = whole[n:], sums[len(own):]
		default:
			t.readRows(i, sh.rows()...)
		}
	}
	t.rooms()
}

// readRows makes the pieces of a share, of one row or of three.
func (t *Tally) readRows(i int, rows ...grownRow) {
	sh, own := &t.shares[i], t.columns[i]
	for c := range own {
		list := &t.pieces[t.group[own[c]]]
		*list = (*list)[:len(*list)+1]
		p := &(*list)[len(*list)-1]
		p.share, p.part = int32(i), own[c]
		p.fill(sh, &rows[0], c)
		if len(rows) > 1 {
			p.least, p.most = &piece{}, &piece{}
			p.least.fill(sh, &rows[1], c)
			p.most.fill(sh, &rows[2], c)
		}
		if part := &t.parts[p.part]; part.odd > 0 {
			if t.has(part, growth.NoSum) {
				p.sum = math.NaN()
			}
			p.signed = t.has(part, growth.Negative)
		}
	}
}

// rooms gives the groups room for what their pieces add up to.
func (t *Tally) rooms() {
	buckets := make([]int, len(t.groups))
	for g, list := range t.pieces {
		if len(list) > 0 && list[0].layout != nil {
			buckets[g] = list[0].layout.Len()
		}
	}
	layout.Rooms(buckets, func(g int) *layout.Distribution { return &t.merged[g].Distribution })
}

// fill takes over a column of a row.
func (p *piece) fill(sh *Share, r *grownRow, c int) {
	col := &sh.Table.Cols[c]
	switch p.layout, p.sum = col.Layout, r.sums[c]; {
	case col.Grid != nil:
		p.native = col.Places.Native(col.Grid, col.At(), r.count)
	case r.whole != nil:
		p.whole = r.whole[col.At() : col.Count()+1]
	default:
		p.counts = r.counts[col.At() : col.Count()+1]
	}
}

// cumulative returns the counts of a piece by classic buckets, in the room if need be.
func (p *piece) cumulative(room []float64) []float64 {
	if p.whole == nil {
		return p.counts
	}
	room = slices.Grow(room, len(p.whole))
	for _, n := range p.whole {
		room = append(room, float64(n))
	}
	return room
}

// bounds returns the piece's layout. Where one observation of the group is negative, others may be, whatever the bounds.
func (p *piece) bounds(signed bool) *layout.Layout {
	if signed && p.layout != nil {
		return p.layout.Negative()
	}
	return p.layout
}

// plain reports whether the piece is counts by classic buckets, which are what they are.
func (p *piece) plain() bool { return p.native == nil && p.most == nil }

// doubt lowers the bounds of a piece: below of the observations may not have been.
func (p *piece) doubt(d *layout.Distribution, below float64, signed bool) {
	if p.native == nil && below > 0 {
		var room [64]float64
		d.AddDoubt(p.bounds(signed), p.cumulative(room[:0]), below)
	}
}

// addCounts adds a plain piece without its sum; false if it cannot be.
func (p *piece) addCounts(d *layout.Distribution, signed bool) bool {
	if p.whole != nil && d.AddWhole(p.bounds(signed), p.whole) {
		return true
	}
	return d.AddIncrease(p.bounds(signed), nil, p.cumulative(nil), 0) == nil
}

// add cannot fail: a view keeps sums of steps. Those of histograms that were read while being written add up to what is
// true, but single buckets may be too few.
func (p *piece) add(d *layout.Distribution, below float64, signed bool) {
	l := p.bounds(signed)
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
	case p.plain():
		_ = d.AddIncrease(l, nil, p.cumulative(nil), p.sum)
	case d.AddBetween(l, p.least.counts, p.counts, p.most.counts, p.sum) != nil:
		d.AddTorn(l, p.counts, p.least.counts, p.most.counts, p.sum)
	}
}
