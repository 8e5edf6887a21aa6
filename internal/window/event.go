package window

import (
	"math"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
)

// Event is what one scrape did to the series of one column, other than plain
// growth. The bounds of an answer, its resets and its warnings come from the
// events of its window.
type Event struct {
	Note
	At    int64
	N     int       // series
	Open  int       // series whose growth has no upper bound
	Below exact.Sum // Σ Value − Lo
	Above exact.Sum // Σ Hi − Value, where it is bounded
}

// Note says what happened, and in which column.
type Note struct {
	Col     int32
	Verdict judge.Verdict
	Doubt   judge.Doubt
	Quirk   growth.Quirk
}

// Clone returns a copy that shares no storage with e.
func (e *Event) Clone() *Event {
	c := *e
	c.Below, c.Above = exact.Sum{}, exact.Sum{}
	c.Below.Set(&e.Below)
	c.Above.Set(&e.Above)
	return &c
}

// Resets returns how many series the event says were reset.
func (e *Event) Resets() int {
	if e.Verdict == judge.Reset {
		return e.N
	}
	return 0
}

// add counts one more series to which the same happened.
func (e *Event) add(step *judge.Step) {
	e.N++
	if step.Verdict == judge.Gap {
		return // the step that ends the gap holds what it hid
	}
	growth := step.Value()
	e.Below.AddDiff(growth, step.Lo)
	if math.IsInf(step.Hi, 1) {
		e.Open++
	} else {
		e.Above.AddDiff(step.Hi, growth)
	}
}

func (e *Event) merge(o *Event) {
	e.N += o.N
	e.Open += o.Open
	e.Below.Merge(&o.Below)
	e.Above.Merge(&o.Above)
}
