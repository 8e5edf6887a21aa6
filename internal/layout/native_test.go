package layout

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold"
)

func TestBoundsOfAllSchemas(t *testing.T) {
	for schema := int32(minSchema); schema <= maxSchema; schema++ {
		perOctave := math.Ldexp(1, int(schema))
		last := bound(int32(-2*perOctave)-1, schema)
		for index := int32(-2 * perOctave); index <= int32(2*perOctave)+1; index++ {
			b := bound(index, schema)
			require.Greater(t, b, last)
			last = b
			// b^(2^schema) = 2^index, to within 4 units in the last place of b.
			exact := new(big.Float).SetPrec(200).SetInt64(1)
			exact.SetMantExp(exact, int(index))
			for s := int32(0); s < schema; s++ {
				exact.Sqrt(exact)
			}
			for s := int32(0); s > schema; s-- {
				exact.Mul(exact, exact)
			}
			want, _ := exact.Float64()
			require.InDelta(t, want, b, 4*(math.Nextafter(want, inf)-want), "bound %d of schema %d", index, schema)
		}
	}
	for schema := int32(minSchema); schema <= maxSchema; schema++ {
		top := int32(math.Ldexp(1024, int(schema)))
		assert.Equal(t, math.MaxFloat64, bound(top, schema))
		assert.Equal(t, inf, bound(top+1, schema))
	}
}

func TestNativeWithBothSigns(t *testing.T) {
	var d Distribution
	require.NoError(t, d.AddNative(&Native{
		Schema: 0, ZeroThreshold: .5, ZeroCount: 2, Count: 6, Sum: 1,
		Positive: []Bucket{{1, 1}, {3, 1}}, Negative: []Bucket{{1, 1}, {2, 1}},
	}))
	for _, c := range []struct {
		q      float64
		lo, hi float64
	}{{0, -4, -2}, {.34, -.5, .5}, {.3, -2, -1}, {.5, -.5, .5}, {.7, 1, 2}, {1, 4, 8}} {
		e := quantile(t, &d, c.q)
		assert.Equal(t, []float64{c.lo, c.hi}, []float64{e.Lo, e.Hi}, "%v", c.q)
	}
	mean, ok := d.Mean()
	assert.True(t, ok)
	assert.Equal(t, 1./6, mean)
}

// NaN is counted and in no bucket. Whatever lies above the buckets has no upper end.
func TestNativeObservationsOfNaN(t *testing.T) {
	var d Distribution
	require.NoError(t, d.AddNative(&Native{Positive: []Bucket{{1, 3}}, Count: 4, Sum: math.NaN()}))
	assert.Equal(t, 4.0, d.Count())
	assert.Equal(t, 2.0, quantile(t, &d, .75).Value)
	e := quantile(t, &d, 1)
	assert.Equal(t, inf, e.Hi)
	assert.Equal(t, 2.0, e.Value)
	_, ok := d.Mean()
	assert.False(t, ok)
}

// +Inf is in a bucket of its own, and a NaN above it.
func TestNativeObservationsOfInfAndNaN(t *testing.T) {
	var d Distribution
	require.NoError(t, d.AddNative(&Native{Positive: []Bucket{{1, 2}, {1025, 1}}, Count: 4, Sum: math.NaN()}))
	e, ok := d.Share(-inf, inf)
	assert.True(t, ok)
	assert.Equal(t, promfold.Estimate{Value: 1, Lo: 1, Hi: 1}, e)
	e, _ = d.Over(2)
	assert.Equal(t, promfold.Estimate{Value: .5, Lo: .5, Hi: .5}, e)
	assert.Equal(t, promfold.Estimate{Value: math.MaxFloat64, Lo: math.MaxFloat64, Hi: inf}, quantile(t, &d, 1))
}

func TestNoMeanOfASumThatIsNotFinite(t *testing.T) {
	for _, sum := range []float64{math.NaN(), inf, -inf} {
		d := new(Distribution)
		require.NoError(t, d.Add(layout(t, 1), []float64{1, 2}, sum))
		d.Merge(dist(t, []float64{1}, 1, 2))
		_, ok := d.Mean()
		assert.False(t, ok)
	}
	_, ok := new(Distribution).Mean()
	assert.False(t, ok)
	d := new(Distribution)
	require.NoError(t, d.Add(layout(t, 1), []float64{1, 4}, 6))
	mean, ok := d.Mean()
	assert.True(t, ok)
	assert.Equal(t, 1.5, mean)
}

