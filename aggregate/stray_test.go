package aggregate_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/catalogue"
	"github.com/promfold/promfold/parse"
)

// countShown counts the series that a view of everything has, and those it leaves out.
func countShown(t *testing.T, b bed, e *aggregate.EverythingView, seconds float64) (series, leftOut int) {
	t.Helper()
	for _, f := range e.Families(b.Snapshot(at(seconds))) {
		series, leftOut = series+len(f.Series), leftOut+f.LeftOut
		assert.Equal(t, f.LeftOut > 0, f.Why != "", f.Name)
	}
	return series, leftOut
}

// Lines that stand away from their TYPE, or have none, are shown or counted as
// left out.
func TestNothingIsDroppedInSilence(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	e, err := b.Everything(aggregate.View{Select: `{__name__=~".+"}`})
	require.NoError(t, err)
	page := []string{
		"# TYPE a counter", "# TYPE b gauge", "# TYPE h histogram", // all comments first
		`a{x="1"} 1`, `a{x="2"} 1`, `b 2`, `h_bucket{le="1"} 1`, `h_bucket{le="+Inf"} 2`, "h_count 2", "h_sum 1",
		`vm_app_uptime_seconds 5`, `vm_http_requests_total{path="/"} 7`, // no comment at all
		`vm_rows_bucket{vmrange="1.0e0...1.1e0"} 3`, `vm_rows_count 3`, `vm_rows_sum 3`,
		"# TYPE broken histogram", `broken_bucket{le="1"} 1`, "# TYPE vr histogram", `vr_bucket{vmrange="1.0e0...1.1e0"} 3`,
		`vr_count 3`, `vr_sum 3`,
	}
	b.scrape("one", 0, -100, page...)
	b.scrape("one", 10, -100, page...)
	series, leftOut := countShown(t, b, e, 10)
	assert.Equal(t, 10, series, "2 a, b, h, 5 without a comment, the start time")
	assert.Equal(t, 2, leftOut, "broken lacks +Inf, vr has no bounds")
	// Nobody knows what several instances' series without a type are together.
	b.scrape("two", 10, -100, page...)
	series, leftOut = countShown(t, b, e, 10)
	assert.Equal(t, 4, series)
	assert.Equal(t, 8, leftOut)
}

// What the catalogue knows of a gauge stands before a sum: a fact is never added up.
func TestFactsAreNotSummed(t *testing.T) {
	for _, combine := range []aggregate.Combine{0, aggregate.Sum} {
		b := newBed(t, aggregate.Config{Catalogue: catalogue.Kubernetes().View})
		e, err := b.Everything(aggregate.View{Select: everyFamily, Combine: combine})
		require.NoError(t, err)
		for i, x := range []string{"5000", "5000", "-1"} {
			b.scrape(string(rune('a'+i)), 0, -100, "# TYPE apiserver_storage_objects gauge", "apiserver_storage_objects "+x,
				"# TYPE apiserver_longrunning_requests gauge", "apiserver_longrunning_requests 2",
				"# TYPE workqueue_depth gauge", "workqueue_depth 3")
		}
		got := map[string]float64{}
		for _, f := range e.Families(b.Snapshot(at(0))) {
			for _, s := range f.Series {
				got[f.Name] = s.Value
			}
		}
		delete(got, "process_start_time_seconds")
		assert.Equal(t, map[string]float64{"apiserver_storage_objects": 5000, "apiserver_longrunning_requests": 6}, got)
	}
}

// A counter of 8 bits, and a body whose last line is not ended.
func TestDoors(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	_, err := b.Ingest(aggregate.Scrape{Target: "a", Time: at(0), Body: []byte("c 250")})
	require.Error(t, err)
	b = newBed(t, aggregate.Config{Parse: parse.Options{AllowUnended: true, Fallback: "application/openmetrics-text"}})
	v := b.counter(aggregate.View{Select: "c", WrapBits: 8})
	for i, x := range []string{"c_total 250", "c_total 4"} {
		_, err := b.Ingest(aggregate.Scrape{
			Target: "a", Time: at(float64(10 * i)), Start: at(-1000), Body: []byte("# TYPE c counter\n" + x + "\n# EOF"),
			Header: http.Header{"Content-Encoding": {"Identity"}},
		})
		require.NoError(t, err)
	}
	g, err := v.One(until(b, at(10), sinceStart))
	require.NoError(t, err)
	x, ok := g.Increase()
	require.True(t, ok)
	assert.Equal(t, 10.0, x.Value)
	assert.True(t, x.Exact())
	_, err = b.Counter(aggregate.View{Select: "c", WrapBits: 65})
	require.Error(t, err)
	_, err = b.Gauge(aggregate.View{Select: "c", WrapBits: 8})
	require.Error(t, err)
}
