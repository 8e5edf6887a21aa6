package aggregate_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
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
