package scaling

import (
	"github.com/prometheus/prometheus/model/labels"

	promfold "github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
)

// among asks for the groups that match, as long as enough answers of those who
// can be in them: of the targets that match. A label that a target does not have
// may be in its body, so that it can be in any group.
func (m *metric) among(s aggregate.Snapshot, of []*labels.Matcher, yield func(labels.Labels, promfold.Estimate, bool)) error {
	has, all := parts(s, of)
	if part := s.Only(has...); len(has) > len(all) && part.Coverage().Expected > 0 {
		// Those that surely are in the groups must answer, however many others do.
		if err := m.ask(part.AtLeast(m.Coverage), func(labels.Labels, promfold.Estimate, bool) {}); err != nil {
			return err
		}
	}
	if len(all) > 0 {
		s = s.Only(all...)
	}
	return m.ask(s.AtLeast(m.Coverage), func(group labels.Labels, e promfold.Estimate, ok bool) {
		if matches(group, of) {
			yield(group, e, ok)
		}
	})
}

// parts returns the matchers of labels that some targets have, and of those that
// all of them have.
func parts(s aggregate.Snapshot, of []*labels.Matcher) (has, all []*labels.Matcher) {
	for _, m := range of {
		if expected(s, labels.MatchNotEqual, m.Name) == 0 {
			continue
		}
		has = append(has, m)
		if expected(s, labels.MatchEqual, m.Name) == 0 {
			all = append(all, m)
		}
	}
	return has, all
}

// left reports whether all targets that could be in a group have left the fleet.
func left(s aggregate.Snapshot, group labels.Labels) bool {
	var of []*labels.Matcher
	group.Range(func(l labels.Label) { of = append(of, labels.MustNewMatcher(labels.MatchEqual, l.Name, l.Value)) })
	has, _ := parts(s, of)
	return len(has) > 0 && s.Only(has...).Coverage().Expected == 0
}

// expected returns how many targets have a label, or do not have it.
func expected(s aggregate.Snapshot, t labels.MatchType, name string) int {
	return s.Only(labels.MustNewMatcher(t, name, "")).Coverage().Expected
}

func matches(group labels.Labels, of []*labels.Matcher) bool {
	for _, m := range of {
		if !m.Matches(group.Get(m.Name)) {
			return false
		}
	}
	return true
}
