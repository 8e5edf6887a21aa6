package identity

import (
	"iter"
	"math"
	"slices"
)

// Member is what a pool remembers of one instance.
type Member struct {
	Sighted int  // the pool's scrape that met it last
	Own     bool // it has an address of its own, which tells whether it is alive
	Lost    bool // it was not met for so long that it was given up
}

// Pool is the instances behind one address.
type Pool struct {
	Expected int // instances behind the address; 0 if unknown
	Scrapes  int // of the address so far
	Members  iter.Seq[Member]
}

// Missed returns after how many scrapes that met others an instance is stale which is one of n: the chance of missing
// it so often, (1−1/n)^m, is below 0.001.
func Missed(n int) int {
	if n < 2 {
		return math.MaxInt
	}
	return int(math.Ceil(math.Log(0.001) / math.Log1p(-1/float64(n))))
}

// Live reports whether a member is taken to be alive. Behind a balancer, an instance is stale only once missing it by
// chance is improbable. Of a known number no more are alive than that, those that were met last. An instance that was
// given up comes back only by being met.
func (p Pool) Live(m Member) bool {
	if p.Expected == 0 {
		return !m.Lost && p.Scrapes-m.Sighted < Missed(p.Several())
	}
	later, own := 0, 0
	for o := range p.Members {
		switch {
		case o.Own:
			own++
		case o.Sighted > m.Sighted:
			later++
		}
	}
	return later < p.Expected-own && p.Scrapes-m.Sighted < Missed(p.Expected)
}

// Several returns how many instances seem to be behind the address: those met last, as long as each could have been
// missed that often among so many. At least 1.
func (p Pool) Several() int {
	var since []int
	for m := range p.Members {
		if !m.Own && !m.Lost {
			since = append(since, p.Scrapes-m.Sighted)
		}
	}
	slices.Sort(since)
	n := 0
	for n < len(since) && since[n] < Missed(n+1) {
		n++
	}
	return max(n, 1)
}

// Expects returns how many instances are behind the address and have none of their own: as told, or as many as are
// alive.
func (p Pool) Expects() int {
	live, own := 0, 0
	for m := range p.Members {
		switch {
		case m.Own:
			own++
		case p.Live(m):
			live++
		}
	}
	return max(live, p.Expected-own)
}
