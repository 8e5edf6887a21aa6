package oracle_test

import (
	"flag"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser/posrange"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	fold "github.com/promfold/promfold/internal/layout"
)

var histogramCases = flag.Int("histogramcases", 50_000, "random cases of each agreement with PromQL's histogram functions")

// ulps is how many float64s lie between a and b.
func ulps(a, b float64) uint64 {
	if a == b {
		return 0
	}
	if math.IsNaN(a) || math.IsNaN(b) || (a < 0) != (b < 0) {
		return math.MaxUint64
	}
	x, y := math.Float64bits(math.Abs(a)), math.Float64bits(math.Abs(b))
	return max(x, y) - min(x, y)
}

// drawBounds draws increasing bounds, from a small set or anything.
func drawBounds(r *rand.Rand, signed bool) []float64 {
	bounds := make([]float64, 1+r.IntN(9))
	for i := range bounds {
		bounds[i] = math.Exp(3 * r.NormFloat64())
		if r.IntN(2) == 0 {
			bounds[i] = float64(1+r.IntN(20)) / 4
		}
		if signed && r.IntN(2) == 0 {
			bounds[i] = -bounds[i]
		}
	}
	slices.Sort(bounds)
	return slices.Compact(bounds)
}

// drawCumulative draws increasing counts: small ones, large ones, runs of empty buckets.
func drawCumulative(r *rand.Rand, n int) []float64 {
	counts := make([]float64, n)
	most := []int{3, 20, 1000, 1e9}[r.IntN(4)]
	var total float64
	for i := range counts {
		if r.IntN(3) > 0 {
			total += float64(r.IntN(most))
		}
		counts[i] = total
	}
	return counts
}

func drawQ(r *rand.Rand) float64 {
	if r.IntN(2) == 0 {
		return float64(1+r.IntN(1000)) / 1000
	}
	return r.Float64()
}

func classicBuckets(bounds, counts []float64) promql.Buckets {
	var b promql.Buckets
	for i, c := range counts {
		le := math.Inf(1)
		if i < len(bounds) {
			le = bounds[i]
		}
		b = append(b, promql.Bucket{UpperBound: le, Count: c})
	}
	return b
}

// crosses tells whether floating point puts q·n on another side of an integer than decimal arithmetic on q does, or of
// the counts that decide which bucket has the rank.
func crosses(q, n float64) bool {
	rank := q * n
	return math.Abs(rank-math.Round(rank)) <= 4*(math.Nextafter(rank, math.Inf(1))-rank)
}

func TestBucketQuantileAgrees(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	compared, boundary := 0, 0
	for compared < *histogramCases {
		bounds := drawBounds(r, r.IntN(4) == 0)
		counts, q := drawCumulative(r, len(bounds)+1), drawQ(r)
		layout, err := fold.NewLayout(bounds)
		require.NoError(t, err)
		var d fold.Distribution
		require.NoError(t, d.Add(layout, counts, 0))
		e, ok := d.Quantile(q)
		want, _, _, _, _, _ := promql.BucketQuantile(q, classicBuckets(bounds, counts))
		if !ok {
			require.True(t, math.IsNaN(want))
			continue
		}
		compared++
		if ulps(e.Value, want) <= 2 {
			continue
		}
		boundary++
		require.True(t, crosses(q, counts[len(counts)-1]), "q=%v %v %v: %+v, want %v", q, bounds, counts, e, want)
	}
	t.Logf("%d compared, in %d floating point put q·N across an integer", compared, boundary)
	assert.Less(t, boundary, compared/50)
}

func TestBucketFractionAgrees(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range *histogramCases {
		bounds := drawBounds(r, r.IntN(4) == 0)
		counts := drawCumulative(r, len(bounds)+1)
		layout, err := fold.NewLayout(bounds)
		require.NoError(t, err)
		var d fold.Distribution
		require.NoError(t, d.Add(layout, counts, 0))
		lower, upper := drawLimits(r, bounds)
		e, ok := d.Share(lower, upper)
		want := promql.BucketFraction(lower, upper, classicBuckets(bounds, counts))
		require.Equal(t, !ok, math.IsNaN(want))
		if ok {
			require.LessOrEqual(t, ulps(e.Value, want), uint64(2), "(%v, %v] %v %v: %+v, want %v", lower, upper, bounds, counts, e, want)
		}
	}
}

func drawLimits(r *rand.Rand, bounds []float64) (lower, upper float64) {
	limit := func() float64 {
		switch r.IntN(4) {
		case 0:
			return bounds[r.IntN(len(bounds))]
		case 1:
			return math.Inf(1 - 2*r.IntN(2))
		}
		return 6 * r.NormFloat64()
	}
	return limit(), limit()
}

