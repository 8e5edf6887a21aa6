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

	// Of steps that began before the scrape before: since when, and Σ Lo. A
	// window that begins later than From does not hold Early for certain.
	From  int64
	Early exact.Sum
	// Blind is the longest time of a step without an upper bound, other than
	// what a process counted before its proven end. Began says that such a step
	// counted from 0.
	Blind int64
	Began bool
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
	c.Below, c.Above, c.Early = exact.Sum{}, exact.Sum{}, exact.Sum{}
	c.Below.Set(&e.Below)
	c.Above.Set(&e.Above)
	c.Early.Set(&e.Early)
	return &c
}

// Resets returns how many series the event says were reset.
func (e *Event) Resets() int {
	if e.Verdict == judge.Reset {
		return e.N
	}
	return 0
}

// add counts one more series to which the same happened; last is the time of
// the scrape before.
func (e *Event) add(step *judge.Step, last int64) {
	e.N++
	if step.Verdict == judge.Gap && step.Hi == 0 {
		return // the step that ends the gap holds what it hid
	}
	growth := step.Value()
	e.Below.AddDiff(growth, step.Lo)
	switch {
	case !math.IsInf(step.Hi, 1):
		e.Above.AddDiff(step.Hi, growth)
	case step.Verdict == judge.Reset && step.Lost > 0:
		e.Open++ // what was lost is in a time that no scrape saw
	default:
		e.Open++
		e.Blind = max(e.Blind, step.To-step.From)
		e.Began = e.Began || step.Verdict == judge.Reset
	}
	if from := min(step.From, step.Reach); from < last {
		if e.From == 0 || from < e.From {
			e.From = from
		}
		e.Early.Add(step.Lo)
	}
}

func (e *Event) merge(o *Event) {
	e.N += o.N
	e.Open += o.Open
	e.Below.Merge(&o.Below)
	e.Above.Merge(&o.Above)
	if o.From != 0 && (e.From == 0 || o.From < e.From) {
		e.From = o.From
	}
	e.Early.Merge(&o.Early)
	e.Blind = max(e.Blind, o.Blind)
	e.Began = e.Began || o.Began
}
