package window

import (
	"math"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/internal/exact"
)

// Bounds gathers by how much the truth may differ from a value. The zero value
// is: not at all.
type Bounds struct {
	Below, Above exact.Sum
	Back         exact.Sum // taken back of what is certain; it makes no lower bound negative
	Open         int       // parts that have no upper bound
}

// Add adds what an event leaves open in a window that starts at a time.
func (x *Bounds) Add(e *Event, start int64) {
	if e.TakesBack(start) {
		x.Back.Merge(&e.Back)
	}
	x.Below.Merge(&e.Below)
	x.Above.Merge(&e.Above)
	x.Open += e.Open
}

// Between adds that the truth of a value is between two numbers.
func (x *Bounds) Between(lo, value, hi float64) {
	if lo < value {
		x.Below.AddDiff(value, lo)
	}
	if hi > value {
		x.Above.AddDiff(hi, value)
	}
}

// AddAbove adds what an event leaves open upwards.
func (x *Bounds) AddAbove(e *Event) {
	x.Above.Merge(&e.Above)
	x.Open += e.Open
}

// Merge adds the bounds of another part of the same sum.
func (x *Bounds) Merge(o *Bounds) {
	x.Back.Merge(&o.Back)
	x.Below.Merge(&o.Below)
	x.Above.Merge(&o.Above)
	x.Open += o.Open
}

// Around returns a value with its bounds, each rounded once.
func (x *Bounds) Around(value *exact.Sum) promfold.Estimate {
	if x.Open == 0 && x.Below.Sign() == 0 && x.Back.Sign() == 0 && x.Above.Sign() == 0 {
		return promfold.Estimate{Value: value.Near(), Lo: value.Least(), Hi: value.Most()}
	}
	var lo, hi exact.Sum
	lo.Set(value)
	lo.Sub(&x.Below)
	hi.Set(value)
	hi.Merge(&x.Above)
	e := promfold.Estimate{Value: value.Near(), Lo: lo.Least(), Hi: hi.Most()}
	if back := x.Back.Near(); back > 0 {
		e.Lo = max(e.Lo-back, min(e.Lo, 0))
	}
	if x.Open > 0 {
		e.Hi = math.Inf(1)
	}
	if e.Lo < 0 && e.Lo > -e.Value/(1<<50) {
		e.Lo = 0 // the value was rounded before, its distance from the bound was not
	}
	// Growth above a mark is certain, and may be more than the value: see judge.Step.
	e.Lo, e.Hi = min(e.Lo, e.Value), max(e.Hi, e.Value)
	return e
}
