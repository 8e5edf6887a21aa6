package identity

import (
	"iter"
	"math"
	"slices"
)

// Member is what a pool remembers of one instance.
type Member struct {
	Start       Start
	First, Last int64 // the scrapes that met it first and last, Unix milliseconds
	Sighted     int   // the number of the last one among those of the pool
	Own         bool  // it has an address of its own, which tells whether it is alive
	Lost        bool  // it was given up: it was missed, or dead, when another one was met
	Reads       int   // how often its start was read, if that is known
	Moved       bool  // it was not the same each time
}

// Pool is the instances behind one address.
type Pool struct {
	Expected int // instances behind the address; 0 if unknown
	Scrapes  int // of the address that were attributed; an ambiguous one passed nobody over for certain
	Quiet    int // of them, those since a new instance was met
	Members  iter.Seq[Member]
}

// exactReads is how many readings were the same as the one before where none jitters: of three values in turn as many
// are so by a chance of 2 in a million.
const exactReads = 12

// Exact reports whether starts are read exactly: readings of one process were equal often enough, and never differed.
// Then a start that is near and not equal is another process'.
func (p Pool) Exact() bool {
	again := 0
	for m := range p.Members {
		again += max(0, m.Reads-1)
	}
	return again >= exactReads && !p.jitters()
}

// jitters reports whether one process' start was read in two ways.
func (p Pool) jitters() bool {
	for m := range p.Members {
		if m.Moved {
			return true
		}
	}
	return false
}

// Missed returns after how many scrapes that met others an instance is stale which is one of n: the chance of missing
// it so often, (1−1/n)^m, is below 0.001.
func Missed(n int) int {
	if n < 2 {
		return math.MaxInt
	}
	return int(math.Ceil(math.Log(0.001) / math.Log1p(-1/float64(n))))
}

// State is whether an instance behind a balancer is alive.
type State uint8

const (
	Alive State = iota
	Stale       // it should have been met by now
	Dead        // another one has its place
)

// State returns what is known of a member. Behind a balancer, an instance is stale only once missing it by chance is
// improbable. Where the number of instances is known, it is dead if so many were met later (of N+1 seen, the one not met
// for the longest), or if it is stale and an instance began since it was met: that one has its place. An instance that
// was given up comes back only by being met.
func (p Pool) State(m Member) State {
	if p.Expected == 0 {
		if m.Lost || p.Scrapes-m.Sighted >= Missed(max(2, p.several())) { // there was another one to meet
			return Stale
		}
		return Alive
	}
	later, own, replaced := 0, 0, false
	for o := range p.Members {
		switch {
		case o.Own:
			own++
		case o.Sighted > m.Sighted:
			later++
			replaced = replaced || o.Start.Known() && o.Start.At > m.Last
		}
	}
	switch missed := p.Scrapes-m.Sighted >= Missed(p.Expected); {
	case later >= p.Expected-own, missed && replaced:
		return Dead
	case missed:
		return Stale
	}
	return Alive
}

// Disputed reports whether a member may be dead or not, though its state is one of the two: one that was not met since
// has its place, or it has the place of such a one. A deploy leaves open who is left until all of them were met.
func (p Pool) Disputed(m Member) bool {
	if p.Expected == 0 || m.Own {
		return false
	}
	var members []Member
	expected := p.Expected
	for o := range p.Members {
		if o.Own {
			expected--
		} else {
			members = append(members, o)
		}
	}
	if len(members) <= expected {
		return false
	}
	if p.State(m) == Dead {
		return !outnumbered(m, members, expected)
	}
	return slices.ContainsFunc(members, func(o Member) bool { return o.First > m.Last }) &&
		slices.ContainsFunc(members, func(o Member) bool { return p.State(o) == Dead && !outnumbered(o, members, expected) })
}

// outnumbered reports whether so many others were alive together since a member was met last that it has no place.
func outnumbered(m Member, members []Member, expected int) bool {
	for i := range members {
		at, n := max(members[i].First, m.Last+1), 0
		for _, o := range members {
			if o.First <= at && at <= o.Last {
				n++
			}
		}
		if n >= expected {
			return true
		}
	}
	return false
}

// several returns how many instances seem to be behind the address: those met last, as long as each could have been
// missed that often among so many. At least 1.
func (p Pool) several() int {
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
	alive, own := 0, 0
	for m := range p.Members {
		switch {
		case m.Own:
			own++
		case p.State(m) == Alive:
			alive++
		}
	}
	return max(alive, p.Expected-own)
}

// Settled reports whether it is known who is behind the address, so that a scrape that fits one instance is of that one:
// as many as are expected were met apart since the last newcomer, itself included. Where the number is unknown, no new
// one was met for as many scrapes as make one more improbable, below 0.001.
func (p Pool) Settled() bool {
	newest, apart, own := int64(math.MinInt64), 0, 0
	for m := range p.Members {
		if !m.Own {
			newest = max(newest, m.First)
		}
	}
	for m := range p.Members {
		switch {
		case m.Own:
			own++
		case m.Last >= newest:
			apart++
		}
	}
	if p.Expected > 0 {
		return apart+own >= p.Expected
	}
	return p.Quiet >= Missed(p.several()+own+1)
}
