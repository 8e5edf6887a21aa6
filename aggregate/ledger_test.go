package aggregate_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
	"github.com/promfold/promfold/histogram"
)

func TestTotalsAreTheIncreaseSinceTheBeginning(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 12))
		list, _, _ := simulate(r, rapid.IntRange(1, 5).Draw(rt, "instances"), 8)
		w := watch(rt)
		before := map[string]float64{}
		for _, sc := range list {
			_, err := w.Ingest(sc)
			require.NoError(rt, err)
			groups, err := w.requests.In(until(w, sc.Time, sinceStart))
			require.NoError(rt, err)
			totals := w.requests.Totals(w.Snapshot(sc.Time))
			require.Len(rt, totals, len(groups))
			for i, g := range groups {
				require.Equal(rt, g.Labels(), totals[i].Labels)
				require.Equal(rt, grew(g), totals[i].Value)
				require.GreaterOrEqual(rt, totals[i].Value, before[g.Labels().String()])
				require.Equal(rt, watchedConfig.Since.UnixMilli(), totals[i].Start.UnixMilli())
				before[g.Labels().String()] = totals[i].Value
			}
			hs, err := w.latency.In(until(w, sc.Time, sinceStart))
			require.NoError(rt, err)
			for i, h := range w.latency.Totals(w.Snapshot(sc.Time)) {
				require.Equal(rt, []float64{0.1, 1, math.Inf(1)}, h.Histogram.Bounds)
				require.Equal(rt, counted(hs[i]), h.Histogram.Counts[2])
				if sum, ok := hs[i].Sum(); ok {
					require.InEpsilon(rt, 1+sum.Value, 1+h.Histogram.Sum, 1e-12)
				}
			}
		}
	})
}

// What looked like a restart is taken back, two addresses turn out to be one
// process: the truth falls, what is shown does not, and grows again when the
// truth is greater. Saved and loaded, it is the same.
func TestTotalsNeverFall(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	declare := func(f bed) *aggregate.CounterView {
		return f.counter(aggregate.View{Select: "c", Owner: counter.Process})
	}
	v := declare(b)
	total := func(seconds float64) float64 {
		list := v.Totals(b.Snapshot(at(seconds)))
		require.Len(t, list, 1)
		return list[0].Value
	}
	elder, younger := &server{start: -5000, n: 1000}, &server{start: -40, n: 40}
	b.scrape("vip", 0, elder.start, elder.lines()...)
	b.scrape("vip", 10, younger.start, younger.lines()...) // a restart, it seems
	peak := total(10)
	require.Positive(t, peak)
	elder.n += 10
	b.scrape("vip", 20, elder.start, elder.lines()...) // it was none
	require.Zero(t, grew(b.one(v, 20, sinceStart)))
	assert.Equal(t, peak, total(20))
	n := bed{t, loadedFrom(t, saved(t, b.Fleet), aggregate.Config{})}
	b, v = n, declare(n)
	assert.Equal(t, peak, total(20))
	for i := range 2 {
		elder.n += 2000
		b.scrape("vip", float64(30+10*i), elder.start, elder.lines()...)
	}
	assert.Equal(t, grew(b.one(v, 40, sinceStart)), total(40))
	assert.Greater(t, total(40), peak)
}

// Columns that had to make room leave what they counted behind.
func TestTotalsOutliveEviction(t *testing.T) {
	small := aggregate.Config{Since: at(-1), Window: time.Minute, MaxBytes: 430_000}
	b := newBed(t, small)
	v := b.counter(aggregate.View{Select: "c", By: []string{"id"}, Owner: counter.Process})
	h, err := b.Histogram(aggregate.View{Select: "h", By: []string{"id"}, Owner: counter.Process})
	require.NoError(t, err)
	const n = 120
	for i := range n {
		var list []string
		for j := max(0, i-10); j <= i; j++ {
			list = append(list, fmt.Sprintf("# TYPE c counter\nc{id=\"%03d\"} %d\n# TYPE h histogram\nh_bucket{id=\"%03d\",le=\"+Inf\"} %d\nh_sum{id=\"%03d\"} %d", j, i-j+1, j, i-j+1, j, i))
		}
		b.scrape("i", float64(10*i), -0.5, list...)
	}
	groups, err := v.In(until(b, at(10*n), sinceStart))
	require.NoError(t, err)
	require.Less(t, len(groups), n, "nothing had to go, the test is of no use")
	totals := v.Totals(b.Snapshot(at(10 * n)))
	require.Len(t, totals, n)
	counts := h.Totals(b.Snapshot(at(10 * n)))
	require.Len(t, counts, n)
	for i := range n - 11 {
		want := 11.0
		assert.Equal(t, want, totals[i].Value, totals[i].Labels.String())
		assert.Equal(t, []float64{want}, counts[i].Histogram.Counts, counts[i].Labels.String())
	}
	state := saved(t, b.Fleet)
	f := loadedFrom(t, state, small)
	require.Equal(t, state, saved(t, f))
}

// Instances with other buckets: what is exposed is what all of them know.
func TestHistogramTotalsOfMixedLayouts(t *testing.T) {
	b := newBed(t, aggregate.Config{Since: at(-1)})
	h, err := b.Histogram(aggregate.View{Select: "h", Owner: counter.Process})
	require.NoError(t, err)
	show := func(seconds float64) aggregate.Series {
		list := h.Totals(b.Snapshot(at(seconds)))
		require.Len(t, list, 1)
		return list[0]
	}
	b.scrape("a", 10, 1, "# TYPE h histogram", `h_bucket{le="1"} 5`, `h_bucket{le="2"} 6`, `h_bucket{le="+Inf"} 7`, "h_sum 9", "h_count 7")
	assert.Equal(t, aggregate.Series{
		Labels: labels.EmptyLabels(), Start: at(-1), Value: 7,
		Histogram: &histogram.Histogram{Bounds: []float64{1, 2, math.Inf(1)}, Counts: []float64{5, 6, 7}, Count: 7, Sum: 9},
	}, show(10))
	b.scrape("b", 20, 2, "# TYPE h histogram", `h_bucket{le="0.5"} 1`, `h_bucket{le="2"} 2`, `h_bucket{le="+Inf"} 3`, "h_count 3")
	got := show(20)
	assert.Equal(t, []float64{2, math.Inf(1)}, got.Histogram.Bounds)
	assert.Equal(t, []float64{8, 10}, got.Histogram.Counts)
	assert.True(t, math.IsNaN(got.Histogram.Sum))

	b.scrape("idle", 30, 3, "# TYPE h histogram", `h_bucket{le="2"} 0`, `h_bucket{le="+Inf"} 0`, "h_sum 0", "h_count 0")
	assert.Equal(t, []float64{8, 10}, show(30).Histogram.Counts)
}
