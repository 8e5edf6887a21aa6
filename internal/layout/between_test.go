package layout

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold"
)

// bounded is one histogram of which each bucket's count is known within bounds, and observations that it allows.
type bounded struct {
	lo, value, hi []float64 // by bucket
	truth         []float64 // the observations
}

// drawBounded draws bounds for each bucket, a count between them, and true observations in the bucket.
func drawBounded(r *rand.Rand, buckets int, in func(bucket int) float64) bounded {
	var b bounded
	for i := range buckets {
		lo := float64(r.IntN(4) * r.IntN(2))
		hi := lo + float64(r.IntN(5)*r.IntN(2))
		b.lo, b.hi = append(b.lo, lo), append(b.hi, hi)
		value := lo + r.Float64()*(hi-lo) // interpolated in time, perhaps
		if r.IntN(2) == 0 {
			value = math.Round(value)
		}
		b.value = append(b.value, value)
		for range int(lo) + r.IntN(int(hi-lo)+1) {
			b.truth = append(b.truth, in(i))
		}
	}
	return b
}

func summed(counts []float64) []float64 {
	var sums []float64
	total := 0.0
	for _, c := range counts {
		total += c
		sums = append(sums, total)
	}
	return sums
}

// drawInside draws a number in (lower, upper], often an end.
func drawInside(r *rand.Rand, lower, upper float64) float64 {
	switch {
	case math.IsInf(lower, -1):
		return upper - float64(r.IntN(3))
	case math.IsInf(upper, 1):
		return after(lower) + float64(r.IntN(3))
	case r.IntN(3) == 0:
		return upper
	case r.IntN(3) == 0:
		return after(lower)
	}
	return min(upper, max(after(lower), lower+(upper-lower)*r.Float64()))
}

// drawClassicBetween adds a classic histogram with bounds, and returns true observations. Anything may be anywhere if
// it is unbounded.
func drawClassicBetween(t require.TestingT, r *rand.Rand, d *Distribution) []float64 {
	l := rapidLayout(r)
	b := drawBounded(r, l.Len(), func(i int) float64 {
		lower := l.Floor()
		if i > 0 {
			lower = l.bounds[i-1]
		} else if lower == 0 {
			lower = before(0)
		}
		return drawInside(r, lower, l.bounds[i])
	})
	lo, value, hi := summed(b.lo), summed(b.value), summed(b.hi)
	switch r.IntN(6) {
	case 0:
		lo = nil
	case 1:
		if hi = nil; r.IntN(2) == 0 {
			hi = slices.Clone(value)
			hi[len(hi)-1] = inf
		}
		for range r.IntN(5) {
			b.truth = append(b.truth, drawInside(r, max(before(0), l.Floor()), inf))
		}
	}
	require.NoError(t, d.AddBetween(l, lo, value, hi, 1))
	return b.truth
}

func rapidLayout(r *rand.Rand) *Layout {
	var bounds []float64
	for range r.IntN(5) {
		bounds = append(bounds, float64(1+r.IntN(8)))
	}
	slices.Sort(bounds)
	l, _ := newLayout(slices.Compact(bounds), r.IntN(4) == 0)
	return l
}

// drawNativeBetween is drawClassicBetween with exponential buckets of both signs.
func drawNativeBetween(t require.TestingT, r *rand.Rand, d *Distribution) []float64 {
	schema := int32(r.IntN(3) - 1)
	z := []float64{0, .5, 1.5}[r.IntN(3)]
	first := int32(1)
	b := drawBounded(r, 6, func(i int) float64 {
		if i < 2 {
			return drawInside(r, before(-z), z)
		}
		index := first + int32(i-2)/2
		v := drawInside(r, max(z, bound(index-1, schema)), bound(index, schema))
		if i%2 == 1 {
			v = -v
		}
		return v
	})
	of := func(counts []float64) *Native {
		n := &Native{Schema: schema, ZeroThreshold: z, ZeroCount: counts[0] + counts[1], Sum: 1}
		for i, c := range counts[2:] {
			side := &n.Positive
			if i%2 == 1 {
				side = &n.Negative
			}
			*side = append(*side, Bucket{first + int32(i)/2, c})
		}
		for _, c := range counts {
			n.Count += c
		}
		return n
	}
	if bound(first, schema) <= z {
		return nil // the first buckets are inside the zero bucket
	}
	lo, hi := of(b.lo), of(b.hi)
	switch r.IntN(6) {
	case 0:
		lo = nil
	case 1:
		hi = nil
		for range r.IntN(5) {
			b.truth = append(b.truth, 10*r.NormFloat64())
		}
	}
	require.NoError(t, d.AddNativeBetween(lo, of(b.value), hi))
	return b.truth
}

