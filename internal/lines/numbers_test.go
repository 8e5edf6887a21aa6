package lines

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// anyValue is a value at a limit of a width, or any other.
func anyValue(t *rapid.T) float64 {
	return rapid.OneOf(
		rapid.SampledFrom([]float64{
			0, math.Copysign(0, -1), 1, 255, 256, 65535, 65536, math.MaxUint32, math.MaxUint32 + 1, -1, 0.5, 1e18, 1e19, 1e300,
			math.MaxInt64, math.MinInt64, math.Inf(1), math.Inf(-1), math.NaN(), math.Float64frombits(0x7ff0000000000002),
		}),
		rapid.Map(rapid.IntRange(0, 300), func(n int) float64 { return float64(n) }),
		rapid.Map(rapid.Uint64(), math.Float64frombits),
	).Draw(t, "value")
}

func bitsOf(list []float64) []uint64 {
	all := []uint64{}
	for _, v := range list {
		all = append(all, math.Float64bits(v))
	}
	return all
}

// What is packed, and written in place or anew, is a list of floats to every bit.
func TestNumbersAreTheValues(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var x numbers
		var p packing
		var room []float64
		values := rapid.SliceOfN(rapid.Custom(anyValue), 0, 200).Draw(rt, "values")
		p.pack(&x, values)
		for range rapid.IntRange(0, 4).Draw(rt, "updates") {
			var changed []uint32
			kept := x.clone()
			before := append([]float64(nil), values...)
			for pos := range values {
				if rapid.IntRange(0, 9).Draw(rt, "changes") == 0 {
					values[pos] = anyValue(rt)
					changed = append(changed, uint32(pos))
				}
			}
			p.update(&x, values, changed)
			require.Equal(rt, bitsOf(before), bitsOf(kept.unpack(nil)), "a copy is its own")
		}
		room = x.unpack(room)
		require.Equal(rt, bitsOf(values), bitsOf(room))
		for pos, v := range values {
			require.Equal(rt, math.Float64bits(v), math.Float64bits(x.at(pos)))
		}
	})
}

// A block takes what its values need, and no more after one of them was large.
func TestNumbersTakeLittle(t *testing.T) {
	var x numbers
	var p packing
	values := make([]float64, 10*blockLen)
	p.pack(&x, values)
	assert.Empty(t, x.data, "zeros take nothing")
	for i := range values {
		values[i] = float64(i % 200)
	}
	p.pack(&x, values)
	small := len(x.data)
	assert.Equal(t, len(values), small)
	for i := range values[:blockLen] {
		values[i] = 1e300
		p.update(&x, values, []uint32{uint32(i)})
	}
	assert.Equal(t, small-blockLen+8*blockLen, len(x.data), "a block of odd values has no room for small ones")
	copy(values, make([]float64, blockLen))
	p.pack(&x, values)
	assert.Equal(t, small-blockLen, len(x.data))
	assert.Less(t, x.bytes(), 2*len(values))
}

// The lines of columns by position, one after the other and asked for in any order,
// before a body that moves them and after it.
func TestIDsAreRuns(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		ids := rapid.SliceOfN(rapid.Map(rapid.Uint32Range(0, 600), func(n uint32) ID { return ID(n) }), 1, 50).Draw(rt, "ids")
		for range rapid.IntRange(0, 3).Draw(rt, "stretches") {
			from := rapid.Uint32Range(200, 500).Draw(rt, "from")
			for i := range rapid.Uint32Range(1, 100).Draw(rt, "n") {
				ids = append(ids, ID(from+i))
			}
		}
		c := Columns{runs: runsOf(nil, ids), values: numbers{n: len(ids)}}
		for _, r := range c.runs {
			require.Contains(rt, ids, r.id)
		}
		require.Equal(rt, ids, c.appendIDs(nil))
		r := Reader{diff: diff{runs: c.runs}}
		for range 2 * len(ids) {
			pos := rapid.IntRange(0, len(ids)-1).Draw(rt, "pos")
			require.Equal(rt, ids[pos], c.ID(pos))
			require.Equal(rt, ids[pos], r.ID(pos))
		}
		for pos, id := range c.IDs() {
			require.Equal(rt, ids[pos], id)
			require.Equal(rt, id, r.ID(pos))
		}
		for i := range c.runs {
			last := c.runEnd(i) - 1
			require.Equal(rt, c.runs[i].id/chunkLen, c.ID(last)/chunkLen, "of one chunk")
		}
	})
}
