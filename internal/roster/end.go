package roster

import (
	"math"

	"github.com/promfold/promfold/internal/rate"
)

// End is what is known at a moment of how an instance ended. An answer about the moment keeps it: what is told later may
// be of before.
type End struct {
	rate.End
	Counted  int64 // if it is no part of the present: until when it may have counted
	Replaced bool  // another instance has its place behind a balancer
	Unsure   bool  // or another one that was not met since has it, or has not
}

// End returns how an instance ended that answered at the addresses, last at a time, and is stale after so long.
func (b *Book[B, I]) End(names []string, last, e, patience int64, standing Standing, gone bool) (x End) {
	if b.Ended(names, last, math.MaxInt64) != 0 {
		x.End = rate.End{Ended: b.Ended(names, last, e), Left: b.Gone(names, last, e), Ends: true}
	}
	if standing.Possible() {
		return x
	}
	if !gone {
		a := b.Attempts(names, last)
		x.Counted = max(last, a.Word()) + patience
		return x
	}
	x.Counted = last + patience
	if left := b.Gone(names, last, math.MaxInt64); left != 0 && (left <= x.Counted || b.Refused(names, last, left)) {
		x.Counted = left - 1
	}
	return x
}