// drawNative draws a native histogram in both forms.
func drawNative(r *rand.Rand, schema int32) (*fold.Native, *histogram.FloatHistogram) {
	n := &fold.Native{Schema: schema}
	signs := r.IntN(3) // 0: positive, 1: negative, 2: both
	if r.IntN(3) > 0 {
		n.ZeroThreshold = []float64{0, 1e-128, 0.5, 1}[r.IntN(4)]
		n.ZeroCount = float64(r.IntN(5))
	}
	side := func() []fold.Bucket {
		var b []fold.Bucket
		index := int32(r.IntN(9) - 4)
		if n.ZeroThreshold >= .5 {
			index = int32(1 + r.IntN(3)) // the bucket (b(0), b(1)] begins at 1
		}
		most := []int{3, 1000}[r.IntN(2)]
		for range r.IntN(6) {
			b = append(b, fold.Bucket{Index: index, Count: float64(1 + r.IntN(most))})
			index += int32(1 + r.IntN(3))
		}
		return b
	}
	if signs != 1 {
		n.Positive = side()
	}
	if signs != 0 {
		n.Negative = side()
	}
	n.Count = n.ZeroCount
	for _, b := range slices.Concat(n.Positive, n.Negative) {
		n.Count += b.Count
	}
	return n, reference(n)
}

func reference(n *fold.Native) *histogram.FloatHistogram {
	h := &histogram.FloatHistogram{
		Schema: n.Schema, ZeroThreshold: n.ZeroThreshold, ZeroCount: n.ZeroCount, Count: n.Count, Sum: n.Sum,
	}
	side := func(buckets []fold.Bucket) (spans []histogram.Span, counts []float64) {
		next := int32(0)
		for _, b := range buckets {
			spans = append(spans, histogram.Span{Offset: b.Index - next, Length: 1})
			counts = append(counts, b.Count)
			next = b.Index + 1
		}
		return spans, counts
	}
	h.PositiveSpans, h.PositiveBuckets = side(n.Positive)
	h.NegativeSpans, h.NegativeBuckets = side(n.Negative)
	if n.Custom != nil {
		h.Schema = histogram.CustomBucketsSchema
		for i := range n.Custom.Len() - 1 {
			h.CustomValues = append(h.CustomValues, n.Custom.Bound(i))
		}
	}
	return h
}

func TestHistogramQuantileAgrees(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	compared, boundary := 0, 0
	for compared < *histogramCases {
		n, h := drawNative(r, int32(r.IntN(13)-4))
		q := drawQ(r)
		var d fold.Distribution
		require.NoError(t, d.AddNative(n))
		e, ok := d.Quantile(q)
		want, _ := promql.HistogramQuantile(q, h, "", posrange.PositionRange{})
		if !ok {
			require.True(t, math.IsNaN(want))
			continue
		}
		compared++
		if ulps(e.Value, want) <= 2 {
			continue
		}
		boundary++
		require.True(t, crosses(q, n.Count), "q=%v %+v: %+v, want %v", q, n, e, want)
	}
	t.Logf("%d compared, in %d q·N is an integer or floating point put it across one", compared, boundary)
}

func TestHistogramFractionAgrees(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for range *histogramCases {
		n, h := drawNative(r, int32(r.IntN(13)-4))
		lower, upper := drawLimits(r, []float64{-4, -2, -1, -.5, 0, .5, 1, 2, 4})
		if n.ZeroThreshold == 0 && (lower == 0 || upper == 0) {
			continue // a deliberate difference: see TestDifferences
		}
		var d fold.Distribution
		require.NoError(t, d.AddNative(n))
		e, ok := d.Share(lower, upper)
		want, _ := promql.HistogramFraction(lower, upper, h, "", posrange.PositionRange{})
		require.Equal(t, !ok, math.IsNaN(want))
		if ok {
			require.LessOrEqual(t, ulps(e.Value, want), uint64(2), "(%v, %v] %+v: %+v, want %v", lower, upper, n, e, want)
		}
	}
}

// drawCustom draws custom buckets in both forms.
func drawCustom(t *testing.T, r *rand.Rand) (*fold.Native, *histogram.FloatHistogram) {
	l, err := fold.NewLayout(drawBounds(r, r.IntN(4) == 0))
	require.NoError(t, err)
	n := &fold.Native{Custom: l}
	most := []int{3, 1000}[r.IntN(2)]
	for i := range l.Len() {
		if r.IntN(3) > 0 {
			n.Positive = append(n.Positive, fold.Bucket{Index: int32(i), Count: float64(1 + r.IntN(most))})
			n.Count += n.Positive[len(n.Positive)-1].Count
		}
	}
	return n, reference(n)
}

// asClassic is the same buckets in the form of a classic histogram.
func asClassic(n *fold.Native) promql.Buckets {
	var b promql.Buckets
	total := 0.0
	for i := range n.Custom.Len() {
		for _, p := range n.Positive {
			if int(p.Index) == i {
				total += p.Count
			}
		}
		b = append(b, promql.Bucket{UpperBound: n.Custom.Bound(i), Count: total})
	}
	return b
}

