package oracle_test

import (
	"fmt"
	"testing"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser/posrange"
	"github.com/stretchr/testify/require"

	fold "github.com/promfold/promfold/internal/layout"
)

func wideNative(buckets int) fold.Native {
	n := fold.Native{Schema: 3, ZeroThreshold: 1e-128}
	for i := range buckets {
		n.Positive = append(n.Positive, fold.Bucket{Index: int32(i - buckets/2), Count: float64(1 + i%7)})
		n.Count += float64(1 + i%7)
	}
	return n
}

// compactReference is the reference with one span, as a client exposes it.
func compactReference(n *fold.Native) *histogram.FloatHistogram { return reference(n).Compact(0) }

// go test ./oracle -run - -bench HistogramMerge
func BenchmarkHistogramMerge(b *testing.B) {
	n := wideNative(160)
	b.Run("of=promfold", func(b *testing.B) {
		from, to := new(fold.Distribution), new(fold.Distribution)
		require.NoError(b, from.AddNative(&n))
		to.Merge(from)
		b.ReportAllocs()
		for b.Loop() {
			to.Merge(from)
		}
		perBucket(b, 160)
	})
	b.Run("of=FloatHistogram.Add", func(b *testing.B) {
		from, to := compactReference(&n), compactReference(&n)
		b.ReportAllocs()
		for b.Loop() {
			if _, _, _, err := to.Add(from); err != nil {
				b.Fatal(err)
			}
		}
		perBucket(b, 160)
	})
	b.Run("of=FloatHistogram.KahanAdd", func(b *testing.B) {
		from, to := compactReference(&n), compactReference(&n)
		var c *histogram.FloatHistogram
		b.ReportAllocs()
		for b.Loop() {
			var err error
			if c, _, _, err = to.KahanAdd(from, c); err != nil {
				b.Fatal(err)
			}
		}
		perBucket(b, 160)
	})
}

func perBucket(b *testing.B, buckets int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(buckets), "ns/bucket")
}

// One question to a distribution that did not change since the last one (asked=again), and to one that did.
//
// go test ./oracle -run - -bench HistogramQuantile
func BenchmarkHistogramQuantile(b *testing.B) {
	n := wideNative(160)
	b.Run("native/of=promfold/asked=again", func(b *testing.B) {
		var d fold.Distribution
		require.NoError(b, d.AddNative(&n))
		b.ReportAllocs()
		for b.Loop() {
			_, _ = d.Quantile(.99)
		}
	})
	b.Run("native/of=promfold/asked=first", func(b *testing.B) {
		var d fold.Distribution
		require.NoError(b, d.AddNative(&n))
		b.ReportAllocs()
		none := new(fold.Distribution)
		for b.Loop() {
			d.Merge(none)
			_, _ = d.Quantile(.99)
		}
	})
	b.Run("native/of=promql", func(b *testing.B) {
		h := compactReference(&n)
		b.ReportAllocs()
		for b.Loop() {
			_, _ = promql.HistogramQuantile(.99, h, "", posrange.PositionRange{})
		}
	})
	bounds, counts := make([]float64, 20), make([]float64, 21)
	for i := range counts {
		counts[i] = float64(100 * i)
		if i < len(bounds) {
			bounds[i] = float64(i + 1)
		}
	}
	l, err := fold.NewLayout(bounds)
	require.NoError(b, err)
	for _, asked := range []string{"first", "again"} {
		b.Run(fmt.Sprintf("classic/of=promfold/asked=%s", asked), func(b *testing.B) {
			var d fold.Distribution
			require.NoError(b, d.Add(l, counts, 0))
			none := new(fold.Distribution)
			b.ReportAllocs()
			for b.Loop() {
				if asked == "first" {
					d.Merge(none)
				}
				_, _ = d.Quantile(.99)
			}
		})
	}
	b.Run("classic/of=promql", func(b *testing.B) {
		buckets := classicBuckets(bounds, counts)
		b.ReportAllocs()
		for b.Loop() {
			promql.BucketQuantile(.99, buckets)
		}
	})
}
