package aggregate_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

// What an expected target has that never answered may be anything, in the groups
// that its labels allow, and in no other.
func TestUnmetWhereItMayBe(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	zoned := func(name, zone string) aggregate.Target {
		return aggregate.Target{Name: name, Labels: labels.FromStrings("zone", zone)}
	}
	for _, x := range []aggregate.Target{zoned("a", "north"), zoned("b", "south"), zoned("never", "south")} {
		b.describe(x)
	}
	zones := b.counter(aggregate.View{Select: "c", By: []string{"zone"}})
	north := b.counter(aggregate.View{Select: `c{zone="north"}`})
	codes := b.counter(aggregate.View{Select: "c", By: []string{"code"}})
	memory := b.gauge(aggregate.View{Select: "g", By: []string{"zone"}, Combine: aggregate.Sum})
	latency := b.histogram(aggregate.View{Select: "h", By: []string{"zone"}})
	for i := range 4 {
		for _, name := range []string{"a", "b"} {
			b.scrape(name, float64(10*i), -100-float64(name[0]), "# TYPE c counter", fmt.Sprintf(`c{code="200"} %d`, 10*i), typeG, "g 1", "# TYPE h histogram",
				fmt.Sprintf(`h_bucket{le="1"} %d`, 8*i), fmt.Sprintf(`h_bucket{le="+Inf"} %d`, 10*i), fmt.Sprint("h_count ", 10*i), fmt.Sprint("h_sum ", i))
		}
	}
	s := b.Snapshot(at(30))
	open := func(g *aggregate.CounterGroup) [3]bool {
		increase, _ := g.Increase()
		rate, _ := g.Rate()
		now, _ := g.RateNow()
		return [3]bool{math.IsInf(increase.Hi, 1), math.IsInf(rate.Hi, 1), math.IsInf(now.Hi, 1)}
	}
	groups, err := zones.In(s.SinceStart())
	require.NoError(t, err)
	require.Len(t, groups, 2)
	assert.Equal(t, [3]bool{}, open(groups[0]), "north")
	assert.Equal(t, [3]bool{true, true, true}, open(groups[1]), "south")
	one, err := north.One(s.SinceStart())
	require.NoError(t, err)
	assert.Equal(t, [3]bool{}, open(one))
	assert.Empty(t, one.Warnings(), "it concerns the south")
	groups, err = codes.In(s.SinceStart())
	require.NoError(t, err)
	assert.Equal(t, [3]bool{true, true, true}, open(groups[0]), "it may have any code")
	gauges, err := memory.At(s)
	require.NoError(t, err)
	x, _ := gauges[0].Value()
	assert.False(t, math.IsInf(x.Hi, 1))
	x, _ = gauges[1].Value()
	assert.True(t, math.IsInf(x.Hi, 1))
	histograms, err := latency.In(s.SinceStart())
	require.NoError(t, err)
	q, _ := histograms[0].Over(1)
	assert.Equal(t, "0.2", q.String())
	q, _ = histograms[1].Over(1)
	assert.Equal(t, 0.0, q.Lo)
	assert.Equal(t, 1.0, q.Hi)
}
