package main

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/examples/internal/example"
)

func TestSpec(t *testing.T) {
	for _, c := range []struct {
		kind kind
		want spec // text is the key
	}{
		{counterKind, spec{text: `up`, selector: `up`}},
		{counterKind, spec{text: ` a:b_c1 `, selector: `a:b_c1`}},
		{counterKind, spec{text: `x by ()`, selector: `x`}},
		{counterKind, spec{text: `x{a="1",d!~".+"} by (a,b)`, selector: `x{a="1",d!~".+"}`, by: []string{"a", "b"}}},
		{counterKind, spec{text: "x { a = '1' , }  by ( a , b , )\n", selector: "x { a = '1' , }", by: []string{"a", "b"}}},
		{counterKind, spec{text: `x{a="} by (z)"}by(a)`, selector: `x{a="} by (z)"}`, by: []string{"a"}}},
		{counterKind, spec{text: `x{a="} by (z)"}`, selector: `x{a="} by (z)"}`}},
		{counterKind, spec{text: `x{a="日本"} WITHOUT (le)`, selector: `x{a="日本"}`, without: []string{"le"}}},
		{counterKind, spec{text: `{"http.requests"} by ("http.method", b)`, selector: `{"http.requests"}`, by: []string{"http.method", "b"}}},
		{counterKind, spec{text: `x by (b, a, b)`, selector: `x`, by: []string{"b", "a"}}},
		{counterKind, spec{text: `sum by (by)`, selector: `sum`, by: []string{"by"}}},
		{gaugeKind, spec{text: `x`, operation: "sum", selector: `x`}},
		{gaugeKind, spec{text: `max by (a)`, operation: "sum", selector: `max`, by: []string{"a"}}},
		{gaugeKind, spec{text: `max(x{a="()"}) by (a)`, operation: "max", selector: `x{a="()"}`, by: []string{"a"}}},
		{gaugeKind, spec{text: ` mean ( x ) without(b)`, operation: "mean", selector: `x`, without: []string{"b"}}},
		{histogramKind, spec{text: `x{verb="LIST"} by (verb)`, selector: `x{verb="LIST"}`, by: []string{"verb"}}},
	} {
		c.want.kind = c.kind
		got, err := parseSpec(c.kind, c.want.text)
		require.NoError(t, err, c.want.text)
		assert.Equal(t, c.want, got, c.want.text)
	}
	s := spec{selector: ` x{a="1"}`}
	assert.Equal(t, "x", s.metric())
}

// TestBadSpecs: what is wrong in a selector is found by the library, the rest
// by parseSpec. Both are usage errors.
func TestBadSpecs(t *testing.T) {
	for _, c := range []struct{ flag, text, says string }{
		{"-counter", ``, "the metric is missing"},
		{"-counter", ` by (a)`, "the metric is missing"},
		{"-counter", `x by (a,,b)`, `"" is not the name of a label`},
		{"-counter", `sum(x)`, "sum( does not fit a counter"},
		{"-histogram", `max(x)`, "max( does not fit a histogram"},
		{"-gauge", `avg(x)`, "unknown operation avg"},
		{"-gauge", `max()`, "the metric is missing"},
		{"-gauge", `max(x`, ""},
		{"-gauge", `max(x by (a))`, ""},
		{"-counter", `1x`, ""},
		{"-counter", `x y`, ""},
		{"-counter", `x{`, ""},
		{"-counter", `x{a}`, ""},
		{"-counter", `x{a=1}`, ""},
		{"-counter", `x{a="1}`, ""},
		{"-counter", `x{a="\q"}`, ""},
		{"-counter", `x{a=~"("}`, "missing closing )"},
		{"-counter", `x by a`, ""},
		{"-counter", `x by (a`, ""},
		{"-counter", `x by (a b)`, `"a b" is not the name of a label`},
		{"-counter", `x by (a) by (b)`, ""},
		{"-counter", `x by (a) without (b)`, ""},
		{"-histogram", `x by (le)`, "le"},
		{"-histogram", `x{le="1"}`, "le"},
	} {
		p := runFleet(c.flag, c.text)
		assert.Equal(t, example.BadUsage, p.code, c.text)
		assert.Contains(t, p.stderr, c.says, c.text)
		quoted := strconv.Quote(c.text)
		assert.True(t, strings.Contains(p.stderr, c.flag+" "+c.text) || strings.Contains(p.stderr, quoted+" for flag "+c.flag), p.stderr)
	}
}

func FuzzSpec(f *testing.F) {
	for _, text := range []string{`max(x{a="1",b=~"2|3"}) by (a,b)`, "x{a=`1`} without (b)", `x{a="\x`, `x by (`} {
		f.Add(0, text)
		f.Add(1, text)
	}
	f.Fuzz(func(t *testing.T, k int, text string) {
		s, err := parseSpec(kind(uint(k)%uint(len(kinds))), text)
		if err != nil {
			return
		}
		require.NotEmpty(t, s.selector)
		require.Equal(t, strings.TrimSpace(s.selector), s.selector)
		require.Contains(t, text, s.selector, "the selector is as written")
	})
}
