package aggregate_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

// churning exposes 200 series, of which two are replaced at each scrape.
func churning(i int) []string {
	lines := []string{typeC}
	for x := 2 * i; x < 2*i+200; x++ {
		lines = append(lines, fmt.Sprintf(`c{x="%06d"} %d`, x, i))
	}
	return lines
}

// A day of a service whose series come and go: what is kept does not grow.
func TestChurnIsForgotten(t *testing.T) {
	b := newBed(t, aggregate.Config{MaxBytes: 5 << 20, Window: time.Minute}.WithCheckpoints(4))
	v := b.counter(aggregate.View{Select: "c", By: []string{"x"}})
	h, err := b.Histogram(aggregate.View{Select: "h", By: []string{"x"}})
	require.NoError(t, err)
	for i := range 3000 {
		lines := append(churning(i), "# TYPE h histogram",
			fmt.Sprintf(`h_bucket{x="%d",le="1"} 1`, i/3), fmt.Sprintf(`h_bucket{x="%d",le="+Inf"} 2`, i/3),
			fmt.Sprintf(`h_sum{x="%d"} 3`, i/3), fmt.Sprintf(`h_count{x="%d"} 2`, i/3))
		b.scrape("a", float64(15*i), -100, lines...)
	}
	groups, err := v.In(until(b, at(15*2999), time.Minute))
	require.NoError(t, err)
	for _, g := range groups[len(groups)-200 : len(groups)-10] {
		assert.Equal(t, 4.0, grew(g), "%s", g.Labels()) // the window holds four steps
	}
	hs, err := h.In(until(b, at(15*2999), time.Minute))
	require.NoError(t, err)
	assert.NotEmpty(t, hs)
	got := b.Sizes()
	assert.LessOrEqual(t, b.held(), int64(5<<20))
	// Of some 6,000 series and 1,000 histograms: the living, as many tombstones
	// as there may be, and the groups that fit MaxBytes.
	assert.LessOrEqual(t, got.Lines, (205+1000)*4/3)
	assert.LessOrEqual(t, got.Groups, 5000)
}