// Of custom buckets the reference has two answers: for q ≥ 0.5 it counts the rank from above, and rounds it otherwise
// than it does in classic buckets. Ours is one of them.
func TestHistogramQuantileAgreesOnCustomBuckets(t *testing.T) {
	r := rand.New(rand.NewPCG(45, 46))
	compared, classic, boundary := 0, 0, 0
	for compared < *histogramCases {
		n, h := drawCustom(t, r)
		q := drawQ(r)
		var d fold.Distribution
		require.NoError(t, d.AddNative(n))
		e, ok := d.Quantile(q)
		if !ok {
			continue
		}
		compared++
		want, _ := promql.HistogramQuantile(q, h, "", posrange.PositionRange{})
		if ulps(e.Value, want) <= 2 {
			continue
		}
		other, _, _, _, _, _ := promql.BucketQuantile(q, asClassic(n))
		if ulps(e.Value, other) <= 2 && q >= .5 {
			classic++
			continue
		}
		boundary++
		require.True(t, crosses(q, n.Count), "q=%v %+v: %+v, want %v", q, n, e, want)
	}
	t.Logf("%d compared, in %d as for the same classic buckets, in %d q·N is an integer or put across one", compared, classic, boundary)
	assert.Less(t, boundary, compared/50)
}

// Fractions of custom buckets are rounded like those of native ones or like those of classic ones by the reference.
func TestHistogramFractionAgreesOnCustomBuckets(t *testing.T) {
	r := rand.New(rand.NewPCG(47, 48))
	classic := 0
	for range *histogramCases {
		n, h := drawCustom(t, r)
		bounds := make([]float64, n.Custom.Len())
		for i := range bounds {
			bounds[i] = n.Custom.Bound(i)
		}
		lower, upper := drawLimits(r, bounds)
		var d fold.Distribution
		require.NoError(t, d.AddNative(n))
		e, ok := d.Share(lower, upper)
		want, _ := promql.HistogramFraction(lower, upper, h, "", posrange.PositionRange{})
		require.Equal(t, !ok, math.IsNaN(want))
		if !ok || ulps(e.Value, want) <= 2 {
			continue
		}
		classic++
		want = promql.BucketFraction(lower, upper, asClassic(n))
		require.LessOrEqual(t, ulps(e.Value, want), uint64(2), "(%v, %v] %+v: %+v, want %v", lower, upper, n, e, want)
	}
	t.Logf("%d as for the same classic buckets", classic)
}

func TestBoundsAreThoseOfTheReference(t *testing.T) {
	for schema := int32(-4); schema <= 8; schema++ {
		for index := int32(-600); index <= 600; index++ {
			n := &fold.Native{Schema: schema, Positive: []fold.Bucket{{Index: index, Count: 1}}, Count: 1}
			it := reference(n).PositiveBucketIterator()
			require.True(t, it.Next())
			if math.IsInf(it.At().Upper, 1) || it.At().Lower == 0 {
				continue
			}
			var d fold.Distribution
			require.NoError(t, d.AddNative(n))
			e, _ := d.Quantile(.5)
			require.Equal(t, it.At().Lower, e.Lo, "bucket %d of schema %d", index, schema)
			require.Equal(t, it.At().Upper, e.Hi, "bucket %d of schema %d", index, schema)
		}
	}
}

// Where schema and zero threshold both differ it matters to the reference in which order histograms are added.
func TestReferenceAddIsNoMonoid(t *testing.T) {
	r := rand.New(rand.NewPCG(49, 50))
	associative, commutative, ours := 0, 0, 0
	draw := func() *fold.Native {
		n := &fold.Native{Schema: int32(r.IntN(5)), ZeroThreshold: []float64{0, .3, 1, 1.5, 3}[r.IntN(5)]}
		index := int32(r.IntN(4))
		if n.ZeroThreshold > 0 { // the first bucket that begins there or above
			index = max(index, 1+int32(math.Ceil(math.Log2(n.ZeroThreshold)*math.Ldexp(1, int(n.Schema)))))
		}
		for range r.IntN(5) {
			n.Positive = append(n.Positive, fold.Bucket{Index: index, Count: float64(1 + r.IntN(9))})
			n.Count += n.Positive[len(n.Positive)-1].Count
			index += 1 + int32(r.IntN(3))
		}
		return n
	}
	add := func(a, b *histogram.FloatHistogram) *histogram.FloatHistogram {
		sum, _, _, err := a.Copy().Add(b)
		require.NoError(t, err)
		return sum.Compact(0)
	}
	exposed := func(parts ...*fold.Native) fold.Native {
		var d fold.Distribution
		for _, p := range parts {
			require.NoError(t, d.AddNative(p))
		}
		n, _ := d.Native()
		return n
	}
	for range *histogramCases {
		x, y, z := draw(), draw(), draw()
		a, b, c := reference(x), reference(y), reference(z)
		if !add(add(a, b), c).Equals(add(a, add(b, c))) {
			associative++
		}
		if !add(a, b).Equals(add(b, a)) {
			commutative++
		}
		if !assert.ObjectsAreEqual(exposed(x, y, z), exposed(z, x, y)) {
			ours++
		}
	}
	t.Logf("of %d random triples the reference differs in %d by grouping, in %d by order", *histogramCases, associative, commutative)
	assert.Positive(t, associative)
	assert.Zero(t, ours)
}
