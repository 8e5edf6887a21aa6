package layout

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold"
)

// numbers reads the fuzzer's bytes as float64s: all of them, odd ones among them.
func numbers(data []byte) []float64 {
	var x []float64
	for ; len(data) >= 8; data = data[8:] {
		x = append(x, math.Float64frombits(binary.LittleEndian.Uint64(data)))
	}
	return x
}

func bytesOf(x ...float64) (data []byte) {
	for _, v := range x {
		data = binary.LittleEndian.AppendUint64(data, math.Float64bits(v))
	}
	return data
}

// Nothing panics, no NaN comes out, what is estimated is in its interval.
func FuzzClassic(f *testing.F) {
	f.Add(bytesOf(.1, 1, .5, 2, inf, 3), uint8(0), .5, .3)
	f.Add(bytesOf(-1, 1, 0, 2, inf, 1e300), uint8(1), .99, -1.)
	f.Add(bytesOf(math.NaN(), 1, 1, 1), uint8(2), 0., 1.)
	f.Add(bytesOf(-math.MaxFloat64, .1, math.MaxFloat64, .3, inf, .3), uint8(3), .7, 5e-324)
	f.Fuzz(func(t *testing.T, data []byte, known uint8, q, x float64) {
		var bounds, counts []float64
		pairs := numbers(data)
		for i := 0; i+1 < len(pairs) && i < 40; i += 2 {
			bounds, counts = append(bounds, pairs[i]), append(counts, pairs[i+1])
		}
		l, err := newLayout(bounds, known&4 != 0)
		if err != nil {
			return
		}
		lo, hi := counts, counts
		if known&1 != 0 {
			lo = nil
		}
		if known&2 != 0 {
			hi = nil
		}
		var d Distribution
		if d.AddBetween(l, lo, counts, hi, x) != nil {
			return
		}
		d.Merge(&d)
		ask(t, &d, q, x)
	})
}

func FuzzNative(f *testing.F) {
	f.Add(int8(0), .5, []byte{1, 2, 3}, []byte{0, 1}, .9, 1.)
	f.Add(int8(8), 0., []byte{255, 2, 9}, []byte{}, .1, -1.)
	f.Add(int8(-4), 1e-128, []byte{}, []byte{7, 0, 7}, .5, 0.)
	f.Fuzz(func(t *testing.T, schema int8, zeroThreshold float64, positive, negative []byte, q, x float64) {
		n := Native{Schema: int32(schema), ZeroThreshold: zeroThreshold, ZeroCount: 1, Count: 1}
		side := func(data []byte) (b []Bucket) {
			for i, c := range data[:min(len(data), 50)] {
				b = append(b, Bucket{int32(i*i*i) - 2000, float64(c)})
				n.Count += float64(c)
			}
			return b
		}
		n.Positive, n.Negative = side(positive), side(negative)
		var d Distribution
		if d.AddNative(&n) != nil {
			return
		}
		ask(t, &d, q, x)
		out, ok := d.Native()
		require.True(t, ok)
		require.Equal(t, n.Count, out.Count)
		require.NoError(t, new(Distribution).AddNative(&out))
	})
}

func ask(t *testing.T, d *Distribution, q, x float64) {
	check := func(e promfold.Estimate) {
		require.False(t, math.IsNaN(e.Value) || math.IsNaN(e.Lo) || math.IsNaN(e.Hi), "%+v", e)
		require.LessOrEqual(t, e.Lo, e.Value)
		require.LessOrEqual(t, e.Value, e.Hi)
	}
	if e, ok := d.Quantile(q); ok {
		check(e)
	}
	if e, ok := d.Over(x); ok {
		check(e)
	}
	if e, ok := d.Share(-x, x); ok {
		check(e)
	}
	if mean, ok := d.Mean(); ok {
		require.False(t, math.IsNaN(mean))
	}
	total := 0.0
	for _, row := range d.Rows(nil) {
		check(row.Count)
		total += row.Count.Value
	}
	require.InDelta(t, d.Count(), total, 1e-9*d.Count())
	_, _ = d.Classic()
}

func TestFuzzSeedsAreHistograms(t *testing.T) {
	require.Equal(t, []float64{.1, 1}, numbers(bytesOf(.1, 1)))
	require.True(t, slices.Contains(numbers(bytesOf(inf)), inf))
}
