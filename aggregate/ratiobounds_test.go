package aggregate_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
)

// failing is the ratio of the requests that failed to all.
func failing(b bed) func(seconds float64) (promfold.Estimate, bool) {
	v, err := b.Ratio(aggregate.View{Select: `requests_total{code=~"5.."}`, Owner: counter.Process}, aggregate.View{Select: `requests_total{code!=""}`, Owner: counter.Process})
	require.NoError(b, err)
	return func(seconds float64) (promfold.Estimate, bool) {
		g, err := v.One(b.Snapshot(at(seconds)).Last(time.Minute))
		require.NoError(b, err)
		for _, m := range g.Members() {
			assert.True(b, 0 <= m.Estimate.Lo && m.Estimate.Lo <= m.Estimate.Value && m.Estimate.Value <= m.Estimate.Hi && m.Estimate.Hi <= 1, m)
		}
		return g.Ratio()
	}
}

func requests(good, bad int) []string {
	list := []string{"# TYPE requests_total counter", fmt.Sprintf(`requests_total{code="200"} %d`, good)}
	if bad > 0 {
		list = append(list, fmt.Sprintf(`requests_total{code="500"} %d`, bad))
	}
	return list
}

// What is a part is never more than the whole, whoever never answered.
func TestRatioOfAPartWithoutMost(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	for i := range 11 {
		b.describe(aggregate.Target{Name: fmt.Sprint("i", i)})
	}
	ratio := failing(b)
	for i := range 7 {
		b.scrape("i0", float64(10*i), -100, requests(100+9*i, 5+i)...)
	}
	x, ok := ratio(60)
	assert.True(t, ok)
	assert.Equal(t, "0.1 [0, 1]", x.String())
}

// A first failure may die with its process unseen: of what was counted then, all or nothing may have failed. A restart
// opens the ratio no further than that.
func TestRatioOverARestart(t *testing.T) {
	for _, c := range []struct {
		bad  int
		want string
	}{{0, "0 [0, 0.05]"}, {1, "0.0806452 [0.0744681, 0.151064]"}} {
		b := newBed(t, aggregate.Config{Since: at(-1)})
		ratio := failing(b)
		for i := range 7 {
			now, good, start := float64(10*i), 100+10*i, -100.0
			if i > 3 {
				start, good = 33, 10*(i-3)-3 // 37 to 97 are lost with what failed among them
			}
			b.scrape("a", now, start, requests(good, c.bad*5)...)
		}
		x, ok := ratio(60)
		assert.True(t, ok)
		assert.Equal(t, c.want, x.String())
	}
}

// The step over a restart ends in the window with all that was lost in it, also before the window began.
func TestRatioOverARestartBeforeTheWindow(t *testing.T) {
	b := newBed(t, aggregate.Config{Since: at(-1)})
	ratio := failing(b)
	for i := range 4 {
		b.scrape("a", float64(10*i), -100, requests(100+9*i, 5+i)...)
	}
	for i := range 6 { // the old process counted 4 after 30 s, until it ended at 34 s
		b.scrape("a", float64(40+10*i), 34, requests(6+9*i, i)...)
	}
	x, ok := ratio(95) // of (35 s, 95 s]
	assert.True(t, ok)
	assert.Equal(t, 5.0/56, x.Value)
	assert.LessOrEqual(t, x.Lo, 5.0/60, "none of the four failed")
	assert.GreaterOrEqual(t, x.Hi, 9.0/60, "all of them did")
}

// Without a failure there is none, as far as was seen; without the metric nothing is known.
func TestRatioOfNothing(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	ratio := failing(b)
	other, err := b.Ratio(aggregate.View{Select: "errors_total"}, aggregate.View{Select: "requests_total"})
	require.NoError(t, err)
	for i := range 3 {
		b.scrape("a", float64(10*i), -100, requests(100+10*i, 0)...)
		b.scrape("b", float64(10*i), -100, requests(100+10*i, 0)...)
	}
	x, ok := ratio(20)
	assert.True(t, ok)
	assert.Equal(t, "0", x.String())
	ask := func() (promfold.Estimate, bool) {
		g, err := other.One(b.Snapshot(at(20)).Last(time.Minute))
		require.NoError(t, err)
		return g.Ratio()
	}
	_, ok = ask()
	assert.False(t, ok, "errors_total is not 0: nobody has it")
	b.scrape("b", 30, -100, append(requests(130, 0), "# TYPE errors_total counter", "errors_total 0")...)
	x, ok = ask()
	assert.True(t, ok)
	assert.Equal(t, "0", x.String())
}

