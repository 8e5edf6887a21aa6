package histogram_test

import (
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/histogram"
)

// instance is true observations and the histogram that counts them.
type instance struct {
	values []float64
	h      *histogram.Histogram
}

// values are drawn from a small set, too, so that they meet each other and the bounds.
func values(signed bool) *rapid.Generator[[]float64] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) float64 {
		v := rapid.Float64Range(.01, 20).Draw(t, "value")
		if rapid.Bool().Draw(t, "half") {
			v = float64(rapid.IntRange(0, 16).Draw(t, "halves")) / 2
		}
		if signed && rapid.Bool().Draw(t, "negative") {
			v = -v
		}
		return v
	}), 0, 30)
}

// drawInstance draws an instance with its own values and buckets: classic ones, or sometimes exponential ones.
func drawInstance(t *rapid.T, signed bool) instance {
	xs := values(signed).Draw(t, "values")
	if rapid.IntRange(0, 3).Draw(t, "kind") == 0 {
		return instance{xs, exponential(int32(rapid.IntRange(-2, 4).Draw(t, "schema")), rapid.SampledFrom([]float64{0, .5, 1e-128}).Draw(t, "zero"), xs)}
	}
	bounds := values(signed).Draw(t, "bounds")
	bounds = slices.DeleteFunc(bounds, func(b float64) bool { return b == 0 && !signed })
	slices.Sort(bounds)
	return instance{xs, counted(slices.Compact(bounds), xs)}
}

// counted is what a client with these bounds exposes.
func counted(bounds, values []float64) *histogram.Histogram {
	h := &histogram.Histogram{Bounds: bounds, Counts: make([]float64, len(bounds)), Count: float64(len(values))}
	for _, v := range values {
		h.Sum += v
		for i, b := range bounds {
			if v <= b {
				h.Counts[i]++
			}
		}
	}
	return h
}

// exponential counts as a client with exponential buckets does, which finds each by looking.
func exponential(schema int32, zero float64, values []float64) *histogram.Histogram {
	h := &histogram.Histogram{Exponential: true, Schema: schema, ZeroThreshold: zero, Count: float64(len(values))}
	positive, negative := map[int32]float64{}, map[int32]float64{}
	for _, v := range values {
		h.Sum += v
		if math.Abs(v) <= zero {
			h.ZeroCount++
			continue
		}
		index := int32(math.Ceil(math.Ldexp(math.Log2(math.Abs(v)), int(schema)) - 1e-9)) // powers of two are bounds
		if v > 0 {
			positive[index]++
		} else {
			negative[index]++
		}
	}
	h.Positive, h.Negative = buckets(positive), buckets(negative)
	return h
}

func buckets(counts map[int32]float64) (list []histogram.Bucket) {
	for _, index := range slices.Sorted(maps.Keys(counts)) {
		list = append(list, histogram.Bucket{Index: index, Count: counts[index]})
	}
	return list
}

// drawFleet draws instances, and all of their observations in order.
func drawFleet(t *rapid.T, signed bool) (instances []instance, all []float64) {
	for range rapid.IntRange(1, 4).Draw(t, "instances") {
		in := drawInstance(t, signed)
		instances, all = append(instances, in), append(all, in.values...)
	}
	slices.Sort(all)
	return instances, all
}

func merged(t require.TestingT, signed bool, instances ...instance) *histogram.Distribution {
	d := &histogram.Distribution{Signed: signed}
	for _, in := range instances {
		require.NoError(t, d.Add(in.h))
	}
	return d
}

// trueQuantile is the observation of rank max(1, ⌈qn⌉), by rational arithmetic on q's shortest decimal.
func trueQuantile(sorted []float64, q float64) float64 {
	rank, _ := new(big.Rat).SetString(strconv.FormatFloat(q, 'g', -1, 64))
	rank.Mul(rank, big.NewRat(int64(len(sorted)), 1))
	k, rest := new(big.Int).QuoRem(rank.Num(), rank.Denom(), new(big.Int))
	if rest.Sign() > 0 {
		k.Add(k, big.NewInt(1))
	}
	return sorted[max(1, k.Int64())-1]
}

func level() *rapid.Generator[float64] {
	return rapid.OneOf(rapid.Float64Range(0, 1), rapid.SampledFrom([]float64{0, .07, .25, .5, .9, .99, .999, 1}))
}

