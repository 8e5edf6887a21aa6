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

	// Back is taken back of the Lo of the steps until BackAt.
	Back   exact.Sum
	BackAt int64

	// Of steps that began before the scrape before: since when and Σ Value; since
	// when they may have begun and Σ Lo. A window that begins later than Reach does
	// not hold Early for certain.
	From  int64
	Long  exact.Sum
	Reach int64
	Early exact.Sum
	// Blind is the longest time in which a step without an upper bound may have
	// counted more than its value, other than that between two processes.
	Blind int64
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
	c.Below, c.Above, c.Back, c.Early, c.Long = exact.Sum{}, exact.Sum{}, exact.Sum{}, exact.Sum{}, exact.Sum{}
	c.Back.Set(&e.Back)
	c.Below.Set(&e.Below)
	c.Above.Set(&e.Above)
	c.Early.Set(&e.Early)
	c.Long.Set(&e.Long)
	return &c
}

// Resets returns how many series the event says were reset.
func (e *Event) Resets() int {
	if e.Verdict == judge.Reset {
		return e.N
	}
	return 0
}

// add counts one more series to which the same happened in the scrape that is
// being added.
func (e *Event) add(step *judge.Step, l *log) {
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
		if e.Open++; !l.gap {
			e.Blind = max(e.Blind, min(step.Lost+max(0, l.late), step.To-step.From+step.Lost))
		}
	default:
		e.Open++
		e.Above.Add(step.Seen)
		e.Blind = max(e.Blind, step.To-step.From)
	}
	if step.Back > 0 {
		e.Back.Add(step.Back)
		e.BackAt = max(e.BackAt, step.From)
	}
	reach := min(step.From, step.Reach)
	if reach < l.last {
		e.Reach = earlier(e.Reach, reach)
		e.Early.Add(step.Lo)
	}
	if step.Verdict == judge.Born {
		reach = step.From // the value is of the life that its start tells
	}
	if reach < l.last {
		e.From = earlier(e.From, reach)
		e.Long.AddDiff(step.Add, step.Sub)
	}
}

// earlier returns the earlier of two times, of which 0 is none.
func earlier(a, b int64) int64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// TakesBack reports whether the event takes something back in a window that starts at a time.
func (e *Event) TakesBack(start int64) bool { return start < e.BackAt }

// Before returns how much of the value belongs to the time before a moment, if
// steps that began before the scrape before grew at a steady rate.
func (e *Event) Before(at int64) float64 {
	if e.From == 0 || e.From >= at {
		return 0
	}
	return exact.Finite(e.Long.Near() * float64(min(at, e.At)-e.From) / float64(e.At-e.From))
}

func (e *Event) merge(o *Event) {
	e.N += o.N
	e.Open += o.Open
	e.Below.Merge(&o.Below)
	e.Above.Merge(&o.Above)
	e.Back.Merge(&o.Back)
	e.BackAt = max(e.BackAt, o.BackAt)
	e.From, e.Reach = earlier(e.From, o.From), earlier(e.Reach, o.Reach)
	e.Early.Merge(&o.Early)
	e.Long.Merge(&o.Long)
	e.Blind = max(e.Blind, o.Blind)
}
