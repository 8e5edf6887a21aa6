package exact

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestSumBinary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := sum(append(values(8).Draw(t, "xs"), rapid.SampledFrom([]float64{0, 0, 0, math.Inf(1), math.Inf(-1), math.NaN()}).Draw(t, "special"))...)
		b, err := s.AppendBinary([]byte("before"))
		require.NoError(t, err)
		var back Sum
		rest, err := back.DecodeBinary(append(b[len("before"):], "after"...))
		require.NoError(t, err)
		require.Equal(t, "after", string(rest))
		require.Zero(t, back.Cmp(s))
		for cut := range len(b) - len("before") {
			before := encoding(&back)
			_, err := back.DecodeBinary(b[len("before"):][:cut])
			require.ErrorIs(t, err, ErrEncoding)
			require.Equal(t, before, encoding(&back))
		}
	})
}

// What has another encoding is refused: equal bytes are equal sums, and the other way round.
func TestDecodeRefusesOtherForms(t *testing.T) {
	for name, b := range map[string][]byte{
		"empty":            {},
		"unknown tag":      {9, 0},
		"long varint":      {tagInt, 0x82, 0x00},
		"integer as limbs": {tagWide, unit / limbBits, 1, 0x80, 0x80, 0x20},
		"no limbs":         {tagWide, 3, 0},
		"top limb 0":       {tagWide, 0, 2, 1, 0, 0, 0, 0},
		"beyond the end":   {tagWide, maxLimbs - 1, 2, 1, 0, 0, 0, 2},
		"finite special":   {tagSpecial, 0},
	} {
		_, err := new(Sum).DecodeBinary(b)
		assert.ErrorIs(t, err, ErrEncoding, name)
	}
	_, err := new(Vector).DecodeBinary([]byte{0xff, 0xff, 0xff, 0xff, 0x0f, 0})
	assert.ErrorIs(t, err, ErrEncoding, "a length beyond the data")
}

func FuzzDecode(f *testing.F) {
	seeds := [][]byte{nil, {tagInt, 2}, {tagSpecial, byte(plusInf)}, {2, tagInt, 2, tagInt, 3}}
	for _, xs := range [][]float64{{0.1}, {-0.1}, {1e300, 1e-300}, {1 << 62}} {
		b, _ := sum(xs...).AppendBinary(nil)
		seeds = append(seeds, b)
	}
	require.NotEmpty(f, seeds)
	for _, b := range seeds {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var s Sum
		if rest, err := s.DecodeBinary(b); err == nil {
			again, _ := s.AppendBinary(nil)
			assert.Equal(t, b[:len(b)-len(rest)], again)
		}
		var v Vector
		if rest, err := v.DecodeBinary(b); err == nil && v.Len() > 0 {
			again, _ := v.AppendBinary(nil)
			var w Vector
			_, err := w.DecodeBinary(again)
			assert.NoError(t, err)
			assert.LessOrEqual(t, len(again), len(b)-len(rest))
		}
	})
}
