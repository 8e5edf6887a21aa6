package aggregate_test

import (
	"fmt"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

// shownFamilies are the families of a view, a line for each series and each
// reason to leave some out.
func (b bed) shownFamilies(v *aggregate.EverythingView, seconds float64) (list []string) {
	for _, f := range v.Families(b.Snapshot(at(seconds))) {
		for _, s := range f.Series {
			text := fmt.Sprint(f.Name, s.Labels, " ", s.Value)
			if f.Type == model.MetricTypeSummary {
				text = fmt.Sprint(f.Name, s.Labels, " ", s.Histogram.Count, " ", s.Histogram.Sum, " ", s.Quantiles)
			}
			list = append(list, text)
		}
		if f.LeftOut > 0 {
			list = append(list, fmt.Sprint(f.Name, " left out ", f.Why))
		}
	}
	return list
}

// What has no sum over instances is shown while one instance alone has it; what
// is left out is counted, and why.
func TestFamiliesWithoutASum(t *testing.T) {
	b := newBed(t, aggregate.Config{Since: at(-1000)})
	v, err := b.Everything(aggregate.View{Select: `{__name__=~".+",__name__!~"process_.*"}`, ByAllLabels: true, Combine: aggregate.Sum})
	require.NoError(t, err)
	assert.Empty(t, v.Families(b.Snapshot(at(0))))
	b.describe(aggregate.Target{Name: "c", Labels: labels.FromStrings("zone", "z")})
	b.scrape("a", 10, -100, "# TYPE s summary", `s{quantile="0.5"} 1`, `s{quantile=".50"} 8`, `s{quantile="0.9"} NaN`, `s{quantile="1"} 2`, "s_sum 3", "s_count 4",
		"# TYPE s_of_another summary", `s_of_another{quantile="0.5"} 1`, "s_of_another_sum 1", "s_of_another_count 1",
		"plain 7", "plain 8", "nan NaN", "x 1", typeC, "c 1", typeG, "g 1", "# TYPE h histogram", `h_bucket{le="+Inf"} 3`, "h_sum 2", "h_count 3")
	b.scrape("b", 11, -200, "x 2", "# TYPE s_of_another summary", `s_of_another{quantile="0.9"} 5`, typeG, "g 4")
	b.scrape("c", 12, -300, `x{zone="mine"} 3`, `x{zone="too"} 4`)

	want := []string{
		"c{} 1", "g{} 5", "h{} 3", "nan left out 1: no instance has a value that is a number and known", "plain{} 7", "s{} 4 3 map[0.5:1 1:2]", "s_of_another{} 1 1 map[]",
		"s_of_another left out 1: quantiles of several instances have no sum",
		`x{zone="z"} 3`, "x left out 1: several instances have the series, and it has no type",
	}
	assert.Equal(t, want, b.shownFamilies(v, 12))
	assert.Equal(t, want, b.shownFamilies(v, 0), "of the last scrape, where the clock is behind")

	b.Remove(at(13), "a")
	assert.Equal(t, []string{
		"c{} 1", "g{} 4", "h{} 3", "s{} 4 3 map[]", "s_of_another{} 1 1 map[0.9:5]", "x{} 2", `x{zone="z"} 3`,
	}, b.shownFamilies(v, 13), "totals stay")
}

// A gauge of several instances needs a way to combine; names of times and infos
// say it themselves. Instances that declare another type are counted.
func TestFamiliesThatAreNotCombined(t *testing.T) {
	b := newBed(t, aggregate.Config{Since: at(-1000)})
	v, err := b.Everything(aggregate.View{Select: everyFamily, ByAllLabels: true})
	require.NoError(t, err)
	for i, name := range []string{"a", "b"} {
		lines := []string{typeG, fmt.Sprintf("g %d", i+1), "# TYPE build_info gauge", "build_info 1", "# TYPE last_seconds gauge", fmt.Sprintf("last_seconds{who=%q} 7", name)}
		if i > 0 {
			lines = append(lines, "# TYPE mixed counter", "mixed 5")
		} else {
			lines = append(lines, "# TYPE mixed gauge", "mixed 4")
		}
		b.scrape(name, float64(i), -10, lines...)
	}
	assert.Equal(t, []string{
		"build_info{} 1", "g left out 1: several instances have the gauge, and the view does not say how to combine them",
		`last_seconds{who="a"} 7`, `last_seconds{who="b"} 7`, "mixed{} 5", "mixed left out 1: most instances declare another type",
		fmt.Sprintf("process_start_time_seconds{} %v", float64(t0.Unix()-10)),
	}, b.shownFamilies(v, 1))
	families := map[string]aggregate.Family{}
	for _, f := range v.Families(b.Snapshot(at(1))) {
		families[f.Name] = f
	}
	assert.Equal(t, 1, families["mixed"].Others)
	assert.Nil(t, v.Families(b.Snapshot(at(1)).Only(match("zone", "=", "z"))), "there are no totals of a part")
	assert.Len(t, b.Snapshot(at(1)).Families(), 5)
}

// Everything may be selected by name, and grouped.
func TestFamiliesSelectedAndGrouped(t *testing.T) {
	b := newBed(t, aggregate.Config{Since: at(-1000)})
	one, err := b.Everything(aggregate.View{Select: `c{code!="x"}`, By: []string{"code"}})
	require.NoError(t, err)
	loose, err := b.Everything(aggregate.View{Select: `{__name__=~"u|s.*"}`, By: []string{"__name__"}})
	require.NoError(t, err)
	asOne, err := b.Everything(aggregate.View{Select: `{__name__=~"c|u"}`})
	require.NoError(t, err)
	b.scrape("a", 0, -10, typeC, `c{code="1",i="1"} 1`, `c{code="1",i="2"} 2`, `c{code="x"} 9`, typeG, "g 1",
		`u{i="1"} 1`, `u{i="2"} 2`, "# TYPE s summary", `s{quantile="0.5"} 3`, "s_sum 1", "s_count 1")
	assert.Equal(t, []string{`c{code="1"} 3`}, b.shownFamilies(one, 0))
	assert.Equal(t, []string{`c{code="1", i="1"} 1`, `c{code="1", i="2"} 2`, `c{code="x"} 9`, `u{i="1"} 1`, `u{i="2"} 2`}, b.shownFamilies(asOne, 0), "by all labels")
	assert.Equal(t, []string{"s{} 1 1 map[0.5:3]", "u left out 1: several instances have the series, and it has no type"}, b.shownFamilies(loose, 0))

	for _, v := range []aggregate.View{
		{Select: everyFamily, Window: 1}, {Select: everyFamily, Type: model.MetricTypeCounter}, {Select: everyFamily, Limit: "x"},
		{Select: everyFamily, Combine: aggregate.Leader}, {Select: everyFamily, Combine: aggregate.Distinct}, {Select: `{le="1"}`},
		{Select: everyFamily, ByAllLabels: true, By: []string{"code"}},
	} {
		_, err := b.Everything(v)
		assert.Error(t, err, "%+v", v)
	}
}
