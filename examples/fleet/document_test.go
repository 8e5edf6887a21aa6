package main

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// small returns a recording of two instances, scraped three times: a counts, b restarts.
func small(t *testing.T) *memory {
	t.Helper()
	const types = `# TYPE process_start_time_seconds gauge
process_start_time_seconds %d
# TYPE requests_total counter
# TYPE objects gauge
# TYPE took_seconds histogram
`
	body := func(start, gets, posts, objects, fast, slow int) string {
		return fmt.Sprintf(types, start) + fmt.Sprintf(`requests_total{verb="GET"} %d
requests_total{verb="POST"} %d
objects{kind="pod"} %d
took_seconds_bucket{le="0.1"} %d
took_seconds_bucket{le="1"} %d
took_seconds_bucket{le="+Inf"} %d
took_seconds_sum 1.5
took_seconds_count %d
`, gets, posts, objects, fast, fast+slow, fast+slow, fast+slow)
	}
	m := &memory{}
	m.scrape(t, text("a", 1_000_000), body(500, 100, 10, 5, 0, 0))
	m.scrape(t, text("b", 1_000_000), body(500, 100, 10, -1, 0, 50))
	m.scrape(t, text("a", 1_010_000), body(500, 130, 10, 5, 90, 0))
	m.scrape(t, text("b", 1_010_000), body(1008, 4, 0, 7, 0, 4))
	m.scrape(t, text("a", 1_020_000), body(500, 160, 10, 5, 100, 0))
	m.scrape(t, text("b", 1_020_000), body(1008, 10, 0, -1, 0, 10))
	return m
}

func TestCounterDocument(t *testing.T) {
	d := small(t).replay(t, "-json", "-counter", "requests_total by (verb)").document(t)
	assert.Equal(t, "1970-01-01T00:17:00.000Z", d.At)
	assert.Equal(t, 20.0, d.WindowSeconds)
	assert.Equal(t, []map[string]any{
		{"name": "a", "targets": []any{"a"}, "incarnations": 1.0, "first": "1970-01-01T00:16:40.000Z", "last": "1970-01-01T00:17:00.000Z", "stale": false},
		{"name": "b", "targets": []any{"b"}, "incarnations": 2.0, "first": "1970-01-01T00:16:40.000Z", "last": "1970-01-01T00:17:00.000Z", "stale": false},
	}, d.Instances)
	require.Len(t, d.Views, 1)
	assert.Equal(t, "requests_total by (verb)", d.Views[0].Spec)
	assert.Equal(t, "counter", d.Views[0].Kind)
	assert.Equal(t, "requests_total", d.Views[0].Metric)
	require.Len(t, d.Views[0].Groups, 2)

	get := d.Views[0].Groups[0]
	assert.Equal(t, map[string]any{"verb": "GET"}, get["labels"])
	assert.Equal(t, map[string]any{"expected": 2.0, "reporting": 2.0, "stale": 0.0}, get["coverage"])
	assert.Equal(t, 70.0, get["increase"])
	assert.Equal(t, 70.0, get["lo"])
	assert.Equal(t, "+Inf", get["hi"], "increments of b before its restart are unknown")
	// b was observed from its new start on: 10 in 12 s. Between its processes
	// nobody is known to have lived for 3 of the 20 s.
	assert.InDelta(t, 3+10.0/12*17/20, get["rate"], 1e-9)
	assert.InDelta(t, 3+10.0/12, get["rate_now"], 1e-9)
	assert.Equal(t, 20.0, get["covers_seconds"])
	for _, rate := range []string{"rate", "rate_now"} {
		lo, _ := get[rate+"_lo"].(float64)
		assert.LessOrEqual(t, lo, get[rate])
		assert.Greater(t, get[rate+"_hi"], get[rate], "what b did before its restart is taken to be no faster than what was seen")
	}
	assert.Equal(t, map[string]any{"instance": "a", "increase": 60.0, "rate": 3.0, "share": 3 / (3 + partOfB)}, get["max"])
	assert.Equal(t, []any{
		map[string]any{"instance": "a", "increase": 60.0, "rate": 3.0, "resets": 0.0},
		map[string]any{"instance": "b", "increase": 10.0, "rate": partOfB, "resets": 1.0},
	}, get["members"])
	require.Len(t, get["warnings"], 1)

	post := d.Views[0].Groups[1]
	assert.Equal(t, 0.0, post["increase"], "known to be 0")
	assert.NotContains(t, post["max"], "share", "of nothing there is no share")
	for _, absent := range []string{"value", "operation", "min", "count", "sum", "quantiles"} {
		assert.NotContains(t, get, absent)
	}
}

