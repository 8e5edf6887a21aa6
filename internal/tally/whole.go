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
	value, lo, hi := w.value.Near(), w.lo.Least(), w.hi.Most()
	return func(e estimate) estimate {
		if w.signed {
			return estimate{}
		}
		rest, open := hi-e.Hi, w.open
		if math.IsInf(e.Hi, 1) {
			rest, open = hi, open-1
		}
		if open > 0 {
			rest = math.Inf(1)
		}
		x := estimate{Lo: share(e.Lo, rest), Hi: share(e.Hi, lo-e.Lo)}
		x.Value = min(max(share(e.Value, value-e.Value), x.Lo), x.Hi)
		return x
	}
}

// share returns the share of x in x and the rest, which may be below 0 by rounding.
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
