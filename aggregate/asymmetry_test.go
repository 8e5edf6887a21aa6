package aggregate_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
)

// loaded is a fleet whose members grow by the given numbers within 10 s.
func loaded(t T, loads ...float64) *aggregate.CounterGroup {
	t.Helper()
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Select: "c"})
	for i, x := range loads {
		b.scrape(fmt.Sprintf("i%02d", i), 0, 0, typeC, "c 0")
		b.scrape(fmt.Sprintf("i%02d", i), 10, 0, typeC, fmt.Sprint("c ", x))
	}
	return b.one(v, 10, time.Minute)
}

func TestAsymmetry(t *testing.T) {
	for _, c := range []struct {
		name  string
		loads []float64
		want  aggregate.Asymmetry
	}{
		{"even", []float64{50, 50, 50, 50}, aggregate.Asymmetry{Members: 4, Hottest: "i00", Share: 0.25, Peak: 1, CV: 0}},
		{"one has all", []float64{0, 0, 80, 0}, aggregate.Asymmetry{Members: 4, Hottest: "i02", Share: 1, Peak: 4, CV: math.Sqrt(3)}},
		{"alone", []float64{7}, aggregate.Asymmetry{Members: 1, Hottest: "i00", Share: 1, Peak: 1, CV: 0}},
		// The mean is 5, the standard deviation 2: a textbook's numbers.
		{"textbook", []float64{2, 4, 4, 4, 5, 5, 7, 9}, aggregate.Asymmetry{Members: 8, Hottest: "i07", Share: 9. / 40, Peak: 1.8, CV: 0.4}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := loaded(t, c.loads...).Asymmetry()
			require.True(t, ok)
			assert.InDelta(t, c.want.Share, got.Share, 1e-15)
			assert.InDelta(t, c.want.Peak, got.Peak, 1e-15)
			assert.InDelta(t, c.want.CV, got.CV, 1e-15)
			got.Share, got.Peak, got.CV = c.want.Share, c.want.Peak, c.want.CV
			assert.Equal(t, c.want, got)
		})
	}
	_, ok := loaded(t, 0, 0).Asymmetry()
	assert.False(t, ok, "nothing to share")
	_, ok = (&aggregate.CounterGroup{}).Asymmetry()
	assert.False(t, ok)
}

// A member that joined late is as hot as the others if it is as fast; one that
// was not read in the window is not in it.
func TestAsymmetryIsOfRates(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Select: "c"})
	for s := range 11 {
		for i, joined := range []int{0, 0, 8} {
			if s >= joined && (i != 1 || s < 5) {
				b.scrape(fmt.Sprint(i), float64(10*s), 0, typeC, fmt.Sprint("c ", 10*s))
			}
		}
	}
	g := b.one(v, 100, 40*time.Second)
	a, ok := g.Asymmetry()
	require.True(t, ok)
	shares := map[string]string{}
	for _, m := range g.Rates() {
		shares[m.Instance] = m.String()
	}
	assert.Equal(t, map[string]string{"0": "0: 1, 61.5 % [30.8, 66.7]", "2": "2: 0.625 [0.5, 1.25001], 38.5 % [20, 55.6]"}, shares, "a share is of what was counted")
	assert.Equal(t, aggregate.Asymmetry{Members: 2, Hottest: "0", Share: 0.5, Peak: 1}, a)
}

func TestSharesOfAGauge(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(aggregate.View{Select: "watchers", By: []string{"x"}, Combine: aggregate.Sum})
	highest := b.gauge(aggregate.View{Select: `watchers{x="1"}`, Combine: aggregate.Max})
	for i, lines := range [][]string{{`{x="1"} 30`, `{x="2"} -1`}, {`{x="1"} 10`, `{x="2"} 5`}} {
		b.scrape(fmt.Sprint(i), 0, 0, "# TYPE watchers gauge", "watchers"+lines[0], "watchers"+lines[1])
	}
	groups, err := v.At(b.Snapshot(at(0)))
	require.NoError(t, err)
	assert.Equal(t, "[0: 30, 75 % 1: 10, 25 %]", fmt.Sprint(groups[0].Members()))
	assert.Equal(t, "[0: -1 1: 5]", fmt.Sprint(groups[1].Members()), "with a negative part there are no shares")
	assert.Equal(t, "[0: 30 1: 10]", fmt.Sprint(b.reading(highest, 0).Members()), "nor where parts do not add up")
}

