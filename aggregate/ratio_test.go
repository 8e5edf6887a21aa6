package aggregate_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

// Two instances: the busy one has 1 % of errors, the idle one 50 %.
func TestErrorRatio(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	ratio, err := b.Ratio(aggregate.View{Select: `c{code=~"5.."}`}, aggregate.View{Select: "c"})
	require.NoError(t, err)
	for i := range 3 {
		b.scrape("busy", float64(10*i), -100, typeC, fmt.Sprintf(`c{code="200"} %d`, 990*i), fmt.Sprintf(`c{code="500"} %d`, 10*i))
		b.scrape("idle", float64(10*i), -100, typeC, fmt.Sprintf(`c{code="200"} %d`, 2*i), fmt.Sprintf(`c{code="503"} %d`, 2*i))
		b.scrape("fine", float64(10*i), -100, typeC, fmt.Sprintf(`c{code="200"} %d`, 100*i))
	}
	g, err := ratio.One(until(b, at(20), time.Minute))
	require.NoError(t, err)
	a, ok := g.Ratio()
	require.True(t, ok)
	assert.Equal(t, 24.0/2208, a.Value)
	assert.Equal(t, a.Value, a.Lo)
	assert.Equal(t, a.Value, a.Hi)
	worst, ok := g.Max()
	require.True(t, ok)
	assert.Equal(t, "idle: 0.5", worst.String())
	assert.Equal(t, "[busy: 0.01 fine: 0 idle: 0.5]", fmt.Sprint(g.Members()))
	assert.Equal(t, 24.0, grew(g.Numerator()))
	assert.Equal(t, 2208.0, grew(g.Denominator()))
	assert.True(t, g.Denominator().Coverage() == g.Coverage())
}

// A numerator that is declared later starts later; the denominator follows it.
func TestRatioOverTheSameSteps(t *testing.T) {
	config := aggregate.Config{}.WithCheckpoints(60)
	b := newBed(t, config)
	b.counter(aggregate.View{Select: "c"})
	scrape := func(i int) {
		b.scrape("a", float64(10*i), -100, typeC, fmt.Sprintf(`c{code="200"} %d`, 100*i), fmt.Sprintf(`c{code="500"} %d`, 25*i))
	}
	for i := range 5 {
		scrape(i)
	}
	b = bed{t, loadedFrom(t, saved(t, b.Fleet), config)} // the denominator's rows are those of the counter
	ratio, err := b.Ratio(aggregate.View{Select: `c{code="500"}`}, aggregate.View{Select: "c"})
	require.NoError(t, err)
	for i := 5; i < 9; i++ {
		scrape(i)
	}
	for _, window := range []time.Duration{sinceStart, time.Minute, 20 * time.Second} {
		g, err := ratio.One(until(b, at(80), window))
		require.NoError(t, err)
		a, ok := g.Ratio()
		require.True(t, ok)
		assert.Equal(t, 0.2, a.Value, "%s", window)
	}
}

func TestRatioRefusesWhatDoesNotMatch(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	for _, pair := range [][2]aggregate.View{
		{{Select: "c"}, {Select: "c", By: []string{"code"}}}, {{Select: "c"}, {Select: everyFamily}}, {{}, {Select: "c"}},
		{{Select: "c"}, {Select: "c", Combine: aggregate.Sum}},
	} {
		_, err := b.Ratio(pair[0], pair[1])
		assert.Error(t, err)
	}
	_, err := (*aggregate.RatioView)(nil).In(until(b, at(0), sinceStart))
	assert.Error(t, err)
	_, ok := (&aggregate.RatioGroup{}).Ratio()
	assert.False(t, ok)
}
