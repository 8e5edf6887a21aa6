package identity

import (
	"cmp"
	"slices"
	"strings"
)

// Evidence is why a scrape was taken for one of a certain instance.
type Evidence uint8

const (
	ByStart     Evidence = 1 << iota // the start of the process
	ByName                           // labels in which the program names itself
	BySeries                         // the set of series is one instance's alone
	ByDominance                      // no counter is less than the instance's last one
)

// String lists the evidence in words.
func (e Evidence) String() string {
	if e == 0 { // of most
		return ""
	}
	var list []string
	for i, name := range []string{"start time", "name", "set of series", "dominance"} {
		if e&(1<<i) != 0 {
			list = append(list, name)
		}
	}
	return strings.Join(list, ", ")
}

// Scrape is what is known of a scrape of an address behind which several processes answer.
type Scrape struct {
	At        int64 // Unix milliseconds
	Start     Start
	Named     bool  // it says in labels who it is of; so does each candidate, and says the same
	Tolerance int64 // by how much two readings of one start may differ, in milliseconds
	Settled   bool  // [Pool.Settled] before it
	Exact     bool  // [Pool.Exact] before it

	// Former: an instance that has an address of its own had this very start, and by now has another. It may have been
	// given what this process exposed.
	Former bool
}

// Eligible reports whether an instance with a start may have answered as far as starts tell: both are unknown, or they
// are near. For an instance that has an address of its own they must be equal.
func (x *Scrape) Eligible(start Start, own bool) bool {
	if own {
		return x.Start.Known() && start == x.Start
	}
	return !x.Start.Known() && !start.Known() || start.Near(x.Start, x.Tolerance)
}

// Sighting is a scrape that was attributed to an instance, and the present scrape compared with it.
type Sighting struct {
	At    int64 // Unix milliseconds
	Start Start
	Likeness
}

// Candidate is an instance that may have answered: one that is [Scrape.Eligible] and does not name itself otherwise.
type Candidate struct {
	Name string
	Dead bool     // [Pool.State]: it answered only if none of the others did
	Last Sighting // what it exposed last
	// Earlier are the sightings that the caller kept because of [Decision.Keep] and can take the instance back to, the
	// latest first.
	Earlier []Sighting
}

// Decision says of whom a scrape is, and what the fleet has to do with it.
type Decision struct {
	To int // index of the candidate; -1: New or Ambiguous
	By Evidence

	// New is a process not met before: its scrape is a baseline. What fits no candidate is new, never a restart.
	New bool

	// Counted: New, and of a [Scrape.Former] start, so that what it exposes may have been counted as another instance's.
	Counted bool

	// Ambiguous: it may be of any of Candidates, indices in order of name, and it counts for none.
	Ambiguous  bool
	Candidates []int

	// Retract: the vector of an earlier sighting turned up again below what To exposed since. All that To was given after
	// its sighting at Back, Unix milliseconds, is another process': the fleet restores what To had then, adds the scrape,
	// and attributes what To had exposed last once more, leaving out To and those that were met since.
	Retract bool
	Back    int64

	// Provisional growth may be another process': it counts in the value, and by 0 in the lower bound.
	Provisional bool

	// Keep: the fleet keeps the sighting of To before this scrape, unless it keeps one already, so that To can be taken
	// back to it. Without Keep it drops what it has kept of To.
	Keep bool
}

// Attribute decides which of the candidates answered. The order of candidates does not matter.
//
// Evidence is taken in this order: a start that is equal; a start that is near; names (the caller leaves out those that
// name themselves otherwise); vectors. A start of its own makes growth certain. Everything else is provisional until the
// pool is settled, and where more than one candidate fits.
func Attribute(x Scrape, list []Candidate) Decision {
	alive := where(list, func(c *Candidate) bool { return !c.Dead })
	d := x.decide(list, alive)
	if d.New && len(alive) < len(list) {
		dead := where(list, func(c *Candidate) bool { return c.Dead })
		if back := x.decide(list, dead); !back.New {
			back.Provisional = back.Provisional || back.By&ByStart == 0
			d = back
		}
	}
	d.Counted = d.New && x.Former
	if !d.New && !d.Ambiguous {
		d.Keep = d.Provisional || !x.Settled
	}
	return d
}

func (x *Scrape) decide(list []Candidate, of []int) Decision {
	if !x.Start.Known() {
		return x.byVector(list, of)
	}
	equal := only(of, func(i int) bool { return list[i].shows(x.Start) })
	switch len(equal) {
	case 0:
		return x.byNearStart(list, of)
	case 1:
		return x.byOwnStart(list, equal[0], len(of) > 1)
	}
	// Two processes with equal starts: the start tells nothing among them.
	return x.fittest(list, equal, ByStart, way{ByDominance, Likeness.goesOn})
}

// shows reports whether the candidate exposed a start, last or at a sighting to which it can be taken back.
func (c *Candidate) shows(start Start) bool {
	return c.Last.Start == start || slices.ContainsFunc(c.Earlier, func(s Sighting) bool { return s.Start == start })
}

// byOwnStart decides where one candidate alone has the start. A scrape that fell below it is of a second process with an
// equal start, unless only a few series began anew.
func (x *Scrape) byOwnStart(list []Candidate, i int, others bool) Decision {
	c := &list[i]
	own := c.Last.Start == x.Start
	if c.Last.goesOn() {
		return Decision{To: i, By: ByStart | ByDominance, Provisional: !own && (others || !x.Settled)}
	}
	fit := x.fitting(list, []int{i}, Likeness.goesOn)
	few := c.Last.few() || (x.Settled || x.At-c.Last.At < overlapping) && c.Last.mostly()
	switch {
	case len(fit) > 0:
		return x.choose(list, fit, ByStart|ByDominance)
	case own && few && c.Last.stays():
		return Decision{To: i, By: ByStart, Provisional: !x.Settled}
	}
	return Decision{To: -1, By: ByStart, New: true}
}

