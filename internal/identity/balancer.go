package identity

import (
	"fmt"
	"slices"
	"strings"
)

// Met is an instance that was met behind a balancer.
type Met interface {
	comparable
	Name() string
	Member() Member // what is remembered of it
}

// Balancer is the instances behind one address, and what its scrapes told of them. T is an instance. The zero value
// has met none.
type Balancer[T Met] struct {
	Target   string
	Expected int      // instances behind the address; 0 if unknown
	Last     int64    // its latest scrape, Unix milliseconds
	Spacings Spacings // of its scrapes
	Left     int64    // until when an instance was watched that departed since
	Scrapes  int      // that were attributed
	Quiet    int      // of them, those since a new instance was met
	Unclear  int      // scrapes that were of several, or of none, for certain
	Unsure   uint64   // what the latest scrape says, if it was one of these; not saved
	Named    int      // instances that were opened
	Members  []T
	Latest   T // who answered last
}

// Keeper keeps the instances behind a balancer and carries out what is decided. S is a scrape of it.
type Keeper[T Met, S any] interface {
	// Mark remembers which scrape met an instance last, and whether it was given up.
	Mark(in T, sighted int, lost bool)
	// Candidates returns who may have answered, and the scrape compared with each: not without, nor who was met later
	// than the scrape.
	Candidates(s S, without T) (Scrape, []T, []Candidate)
	// Open returns a new instance, if there is room for one.
	Open() (T, error)
	// Take takes a scrape in as one of an instance's. If it takes back what the instance was given since an earlier
	// sighting, it returns the scrape that the instance had exposed last. A failed call changes nothing.
	Take(in T, s S, d Decision) (displaced S, err error)
}

// Split returns the balancer of an address that proved to reach several processes, of which one was met.
func Split[T Met](target string, met T, at int64, s Spacings) *Balancer[T] {
	return &Balancer[T]{Target: target, Last: at, Spacings: s, Members: []T{met}, Latest: met, Scrapes: 1}
}

// Pool returns what is known of the instances.
func (b *Balancer[T]) Pool() Pool {
	return Pool{Expected: b.Expected, Scrapes: b.Scrapes, Quiet: b.Quiet, Members: func(yield func(Member) bool) {
		for _, in := range b.Members {
			if !yield(in.Member()) {
				return
			}
		}
	}}
}

// Unsaid reports whether it is not known how many instances there are, nor whether all of them were met.
func (b *Balancer[T]) Unsaid() bool { return b.Expected == 0 && !b.Pool().Settled() }

// State returns whether an instance behind the balancer is alive.
func (b *Balancer[T]) State(in T) State { return b.Pool().State(in.Member()) }

// Disputed reports whether the instance may be dead or not, see [Pool.Disputed].
func (b *Balancer[T]) Disputed(in T) bool { return b.Pool().Disputed(in.Member()) }

// Died returns by when a member that is dead had died, of so many as are expected: when the first one was met that was
// beyond their number, or the second one if another had died before, and so on.
func (b *Balancer[T]) Died(in T) int64 {
	var met []int64
	last, before := in.Member().Last, 0
	for _, x := range b.Members {
		m := x.Member()
		if met = append(met, m.First); m.Last < last {
			before++
		}
	}
	slices.Sort(met)
	return met[min(b.Expected+before, len(met)-1)]
}

// Silent reports whether the address has not answered, at a time, for more than so many of its intervals.
func (b *Balancer[T]) Silent(e int64, intervals float64) bool {
	return b.Spacings.Stale(e-b.Last, intervals)
}

// Heard notes a scrape of the address.
func (b *Balancer[T]) Heard(at int64) {
	b.Unsure = 0
	if b.Last != 0 {
		b.Spacings.Add(at - b.Last)
	}
	b.Last = at
}

// Expect returns the instance that probably answers with a start, before the scrape is compared with any; false if
// none was met.
func (b *Balancer[T]) Expect(start Start) (in T, ok bool) {
	for _, in := range b.Members {
		if start.Known() && in.Member().Start == start {
			return in, true
		}
	}
	var none T
	return b.Latest, b.Latest != none
}

// Alive returns how many instances that have no address of their own satisfy alive.
func (b *Balancer[T]) Alive(alive func(T) bool) (n int) {
	for _, in := range b.Members {
		if !in.Member().Own && alive(in) {
			n++
		}
	}
	return n
}