// Law 4: the true order statistic and the true share are in the interval, and so is the estimate.
func TestTruthIsInTheInterval(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		signed := rapid.Bool().Draw(t, "signed")
		instances, all := drawFleet(t, signed)
		d := merged(t, signed, instances...)
		require.Equal(t, float64(len(all)), d.Count())
		if len(all) == 0 {
			return
		}
		q := level().Draw(t, "q")
		if e, ok := d.Quantile(q); ok {
			truth := trueQuantile(all, q)
			require.True(t, e.Lo <= truth && truth <= e.Hi, "q=%v: %v is not in %v", q, truth, e)
			require.True(t, e.Lo <= e.Value && e.Value <= e.Hi, "%v", e)
		}
		lower, upper := rapid.Float64Range(-9, 9).Draw(t, "lower"), rapid.Float64Range(-9, 20).Draw(t, "upper")
		e, ok := d.Share(lower, upper)
		require.True(t, ok)
		inside := 0.0
		for _, v := range all {
			if v > lower && v <= upper {
				inside++
			}
		}
		truth := inside / float64(len(all))
		require.True(t, e.Lo <= truth && truth <= e.Hi, "(%v, %v]: %v is not in %v", lower, upper, truth, e)
		require.True(t, e.Lo <= e.Value && e.Value <= e.Hi, "%v", e)
		total := 0.0
		for _, row := range d.Rows() {
			require.True(t, row.Count.Lo <= row.Count.Value && row.Count.Value <= row.Count.Hi, "%v", row)
			total += row.Count.Value
		}
		require.InDelta(t, d.Count(), total, 1e-9*total)
	})
}

// Law 4: value and bounds never fall as q rises.
func TestQuantilesRiseWithTheLevel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		signed := rapid.Bool().Draw(t, "signed")
		instances, _ := drawFleet(t, signed)
		d := merged(t, signed, instances...)
		low, high := level().Draw(t, "q"), level().Draw(t, "q")
		a, okA := d.Quantile(min(low, high))
		b, okB := d.Quantile(max(low, high))
		if okA && okB {
			require.True(t, a.Lo <= b.Lo && a.Value <= b.Value && a.Hi <= b.Hi, "%v, %v", a, b)
		}
	})
}

// Law 4: an added bound never widens an interval, but for one that takes the floor away.
func TestAnAddedBoundNeverWidens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		instances, _ := drawFleet(t, true)
		q := level().Draw(t, "q")
		wide, ok := merged(t, true, instances...).Quantile(q)
		i := slices.IndexFunc(instances, func(in instance) bool { return !in.h.Exponential })
		if i < 0 || !ok {
			return
		}
		bounds := append(slices.Clone(instances[i].h.Bounds), rapid.Float64Range(-9, 20).Draw(t, "bound"))
		slices.Sort(bounds)
		instances[i].h = counted(slices.Compact(bounds), instances[i].values)
		narrow, ok := merged(t, true, instances...).Quantile(q)
		require.True(t, ok)
		require.True(t, wide.Lo <= narrow.Lo && narrow.Hi <= wide.Hi, "%v, then %v", wide, narrow)
	})
}

// Law 4: a merged quantile is between those of its parts, estimates as far as intervals have ends.
func TestMergedQuantileIsBetweenItsParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		signed := rapid.Bool().Draw(t, "signed")
		instances, _ := drawFleet(t, signed)
		q := level().Draw(t, "q")
		e, ok := merged(t, signed, instances...).Quantile(q)
		if !ok || math.IsInf(e.Lo, 0) || math.IsInf(e.Hi, 0) {
			return
		}
		least, greatest := inf, -inf
		for _, in := range instances {
			if len(in.values) == 0 {
				continue
			}
			part, ok := merged(t, signed, in).Quantile(q)
			if !ok || math.IsInf(part.Lo, 0) || math.IsInf(part.Hi, 0) {
				return
			}
			least, greatest = min(least, part.Value), max(greatest, part.Value)
		}
		slack := 1e-12 * max(1, greatest-least)
		require.True(t, least-slack <= e.Value && e.Value <= greatest+slack, "%v is not in [%v, %v]", e, least, greatest)
	})
}

