package tally

import (
	"math"

	"github.com/promfold/promfold/internal/exact"
)

// whole is a sum of parts, each between its bounds. The zero value has none.
type whole struct {
	value, lo, hi exact.Sum // hi: of those that have an upper bound
	open          int       // parts that have none
	signed        bool      // some part may be negative: there are no shares
}

func (w *whole) add(e estimate) {
	w.value.Add(e.Value)
	w.lo.Add(e.Lo)
	w.signed = w.signed || e.Lo < 0
	if math.IsInf(e.Hi, 1) {
		w.open++
	} else {
		w.hi.Add(e.Hi)
	}
}

// shares returns which share of the whole one of its parts is; 0 where nothing was counted for certain. The rest may be
// anywhere between its own bounds, so a share is greatest where the part is and the rest is least.
func (w *whole) shares() func(of estimate) estimate {
	var rest exact.Sum
	without := func(sum *exact.Sum, x float64) *exact.Sum { // exactly: what is small beside x is not lost
		rest.Set(sum)
		rest.Add(-x)
		return &rest
	}
	return func(e estimate) estimate {
		if w.signed {
			return estimate{}
		}
		most, open := e.Hi, w.open
		if math.IsInf(most, 1) {
			most, open = 0, open-1
		}
		others := math.Inf(1)
		if open == 0 {
			others = without(&w.hi, most).Most()
		}
		x := estimate{Lo: share(e.Lo, others), Hi: share(e.Hi, without(&w.lo, e.Lo).Least())}
		x.Value = min(max(share(e.Value, without(&w.value, e.Value).Near()), x.Lo), x.Hi)
		return x
	}
}

// share returns the share of x in x and the rest, which may be below 0 where more than one number was too great.
func share(x, rest float64) float64 {
	switch {
	case !(x > 0) || math.IsInf(rest, 1):
		return 0
	case math.IsInf(x, 1):
		return 1
	}
	rest = max(0, rest)
	if x > math.MaxFloat64-rest {
		x, rest = x/2, rest/2
	}
	return x / (x + rest)
}
