package growth

import (
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
)

func TestWithin(t *testing.T) {
	of := func(list ...*labels.Matcher) *Selection { return &Selection{Metric: "requests", Where: list} }
	is := func(how labels.MatchType, value string) *labels.Matcher {
		return labels.MustNewMatcher(how, "code", value)
	}
	all, verb := of(), labels.MustNewMatcher(labels.MatchEqual, "verb", "GET")
	failed := of(is(labels.MatchRegexp, "5.."))
	for _, c := range []struct {
		what string
		a, b *Selection
		want bool
	}{
		{"all of it", all, all, true},
		{"those that failed", failed, all, true},
		{"the other way round", all, failed, false},
		{"equal matchers", of(verb, is(labels.MatchRegexp, "5..")), of(is(labels.MatchRegexp, "5.."), verb), true},
		{"one of those that failed", of(is(labels.MatchEqual, "503")), failed, true},
		{"none of those that failed", of(is(labels.MatchEqual, "200")), failed, false},
		{"all but those without a code", failed, of(is(labels.MatchNotEqual, "")), true},
		{"nobody knows", of(is(labels.MatchRegexp, "50.")), failed, false},
		{"another label", of(verb), failed, false},
		{"another metric", &Selection{Metric: "errors"}, all, false},
	} {
		assert.Equal(t, c.want, c.a.Within(c.b), c.what)
	}
}
