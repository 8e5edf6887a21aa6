package aggregate_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

// Two watchers of recorded API servers, of which one sees every second scrape
// and the other one the rest, while one server is restarted and one is killed:
// together they know as much as one that sees all, but for what a process
// counted in its last seconds before it ended, which the other one may not have
// seen before.
func TestJoinOfTwoHalves(t *testing.T) {
	if testing.Short() {
		t.Skip("the recording in the repository is enough to find a race")
	}
	lines := corpus(t, "apiserver-ha")
	config := aggregate.Config{Since: time.UnixMilli(lines[0].Time - 60_000), JoinHorizon: time.Hour}
	type watch struct {
		*aggregate.Fleet
		requests *aggregate.CounterView
		latency  *aggregate.HistogramView
	}
	begin := func() watch {
		f, err := aggregate.NewFleet(config)
		require.NoError(t, err)
		requests, err := f.Counter(aggregate.View{Select: selector("apiserver_request_total", selections["all requests for a resource"])})
		require.NoError(t, err)
		latency, err := f.Histogram(aggregate.View{Select: "apiserver_request_duration_seconds"})
		require.NoError(t, err)
		return watch{f, requests, latency}
	}
	even, odd, all := begin(), begin(), begin()
	var now time.Time
	for _, l := range lines {
		if l.Format != "text" || l.Path != "/metrics" || l.ThroughLB || l.File == "" || l.Scenario != "apiserver-ha" {
			continue
		}
		half := even
		if l.Step%2 == 1 {
			half = odd
		}
		body := corpusBody(t, "apiserver-ha", l.File)
		for _, w := range []watch{half, all} {
			_, err := w.Ingest(l.scrape(body))
			require.NoError(t, err)
		}
		now = time.UnixMilli(l.Time)
	}
	totals := func(w watch) (requests, count float64) {
		a, b := w.requests.Totals(w.Snapshot(now)), w.latency.Totals(w.Snapshot(now))
		require.Len(t, a, 1)
		require.Len(t, b, 1)
		return a[0].Value, b[0].Histogram.Counts[len(b[0].Histogram.Counts)-1]
	}
	evenRequests, evenCount := totals(even)
	oddRequests, oddCount := totals(odd)
	wantRequests, wantCount := totals(all)
	require.NoError(t, even.Join(odd.Fleet))
	require.NoError(t, odd.Join(even.Fleet))
	requests, count := totals(even)
	otherRequests, otherCount := totals(odd)
	assert.Equal(t, requests, otherRequests)
	assert.Equal(t, count, otherCount)
	t.Logf("requests: halves %g and %g, joined %g, one watcher %g", evenRequests, oddRequests, requests, wantRequests)
	t.Logf("latency: halves %g and %g, joined %g, one watcher %g", evenCount, oddCount, count, wantCount)
	assert.GreaterOrEqual(t, requests, max(evenRequests, oddRequests))
	assert.GreaterOrEqual(t, count, max(evenCount, oddCount))
	assert.LessOrEqual(t, requests, wantRequests)
	assert.LessOrEqual(t, count, wantCount)
	assert.Greater(t, requests, 0.99*wantRequests)
	assert.Greater(t, count, 0.99*wantCount)
}

// Native histograms, of which one watcher saw the first scrapes of each server
// and the other one the rest: of what they observed, that of the watcher who saw
// more stands; both say the same, in every bucket.
func TestJoinOfNativeHistograms(t *testing.T) {
	lines := corpus(t, "apiserver-native")
	config := aggregate.Config{Since: time.UnixMilli(lines[0].Time - 60_000), JoinHorizon: time.Hour}
	begin := func() (*aggregate.Fleet, *aggregate.HistogramView) {
		f, err := aggregate.NewFleet(config)
		require.NoError(t, err)
		v, err := f.Histogram(aggregate.View{Select: "apiserver_request_duration_seconds"})
		require.NoError(t, err)
		return f, v
	}
	a, early := begin()
	b, late := begin()
	c, all := begin()
	var now time.Time
	for _, l := range lines {
		if l.Format != "protobuf" || l.Path != "/metrics" || l.ThroughLB || l.File == "" {
			continue
		}
		half := a
		if l.Step >= 2 {
			half = b
		}
		body := corpusBody(t, "apiserver-native", l.File)
		for _, f := range []*aggregate.Fleet{half, c} {
			_, err := f.Ingest(l.scrape(body))
			require.NoError(t, err)
		}
		now = time.UnixMilli(l.Time)
	}
	again, err := aggregate.NewFleet(config)
	require.NoError(t, err)
	third, err := again.Histogram(aggregate.View{Select: "apiserver_request_duration_seconds"})
	require.NoError(t, err)
	fleets := map[*aggregate.HistogramView]*aggregate.Fleet{early: a, late: b, all: c, third: again}
	total := func(v *aggregate.HistogramView) aggregate.Series {
		list := v.Totals(fleets[v].Snapshot(now))
		require.Len(t, list, 1)
		return list[0]
	}
	count := func(v *aggregate.HistogramView) float64 {
		x := total(v)
		return x.Histogram.Counts[len(x.Histogram.Counts)-1]
	}
	least, most := max(count(early), count(late)), count(all)
	require.NoError(t, again.Join(b))
	require.NoError(t, again.Join(a))
	require.NoError(t, a.Join(b))
	require.NoError(t, b.Join(a))
	require.NoError(t, b.Join(a))
	assert.Equal(t, totalsText([]aggregate.Series{total(early)}), totalsText([]aggregate.Series{total(late)}))
	assert.Equal(t, totalsText([]aggregate.Series{total(early)}), totalsText([]aggregate.Series{total(third)}))
	assert.Equal(t, a.Knowledge(), loadedKnowledge(t, a, config, now))
	t.Logf("alone at most %g, joined %g, one watcher %g", least, count(early), most)
	assert.GreaterOrEqual(t, count(early), least)
	assert.LessOrEqual(t, count(early), most)
}

// loadedKnowledge is what a fleet knows once it was saved and loaded.
func loadedKnowledge(t *testing.T, f *aggregate.Fleet, c aggregate.Config, now time.Time) string {
	t.Helper()
	again := loadedFrom(t, saved(t, f), c)
	_, err := again.Histogram(aggregate.View{Select: "apiserver_request_duration_seconds"})
	require.NoError(t, err)
	return again.Knowledge()
}