func TestCustomBucketsJoinTheClassicOnes(t *testing.T) {
	l := layout(t, 1, 2)
	a := dist(t, []float64{1, 2}, 3, 3, 7)
	b := new(Distribution)
	require.NoError(t, b.AddNative(&Native{Custom: l, Positive: []Bucket{{0, 3}, {2, 4}}, Count: 7}))
	assert.Equal(t, fingerprint(t, a), fingerprint(t, b))
	c := merged(a, b)
	assert.Len(t, c.value.classic, 1)
	assert.Equal(t, 14.0, c.Count())
}

// Schema first: the fine bucket (1, 1.19] becomes part of (1, 2], and only then is the threshold 1.5 widened, to 2.
func TestReductionTakesTheSchemaBeforeTheThreshold(t *testing.T) {
	a, b := new(Distribution), new(Distribution)
	require.NoError(t, a.AddNative(&Native{Schema: 2, Positive: []Bucket{{1, 3}, {9, 1}}, Count: 4}))
	require.NoError(t, b.AddNative(&Native{Schema: 0, ZeroThreshold: 1.5, ZeroCount: 5, Positive: []Bucket{{2, 1}}, Count: 6}))
	want := Native{Schema: 0, ZeroThreshold: 2, ZeroCount: 8, Positive: []Bucket{{2, 1}, {3, 1}}, Count: 10}
	for _, d := range []*Distribution{merged(a, b), merged(b, a)} {
		n, ok := d.Native()
		require.True(t, ok)
		assert.Equal(t, want, n)
	}
}

func TestReductionPreservesTotals(t *testing.T) {
	r := rand.New(rand.NewPCG(41, 42))
	for range max(*cases/10, 1000) {
		d := merged(drawMix(t, r), drawMix(t, r), drawMix(t, r))
		n, ok := d.Native()
		require.Equal(t, len(d.value.classic)+len(d.summaries) == 0 && len(d.value.native) > 0, ok)
		if !ok {
			continue
		}
		back := new(Distribution)
		require.NoError(t, back.AddNative(&n), "%+v", n)
		require.InEpsilon(t, d.Count(), back.Count(), 1e-9)
		for _, c := range d.value.native {
			require.LessOrEqual(t, n.Schema, c.schema)
			require.GreaterOrEqual(t, n.ZeroThreshold, c.zeroThreshold)
		}
		// What is exposed is never tighter than what is known. Counts that are not integral are rounded on the way.
		if !d.asked().all.integral || !d.asked().exact() {
			continue
		}
		e, _ := bounds(d, .9)
		reduced, _ := bounds(back, .9)
		require.LessOrEqual(t, reduced.Lo, e.Lo)
		require.GreaterOrEqual(t, reduced.Hi, e.Hi)
	}
}

func TestExposedClassicKeepsCommonBounds(t *testing.T) {
	d := merged(dist(t, []float64{1, 2, 3}, 1, 2, 3, 4), dist(t, []float64{.5, 2, 3}, 10, 20, 30, 40))
	h, ok := d.Classic()
	require.True(t, ok)
	assert.Equal(t, []float64{2, 3, inf}, h.Layout.bounds)
	assert.Equal(t, []float64{22, 33, 44}, h.Counts)
	_, ok = d.Native()
	assert.False(t, ok)
	_, ok = new(Distribution).Classic()
	assert.False(t, ok)
}

