package aggregate_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

// A view of everything shows each series of the bodies, or counts it as left out and says why.
func TestEverythingTellsWhatItLeavesOut(t *testing.T) {
	const openMetrics = "application/openmetrics-text; version=1.0.0"
	b := newBed(t, aggregate.Config{})
	e, err := b.Everything(aggregate.View{Select: everyFamily, Combine: aggregate.Sum, Sentinels: []float64{-1}})
	require.NoError(t, err)
	for i := range 2 {
		for name, infinite := range map[string]string{"a": "+Inf", "b": "-Inf"} {
			page := []string{
				"# TYPE gh gaugehistogram", `gh_bucket{k="1",le="1.0"} 2`, `gh_bucket{k="1",le="+Inf"} 3`, `gh_gcount{k="1"} 3`, `gh_gsum{k="1"} 4`,
				`gh_bucket{k="2",le="+Inf"} 3`, `gh_gcount{k="2"} 3`, `gh_gsum{k="2"} 4`,
				"# TYPE s summary", `s{quantile="0.5"} 3`, "s_count 4", "s_sum 5",
				"# TYPE nan gauge", "nan NaN", "# TYPE unknown gauge", "unknown -1", "# TYPE infinite gauge", "infinite " + infinite,
				"# TYPE plain gauge", "plain 2", "# TYPE i info", `i_info{v="1"} 1`, "# TYPE ss stateset", `ss{ss="x"} 1`,
				"# TYPE loose unknown", "loose 3", "# EOF",
			}
			_, err := b.Ingest(aggregate.Scrape{
				Target: name, Time: at(float64(10 * i)), Start: at(-100), Body: []byte(strings.Join(page, "\n") + "\n"),
				Header: http.Header{"Content-Type": {openMetrics}},
			})
			require.NoError(t, err)
		}
	}
	var list []string
	for _, f := range e.Families(b.Snapshot(at(10))) {
		list = append(list, fmt.Sprintf("%s %s %d, %s", f.Name, f.Type, len(f.Series), f.Why))
	}
	assert.Equal(t, []string{
		"gh gaugehistogram 0, 2: a gauge histogram has no sum over time or instances",
		"i_info info 1, ",
		"infinite gauge 0, 1: no instance has a value that is a number and known",
		"loose unknown 0, 1: several instances have the series, and it has no type",
		"nan gauge 0, 1: no instance has a value that is a number and known",
		"plain gauge 1, ",
		"s summary 1, 1: quantiles of several instances have no sum",
		"ss stateset 1, ",
		"unknown gauge 0, 1: no instance has a value that is a number and known",
	}, list)
	declared := b.Snapshot(at(10)).Families()
	require.NotEmpty(t, declared)
	assert.Equal(t, "gh", declared[0].Name)
	assert.Equal(t, 2, declared[0].Instances)
	assert.Equal(t, model.MetricTypeGaugeHistogram, declared[0].Type)

	// A view of histograms does not take it, and its status says so.
	h := b.histogram(aggregate.View{Select: "gh"})
	b.scrape("a", 20, -100, "# TYPE gh histogram", `gh_bucket{le="+Inf"} 3`, "gh_count 3", "gh_sum 4")
	status := h.Status(b.Snapshot(at(20)))
	assert.Equal(t, []string{"b"}, status.Excluded)
	assert.Equal(t, []model.MetricType{model.MetricTypeGaugeHistogram, model.MetricTypeHistogram}, status.Types)
}