// byNearStart decides where no candidate has the start itself: a reading jitters, or two processes started together.
func (x *Scrape) byNearStart(list []Candidate, of []int) Decision {
	var fit []option
	for _, i := range of {
		if c := &list[i]; c.Last.confirms() && (!x.Exact && !x.Former || x.Start.leaps(c.Last.Start)) {
			fit = append(fit, option{to: i, likeness: &c.Last.Likeness})
		}
	}
	d := x.choose(list, fit, ByStart|ByDominance)
	d.Provisional = d.Provisional || d.To >= 0 && len(of) > 1
	return d
}

// byVector decides without a start: by dominance where it is evidence, else by the set of series. (The set alone goes
// wrong where instances are alike and grow: on recorded API servers another one's set is at times the nearer one, while
// dominance is right every time.)
func (x *Scrape) byVector(list []Candidate, of []int) Decision {
	by := Evidence(0)
	if x.Named && len(of) > 0 {
		by = ByName
		if c := &list[of[0]]; len(of) == 1 && (c.Last.dominates() || c.Last.mostly() && len(c.Earlier) == 0) {
			return Decision{To: of[0], By: by, Provisional: !x.Settled}
		}
	}
	return x.fittest(list, of, by, way{ByDominance, Likeness.dominating}, way{BySeries, Likeness.follows})
}

// way is a way to fit, and what it is evidence of.
type way struct {
	by   Evidence
	fits func(Likeness) bool
}

// fittest takes the first of several ways to fit in which some candidate does so with what it exposed last. Failing
// that, earlier sightings decide. A few counters may fall where the set of series leaves no choice.
func (x *Scrape) fittest(list []Candidate, of []int, by Evidence, ways ...way) Decision {
	for i, w := range ways {
		fit := x.fitting(list, of, w.fits)
		last := slices.ContainsFunc(fit, func(o option) bool { return !o.earlier })
		if last || len(fit) > 0 && i == len(ways)-1 {
			return x.choose(list, fit, by|w.by)
		}
	}
	d := x.choose(list, x.fitting(list, of, x.falling(list, of)), by|BySeries)
	d.Provisional = !d.New && !d.Ambiguous
	return d
}

// falling returns a way to fit in which a few counters may have fallen, where the set of series says enough for that: the
// instances have different sets, or the pool is settled.
func (x *Scrape) falling(list []Candidate, of []int) func(Likeness) bool {
	same := only(of, func(i int) bool { return list[i].Last.overlap() >= sameSeries })
	other := only(of, func(i int) bool { return list[i].Last.overlap() < otherSeries })
	switch {
	case len(same) == 1 && len(other) > 0:
		return func(l Likeness) bool { return l.sameSet() && 10*l.Fell <= l.Common }
	case x.Settled:
		return func(l Likeness) bool { return l.sameSet() && l.few() }
	}
	return func(Likeness) bool { return false }
}

// option is a candidate that fits: with what it exposed last, or at an earlier sighting.
type option struct {
	to       int
	earlier  bool
	back     int64
	likeness *Likeness
}

// fitting returns the candidates that fit with what they exposed last, and those that speak against it but fit with an
// earlier sighting: what they exposed since is another process'.
func (x *Scrape) fitting(list []Candidate, of []int, fits func(Likeness) bool) (fit []option) {
	falling := x.falling(list, of)
	for _, i := range of {
		c := &list[i]
		switch {
		case fits(c.Last.Likeness):
			fit = append(fit, option{to: i, likeness: &c.Last.Likeness})
			continue
		case falling(c.Last.Likeness):
			continue // see fittest
		}
		k := slices.IndexFunc(c.Earlier, func(s Sighting) bool { return s.follows() && s.Start == x.Start })
		if k >= 0 {
			fit = append(fit, option{to: i, earlier: true, back: c.Earlier[k].At, likeness: &c.Earlier[k].Likeness})
		}
	}
	return fit
}

// choose decides for the option that grew least, where the order of vectors is evidence; between equals nobody can tell.
func (x *Scrape) choose(list []Candidate, fit []option, by Evidence) Decision {
	if len(fit) == 0 {
		return Decision{To: -1, By: by &^ (ByDominance | BySeries), New: true}
	}
	slices.SortFunc(fit, func(a, b option) int {
		return cmp.Or(cmp.Compare(a.likeness.Grown, b.likeness.Grown), cmp.Compare(list[a.to].Name, list[b.to].Name))
	})
	best := fit[0]
	if len(fit) > 1 && (!best.likeness.Enough() || best.likeness.Grown == fit[1].likeness.Grown) {
		d := Decision{To: -1, By: by, Ambiguous: true}
		for _, o := range fit {
			d.Candidates = append(d.Candidates, o.to)
		}
		slices.SortFunc(d.Candidates, func(a, b int) int { return cmp.Compare(list[a].Name, list[b].Name) })
		return d
	}
	return Decision{To: best.to, By: by, Retract: best.earlier, Back: best.back,
		Provisional: best.earlier || !x.Settled || len(fit) > 1}
}

// where returns the indices of the candidates that satisfy ok.
func where(list []Candidate, ok func(*Candidate) bool) (of []int) {
	for i := range list {
		if ok(&list[i]) {
			of = append(of, i)
		}
	}
	return of
}

// only returns those of the indices that satisfy ok.
func only(of []int, ok func(int) bool) (kept []int) {
	for _, i := range of {
		if ok(i) {
			kept = append(kept, i)
		}
	}
	return kept
}