func TestJudgeNative(t *testing.T) {
	p := Native{Schema: 1, ZeroThreshold: .5, ZeroCount: 1, Positive: []Bucket{{1, 2}, {2, 3}, {4, 1}}, Count: 7, Sum: 10}
	grown := Native{Schema: 1, ZeroThreshold: .5, ZeroCount: 2, Positive: []Bucket{{1, 2}, {2, 4}, {3, 1}, {4, 1}}, Count: 10, Sum: 15}
	coarse := Native{Schema: 0, ZeroThreshold: 1, ZeroCount: 1, Positive: []Bucket{{1, 6}, {2, 1}}, Count: 8, Sum: 11}
	for _, c := range []struct {
		name      string
		p, c      Native
		restarted bool
		want      Verdict
		dst       Native
	}{
		{"grew", p, grown, false, Grew, Native{Schema: 1, ZeroThreshold: .5, ZeroCount: 1, Positive: []Bucket{{1, 0}, {2, 1}, {3, 1}, {4, 0}}, Count: 3, Sum: 5}},
		{"restarted", p, grown, true, Reset, grown},
		{"count fell", grown, p, false, Reset, p},
		{"a bucket went", p, Native{Schema: 1, ZeroThreshold: .5, ZeroCount: 7, Positive: []Bucket{{1, 2}, {2, 3}}, Count: 12}, false, Reset, Native{Schema: 1, ZeroThreshold: .5, ZeroCount: 7, Positive: []Bucket{{1, 2}, {2, 3}}, Count: 12}},
		{"coarser", p, coarse, false, Grew, Native{Schema: 0, ZeroThreshold: 1, Positive: []Bucket{{1, 1}, {2, 0}}, Count: 1, Sum: 1}},
		{"finer", coarse, grown, false, Changed, Native{}},
		{"threshold cuts a populated bucket", p, Native{Schema: 1, ZeroThreshold: 1.2, ZeroCount: 9, Count: 9}, false, Changed, Native{}},
		{"invalid", p, Native{ZeroCount: 2, Count: 1}, true, Invalid, Native{}},
		{"previous invalid", Native{ZeroCount: 2, Count: 1}, grown, false, Invalid, Native{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var dst Native
			require.Equal(t, c.want, JudgeNative(&dst, &c.p, &c.c, c.restarted))
			if len(dst.Negative) == 0 {
				dst.Negative = nil
			}
			assert.Equal(t, c.dst, dst)
		})
	}
	a, b := layout(t, 1, 2), layout(t, 1, 3)
	x := Native{Custom: a, Positive: []Bucket{{0, 1}}, Count: 1}
	y := Native{Custom: b, Positive: []Bucket{{0, 2}}, Count: 2}
	assert.Equal(t, Changed, JudgeNative(new(Native), &x, &y, false))
	y.Custom = layout(t, 1, 2)
	var dst Native
	assert.Equal(t, Grew, JudgeNative(&dst, &x, &y, false))
	assert.Equal(t, []Bucket{{0, 1}}, dst.Positive)
}

// Both estimates are at their Hi while the one at the lower level is where nothing bounds it below: were it put at its
// Hi = 4, as for a single layout, it would be above this one's −2.
func TestEstimateWithoutAFloorRisesWithTheLevel(t *testing.T) {
	signed, err := newLayout([]float64{4}, true)
	require.NoError(t, err)
	a := dist(t, []float64{-4, 4}, 0, 2, 2)
	require.NoError(t, a.Add(signed, []float64{2, 2}, 0))
	first, second := quantile(t, a, .25), quantile(t, a, .625)
	assert.Equal(t, -inf, first.Lo)
	assert.Equal(t, 4.0, first.Hi)
	assert.Equal(t, []float64{-4, 4}, []float64{second.Lo, second.Hi})
	assert.LessOrEqual(t, first.Value, second.Value)
}

func TestNoFiniteBoundNoEstimate(t *testing.T) {
	d := dist(t, nil, 5)
	e, ok := d.Quantile(.5)
	assert.False(t, ok)
	assert.Zero(t, e)
	d.Merge(dist(t, []float64{3}, 1, 1))
	e, ok = d.Quantile(.9)
	assert.True(t, ok)
	assert.Equal(t, promfold.Estimate{Value: 3, Lo: 0, Hi: inf}, e)
}

// The last finite bound of all is below what is known of an observation.
func TestFloorAboveEveryBound(t *testing.T) {
	d := dist(t, nil, 5)
	require.NoError(t, d.AddNative(&Native{Negative: []Bucket{{1, 1}}, Count: 1}))
	assert.Equal(t, promfold.Estimate{Value: 0, Lo: 0, Hi: inf}, quantile(t, d, .9))
}