// A process that ended before the window began, in a step that ends in it, may have counted failures that nobody read: they
// are of the same steps.
func TestRatioOfAStepOverTheStart(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	ratio, err := b.Ratio(aggregate.View{Select: `c{code="500"}`, Owner: counter.Process}, aggregate.View{Select: "c", Owner: counter.Process})
	require.NoError(t, err)
	scrape := func(at, start float64, fine, failed int) {
		b.scrape("a", at, start, typeC, fmt.Sprintf(`c{code="200"} %d`, fine), fmt.Sprintf(`c{code="500"} %d`, failed))
	}
	scrape(0, -100, 100, 10)
	scrape(10, -100, 190, 20)
	scrape(40, 30, 90, 10) // 10/s, of which 200 were lost between 10 and 30
	scrape(50, 30, 180, 20)
	g, err := ratio.One(until(b, at(50), 15*time.Second)) // the step from 10 to 40 is in it
	require.NoError(t, err)
	x, ok := g.Ratio()
	require.True(t, ok)
	assert.Equal(t, 0.1, x.Value)
	assert.GreaterOrEqual(t, x.Hi, 220.0/400, "all that was lost was a failure")
	assert.LessOrEqual(t, x.Lo, 20.0/400, "or nothing of it")
	g, err = ratio.One(until(b, at(50), 10*time.Second))
	require.NoError(t, err)
	x, _ = g.Ratio()
	assert.True(t, x.Exact(), "of the last step all is known")
}

// What a process counted in a series that it had not shown is lost with it, of each member that may have it.
func TestIncreaseOfWhatNobodySaw(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	failed := b.counter(aggregate.View{Select: `c{code="500"}`, By: []string{"zone"}})
	machine := b.counter(aggregate.View{Select: `c{code="503"}`, Owner: counter.External})
	for _, zone := range []string{"x", "y"} {
		require.NoError(t, b.Describe(at(0), aggregate.Target{Name: zone, Labels: labels.FromStrings("zone", zone)}))
	}
	for i, start := range []float64{-100, -100, 15, 15, 15} {
		b.scrape("x", float64(10*i), start, typeC, fmt.Sprintf(`c{code="200"} %d`, i))
		b.scrape("y", float64(10*i), -90, typeC, fmt.Sprintf(`c{code="200"} %d`, i), `c{code="500"} 3`, `c{code="503"} 1`)
	}
	b.scrape("x", 50, 15, typeC, `c{code="200"} 5`, `c{code="500"} 0`)
	groups, err := failed.In(until(b, at(50), time.Minute))
	require.NoError(t, err)
	require.Len(t, groups, 2)
	x, ok := groups[0].Increase()
	require.True(t, ok)
	assert.Equal(t, "0 [0, +Inf]", x.String())
	assert.Equal(t, "x: 0 [0, +Inf]", fmt.Sprint(groups[0].Increases()[0].Instance, ": ", groups[0].Increases()[0].Estimate))
	assert.Contains(t, groups[0].Warnings(), "a process ended that had no series here at its last scrape; what it counted after that is unknown: x")
	x, _ = groups[1].Increase()
	assert.True(t, x.Exact(), "nobody of y ended")
	g, err := machine.One(until(b, at(50), time.Minute))
	require.NoError(t, err)
	x, _ = g.Increase()
	assert.True(t, x.Exact(), "the machine's counts do not end with a process")
	groups, err = failed.In(until(b, at(50), 25*time.Second))
	require.NoError(t, err)
	x, _ = groups[0].Increase()
	assert.True(t, x.Exact(), "it ended before the window")
}
