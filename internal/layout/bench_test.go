package layout

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// manyLayouts is one distribution of n layouts of 20 bounds each.
func manyLayouts(t testing.TB, n int) *Distribution {
	r := rand.New(rand.NewPCG(43, 44))
	d := new(Distribution)
	for range n {
		bounds, counts := make([]float64, 20), make([]float64, 21)
		bound, total := 0.0, 0.0
		for i := range counts {
			total += float64(1 + r.IntN(1000))
			counts[i] = total
			if i < len(bounds) {
				bound += .01 + r.ExpFloat64()
				bounds[i] = bound
			}
		}
		require.NoError(t, d.Add(layout(t, bounds...), counts, total))
	}
	return d
}

// go test ./internal/layout -run - -bench Merge
func BenchmarkMerge(b *testing.B) {
	for _, layouts := range []int{1, 20, 1000} {
		b.Run(fmt.Sprintf("layouts=%d", layouts), func(b *testing.B) {
			from, to := manyLayouts(b, layouts), new(Distribution)
			to.Merge(from)
			b.ReportAllocs()
			for b.Loop() {
				to.Merge(from)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(21*layouts), "ns/bucket")
		})
	}
	b.Run("native", func(b *testing.B) {
		from, to := new(Distribution), new(Distribution)
		require.NoError(b, from.AddNative(wideNative(160)))
		to.Merge(from)
		b.ReportAllocs()
		for b.Loop() {
			to.Merge(from)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/160, "ns/bucket")
	})
}

func wideNative(buckets int) *Native {
	n := &Native{Schema: 3, ZeroThreshold: 1e-128}
	for i := range buckets {
		n.Positive = append(n.Positive, Bucket{int32(i - buckets/2), float64(1 + i%7)})
		n.Count += float64(1 + i%7)
	}
	return n
}

// asked=again asks a distribution that did not change; asked=first one that did, whose layouts are reconciled anew.
//
// go test ./internal/layout -run - -bench Quantile
func BenchmarkQuantile(b *testing.B) {
	for _, layouts := range []int{1, 20, 1000} {
		d := manyLayouts(b, layouts)
		for _, again := range []bool{false, true} {
			name := map[bool]string{false: "first", true: "again"}[again]
			b.Run(fmt.Sprintf("layouts=%d/asked=%s", layouts, name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					d.built = d.built && again
					if _, ok := d.Quantile(.99); !ok {
						b.Fatal("no answer")
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(21*layouts), "ns/bucket")
			})
		}
	}
	b.Run("native", func(b *testing.B) {
		d := new(Distribution)
		require.NoError(b, d.AddNative(wideNative(160)))
		b.ReportAllocs()
		for b.Loop() {
			d.built = false
			_, _ = d.Quantile(.99)
		}
	})
}

func BenchmarkAdd(b *testing.B) {
	l, counts := layout(b, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10), make([]float64, 11)
	for i := range counts {
		counts[i] = float64(10 * i)
	}
	var d Distribution
	b.ReportAllocs()
	for b.Loop() {
		d.Reset()
		_ = d.Add(l, counts, 1)
	}
}

func TestWarmValuesDoNotAllocate(t *testing.T) {
	a, b := manyLayouts(t, 50), new(Distribution)
	require.NoError(t, a.AddNative(wideNative(50)))
	b.Merge(a)
	bounds, counts := make([]float64, 20), make([]float64, 21)
	for i := range bounds {
		bounds[i], counts[i+1] = float64(i+1), float64(i)
	}
	l := layout(t, bounds...)
	require.NoError(t, b.Add(l, counts, 1))
	native := wideNative(50)
	require.NoError(t, b.AddNative(native))
	work := func() {
		b.Reset()
		b.Merge(a)
		_ = b.Add(l, counts, math.NaN())
		_ = b.AddNative(native)
		_, _ = b.Quantile(.5)
		_, _ = b.Quantile(.999)
		_, _ = b.Over(3)
		_, _ = b.Share(1, 2)
		_, _ = b.Mean()
	}
	work()
	require.Zero(t, testing.AllocsPerRun(20, work))

	members := []Member{{"a", a}, {"b", b}}
	require.Zero(t, testing.AllocsPerRun(20, func() { _, _ = Worst(.99, members) }))
}
