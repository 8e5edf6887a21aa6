package histogram_test

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/histogram"
)

// read makes a histogram of any bytes: float64s as they come, odd ones among them.
func read(data []byte, exponential bool, schema int8, count float64) *histogram.Histogram {
	next := func() float64 {
		if len(data) < 8 {
			return 0
		}
		x := math.Float64frombits(binary.LittleEndian.Uint64(data))
		data = data[8:]
		return x
	}
	h := &histogram.Histogram{Exponential: exponential, Schema: int32(schema), Count: count, Sum: next()}
	if exponential {
		h.ZeroThreshold, h.ZeroCount = next(), next()
		for i := 0; len(data) >= 8 && i < 40; i++ {
			b := histogram.Bucket{Index: int32(i*i*i) - 2000, Count: next()}
			if i%3 == 0 {
				h.Negative = append(h.Negative, b)
			} else {
				h.Positive = append(h.Positive, b)
			}
		}
		return h
	}
	for i := 0; len(data) >= 8 && i < 40; i++ {
		h.Bounds, h.Counts = append(h.Bounds, next()), append(h.Counts, next())
	}
	return h
}

func bytesOf(xs ...float64) (data []byte) {
	for _, x := range xs {
		data = binary.LittleEndian.AppendUint64(data, math.Float64bits(x))
	}
	return data
}

// Bounds and counts of any kind never panic, no NaN comes out, and estimates are in their intervals. What is refused
// changes nothing.
func FuzzAdd(f *testing.F) {
	seeds := [][]byte{
		bytesOf(7, .1, 1, .5, 2, inf, 3), bytesOf(-9, -1, 1, 0, 2, inf, 1e300), bytesOf(0, nan, 1, 1, 1), bytesOf(1, 2, 2, 1, 1),
		bytesOf(nan, -math.MaxFloat64, .1, math.MaxFloat64, .3), bytesOf(1, .5, 3, 1, 2, 3, 4, 5, 6), bytesOf(inf, 1e-128, 0, 9, 9, 9),
	}
	for i, s := range seeds {
		f.Add(s, bytesOf(7, .1, 2, .5, 4, inf, 9), i > 4, int8(i-2), 27., 40., .5, .3)
	}
	f.Fuzz(func(t *testing.T, data, later []byte, exponential bool, schema int8, count, then, q, x float64) {
		var d histogram.Distribution
		require.NoError(t, d.Add(classic([]float64{1}, 1, 2)))
		was := told(&d)
		h := read(data, exponential, schema, count)
		if err := d.Add(h); err != nil {
			require.ErrorIs(t, err, histogram.ErrInvalid)
			require.Equal(t, was, told(&d))
		}
		check(t, &d, q, x)
		was = told(&d)
		if _, err := d.AddGrowth(h, read(later, schema%2 == 0, schema, then), false); err != nil {
			require.ErrorIs(t, err, histogram.ErrInvalid)
			require.Equal(t, was, told(&d))
		}
		d.Observe(h.Bounds, x)
		d.Merge(&d)
		check(t, &d, q, x)
	})
}

func check(t *testing.T, d *histogram.Distribution, q, x float64) {
	inside := func(e promfold.Estimate) {
		require.True(t, e.Lo <= e.Value && e.Value <= e.Hi, "%+v", e) // false of NaN, too
	}
	for _, q := range []float64{q, 0, .5, 1} {
		if e, ok := d.Quantile(q); ok {
			inside(e)
		}
	}
	if e, ok := d.Over(x); ok {
		inside(e)
	}
	if e, ok := d.Share(-x, x); ok {
		inside(e)
	}
	for _, row := range d.Rows() {
		inside(row.Count)
		require.False(t, math.IsNaN(row.Lower) || math.IsNaN(row.Upper))
	}
	if mean, ok := d.Mean(); ok {
		require.False(t, math.IsNaN(mean-mean))
	}
	if h, ok := d.Histogram(); ok {
		require.NoError(t, h.Validate())
	}
}

func TestFuzzSeedsAreRead(t *testing.T) {
	h := read(bytesOf(7, .1, 1, inf, 3), false, 0, 3)
	require.Equal(t, &histogram.Histogram{Bounds: []float64{.1, inf}, Counts: []float64{1, 3}, Count: 3, Sum: 7}, h)
	require.NoError(t, h.Validate())
	require.NoError(t, read(bytesOf(1, .5, 3, 1, 2), true, 2, 6).Validate())
}
