package oracle

import (
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

var promqlParser = parser.NewParser(parser.Options{})

// selected is what PromQL makes of a text: the matchers of a plain vector
// selector, or false.
func selected(text string) ([]*labels.Matcher, bool) {
	expr, err := promqlParser.ParseExpr(text)
	v, ok := expr.(*parser.VectorSelector)
	if err != nil || !ok || v.OriginalOffset != 0 || v.OriginalOffsetExpr != nil || v.Timestamp != nil || v.StartOrEnd != 0 || v.Anchored || v.Smoothed {
		return nil, false
	}
	return v.LabelMatchers, true
}

// shown is what a view of the text selects, as it says itself in PromQL.
func shown(t testing.TB, text string) ([]*labels.Matcher, error) {
	t.Helper()
	f, err := aggregate.NewFleet(aggregate.Config{})
	require.NoError(t, err)
	v, err := f.Counter(aggregate.View{Select: text})
	if err != nil {
		return nil, err
	}
	said := v.Status(f.Snapshot(time.UnixMilli(1))).View
	list, ok := selected(said)
	require.True(t, ok, "%q is shown as %q", text, said)
	return list, nil
}

func sorted(list []*labels.Matcher) []string {
	var texts []string
	for _, m := range list {
		texts = append(texts, m.String())
	}
	slices.Sort(texts)
	return texts
}

// agree requires that a selector is accepted if PromQL takes it for one, and
// then selects the same.
func agree(t testing.TB, text string) (accepted bool) {
	t.Helper()
	want, ok := selected(text)
	got, err := shown(t, text)
	require.Equal(t, ok, err == nil, "%q: PromQL %v, ours %v", text, ok, err)
	require.Equal(t, sorted(want), sorted(got), "%q", text)
	return ok
}

var selectors = []string{
	`up`, ` up `, "\tup\n", "up\r", `job:up:sum`, `_`, `:`, `up{}`, `up{a="b"}`, `up{a="b",}`, `up{a="b",c!="d",e=~"f.*|g",h!~"i"}`,
	"up { a = \"b\" , # why\n c=~'d.*' }", "up{a!=`\\n`}", `{__name__="up"}`, `{a="b",__name__="up"}`, `{__name__="up",__name__="down"}`,
	`{"up"}`, `{"a.b", x="y"}`, `{x="y","a.b"}`, `{"a.b","x.y"=~"z"}`, `{'a b',"ü"="ü"}`, `{"a","b"}`, "{`a`}", `{"nan"}`, `{"up"="down"}`,
	`{__name__=~".+"}`, `{__name__=~"a|b",x!=""}`, `{__name__!="",__name__="a"}`, `up{__name__="down"}`, `up{__name__=~"down"}`, `up{"down"}`,
	`up{a="\"\\\n\t\x41\u00fc\101\U0001F600"}`, `up{a='it\'s'}`, `up{a="it\'s"}`, `up{a='"'}`, `up{a="\q"}`, `up{a="\xff"}`, `up{a="\u12"}`, `up{a="\400"}`,
	`sum`, `by`, `offset`, `bool`, `on`, `Inf`, `nan`, `start`, `end`, `atan2`, `and`, `limitk`, `anchored`, `smoothed`, `count_values`, `rate`,
	`sum{by="x"}`, `up{by="x",sum="y",on="z",inf="w",nan="v"}`, `up{and="x"}`, `up{offset="x"}`, `start{}`, `end{}`, `and{}`,
	``, `  `, `#`, `{}`, `{a=""}`, `{a=~".*"}`, `{a!="x"}`, `{a!~"x"}`, `{a!=""}`, `{a=~".+"}`, `{a=~"(?s).+"}`,
	`up[5m]`, `up offset 5m`, `up @ 5`, `up @ start()`, `rate(up)`, `(up)`, `+up`, `-up`, `5`, `"up"`, `a.b`, `up{`, `up}`, `up{a}`, `up{a:b="c"}`, `up{a="b" c="d"}`,
	`up{,}`, `up{a="b",,}`, `up{a=b}`, `up{a="b}`, "up{a=\"b\n\"}", "up{a=`b\n`}", "up{a=\"\xff\"}", "up{a=`\xff`}", "up\x00", "up{a=\"\x00\"}", `up{a=~"("}`, `up{a=~"*"}`,
	`up{""="x"}`, `{""}`, `{"",a="b"}`, `up{a=""}`, `up{0="x"}`, `up{a = = "x"}`, `up{a= ~"x"}`, `up{a=!"x"}`, `up{a=="x"}`, `up,down`, `up down`, `up > 5`, `up # x`,
	`{job="x"} # end)`, `Äup`, `up{ä="x"}`, "up\u00a0", "up\v", "up\f", `up{a="` + "\u2028" + `"}`, `up{a="�"}`,
}

func TestSelectors(t *testing.T) {
	accepted := 0
	for _, text := range selectors {
		if agree(t, text) {
			accepted++
		}
	}
	require.Greater(t, accepted, 50)
	require.Greater(t, len(selectors)-accepted, 50)
}

func FuzzSelectors(f *testing.F) {
	for _, text := range selectors {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { agree(t, text) })
}
