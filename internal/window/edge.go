package window

import (
	"math"

	"github.com/promfold/promfold/internal/exact"
)

// Base is a moment that growth is counted from, and a table's row at it.
type Base struct {
	Checkpoint
	Past
}

// Edge is the start s of a window among the moments that a table has.
//
//	Most.At ≤ s, where there is such a moment; Most ≤ Least; s ≤ Inside.At
//	Part = 0: Most is Least, and the window's growth is exactly that since Most
//	Part > 0: it is at most that since Most, and at least that since Least
//	growth since Inside happened inside the window, but for what a time as long as Older made
type Edge struct {
	Most, Least, Inside Base
	Part                float64 // how far from Most to Least the window begins, in [0, 1)
	Older               int64   // ms
}

// Same reports whether growth is counted from the same moments, as long as the
// table does not change.
func (e *Edge) Same(o *Edge) bool {
	return e.Part == o.Part && e.Older == o.Older && e.Most.Number == o.Most.Number && e.Least.Number == o.Least.Number &&
		e.Inside.Number == o.Inside.Number && e.Inside.At == o.Inside.At
}

// start is where the table began: all its rows were 0.
func (t *Table) start() Base {
	b := Base{t.Begun, Past{row: &t.nothing}}
	b.Number = -1
	return b
}

// EdgeAt makes e the edge of the windows that start at s, of an instance of
// which these checkpoints are held; present is its latest scrape. What was read may
// be older by lag. It returns false if the window begins before all that is held.
func (t *Table) EdgeAt(e *Edge, s int64, held []Checkpoint, dropped bool, present Checkpoint, lag int64) bool {
	first := max(t.Since, t.Floor)
	for len(held) > 0 && held[0].Number < first { // what is held goes further back than the table
		held, dropped = held[1:], t.Floor > t.Since
	}
	i := len(held)
	for i > 0 && held[i-1].At > s {
		i--
	}
	next := &e.Inside
	if *next = (Base{present, Past{row: &t.Live}}); i < len(held) {
		*next = t.base(&held[i])
	}
	lost := dropped && (len(held) == 0 || held[0].Number > first)
	switch {
	case i > 0:
		e.Most = t.base(&held[i-1])
	case lost || t.Floor > t.Since:
		e.Most = *next // what is older is not known any more
	default:
		e.Most = t.start()
	}
	switch e.Least, e.Part = e.Most, 0; {
	case e.Most.At >= s || e.Most.Scrapes == 0:
		e.Inside = e.Most
	case next.Scrapes-e.Most.Scrapes > 1:
		e.Least = *next
		e.Part = float64(s-e.Most.At) / float64(next.At-e.Most.At)
	}
	if lag > 0 {
		e.Inside = t.settled(s+lag, held[i:], present)
	}
	return e.Most.At <= s || !lost
}

// base returns a checkpoint with its row.
func (t *Table) base(p *Checkpoint) Base { return Base{*p, t.past(p.slot)} }

// settled returns the first of the moments that are held, or the present, that is not before a time.
func (t *Table) settled(at int64, held []Checkpoint, present Checkpoint) Base {
	for i := range held {
		if held[i].At >= at {
			return t.base(&held[i])
		}
	}
	return Base{present, Past{row: &t.Live}}
}

// All returns the edge of the time since the table began, of a window that starts at s. What was read may be older by
// lag: then what the first readings showed may be of before s.
func (t *Table) All(s int64, held []Checkpoint, present Checkpoint, lag int64) Edge {
	b := t.start()
	e := Edge{Most: b, Least: b, Inside: b}
	first := max(t.Since, t.Floor)
	switch {
	case lag == 0:
	case first > t.Since, len(held) > 0 && held[0].Number > first:
		e.Older = lag // those readings are not held any more
	default:
		e.Inside = t.settled(s+lag, held, present)
	}
	return e
}

// Latest returns the edge of the latest step.
func (t *Table) Latest(held []Checkpoint) Edge {
	b := t.start()
	if n := len(held); n > 0 && held[n-1].Number >= max(t.Since, t.Floor) {
		b = t.base(&held[n-1])
	}
	return Edge{Most: b, Least: b, Inside: b}
}

// Around returns the rows before and after the checkpoint of a number, of those
// that are held.
func (t *Table) Around(number int, held []Checkpoint) (before, after *Row) {
	before, after = &t.nothing, &t.Live
	latest := -1
	for i := range held {
		switch p := &held[i]; {
		case p.Number < max(t.Since, t.Floor), t.slots == 0: // no row of it is kept
		case p.Number < number:
			latest = p.slot
		case p.Number > number && after == &t.Live:
			after = t.rowAt(p.slot, &Row{})
		}
	}
	if latest >= 0 {
		before = t.rowAt(latest, &Row{})
	}
	return before, after
}

// Between returns the moment of the edge in a number that rises from one moment to the next, such as observed time: from
// that at Most to that at Least.
func (e *Edge) Between(most, least int64) int64 {
	if e.Part == 0 {
		return most
	}
	return most + int64(math.Round(e.Part*float64(least-most)))
}

// Grown returns what count i of the table's rows grew by in the window: as its
// value, at least and at most.
func (e *Edge) Grown(live *Row, i int) (value, least, most float64) {
	var x exact.Sum
	live.Counts.SumDiff(&x, i, &e.Most.Row().Counts)
	if most = x.Float64(); e.Part == 0 {
		return most, most, most
	}
	x.Reset()
	live.Counts.SumDiff(&x, i, &e.Least.Row().Counts)
	least = x.Float64()
	return e.Value(least, most), least, most
}

// Value returns the growth in the window between the least and the most: a finite number.
func (e *Edge) Value(least, most float64) float64 {
	least, most = exact.Finite(least), exact.Finite(most)
	if e.Part == 0 {
		return most
	}
	return min(max(most-e.Part*(most-least), least), most)
}
