package main

import (
	"math"

	"github.com/promfold/promfold"
)

// Amount is a number and its bounds, or nothing.
type Amount struct {
	Known bool
	promfold.Estimate
}

// MarshalJSON returns the estimate, or null.
func (a Amount) MarshalJSON() ([]byte, error) {
	if !a.Known {
		return []byte("null"), nil
	}
	return a.Estimate.MarshalJSON()
}

// known returns an amount of what the library answers. A sum that is too great for a
// number is not known.
func known(e promfold.Estimate, ok bool) Amount {
	if !ok || math.IsInf(e.Value, 0) || math.IsNaN(e.Value) {
		return Amount{}
	}
	return Amount{true, e}
}

// exactly returns an amount without doubt.
func exactly(x float64) Amount { return Amount{true, promfold.Estimate{Value: x, Lo: x, Hi: x}} }

// times returns the amount with every number multiplied by a positive factor.
func (a Amount) times(x float64) Amount {
	a.Value, a.Lo, a.Hi = a.Value*x, a.Lo*x, a.Hi*x
	return a
}

// plus returns the sum, which is unknown if a part is.
func (a Amount) plus(b Amount) Amount {
	return Amount{a.Known && b.Known, promfold.Estimate{Value: a.Value + b.Value, Lo: a.Lo + b.Lo, Hi: a.Hi + b.Hi}}
}

// minus returns the difference, which is unknown if a part is.
func (a Amount) minus(b Amount) Amount {
	return Amount{a.Known && b.Known, promfold.Estimate{Value: a.Value - b.Value, Lo: a.Lo - b.Hi, Hi: a.Hi - b.Lo}}
}

// share returns the share that one of several amounts has of their sum. None is
// negative; the share is greatest if all others are least.
func share(i int, all []Amount) Amount {
	others := exactly(0)
	for j, b := range all {
		if j != i {
			others = others.plus(b)
		}
	}
	a := all[i]
	sum := a.plus(others)
	if !sum.Known || sum.Value <= 0 {
		return Amount{}
	}
	return Amount{true, promfold.Estimate{Value: a.Value / sum.Value, Lo: ratio(a.Lo, others.Hi, 0), Hi: ratio(a.Hi, others.Lo, 1)}}
}

// ratio returns a's share of a and b; ifNone where that is no number.
func ratio(a, b, ifNone float64) float64 {
	if x := a / (a + b); !math.IsNaN(x) {
		return x
	}
	return ifNone
}