// Name returns a name for the next instance that is opened. taken reports whether one is in use.
func (b *Balancer[T]) Name(taken func(string) bool) string {
	name := fmt.Sprintf("%s#%d", b.Target, b.Named+1)
	for taken(name) { // a program named a target like that
		name += "'"
	}
	return name
}

// Words says how many of the instances were met, and of what nobody can be certain.
func (b *Balancer[T]) Words() []string {
	met, blind := 0, []string{}
	for _, in := range b.Members {
		m := in.Member()
		if m.Own || b.State(in) == Alive {
			met++
		}
		if !m.Own && !m.Start.Known() {
			blind = append(blind, in.Name())
		}
	}
	of := "how many there are is not known"
	if b.Expected > 0 {
		of = fmt.Sprintf("%d expected", b.Expected)
	}
	list := []string{fmt.Sprintf("%s: %d instances met, %s; increases are lower bounds", b.Target, met, of)}
	if b.Unsaid() {
		list = append(list, b.Target+": others may not have been met yet, sums have no upper bound")
	}
	if b.Unclear > 0 {
		list = append(list, fmt.Sprintf("%s: %d scrapes are ambiguous and count for none", b.Target, b.Unclear))
	}
	if len(blind) > 0 {
		list = append(list, fmt.Sprintf("%s: without a start time, another process with the same idle counters would not be noticed", strings.Join(blind, ", ")))
	}
	return list
}

// Meet attributes a scrape and lets the keeper take it in. Where the decision is ambiguous, the scrape counts for none.
// What the scrape shows to be another process' is attributed once more.
func Meet[T Met, S any](b *Balancer[T], k Keeper[T, S], s S) (who T, d Decision, err error) {
	var none T
	who, d, err = attribute(b, k, s, none, b.Scrapes+1)
	if err != nil || d.Ambiguous {
		return who, d, err // nobody was passed over for certain
	}
	b.Scrapes++
	b.Quiet++
	for _, in := range b.Members {
		if m := in.Member(); in != who && !m.Own && !m.Lost && b.Pool().State(m) != Alive {
			k.Mark(in, m.Sighted, true)
		}
	}
	b.Latest = who
	return who, d, nil
}

// attribute gives the n-th scrape to an instance, but not to one and those that were met since.
func attribute[T Met, S any](b *Balancer[T], k Keeper[T, S], s S, without T, n int) (who T, d Decision, err error) {
	x, of, list := k.Candidates(s, without)
	p := b.Pool()
	x.Settled, x.Exact, x.Former = p.Settled(), p.Exact(), x.Former && !p.jitters()
	d = Attribute(x, list)
	sighted := 0
	switch {
	case d.Ambiguous:
		b.Unclear++
		return who, d, nil
	case d.New:
		if who, err = k.Open(); err != nil {
			return who, d, err
		}
	default:
		who = of[d.To]
		sighted = who.Member().Sighted
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

// Forget forgets an instance that departed, or whose process did: an address of its own may reach one by now that does
// not answer here.
func (b *Balancer[T]) Forget(in T) {
	b.Members = slices.DeleteFunc(b.Members, func(m T) bool { return m == in })
	if b.Latest == in {
		var none T
		b.Latest = none
	}
}

// Retire forgets an instance whose counts are kept as totals. If its process is met here once more, what it had counted by
// then is no growth.
func (b *Balancer[T]) Retire(in T) {
	if slices.Contains(b.Members, in) {
		b.Left = max(b.Left, in.Member().Last)
	}
	b.Forget(in)
}

// Watched returns until when an instance was watched that departed since, retired or not yet, and whether others were met
// that did not.
func (b *Balancer[T]) Watched(departed func(T) bool) (left int64, others bool) {
	left = b.Left
	for _, in := range b.Members {
		if departed(in) {
			left = max(left, in.Member().Last)
		} else {
			others = true
		}
	}
	return left, others
}

// MergeBalancers returns the balancer of two parts of a fleet, of which one at most met instances: that one, with the
// greater number of those expected. a may be nil.
func MergeBalancers[T Met](a, b *Balancer[T]) *Balancer[T] {
	if a == nil {
		return b
	}
	n := max(a.Expected, b.Expected)
	if len(b.Members) > 0 {
		a = b
	}
	a.Expected = n
	return a
}
