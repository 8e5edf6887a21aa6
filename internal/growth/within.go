package growth

import (
	"slices"

	"github.com/prometheus/prometheus/model/labels"
)

// Within reports whether each series that s selects is selected by o, too, as far as the matchers show.
func (s *Selection) Within(o *Selection) bool {
	return s.Kind == o.Kind && s.Metric == o.Metric && s.Every == o.Every && s.Loose == o.Loose && s.Type == o.Type &&
		!slices.ContainsFunc(o.Where, func(m *labels.Matcher) bool {
			return !slices.ContainsFunc(s.Where, func(own *labels.Matcher) bool { return implies(own, m) })
		})
}

// implies reports whether what a matches is matched by b, too. It may be without being seen.
func implies(a, b *labels.Matcher) bool {
	switch {
	case a.Name != b.Name:
		return false
	case a.Type == b.Type && a.Value == b.Value:
		return true
	case a.Type == labels.MatchEqual:
		return b.Matches(a.Value)
	case b.Type == labels.MatchNotEqual:
		return !a.Matches(b.Value)
	}
	return false
}
