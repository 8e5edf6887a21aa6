package ledger

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/histogram"
	"github.com/promfold/promfold/internal/layout"
)

// Each growth of a counter is given out once, whatever is saved and read back in
// between.
func TestCounterDeltas(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := &Ledger{}
		var truth, given float64
		give := func(l *Ledger, total float64) {
			n, _ := l.Account(group).Delta(l.total(counter(total)), nil)
			given += n
		}
		for range rapid.IntRange(1, 20).Draw(rt, "steps") {
			truth += float64(rapid.IntRange(0, 50).Draw(rt, "grown"))
			switch rapid.IntRange(0, 3).Draw(rt, "then") {
			case 0:
				l = reread(rt, l)
			case 1: // a total that falls is shown, and given out, no more
				give(l, truth/2)
			default:
				give(l, truth)
				require.Equal(rt, truth, given)
			}
		}
	})
}

// Of a histogram the buckets that all deltas have add up, too, and no delta has
// less than nothing in a bucket.
func TestHistogramDeltas(t *testing.T) {
	all := []float64{1, 2, 4, 8, math.Inf(1)}
	rapid.Check(t, func(rt *rapid.T) {
		l := &Ledger{}
		var truth [5]float64 // cumulative
		counts, seen := map[float64]float64{}, map[float64]bool{}
		for _, b := range all {
			seen[b] = true
		}
		for range rapid.IntRange(1, 10).Draw(rt, "steps") {
			bounds, shown := []float64{}, []float64{}
			n := 0.0
			for i, b := range all {
				n += float64(rapid.IntRange(0, 5).Draw(rt, "grown"))
				truth[i] += n
				if i == 4 || rapid.IntRange(0, 9).Draw(rt, "has the bound") > 0 {
					bounds, shown = append(bounds, b), append(shown, truth[i])
				}
			}
			if rapid.Bool().Draw(rt, "saved") {
				l = reread(rt, l)
			}
			_, d := l.Account(group).Delta(truth[4], &histogram.Histogram{Bounds: bounds, Counts: shown, Count: truth[4], Sum: 2 * truth[4]})
			if d == nil {
				require.Zero(rt, n)
				d = &histogram.Histogram{Bounds: bounds, Counts: make([]float64, len(bounds))}
			}
			has := map[float64]bool{}
			for i, b := range d.Bounds {
				has[b] = true
				counts[b] += d.Counts[i]
				require.True(rt, i == 0 || d.Counts[i] >= d.Counts[i-1], "%v", d.Counts)
			}
			for _, b := range all {
				seen[b] = seen[b] && has[b]
			}
			require.Equal(rt, d.Count, d.Counts[len(d.Counts)-1])
			require.Equal(rt, 2*d.Count, d.Sum)
		}
		for i, b := range all {
			if seen[b] {
				require.Equal(rt, truth[i], counts[b], "bound %v", b)
			}
		}
	})
}

// Native buckets are given out once, too; those that come later, once the total
// had them at two deltas.
func TestNativeDeltas(t *testing.T) {
	show := func(a *Account, n float64, native bool) *histogram.Histogram {
		h := &histogram.Histogram{Bounds: []float64{math.Inf(1)}, Counts: []float64{n}, Count: n, Sum: n}
		if native {
			exponential(h, a.showNative(&layout.Native{Schema: 1, Count: n, Sum: n, Positive: []layout.Bucket{{Index: 3, Count: n}}}))
		}
		_, d := a.Delta(n, h)
		return d
	}
	a := &Account{}
	assert.Equal(t, []histogram.Bucket{{Index: 3, Count: 5}}, show(a, 5, true).Positive)
	assert.Nil(t, show(a, 5, true))
	assert.Equal(t, []histogram.Bucket{{Index: 3, Count: 2}}, show(a, 7, true).Positive)
	assert.False(t, show(a, 8, false).Exponential)
	d := show(a, 11, true)
	assert.False(t, d.Exponential, "what was given out without buckets is in them")
	assert.Equal(t, 3.0, d.Count)
	d = show(a, 12, true)
	assert.True(t, d.Exponential)
	assert.Equal(t, []histogram.Bucket{{Index: 3, Count: 1}}, d.Positive)
}

// What parts gave out adds up; of watchers of the same instances it is the most,
// in any order.
func TestDeltasOfSeveral(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		make := func() *Ledger {
			l := &Ledger{}
			for range rapid.IntRange(0, 2).Draw(rt, "deltas") {
				n := float64(rapid.IntRange(0, 9).Draw(rt, "n"))
				bounds := rapid.SampledFrom([][]float64{{1, math.Inf(1)}, {2, math.Inf(1)}, {1, 2, math.Inf(1)}}).Draw(rt, "bounds")
				counts := []float64{n, n, n}[:len(bounds)]
				l.Account(group).Delta(n, &histogram.Histogram{Bounds: bounds, Counts: counts, Count: n, Sum: n})
			}
			return l
		}
		a, b := make(), make()
		total := func(l *Ledger) float64 {
			if g := l.Account(group).given; g.bounds != nil {
				return g.counts[len(g.counts)-1]
			}
			return 0
		}
		var merged Ledger
		want := total(a) + total(b)
		merged.Merge(reread(rt, a))
		merged.Merge(reread(rt, b))
		require.Equal(rt, want, total(&merged))

		x, y := reread(rt, a), reread(rt, b)
		x.Remember(b)
		y.Remember(a)
		require.Equal(rt, written(x), written(y))
		require.Equal(rt, max(total(a), total(b)), total(x))
	})
}