// Whatever the true counts between the bounds, and wherever in their buckets the observations: quantiles, shares and
// rows hold them.
func TestEveryTruthBetweenLiesInTheInterval(t *testing.T) {
	answered, wider := 0, 0
	check := func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		d, parts := new(Distribution), rapid.IntRange(1, 4).Draw(t, "parts")
		var truth []float64
		for range parts {
			part := new(Distribution)
			switch r.IntN(4) {
			case 0:
				truth = append(truth, drawNativeBetween(t, r, part)...)
			case 1: // exact
				l := rapidLayout(r)
				values := []float64{float64(r.IntN(9)), float64(r.IntN(9))}
				require.NoError(t, part.Add(l, bucketed(l, values), 1))
				truth = append(truth, values...)
			default:
				truth = append(truth, drawClassicBetween(t, r, part)...)
			}
			d.Merge(part)
		}
		slices.Sort(truth)
		q := drawLevel(r)
		if e, ok := d.Quantile(q); ok {
			answered++
			require.True(t, e.Lo <= e.Value && e.Value <= e.Hi, "%v", e)
			if exact, _ := d.asked().all.quantile(must(levelOf(q))); exact.Lo > e.Lo || exact.Hi < e.Hi {
				wider++
			}
			if len(truth) > 0 {
				x := trueQuantile(truth, q)
				require.True(t, e.Lo <= x && x <= e.Hi, "q=%v: %v of %v is not in %v", q, x, truth, e)
			}
		}
		lower, upper := float64(r.IntN(9))-2, float64(r.IntN(12))-2
		if r.IntN(4) == 0 {
			lower = -inf
		}
		inside := 0.0
		for _, v := range truth {
			if v > lower && v <= upper {
				inside++
			}
		}
		if e, ok := d.Share(lower, upper); ok && len(truth) > 0 {
			share := inside / float64(len(truth))
			require.True(t, e.Lo-1e-12 <= share && share <= e.Hi+1e-12, "(%v, %v]: %v of %v is not in %v", lower, upper, share, truth, e)
			require.True(t, e.Lo <= e.Value && e.Value <= e.Hi, "%v", e)
		}
		if lower < upper {
			for i, row := range d.Rows([]float64{lower, upper}[boolInt(math.IsInf(lower, -1)):]) {
				n := 0.0
				for _, v := range truth {
					if (i == 0 || v > row.Lower) && v <= row.Upper { // the zero bucket may reach below the first row's 0
						n++
					}
				}
				require.True(t, row.Count.Lo <= n && n <= row.Count.Hi, "%+v: %v of %v", row, n, truth)
				require.True(t, row.Count.Lo <= row.Count.Value && row.Count.Value <= row.Count.Hi, "%+v", row)
			}
		}
	}
	for range max(*cases/200, 1) { // 100 cases a check
		rapid.Check(t, check)
	}
	assert.Positive(t, answered)
	assert.Positive(t, wider)
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func must[T any](v T, ok bool) T {
	if !ok {
		panic("not ok")
	}
	return v
}

// The bounds are attained: for small histograms the least and the greatest quantile of all truths are Lo and Hi.
func TestIntervalBetweenIsTight(t *testing.T) {
	r := rand.New(rand.NewPCG(51, 52))
	for range max(*cases/20, 300) {
		l := layout(t, 1, 2, 3)
		b := drawBounded(r, 4, func(int) float64 { return 0 })
		d := new(Distribution)
		require.NoError(t, d.AddBetween(l, summed(b.lo), summed(b.value), summed(b.hi), 0))
		q := drawLevel(r)
		e, ok := d.Quantile(q)
		if !ok {
			continue
		}
		lo, hi := inf, -inf
		var try func(counts []float64)
		try = func(counts []float64) {
			if i := len(counts); i < 4 {
				for c := b.lo[i]; c <= b.hi[i]; c++ {
					try(append(slices.Clip(counts), c))
				}
				return
			}
			var bucket []float64
			for i, c := range counts {
				for range int(c) {
					bucket = append(bucket, float64(i))
				}
			}
			if len(bucket) > 0 {
				i := int(trueQuantile(bucket, q))
				lower := 0.0
				if i > 0 {
					lower = l.bounds[i-1]
				}
				lo, hi = min(lo, lower), max(hi, l.bounds[i])
			}
		}
		try(nil)
		require.Equal(t, []float64{lo, hi}, []float64{e.Lo, e.Hi}, "q=%v %+v", q, b)
	}
}

