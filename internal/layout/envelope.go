package layout

import (
	"math"
	"slices"

	"github.com/promfold/promfold/internal/exact"
)

// row is the cells of one class or of one summary, in cells[first:end], in ascending order.
type row struct{ first, end int }

// envelope is observations as cells, ready for questions. Of an observation it knows a lower and an upper end, so it
// bounds the number of observations up to any value from both sides.
type envelope struct {
	cells      []cell
	rows       []row   // in the one order that classes have
	n          float64 // observations
	classic    bool    // some of it is known by a classic layout
	integral   bool    // every count is an integer and n ≤ 2^53: then every sum of counts is exact in floating point
	lastFinite float64 // greatest finite bound of all, −Inf if there is none

	keys      []float64
	edges     []edge
	narrowed  []row
	tally     exact.Sum
	running   exact.Sum // of the cells of a native class so far
	cumulated float64   // running, rounded
}

const maxInteger = 1 << 53

// fill makes x the envelope of the observations in m and of summaries, for which wanted is true.
func (x *envelope) fill(m *multiset, summaries []Summary, wanted func(s *Summary) bool) {
	x.cells, x.rows = x.cells[:0], x.rows[:0]
	x.classic, x.integral, x.lastFinite = false, true, math.Inf(-1)
	for i := range m.classic {
		m.classic[i].appendTo(x)
	}
	for i := range m.native {
		m.native[i].appendTo(x)
	}
	for i := range summaries {
		if s := &summaries[i]; wanted(s) {
			s.appendTo(x)
		}
	}
	x.tally.Reset()
	for _, r := range x.rows {
		if r.end > r.first {
			x.tally.Add(x.cells[r.end-1].after)
		}
	}
	x.n = x.tally.Float64()
	x.integral = x.integral && x.n <= maxInteger
}

// add appends a cell, and keeps account of its bounds and its count.
func (x *envelope) add(at cell) {
	x.cells = append(x.cells, at)
	x.integral = x.integral && at.after == math.Trunc(at.after)
	switch lo, hi := at.ends(); {
	case !math.IsInf(hi, 1):
		x.lastFinite = max(x.lastFinite, hi)
	case at.shape != floored: // the floor is no bound
		x.lastFinite = max(x.lastFinite, lo)
	}
}

// addNext appends a cell after what the row has so far, unless it is empty.
func (x *envelope) addNext(at cell, count *exact.Sum) {
	if count.Sign() == 0 {
		return
	}
	at.before = x.cumulated
	x.running.Merge(count)
	x.cumulated = x.running.Float64()
	at.after = x.cumulated
	x.add(at)
}

// addRow ends the row that began at a cell.
func (x *envelope) addRow(first int) { x.rows = append(x.rows, row{first, len(x.cells)}) }

// sum adds one number for each row: exactly, however many there are.
func (x *envelope) sum(of func(cells []cell) float64) float64 {
	if x.integral {
		total := 0.0
		for _, r := range x.rows {
			total += of(x.cells[r.first:r.end])
		}
		return total
	}
	x.tally.Reset()
	for _, r := range x.rows {
		x.tally.Add(of(x.cells[r.first:r.end]))
	}
	return x.tally.Float64()
}

// ended returns the number of observations certainly ≤ v: those in cells that end at v or before.
func (x *envelope) ended(v float64) float64 {
	return x.sum(func(cells []cell) float64 { return endedIn(cells, v) })
}

// begun returns the number of observations that may be ≤ v: those in cells that begin before v.
func (x *envelope) begun(v float64) float64 {
	return x.sum(func(cells []cell) float64 { return begunIn(cells, v) })
}

// unended returns the number of observations in cells that end after v.
func (x *envelope) unended(v float64) float64 {
	return x.sum(func(cells []cell) float64 { return rest(cells, endedIn(cells, v)) })
}

// unbegun returns the number of observations in cells that begin at v or after.
func (x *envelope) unbegun(v float64) float64 {
	return x.sum(func(cells []cell) float64 { return rest(cells, begunIn(cells, v)) })
}

// rest returns the number of a row's observations beyond the first n.
func rest(cells []cell, n float64) float64 {
	if len(cells) == 0 || cells[len(cells)-1].after == n {
		return 0 // of +Inf, too
	}
	return cells[len(cells)-1].after - n
}

func endedIn(cells []cell, v float64) float64 {
	n, end := 0, len(cells)
	for n < end { // as in slices.BinarySearch, which costs twice as much
		if mid := int(uint(n+end) >> 1); cells[mid].upper <= v {
			n = mid + 1
		} else {
			end = mid
		}
	}
	if n == 0 {
		return 0
	}
	return cells[n-1].after
}

func begunIn(cells []cell, v float64) float64 {
	if c := cellAt(cells, v); c != nil {
		return c.after
	}
	return 0
}

// orderOf makes a binary search find the first cell of which less is false.
func orderOf(less bool) int {
	if less {
		return -1
	}
	return 1
}

// cellAt returns the last cell that begins before v, nil if none does.
func cellAt(cells []cell, v float64) *cell {
	n, end := 0, len(cells)
	for n < end {
		if mid := int(uint(n+end) >> 1); cells[mid].lower < v {
			n = mid + 1
		} else {
			end = mid
		}
	}
	if n == 0 {
		return nil
	}
	return &cells[n-1]
}

// within bounds the number of observations in (lower, upper]: those certainly inside and those that may be.
//
// Bounds of native histograms below zero belong to the bucket above them. With lower or upper on one, observations
// equal to it may be on either side.
func (x *envelope) within(lower, upper float64) (inside, reach float64) {
	if math.IsInf(lower, -1) { // −Inf itself may have been observed
		return x.ended(upper), x.begun(upper)
	}
	inside = x.sum(func(cells []cell) float64 { return max(0, endedIn(cells, upper)-begunIn(cells, lower)) })
	reach = x.sum(func(cells []cell) float64 { return begunIn(cells, upper) - endedIn(cells, lower) })
	return inside, reach
}

// outside bounds the number of observations not in (lower, upper]: those certainly outside and those that may be.
func (x *envelope) outside(lower, upper float64) (certain, reach float64) {
	if math.IsInf(lower, -1) {
		return x.unbegun(upper), x.unended(upper)
	}
	certain = x.sum(func(cells []cell) float64 { return endedIn(cells, lower) + rest(cells, begunIn(cells, upper)) })
	reach = x.sum(func(cells []cell) float64 {
		if ended, begun := endedIn(cells, upper), begunIn(cells, lower); ended > begun {
			return begun + rest(cells, ended)
		}
		return rest(cells, 0) // no cell is inside
	})
	return certain, reach
}

// union returns all bounds of all cells, with +Inf.
func (x *envelope) union() []float64 {
	bounds := []float64{math.Inf(1)}
	for i := range x.cells {
		lo, hi := x.cells[i].ends()
		for _, b := range [...]float64{lo, hi} {
			if !math.IsInf(b, 0) && (b != 0 || x.cells[i].shape != floored) {
				bounds = append(bounds, b)
			}
		}
	}
	slices.Sort(bounds)
	return slices.Compact(bounds)
}

// negative reports whether an observation may be less than 0.
func (x *envelope) negative() bool {
	return slices.ContainsFunc(x.cells, func(c cell) bool { lo, _ := c.ends(); return lo < 0 })
}
