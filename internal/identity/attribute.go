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
	var list []string
	for i, name := range []string{"start time", "name", "set of series", "dominance"} {
		if e&(1<<i) != 0 {
			list = append(list, name)
		}
	}
	return strings.Join(list, ", ")
}

// Candidate is an instance that may have answered. Its start is near the scrape's, or both are unknown, and it does not
// name itself otherwise.
type Candidate struct {
	Name  string
	Start Start
	Last  Likeness // the scrape compared with what the instance exposed last

	// Unconfirmed: what it exposed last is provisional. Confirmed compares the scrape with what it exposed before that.
	Unconfirmed bool
	Confirmed   Likeness
}

// Decision says of whom a scrape is.
type Decision struct {
	To        int // index of the candidate; -1: New or Ambiguous
	By        Evidence
	New       bool
	Ambiguous bool // it may be of any of Candidates; it counts for none
	// Candidates are indices, in order of name.
	Candidates []int
	// Provisional growth counts only when the next scrape of the same instance confirms it.
	Provisional bool
	// Refuted: what the candidate exposed last was of another instance.
	Refuted bool
}

// Attribute decides which of the candidates answered with a scrape of the given start. named says that the scrape, and
// so each candidate, names itself.
func Attribute(start Start, named bool, list []Candidate) Decision {
	if start.Known() {
		return attributeByStart(start, list)
	}
	return attributeByLikeness(named, list)
}

// attributeByStart goes by the start, confirmed by dominance. Starts that are equal or nearly so are told apart by
// dominance.
func attributeByStart(start Start, list []Candidate) Decision {
	exact := func(c *Candidate) bool { return c.Start == start }
	fits := func(c *Candidate) bool { return c.Last.Dominates() && c.Last.Stays() }
	all := where(list, fits)
	same := where(list, func(c *Candidate) bool { return exact(c) && fits(c) })
	switch {
	case len(same) == 1:
		return Decision{To: same[0], By: ByStart | ByDominance}
	case len(same) > 1:
		return nearest(list, same, ByStart|ByDominance, false)
	}
	// A few series began anew while their process went on.
	began := where(list, func(c *Candidate) bool { return exact(c) && c.Last.Mostly() && c.Last.Stays() })
	if len(began) == 1 {
		return Decision{To: began[0], By: ByStart}
	}
	if len(all) > 0 { // start times jitter; or two processes started together
		return nearest(list, all, ByStart|ByDominance, true)
	}
	return Decision{To: -1, By: ByStart, New: true}
}

// attributeByLikeness goes by names, then by dominance where it is evidence, then by the set of series. (The set alone
// goes wrong where instances are alike and grow: on recorded API servers another one's set is at times the nearer one,
// while dominance is right every time.) What is found so is provisional.
func attributeByLikeness(named bool, list []Candidate) Decision {
	by := Evidence(0)
	if named && len(list) > 0 {
		by = ByName
	}
	if len(list) == 1 && by == ByName && (list[0].Last.Dominates() || list[0].Last.Mostly()) {
		return Decision{To: 0, By: by, Provisional: true}
	}
	if fit := where(list, func(c *Candidate) bool { return c.Last.Dominates() && c.Last.Enough() }); len(fit) > 0 {
		return nearest(list, fit, by|ByDominance, true)
	}
	fit := where(list, func(c *Candidate) bool { return c.Last.alike() })
	if len(fit) == 1 {
		return Decision{To: fit[0], By: by | BySeries, Provisional: true}
	}
	back := where(list, func(c *Candidate) bool { return c.Unconfirmed && c.Confirmed.Dominates() && c.Confirmed.Enough() })
	if len(back) > 0 {
		return Decision{To: back[0], By: by | ByDominance, Provisional: true, Refuted: true}
	}
	if len(fit) > 1 {
		return nearest(list, fit, by|BySeries, true)
	}
	return Decision{To: -1, By: by, New: true}
}

// where returns the indices of the candidates that satisfy ok.
func where(list []Candidate, ok func(*Candidate) bool) (fit []int) {
	for i := range list {
		if ok(&list[i]) {
			fit = append(fit, i)
		}
	}
	return fit
}

// nearest decides for the one that grew least, where the order of vectors is evidence; between equals nobody can tell.
func nearest(list []Candidate, fit []int, by Evidence, provisional bool) Decision {
	slices.SortStableFunc(fit, func(a, b int) int { return cmp.Compare(list[a].Last.Grown, list[b].Last.Grown) })
	first := &list[fit[0]].Last
	if first.Enough() && (len(fit) == 1 || first.Grown < list[fit[1]].Last.Grown) {
		return Decision{To: fit[0], By: by, Provisional: provisional}
	}
	slices.SortFunc(fit, func(a, b int) int { return cmp.Compare(list[a].Name, list[b].Name) })
	return Decision{To: -1, By: by, Ambiguous: true, Candidates: fit}
}
