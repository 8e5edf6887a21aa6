package gauge

import (
	"cmp"
	"slices"
	"strings"
)

// Candidate is an instance that says it leads.
type Candidate struct {
	Name   string
	Since  int64 // when that was first seen; 0: before it was observed
	Last   int64 // its latest scrape
	Failed bool  // a scrape of it failed since
}

// Elections gathers who says it leads which election.
type Elections struct {
	names  []string
	claims map[string][]Candidate // by election
}

// Held notes that an instance of the view takes part in an election.
func (x *Elections) Held(name string) { x.names = append(x.names, name) }

// Claim notes that an instance says it leads an election. Of several claims of
// one instance the latest counts.
func (x *Elections) Claim(name string, c Candidate) {
	if x.claims == nil {
		x.claims = map[string][]Candidate{}
	}
	list := x.claims[name]
	if n := len(list); n > 0 && list[n-1].Name == c.Name {
		list = list[:n-1]
	}
	x.claims[name] = append(list, c)
}

// Leader returns who leads the one election in which the instances take part, or
// why there is not exactly one, or nobody leads it. The selector is that of the
// gauge that says so.
func (x *Elections) Leader(selector string) (leader string, said []string) {
	slices.Sort(x.names)
	switch x.names = slices.Compact(x.names); len(x.names) {
	case 0:
		return "", []string{"nobody says who leads: no " + selector}
	case 1:
		return Elect(x.claims[x.names[0]])
	}
	return "", []string{"several elections, the view selects none: " + strings.Join(x.names, ", ")}
}

// Elect returns who leads, or why nobody does. An instance leads from the scrape
// that first shows it as the leader until a scrape that does not, or until a
// scrape of it fails: its successor may already be at work. If two say they
// lead, the one that began later does; if both began at once, or before they
// were observed, the one scraped last does.
func Elect(list []Candidate) (leader string, said []string) {
	claim := slices.DeleteFunc(slices.Clone(list), func(c Candidate) bool { return c.Failed })
	slices.SortStableFunc(claim, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.Since, a.Since), cmp.Compare(b.Last, a.Last))
	})
	switch {
	case len(claim) == 0 && len(list) > 0:
		var names []string
		for _, c := range list {
			names = append(names, c.Name)
		}
		return "", []string{"nobody is known to lead, the last scrape failed: " + strings.Join(names, ", ")}
	case len(claim) == 0:
		return "", []string{"nobody leads"}
	case len(claim) == 1:
		return claim[0].Name, nil
	}
	first, second := claim[0], claim[1]
	names := first.Name + ", " + second.Name
	switch {
	case first.Since != second.Since:
		return first.Name, []string{"two say they lead, the first began later: " + names}
	case first.Last != second.Last:
		return first.Name, []string{"two say they lead, the first was scraped later: " + names}
	}
	return "", []string{"two lead: " + names}
}
