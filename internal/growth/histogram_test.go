package growth

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/internal/judge"
)

// hists follows a histogram and returns its last step.
func hists(t *testing.T, starts [2]int64, bodies ...string) Hist {
	b := newBed(t, &Selection{Kind: Histogram, Metric: "h"}, &Selection{Kind: Counter, Metric: "h_count"}, &Selection{Kind: Counter, Metric: "h_sum"})
	for i, body := range bodies {
		start := starts[0]
		if i == len(bodies)-1 {
			start = starts[1]
		}
		b.scrape(int64(100_000+10_000*i), start, body)
		b.commit()
	}
	require.Len(t, b.steps.Hists, 1, "one object for all views")
	assert.Len(t, b.plan.Sinks(b.steps.Hists[0].Object), 3)
	return b.steps.Hists[0]
}

var stands = [2]int64{50_000, 50_000}

func TestHistogramGrows(t *testing.T) {
	x := hists(t, stands, buckets("h", 10, 1, 3, 7), buckets("h", 12.5, 2, 5, 10))
	assert.Equal(t, Reading, x.Origin)
	assert.Empty(t, x.Notes)
	assert.Equal(t, []float64{1, 3, 7}, x.Before)
	assert.Equal(t, []float64{2, 5, 10}, x.Now)
	assert.Equal(t, [2]float64{10, 12.5}, x.Sum)
	from, to, read := x.Of(CountOf)
	assert.Equal(t, []float64{7, 10, 10}, []float64{from, to, read})
	from, to, _ = x.Of(SumOf)
	assert.Equal(t, []float64{10, 12.5}, []float64{from, to})
}

// Buckets and sum restart with the count, whatever they did themselves.
func TestHistogramRestartsAsOne(t *testing.T) {
	for name, c := range map[string]struct {
		starts      [2]int64
		first, last string
	}{
		"its process restarted": {[2]int64{50_000, 105_000}, buckets("h", 10, 1, 3, 70), buckets("h", 20, 2, 4, 5)},
		"its count fell":        {stands, buckets("h", 10, 1, 3, 70), buckets("h", 20, 2, 4, 5)},
		"no start time":         {[2]int64{0, 0}, buckets("h", 10, 1, 3, 70), buckets("h", 20, 2, 4, 5)},
	} {
		x := hists(t, c.starts, c.first, c.last)
		assert.Equal(t, Zero, x.Origin, name)
		assert.Equal(t, []float64{0, 0, 0}, x.Before, name)
		assert.Equal(t, []float64{2, 4, 5}, x.Now, name)
		assert.Equal(t, [2]float64{0, 20}, x.Sum, name)
		require.Len(t, x.Notes, 1, name)
		assert.Equal(t, judge.Reset, x.Notes[0].Verdict, name)
	}
}

// A sum that falls by itself is no restart: observations may be negative.
func TestSumFallsAlone(t *testing.T) {
	x := hists(t, stands, buckets("h", 10, 1, 3, 7), buckets("h", 9, 1, 3, 8))
	assert.Equal(t, Reading, x.Origin)
	assert.Equal(t, [2]float64{10, 9}, x.Sum)
	assert.False(t, x.NoSum)
}

// Where a bucket fell while the count did not, the client was read while it was
// writing.
func TestTorn(t *testing.T) {
	x := hists(t, stands, buckets("h", 10, 0, 3, 7), buckets("h", 11, 0, 2, 8))
	assert.Equal(t, Reading, x.Origin)
	require.NotEmpty(t, x.Notes)
	assert.Equal(t, Torn, x.Notes[0].Quirk)
}

// A vector that was cleared and outgrew its count in one step fell by more than
// its pace explains.
func TestClearedAndOutgrown(t *testing.T) {
	x := hists(t, stands, buckets("h", 10, 1000, 1000, 1000), buckets("h", 11, 1001, 1001, 1001), buckets("h", 20, 0, 0, 1010))
	assert.Equal(t, Zero, x.Origin)
}

// Where bounds come or go, growth is known at those that both have.
func TestBoundsChange(t *testing.T) {
	x := hists(t, stands, buckets("h", 10, 3, 700), buckets("h", 12, 2, 4, 702))
	assert.Equal(t, Reading, x.Origin)
	require.Len(t, x.Notes, 1)
	assert.Equal(t, NewLayout, x.Notes[0].Quirk)
	assert.Equal(t, []float64{2, inf}, boundsOf(x.Layout))
	assert.Equal(t, []float64{3, 700}, x.Before)
	assert.Equal(t, []float64{4, 702}, x.Now)
}

// What cannot be a histogram is refused, and keeps the reading it had.
func TestMalformed(t *testing.T) {
	good, bad, again := buckets("h", 10, 1, 3, 7), buckets("h", 10, 4, 3, 7), buckets("h", 13, 2, 4, 9)
	x := hists(t, stands, good, bad)
	assert.Equal(t, Nowhere, x.Origin)
	require.Len(t, x.Notes, 1)
	assert.Equal(t, Malformed, x.Notes[0].Quirk)
	x = hists(t, stands, good, bad, again)
	assert.Equal(t, []float64{1, 3, 7}, x.Before)
	assert.Equal(t, []float64{2, 4, 9}, x.Now)
}
