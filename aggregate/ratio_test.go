package aggregate_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

// Two instances: the busy one has 1 % of errors, the idle one 50 %.
func TestErrorRatio(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	all := b.counter(aggregate.View{Metric: "c"})
	bad := b.counter(aggregate.View{Metric: "c", Where: []*labels.Matcher{match("code", "=~", "5..")}})
	ratio, err := aggregate.Ratio(bad, all)
	require.NoError(t, err)
	for i := range 3 {
		b.scrape("busy", float64(10*i), -100, typeC, fmt.Sprintf(`c{code="200"} %d`, 990*i), fmt.Sprintf(`c{code="500"} %d`, 10*i))
		b.scrape("idle", float64(10*i), -100, typeC, fmt.Sprintf(`c{code="200"} %d`, 2*i), fmt.Sprintf(`c{code="503"} %d`, 2*i))
		b.scrape("fine", float64(10*i), -100, typeC, fmt.Sprintf(`c{code="200"} %d`, 100*i))
	}
	groups, err := ratio.At(at(20), time.Minute)
	require.NoError(t, err)
	require.Len(t, groups, 1)
	a, ok := groups[0].Ratio()
	require.True(t, ok)
	assert.Equal(t, 24.0/2208, a.Value)
	assert.Equal(t, a.Value, a.Lo)
	assert.Equal(t, a.Value, a.Hi)
	worst, ok := groups[0].Max()
	require.True(t, ok)
	assert.Equal(t, "idle", worst.Instance)
	r, _ := worst.Ratio()
	assert.Equal(t, 0.5, r.Value)
	require.Len(t, groups[0].Members(), 3)
	fine := groups[0].Members()[1]
	assert.Equal(t, "fine", fine.Instance)
	assert.Equal(t, 0.0, fine.Numerator.Value)
}

// A numerator declared later starts later; the denominator follows it.
func TestRatioOverTheSameSteps(t *testing.T) {
	b := newBed(t, aggregate.Config{Checkpoints: 60})
	all := b.counter(aggregate.View{Metric: "c"})
	scrape := func(i int) {
		b.scrape("a", float64(10*i), -100, typeC, fmt.Sprintf(`c{code="200"} %d`, 100*i), fmt.Sprintf(`c{code="500"} %d`, 25*i))
	}
	for i := range 5 {
		scrape(i)
	}
	bad := b.counter(aggregate.View{Metric: "c", Where: []*labels.Matcher{match("code", "=", "500")}})
	ratio, err := aggregate.Ratio(bad, all)
	require.NoError(t, err)
	for i := 5; i < 9; i++ {
		scrape(i)
	}
	for _, window := range []time.Duration{aggregate.All, time.Minute, 20 * time.Second} {
		groups, err := ratio.At(at(80), window)
		require.NoError(t, err)
		require.Len(t, groups, 1)
		a, ok := groups[0].Ratio()
		require.True(t, ok)
		assert.Equal(t, 0.2, a.Value, "%s", window)
	}
}

func TestRatioRefusesWhatDoesNotMatch(t *testing.T) {
	b, other := newBed(t, aggregate.Config{}), newBed(t, aggregate.Config{})
	x := b.counter(aggregate.View{Metric: "c"})
	_, err := aggregate.Ratio(x, b.counter(aggregate.View{Metric: "c", By: []string{"code"}}))
	assert.Error(t, err)
	_, err = aggregate.Ratio(x, other.counter(aggregate.View{Metric: "c"}))
	assert.Error(t, err)
}