func TestGaugeDocument(t *testing.T) {
	values := map[string]any{"sum": 4.0, "min": -1.0, "max": 5.0, "mean": 2.0, "consensus": 5.0}
	for operation, want := range values {
		spec := operation + "(objects)"
		d := small(t).replay(t, "-json", "-gauge", spec).document(t)
		require.Len(t, d.Views, 1)
		require.Len(t, d.Views[0].Groups, 1)
		g := d.Views[0].Groups[0]
		assert.Equal(t, want, g["value"], spec)
		assert.Equal(t, operation, g["operation"])
		assert.Equal(t, map[string]any{}, g["labels"], "no by: one group")
		most, least := map[string]any{"instance": "a", "value": 5.0}, map[string]any{"instance": "b", "value": -1.0}
		members := []any{most, least}
		if operation == "consensus" {
			members, least = []any{most}, most // −1 is no answer
		}
		assert.Equal(t, members, g["members"])
		assert.Equal(t, most, g["max"])
		assert.Equal(t, least, g["min"], spec)
		for _, absent := range []string{"increase", "lo", "hi", "rate", "rate_now", "count", "sum", "quantiles"} {
			assert.NotContains(t, g, absent)
		}
	}
}

// partOfB is what b has of the rate: 10 in 12 s, of which it lived for 17 of 20.
var partOfB = 10.0 / 12 * .85

func TestHistogramDocument(t *testing.T) {
	d := small(t).replay(t, "-json", "-histogram", "took_seconds", "-q", "0.99,0.5").document(t)
	require.Len(t, d.Views, 1)
	require.Len(t, d.Views[0].Groups, 1)
	g := d.Views[0].Groups[0]
	assert.Equal(t, 110.0, g["count"])
	assert.Equal(t, 1.5, g["sum"], "b's since its restart, a's did not grow")
	assert.Equal(t, []any{
		map[string]any{"instance": "a", "increase": 100.0, "rate": 5.0, "resets": 0.0},
		map[string]any{"instance": "b", "increase": 10.0, "rate": partOfB, "resets": 1.0},
	}, g["members"])
	quantiles, ok := g["quantiles"].([]any)
	require.True(t, ok)
	require.Len(t, quantiles, 2)
	high, low := quantiles[0].(map[string]any), quantiles[1].(map[string]any)
	assert.Equal(t, 0.99, high["q"], "in the order of the flag")
	assert.Equal(t, 0.1, high["lo"])
	assert.Equal(t, 1.0, high["hi"])
	assert.InDelta(t, 0.1+0.9*(108.9-100)/10, high["value"], 1e-9)
	assert.Equal(t, map[string]any{"instance": "b", "value": 0.991, "lo": 0.1, "hi": 1.0, "share": 10.0 / 110}, high["worst"])
	assert.Equal(t, 0.5, low["q"])
	assert.Equal(t, 0.0, low["lo"])
	assert.InDelta(t, 0.055, low["value"], 1e-9)
	for _, absent := range []string{"increase", "lo", "hi", "rate", "rate_now", "value", "operation", "min"} {
		assert.NotContains(t, g, absent)
	}
}

// TestUnknownIsAbsent: one scrape shows no growth.
func TestUnknownIsAbsent(t *testing.T) {
	m := &memory{}
	m.scrape(t, text("a", 1_000), "# TYPE n_total counter\nn_total 5\n# TYPE h histogram\nh_bucket{le=\"1\"} 5\nh_bucket{le=\"+Inf\"} 5\nh_sum 1\nh_count 5\n")
	d := m.replay(t, "-json", "-counter", "n_total", "-histogram", "h", "-counter", "other_total", "-gauge", "n_total").document(t)
	require.Len(t, d.Views, 4)
	assert.Equal(t, 0.0, d.WindowSeconds)
	counter := d.Views[0].Groups[0]
	for _, absent := range []string{"increase", "lo", "hi", "rate", "rate_now", "max", "covers_seconds"} {
		assert.NotContains(t, counter, absent)
	}
	assert.Equal(t, []any{map[string]any{"instance": "a", "resets": 0.0}}, counter["members"])
	assert.Equal(t, []map[string]any{}, d.Views[1].Groups, "nothing matches: groups are [], not null")
	assert.Equal(t, []map[string]any{}, d.Views[2].Groups, "a counter has no value to be summed")
	histogram := d.Views[3].Groups[0]
	assert.NotContains(t, histogram, "count")
	assert.Equal(t, []any{map[string]any{"q": 0.5}, map[string]any{"q": 0.99}}, histogram["quantiles"])
}
