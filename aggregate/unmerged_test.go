package aggregate_test

import (
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/internal/layout"
)

func TestUnmerged(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	assert.Empty(t, b.Unmerged(at(0)))
	b.scrape("a", 10, -100, "# TYPE s summary", `s{quantile="0.5"} 1`, `s{quantile=".50"} 8`, `s{quantile="0.9"} NaN`, `s{quantile="1"} 2`, "s_sum 3", "s_count 4",
		"# TYPE s_of_another summary", `s_of_another{quantile="0.5"} 1`, "s_of_another_sum 1", "s_of_another_count 1",
		"plain 7", "plain 8", "nan NaN", "x 1", typeC, "c 1", "# TYPE g gauge", "g 1")
	b.scrape("b", 11, -200, "x 2", "# TYPE s_of_another summary", `s_of_another{quantile="0.9"} 5`)
	sc := scrapeOf("c", 12, -300, `x{zone="mine"} 3`, `x{zone="too"} 4`)
	sc.Labels = labels.FromStrings("zone", "z")
	_, err := b.Observe(sc)
	require.NoError(t, err)

	named := func(name string) labels.Labels { return labels.FromStrings("__name__", name) }
	inZone := aggregate.Unmerged{Labels: labels.FromStrings("__name__", "x", "zone", "z"), Type: model.MetricTypeUnknown, Instances: 1, Value: 3, OK: true}
	alone := []aggregate.Unmerged{
		{Labels: named("nan"), Type: model.MetricTypeUnknown, Instances: 1},
		{Labels: named("plain"), Type: model.MetricTypeUnknown, Instances: 1, Value: 7, OK: true},
		{Labels: named("s"), Type: model.MetricTypeSummary, Instances: 1, Quantiles: []layout.SummaryQuantile{{Level: .5, Value: 1}, {Level: 1, Value: 2}}},
	}
	want := append(alone[:3:3],
		aggregate.Unmerged{Labels: named("s_of_another"), Type: model.MetricTypeSummary, Instances: 2}, // of other levels, but the series is one
		aggregate.Unmerged{Labels: named("x"), Type: model.MetricTypeUnknown, Instances: 2}, inZone)
	assert.Equal(t, want, b.Unmerged(at(12)))
	assert.Equal(t, want, b.Unmerged(at(0)), "of the last scrape, where the clock is behind")

	require.NoError(t, b.Gone("a", at(13)))
	assert.Equal(t, []aggregate.Unmerged{
		{Labels: named("s_of_another"), Type: model.MetricTypeSummary, Instances: 1, Quantiles: []layout.SummaryQuantile{{Level: .9, Value: 5}}},
		{Labels: named("x"), Type: model.MetricTypeUnknown, Instances: 1, Value: 2, OK: true}, inZone,
	}, b.Unmerged(at(13)))
	assert.Empty(t, b.Unmerged(at(1000)), "all are stale")
}
