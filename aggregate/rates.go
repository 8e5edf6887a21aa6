package aggregate

import (
	"math"
	"sync"

	"github.com/promfold/promfold/internal/exact"
)

// rates are the rates of all groups. Only a second question to the same tally
// adds them up at once: most tallies are asked once.
type rates struct {
	once sync.Once
	list []rate
}

// rate is the rate of a group; it is not known if no member was observed for
// any time.
type rate struct {
	estimate
	known bool
}

// ratesOf returns the rates of the groups: of the instances alive now, or the
// mean over the window.
func (t *tally) ratesOf(now bool) []rate {
	r := &t.mean
	if now {
		r = &t.now
	}
	r.once.Do(func() {
		r.list = make([]rate, len(t.groups))
		for g := range r.list {
			r.list[g] = t.addRates(g, now)
		}
	})
	return r.list
}

// addRates adds up the rates of a group exactly, so that the order of members
// does not matter.
func (t *tally) addRates(group int, now bool) rate {
	var sum exact.Total
	known, loose := false, false
	for i := t.from[group]; i < t.from[group+1]; i++ {
		sh, p := &t.shares[t.owners[i]], &t.parts[i]
		weight, seconds, ok := sh.rates(&t.groups[group], now)
		if !ok || p.unread {
			continue
		}
		known = true
		loose = loose || p.loose && !sh.older
		if p.grown != 0 {
			sum.Add(p.grown / seconds * weight)
		}
	}
	x := sum.Float64()
	if !loose {
		return rate{exactly(x), known}
	}
	lo, hi := t.addBounds(group, now)
	return rate{estimate{Value: x, Lo: lo, Hi: hi}, known}
}

// rates returns the weight of the member's rate in that of the group, and false
// if it has none.
func (sh *shared) rates(g *final, now bool) (weight, seconds float64, ok bool) {
	weight, seconds = sh.counts(now), sh.observed(g)
	return weight, seconds, weight != 0 && seconds > 0
}

// addBounds adds up the bounds of the members' rates.
func (t *tally) addBounds(group int, now bool) (lo, hi float64) {
	var lower, upper exact.Total
	open := false
	for i := t.from[group]; i < t.from[group+1]; i++ {
		sh, p := &t.shares[t.owners[i]], &t.parts[i]
		weight, seconds, ok := sh.rates(&t.groups[group], now)
		if !ok || p.unread {
			continue
		}
		x := exactly(p.grown)
		if !sh.older {
			x = t.around(p)
		}
		lower.Add(x.Lo / seconds * weight)
		if h := x.Hi / seconds * weight; math.IsInf(h, 1) {
			open = true
		} else {
			upper.Add(h)
		}
	}
	if open {
		return lower.Float64(), math.Inf(1)
	}
	return lower.Float64(), upper.Float64()
}