// Bounds that leave no room answer as if they were not there.
func TestNoRoomBetweenIsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(53, 54))
	for range max(*cases/20, 300) {
		l := rapidLayout(r)
		counts := bucketed(l, []float64{float64(r.IntN(9)), float64(r.IntN(9)), 10 * r.Float64()})
		plain, between := new(Distribution), new(Distribution)
		require.NoError(t, plain.Add(l, counts, 3))
		require.NoError(t, between.AddBetween(l, counts, counts, counts, 3))
		n := nativeOf(int32(r.IntN(4)), .5, []float64{r.NormFloat64(), r.NormFloat64()})
		require.NoError(t, plain.AddNative(n))
		require.NoError(t, between.AddNativeBetween(n, n, n))
		require.Equal(t, fingerprint(t, plain), fingerprint(t, between))
	}
}

// A guess that may count nothing, and one that may have missed anything.
func TestBetweenVectors(t *testing.T) {
	l := layout(t, 1, 2)
	sure := dist(t, []float64{1, 2}, 0, 10, 10)
	require.NoError(t, sure.AddBetween(l, nil, []float64{10, 10, 10}, []float64{10, 10, 10}, 0))
	assert.Equal(t, promfold.Estimate{Value: 1, Lo: 0, Hi: 2}, quantile(t, sure, .5))
	over, ok := sure.Over(1)
	assert.True(t, ok)
	assert.Equal(t, promfold.Estimate{Value: .5, Lo: .5, Hi: 1}, over)

	missed := dist(t, []float64{1, 2}, 10, 20, 20)
	missed.AddUnknown(inf, false)
	assert.Equal(t, promfold.Estimate{Value: 1, Lo: 0, Hi: inf}, quantile(t, missed, .5))
	over, ok = missed.Over(1)
	assert.True(t, ok)
	assert.Equal(t, promfold.Estimate{Value: .5, Lo: 0, Hi: 1}, over)
	assert.Equal(t, 20.0, missed.Count())
	assert.Equal(t, []Row{
		{0, 1, promfold.Estimate{Value: 10, Lo: 10, Hi: inf}},
		{1, 2, promfold.Estimate{Value: 10, Lo: 10, Hi: inf}},
		{2, inf, promfold.Estimate{Value: 0, Lo: 0, Hi: inf}},
	}, missed.Rows(nil))

	few := dist(t, []float64{1, 2}, 10, 20, 20)
	few.AddUnknown(2, false)
	assert.Equal(t, promfold.Estimate{Value: .5, Lo: 0, Hi: 1}, quantile(t, few, .25))
	assert.Equal(t, promfold.Estimate{Value: 1.8, Lo: 1, Hi: 2}, quantile(t, few, .9))
	assert.Equal(t, inf, quantile(t, few, .95).Hi)
}

// Who may have observed nothing makes nobody worse, and who may have observed anything may be the worst.
func TestWorstBetween(t *testing.T) {
	sure := dist(t, []float64{1, 2, 4}, 10, 10, 10, 10)
	guess := new(Distribution)
	require.NoError(t, guess.AddBetween(layout(t, 1, 2, 4), nil, []float64{0, 0, 5, 5}, []float64{0, 0, 5, 5}, 0))
	w, ok := Worst(.9, []Member{{"sure", sure}, {"guess", guess}})
	assert.True(t, ok)
	assert.Equal(t, "guess", w.Name)
	assert.Equal(t, []float64{0, 4}, []float64{w.Lo, w.Hi})

	unseen := new(Distribution)
	unseen.AddUnknown(inf, false)
	w, ok = Worst(.9, []Member{{"sure", sure}, {"unseen", unseen}})
	assert.True(t, ok)
	assert.Equal(t, "sure", w.Name)
	assert.Equal(t, 1, w.Members)
	assert.Equal(t, []float64{0, inf}, []float64{w.Lo, w.Hi})
	assert.False(t, w.Certain)
}