// Law 5: growth is monotone in le, its count that of +Inf; merging and coarser buckets keep totals.
func TestTotalsArePreserved(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		signed := rapid.Bool().Draw(t, "signed")
		instances, all := drawFleet(t, signed)
		var d histogram.Distribution
		for _, in := range instances {
			later := append(slices.Clone(in.values), values(signed).Draw(t, "later")...)
			cur := counted(in.h.Bounds, later)
			if in.h.Exponential {
				cur = exponential(in.h.Schema, in.h.ZeroThreshold, later)
			}
			grown := histogram.Distribution{Signed: signed}
			reset, err := grown.AddGrowth(in.h, cur, false)
			require.NoError(t, err)
			require.False(t, reset)
			require.Equal(t, float64(len(later)-len(in.values)), grown.Count())
			require.NoError(t, grown.Add(in.h))
			require.Equal(t, float64(len(later)), grown.Count())
			want := merged(t, signed, instance{h: cur})
			require.Equal(t, want.Rows(), grown.Rows())
			d.Merge(&grown)
			all = append(all, later[len(in.values):]...)
		}
		require.Equal(t, float64(len(all)), d.Count())
		h, ok := d.Histogram()
		require.Equal(t, len(all) > 0, ok)
		if ok {
			require.NoError(t, h.Validate())
			require.Equal(t, d.Count(), h.Count)
			require.True(t, slices.IsSorted(h.Counts))
			again := histogram.Distribution{Signed: signed}
			require.NoError(t, again.Add(h))
			require.Equal(t, d.Count(), again.Count())
		}
	})
}

// Law 6: bounds that are 2^k as great make estimates that are.
func TestScalingBoundsScalesTheEstimate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		signed := rapid.Bool().Draw(t, "signed")
		power := rapid.IntRange(-20, 20).Draw(t, "power")
		var a, b histogram.Distribution
		a.Signed, b.Signed = signed, signed
		for range rapid.IntRange(1, 4).Draw(t, "instances") {
			in := drawInstance(t, signed)
			if in.h.Exponential {
				continue
			}
			scaled := *in.h
			scaled.Bounds = slices.Clone(in.h.Bounds)
			for i := range scaled.Bounds {
				scaled.Bounds[i] = math.Ldexp(scaled.Bounds[i], power)
			}
			require.NoError(t, a.Add(in.h))
			require.NoError(t, b.Add(&scaled))
		}
		q := level().Draw(t, "q")
		x, okX := a.Quantile(q)
		y, okY := b.Quantile(q)
		require.Equal(t, okX, okY)
		if math.Abs(x.Value) < 1e-300 && q > 0 {
			return // numbers so small are rounded when they are scaled
		}
		require.Equal(t, math.Ldexp(x.Value, power), y.Value)
		require.Equal(t, math.Ldexp(x.Hi, power), y.Hi)
	})
}

// Law 6: the share up to a quantile is its level, as far as interpolation goes.
func TestShareUpToAQuantileIsItsLevel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		instances, all := drawFleet(t, false)
		d := merged(t, false, instances...)
		q := rapid.Float64Range(0, 1).Draw(t, "q")
		e, ok := d.Quantile(q)
		if len(all) == 0 || !ok || math.IsInf(e.Hi, 1) || math.IsInf(e.Lo, -1) || e.Value == e.Lo || e.Value == e.Hi {
			return
		}
		share, ok := d.Share(-inf, e.Value)
		require.True(t, ok)
		if below, _ := d.Share(-inf, math.Nextafter(e.Value, -inf)); share.Value-below.Value > 1e-9 {
			return // all of a bucket lies there
		}
		require.InDelta(t, q, share.Value, 1e-9)
	})
}

// Laws 1 and 7: order and grouping do not show, the zero value is the identity, d.Merge(d) doubles, arguments stay.
func TestMerge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		signed := rapid.Bool().Draw(t, "signed")
		a, b, c := merged(t, signed, drawInstance(t, signed)), merged(t, signed, drawInstance(t, signed)), merged(t, signed, drawInstance(t, signed))
		was := []string{told(a), told(b), told(c)}
		left := a.Clone()
		left.Merge(b)
		left.Merge(c)
		right := c.Clone()
		right.Merge(b)
		right.Merge(a)
		require.Equal(t, told(left), told(right))
		right = b.Clone()
		right.Merge(c)
		right.Merge(a)
		require.Equal(t, told(left), told(right))
		require.Equal(t, was, []string{told(a), told(b), told(c)})

		var zero histogram.Distribution
		zero.Merge(a)
		require.Equal(t, was[0], told(&zero))
		zero.Merge(new(histogram.Distribution))
		require.Equal(t, was[0], told(&zero))

		twice := a.Clone()
		twice.Merge(a)
		a.Merge(a)
		require.Equal(t, told(twice), told(a))

		left.Reset()
		left.Merge(b)
		require.Equal(t, was[1], told(left), "Reset leaves nothing")
	})
}
