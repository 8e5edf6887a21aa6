package layout

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
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
func FuzzLines(f *testing.F) {
	f.Add(bytesOf(.1, 1, .5, 2, inf, 3), .5, .3)
	f.Add(bytesOf(-1, 1, 0, 2, inf, 1e300), .99, -1.)
	f.Add(bytesOf(math.NaN(), 1, 1, 1), 0., 1.)
	f.Add(bytesOf(-math.MaxFloat64, .1, math.MaxFloat64, .3, inf, .3), .7, 5e-324)
	f.Fuzz(func(t *testing.T, data []byte, q, x float64) {
		var s Lines
		pairs := numbers(data)
		for i := 0; i+1 < len(pairs) && i < 40; i += 2 {
			s.Bucket(pairs[i], pairs[i+1])
		}
		s.Sum(x)
		h, err := s.Histogram(new(Layouts))
		if err != nil {
			return
		}
		var d Distribution
		require.NoError(t, d.Add(h.Layout, h.Counts, h.Sum))
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
	check := func(e Estimate) {
		require.False(t, math.IsNaN(e.Value) || math.IsNaN(e.Lo) || math.IsNaN(e.Hi), "%+v", e)
		require.LessOrEqual(t, e.Lo, e.Value)
		require.LessOrEqual(t, e.Value, e.Hi)
	}
	if e, ok, err := d.Quantile(q); err == nil && ok {
		check(e)
	}
	for _, share := range []func(float64) (Estimate, bool){d.Over, d.Under, d.Apdex} {
		if e, ok := share(x); ok {
			check(e)
		}
	}
	if mean, ok := d.Mean(); ok {
		require.False(t, math.IsNaN(mean))
	}
	total := 0.0
	for _, row := range d.Rows(nil, nil) {
		require.LessOrEqual(t, row.Lo, row.Count)
		require.LessOrEqual(t, row.Count, row.Hi)
		total += row.Count
	}
	require.InDelta(t, d.Count(), total, 1e-9*d.Count())
	_, _ = d.Classic()
}

func TestFuzzSeedsAreHistograms(t *testing.T) {
	require.Equal(t, []float64{.1, 1}, numbers(bytesOf(.1, 1)))
	require.True(t, slices.Contains(numbers(bytesOf(inf)), inf))
}
