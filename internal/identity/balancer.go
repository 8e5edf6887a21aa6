package identity

import "slices"

// Balancer is the instances behind one address, and what its scrapes told of them. T names an instance. The zero value
// has met none.
type Balancer[T comparable] struct {
	Expected int // instances behind the address; 0 if unknown
	Scrapes  int // that were attributed
	Quiet    int // of them, those since a new instance was met
	Unclear  int // scrapes that were of several, or of none, for certain
	Named    int // instances that were opened
	Members  []T
	Latest   T // who answered last
}

// Keeper keeps the instances behind a balancer and carries out what is decided. S is a scrape of it.
type Keeper[T comparable, S any] interface {
	// Member returns what is remembered of an instance.
	Member(T) Member
	// Mark remembers which scrape met an instance last, and whether it was given up.
	Mark(in T, sighted int, lost bool)
	// Candidates returns who may have answered, and the scrape compared with each: not without, nor who was met later
	// than the scrape.
	Candidates(s S, without T) (Scrape, []T, []Candidate)
	// Open returns a new instance.
	Open() T
	// Take takes a scrape in as one of an instance's. If it takes back what the instance was given since an earlier
	// sighting, it returns the scrape that the instance had exposed last. A failed call changes nothing.
	Take(in T, s S, d Decision) (displaced S, err error)
}

// Pool returns what is known of the instances, as package identity weighs it.
func (b *Balancer[T]) Pool(member func(T) Member) Pool {
	return Pool{Expected: b.Expected, Scrapes: b.Scrapes, Quiet: b.Quiet, Members: func(yield func(Member) bool) {
		for _, in := range b.Members {
			if !yield(member(in)) {
				return
			}
		}
	}}
}

// Meet attributes a scrape and lets the keeper take it in. Where the decision is ambiguous, the scrape counts for none.
// What the scrape shows to be another process' is attributed once more.
func Meet[T comparable, S any](b *Balancer[T], k Keeper[T, S], s S) (who T, d Decision, err error) {
	var none T
	who, d, err = attribute(b, k, s, none, b.Scrapes+1)
	if err != nil || d.Ambiguous {
		return who, d, err // nobody was passed over for certain
	}
	b.Scrapes++
	b.Quiet++
	for _, in := range b.Members {
		if m := k.Member(in); in != who && !m.Own && !m.Lost && b.Pool(k.Member).State(m) != Alive {
			k.Mark(in, m.Sighted, true)
		}
	}
	b.Latest = who
	return who, d, nil
}

// attribute gives the n-th scrape to an instance, but not to one and those that were met since.
func attribute[T comparable, S any](b *Balancer[T], k Keeper[T, S], s S, without T, n int) (who T, d Decision, err error) {
	x, of, list := k.Candidates(s, without)
	x.Settled = b.Pool(k.Member).Settled()
	d = Attribute(x, list)
	sighted := 0
	switch {
	case d.Ambiguous:
		b.Unclear++
		return who, d, nil
	case d.New:
		who = k.Open()
	default:
		who = of[d.To]
		sighted = k.Member(who).Sighted
	}
	displaced, err := k.Take(who, s, d)
	if err != nil {
		return who, d, err
	}
	k.Mark(who, n, false)
	b.join(who, d.New)
	if d.Retract {
		if _, _, err := attribute(b, k, displaced, who, sighted); err != nil {
			b.Unclear++
		}
	}
	return who, d, nil
}

// join makes an instance one of those behind the balancer.
func (b *Balancer[T]) join(in T, opened bool) {
	if slices.Contains(b.Members, in) {
		return
	}
	b.Members = append(b.Members, in)
	if opened {
		b.Named++
		b.Quiet = -1 // see Meet
	}
}

// Forget forgets an instance that departed.
func (b *Balancer[T]) Forget(in T) {
	b.Members = slices.DeleteFunc(b.Members, func(m T) bool { return m == in })
	if b.Latest == in {
		var none T
		b.Latest = none
	}
}
