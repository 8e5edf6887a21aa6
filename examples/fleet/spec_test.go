package main

import (
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSpec(t *testing.T) {
	type want struct {
		operation, metric string
		where             []string
		by, without       []string
	}
	for _, c := range []struct {
		kind kind
		text string
		want want
	}{
		{counterKind, `up`, want{metric: "up"}},
		{counterKind, ` a:b_c1 `, want{metric: "a:b_c1"}},
		{counterKind, `x{}`, want{metric: "x"}},
		{counterKind, `x by ()`, want{metric: "x"}},
		{counterKind, `x{a="1"}`, want{metric: "x", where: []string{`a="1"`}}},
		{counterKind, `x{a="1",b!="2",c=~"3|4",d!~".+"} by (a,b)`, want{metric: "x",
			where: []string{`a="1"`, `b!="2"`, `c=~"3|4"`, `d!~".+"`}, by: []string{"a", "b"}}},
		{counterKind, "x { a = '1' , b=`\\d` , }  by ( a , b , )", want{metric: "x",
			where: []string{`a="1"`, `b="\\d"`}, by: []string{"a", "b"}}},
		{counterKind, `x{a="q\"\\\n\x41\u00e9}, by (z)"}by(a)`, want{metric: "x",
			where: []string{`a="q\"\\\nAé}, by (z)"`}, by: []string{"a"}}},
		{counterKind, `x{a="日本"} WITHOUT (le)`, want{metric: "x", where: []string{`a="日本"`}, without: []string{"le"}}},
		{counterKind, `sum by (by)`, want{metric: "sum", by: []string{"by"}}},
		{gaugeKind, `x`, want{operation: "sum", metric: "x"}},
		{gaugeKind, `max by (a)`, want{operation: "sum", metric: "max", by: []string{"a"}}},
		{gaugeKind, `max(x{a=""}) by (a)`, want{operation: "max", metric: "x", where: []string{`a=""`}, by: []string{"a"}}},
		{gaugeKind, ` mean ( x ) without(b)`, want{operation: "mean", metric: "x", without: []string{"b"}}},
		{gaugeKind, `fact(x)`, want{operation: "fact", metric: "x"}},
		{histogramKind, `x{verb="LIST"} by (verb)`, want{metric: "x", where: []string{`verb="LIST"`}, by: []string{"verb"}}},
		{histogramKind, `x without (pod)`, want{metric: "x", without: []string{"pod"}}},
	} {
		s, err := parseSpec(c.kind, c.text)
		require.NoError(t, err, c.text)
		got := want{s.operation, s.metric, nil, s.by, s.without}
		for _, m := range s.where {
			got.where = append(got.where, m.String())
		}
		assert.Equal(t, c.want, got, c.text)
		assert.Equal(t, c.text, s.text, "it is shown as given")
	}
}

func TestSpecErrors(t *testing.T) {
	for _, c := range []struct {
		kind   kind
		text   string
		column int
		says   string
	}{
		{counterKind, ``, 1, "expected the name of a metric, found the end"},
		{counterKind, `1x`, 1, `expected the name of a metric, found "1x"`},
		{counterKind, `x y`, 3, `expected by, without or the end, found "y"`},
		{counterKind, `x{`, 3, "expected the name of a label, found the end"},
		{counterKind, `x{a}`, 4, `expected one of = != =~ !~, found "}"`},
		{counterKind, `x{a=1}`, 5, `expected a value in quotes, found "1}"`},
		{counterKind, `x{a="1}`, 5, "this quote is not closed"},
		{counterKind, "x{a=`1}", 5, "this quote is not closed"},
		{counterKind, `x{a="\q"}`, 6, "no such escape"},
		{counterKind, `x{a="1" b="2"}`, 9, "expected “,” or “}”"},
		{counterKind, `x{a=~"("}`, 3, "missing closing )"},
		{counterKind, `x{a:b="1"}`, 4, "expected one of"},
		{counterKind, `x by a`, 6, "expected “(” after by"},
		{counterKind, `x by (a`, 8, "expected “,” or “)”, found the end"},
		{counterKind, `x by (a b)`, 9, "expected “,” or “)”"},
		{counterKind, `x by (a) by (b)`, 10, "expected the end"},
		{counterKind, `x by (a)}`, 9, "expected the end"},
		{counterKind, `sum(x)`, 1, "sum( does not go with a counter"},
		{histogramKind, `max(x)`, 1, "max( does not go with a histogram"},
		{gaugeKind, `avg(x)`, 1, "unknown operation avg"},
		{gaugeKind, `max(x`, 6, "expected “)”"},
		{gaugeKind, `max(x by (a))`, 7, "expected “)”"},
		{histogramKind, `x by (le)`, 7, "le names the buckets"},
		{histogramKind, `x{le="1"}`, 3, "le names the buckets"},
	} {
		_, err := parseSpec(c.kind, c.text)
		var bad *specError
		require.ErrorAs(t, err, &bad, c.text)
		assert.Equal(t, c.column, bad.column, "%s: %v", c.text, err)
		assert.Contains(t, err.Error(), c.says, c.text)
	}
}

// TestMatchersAreAnchored: a part of a value is no match, and a label that is
// missing is the empty string.
func TestMatchersAreAnchored(t *testing.T) {
	s, err := parseSpec(counterKind, `x{a=~"b|c",d!="",e!~"f"}`)
	require.NoError(t, err)
	matches := func(l labels.Labels) bool {
		for _, m := range s.where {
			if !m.Matches(l.Get(m.Name)) {
				return false
			}
		}
		return true
	}
	assert.True(t, matches(labels.FromStrings("a", "b", "d", "1")))
	assert.False(t, matches(labels.FromStrings("a", "bc", "d", "1")))
	assert.False(t, matches(labels.FromStrings("a", "b")))
	assert.False(t, matches(labels.FromStrings("a", "b", "d", "1", "e", "f")))
}

func FuzzSpec(f *testing.F) {
	seeds := []string{`max(x{a="1",b=~"2|3"}) by (a,b)`, "x{a=`1`} without (b)", `x{a="\x`, `x by (`}
	for _, text := range seeds {
		f.Add(0, text)
		f.Add(1, text)
	}
	f.Fuzz(func(t *testing.T, k int, text string) {
		s, err := parseSpec(kind(uint(k)%3), text)
		if err != nil {
			var bad *specError
			require.ErrorAs(t, err, &bad)
			require.LessOrEqual(t, bad.column, len(text)+1)
			return
		}
		require.NotEmpty(t, s.metric)
		require.Contains(t, text, s.metric)
	})
}
