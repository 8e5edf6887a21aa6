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