// 1 ≤ Peak ≤ n, 0 ≤ CV ≤ √(n−1), Share = Peak/n; a power of two of all loads
// changes nothing, nor do the names.
func TestAsymmetryLaws(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		loads := rapid.SliceOfN(rapid.Float64Range(0, 1e6), 1, 8).Draw(rt, "loads")
		loads[0]++
		n := float64(len(loads))
		a, ok := loaded(rt, loads...).Asymmetry()
		require.True(rt, ok)
		const ulps = 1e-12
		require.True(rt, a.Peak >= 1-ulps && a.Peak <= n+ulps, "%+v", a)
		require.True(rt, a.CV >= 0 && a.CV <= math.Sqrt(n-1)+ulps, "%+v", a)
		require.InDelta(rt, a.Peak/n, a.Share, ulps)
		scaled := make([]float64, len(loads))
		for i, x := range loads {
			scaled[len(loads)-1-i] = x * 8
		}
		b, ok := loaded(rt, scaled...).Asymmetry()
		require.True(rt, ok)
		b.Hottest = a.Hottest
		require.Equal(rt, a, b)
	})
}

// The recorded balancer does not take turns alone: a gets most of the load by
// direct requests, and jobs are listed on b alone.
func TestAsymmetryOfTheRecording(t *testing.T) {
	scrapes := recorded(t)
	b := newBed(t, aggregate.Config{})
	all := b.counter(aggregate.View{Select: selector("apiserver_request_total", selections["all requests for a resource"])})
	jobs := b.counter(aggregate.View{Select: `apiserver_request_total{verb="LIST",resource="jobs"}`})
	for _, sc := range scrapes {
		_, err := b.Ingest(sc)
		require.NoError(t, err)
	}
	now := scrapes[len(scrapes)-1].Time
	for v, want := range map[*aggregate.CounterView]struct {
		hottest     string
		share, most float64
	}{all: {"apiserver-a", 0.6, 0.9}, jobs: {"apiserver-b", 1, 1}} {
		groups, err := v.In(until(b, now, sinceStart))
		require.NoError(t, err)
		a, ok := groups[0].Asymmetry()
		require.True(t, ok)
		assert.Equal(t, want.hottest, a.Hottest)
		assert.Equal(t, 3, a.Members)
		assert.GreaterOrEqual(t, a.Share, want.share)
		assert.LessOrEqual(t, a.Share, want.most)
	}
}

// What was counted between the last scrape of a process and its end is lost. It opens an increase; the rate of a member is
// between bounds, as that of the group.
func TestRateOfAMemberThatRestarted(t *testing.T) {
	b := newBed(t, aggregate.Config{Since: at(-60), ClockSkew: time.Millisecond})
	v := b.counter(aggregate.View{Select: "c", Owner: counter.Process})
	b.scrape("a", 0, -100, typeC, "c 1000")
	b.scrape("a", 10, -100, typeC, "c 1100")
	b.scrape("a", 20, 15, typeC, "c 30")
	g := b.one(v, 20, 20*time.Second)
	increase, _ := g.Increase()
	assert.True(t, math.IsInf(increase.Hi, 1))
	whole, _ := g.Rate()
	assert.LessOrEqual(t, whole.Hi, 10.0)
	m, ok := g.Hottest()
	require.True(t, ok)
	assert.Equal(t, whole, m.Estimate)
	assert.Equal(t, "a: 8.66667 [6.5, 9.0005], 100 %", m.String())
}

// The rate of a member holds what it counted in the window, whether a step ended there or not.
func TestRateOfAMemberThatEnded(t *testing.T) {
	b := newBed(t, aggregate.Config{Since: at(-60)})
	v := b.counter(aggregate.View{Select: "c", Owner: counter.Process})
	for i := range 13 {
		now := float64(10 * i)
		b.scrape("a", now, -100, typeC, fmt.Sprint("c ", 500+20*i))
		if i < 7 {
			b.scrape("b", now, -100, typeC, fmt.Sprint("c ", 500+240*i))
			continue
		}
		b.fail("b", at(now), errRefused) // it died at 62
	}
	g := b.one(v, 120, time.Minute)
	var told []string
	for _, m := range g.Rates() {
		told = append(told, m.String())
	}
	assert.Equal(t, []string{"a: 2, 50 % [7.69, 100]", "b: 2 [0, 24], 50 % [0, 92.3]"}, told)
}

// A sum of observations falls where some are negative: its rate is negative, and of parts there is no share.
func TestRateOfANegativeSum(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Select: "h_sum"})
	for i := range 3 {
		b.scrape("a", float64(10*i), -100, "# TYPE h histogram", fmt.Sprintf(`h_bucket{le="0"} %d`, 5*i), fmt.Sprintf(`h_bucket{le="+Inf"} %d`, 6*i),
			fmt.Sprint("h_sum ", 10-8*i), fmt.Sprint("h_count ", 6*i))
	}
	for _, seconds := range []float64{20, 25} {
		g := b.one(v, seconds, sinceStart)
		mean, _ := g.Rate()
		hot, _ := g.Hottest()
		assert.Equal(t, "a: -0.8 [-Inf, +Inf]", hot.String())
		assert.Equal(t, "-0.8 [-Inf, +Inf]", mean.String())
	}
}