// Declared non-negative the first bucket begins at 0, otherwise nowhere.
func TestFloorRules(t *testing.T) {
	d := dist(t, []float64{1, 2}, 4, 4, 4)
	assert.Equal(t, promfold.Estimate{Value: .5, Lo: 0, Hi: 1}, quantile(t, d, .5))
	signed, err := newLayout([]float64{1, 2}, true)
	require.NoError(t, err)
	d.Reset()
	require.NoError(t, d.Add(signed, []float64{4, 4, 4}, 0))
	assert.Equal(t, promfold.Estimate{Value: 1, Lo: -inf, Hi: 1}, quantile(t, d, .5))
	d = dist(t, []float64{-1, 2}, 4, 4, 4)
	assert.Equal(t, promfold.Estimate{Value: -1, Lo: -inf, Hi: -1}, quantile(t, d, .5))
}

// A count of observations may be one of rates.
func TestCountsNeedNotBeIntegral(t *testing.T) {
	d := dist(t, []float64{1, 2, 4}, .1, .4, .4, .5)
	e := quantile(t, d, .5)
	assert.Equal(t, []float64{1, 2}, []float64{e.Lo, e.Hi})
	assert.InDelta(t, 1.5, e.Value, 1e-15)
	assert.Equal(t, []float64{0, 1}, []float64{quantile(t, d, 0).Lo, quantile(t, d, 0).Hi})
	assert.Equal(t, inf, quantile(t, d, 1).Hi)
}

func TestLargeCounts(t *testing.T) {
	d := dist(t, []float64{1, 2}, 1<<60, 1<<61, 1<<61)
	d.Merge(d)
	assert.Equal(t, float64(1<<62), d.Count())
	assert.Equal(t, 1.5, quantile(t, d, .75).Value)
	assert.Equal(t, 1.0, quantile(t, d, .5).Hi)
	// The 1e-12 tolerance of PromQL drops the one observation above 1.
	d = dist(t, []float64{1, 2}, 6e12, 6e12+1, 6e12+1)
	assert.Equal(t, []float64{1, 2}, []float64{quantile(t, d, 1).Lo, quantile(t, d, 1).Hi})
}

func TestErrorsSayWhatIsWrong(t *testing.T) {
	d := new(Distribution)
	l := layout(t, 1)
	assert.EqualError(t, d.Add(l, []float64{3, 2}, 0), "count 2 of bucket +Inf is less than the count 3 of bucket 1")
	assert.EqualError(t, d.Add(l, []float64{-1, 2}, 0), "count -1 of bucket 1 is not a number of observations")
	assert.EqualError(t, d.Add(l, []float64{2}, 0), "1 counts for 2 buckets")
	assert.EqualError(t, d.AddBetween(l, []float64{2, 2}, []float64{1, 2}, nil, 0), "the count of a bucket is not between its bounds")
	assert.EqualError(t, d.AddNative(&Native{Schema: 9}), "schema 9 is not in [-4, 8]")
	assert.EqualError(t, d.AddNative(&Native{ZeroCount: 2, Count: 1}), "count 1 is less than the 2 observations in buckets")
	assert.EqualError(t, d.AddNative(&Native{Negative: []Bucket{{2, 1}, {1, 1}}, Count: 2}), "negative bucket 1 is out of order")
	assert.EqualError(t, d.AddSummary(&Summary{Quantiles: []SummaryQuantile{{.5, 2}, {.9, 1}}}), "quantile 0.9 is 1, less than 2 at level 0.5")
}

// Spread evenly from −1.7e308 to 1.7e308: the width of it is no float64.
func TestBucketsWiderThanAnyNumber(t *testing.T) {
	d := dist(t, []float64{-math.MaxFloat64, math.MaxFloat64}, 0, 4, 4)
	assert.Equal(t, 0.0, quantile(t, d, .5).Value)
	e, ok := d.Share(-inf, 0)
	assert.True(t, ok)
	assert.Equal(t, .5, e.Value)
}

// −Inf can be observed, and is in a bucket of its own.
func TestObservationsOfMinusInf(t *testing.T) {
	var d Distribution
	require.NoError(t, d.AddNative(&Native{Negative: []Bucket{{1, 1}, {1025, 3}}, Count: 4, Sum: -inf}))
	e, ok := d.Share(-inf, -5)
	assert.True(t, ok)
	assert.Equal(t, promfold.Estimate{Value: .75, Lo: .75, Hi: .75}, e)
	assert.Equal(t, []float64{-2, -1}, []float64{quantile(t, &d, 1).Lo, quantile(t, &d, 1).Hi})
	assert.Equal(t, -inf, quantile(t, &d, .5).Hi)
}
