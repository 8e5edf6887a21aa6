package lines

import (
	"math"
	"slices"
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
		c := Columns{runs: runsOf(ids), values: numbers{n: len(ids)}}
		for _, r := range c.runs {
			require.Contains(rt, ids, r.id)
		}
		require.Equal(rt, ids, appendIDs(nil, c.runs, c.Len()))
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

// Values that stand elsewhere than before are what they are to every bit, whether
// their blocks were slid or packed anew.
func TestNumbersMove(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var x numbers
		var p packing
		narrow := rapid.Map(rapid.IntRange(0, 300), func(n int) float64 { return float64(n) })
		drawn := func(most int) []float64 {
			if rapid.Bool().Draw(rt, "narrow") {
				return rapid.SliceOfN(narrow, 0, most).Draw(rt, "values")
			}
			return rapid.SliceOfN(rapid.Custom(anyValue), 0, most).Draw(rt, "values")
		}
		values := append(drawn(400), drawn(400)...)
		p.pack(&x, values)
		for range rapid.IntRange(1, 3).Draw(rt, "moves") {
			var o order
			var next []float64
			var changed []uint32
			for range rapid.IntRange(0, 6).Draw(rt, "parts") {
				if old := rapid.IntRange(0, len(values)).Draw(rt, "old"); old < len(values) {
					n := rapid.IntRange(1, len(values)-old).Draw(rt, "n")
					o.add(0, old, n)
					next = append(next, values[old:old+n]...)
				}
				came := drawn(3)
				for range came {
					o.add(0, -1, 1)
				}
				next = append(next, came...)
			}
			for pos := range next {
				if o.old(pos) < 0 {
					changed = append(changed, uint32(pos))
				} else if rapid.IntRange(0, 49).Draw(rt, "changes") == 0 {
					next[pos] = anyValue(rt)
					changed = append(changed, uint32(pos))
				}
			}
			p.move(&x, next, o.kept, changed)
			require.Equal(rt, bitsOf(next), bitsOf(x.unpack(nil)))
			values = next
		}
	})
}

// An order in runs is a list of positions: of the lines that have an old one and
// those that have none, before and after some are given one or lose it.
func TestOrderIsAList(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var o order
		var olds []int
		for range rapid.IntRange(0, 8).Draw(rt, "parts") {
			old, n := rapid.IntRange(-1, 30).Draw(rt, "old"), rapid.IntRange(1, 5).Draw(rt, "n")
			o.add(0, old, n)
			for i := range n {
				olds = append(olds, max(old, -1))
				if old >= 0 {
					olds[len(olds)-1] += i
				}
			}
		}
		check := func() {
			came, at := []uint32{}, 0
			for range 2 * len(olds) {
				pos := rapid.IntRange(0, len(olds)-1).Draw(rt, "pos")
				require.Equal(rt, olds[pos], o.old(pos))
			}
			for pos, old := range olds {
				require.Equal(rt, old, o.old(pos))
				if old < 0 {
					came = append(came, uint32(pos))
				}
			}
			require.Equal(rt, came, append([]uint32{}, o.came...))
			for _, m := range o.kept {
				require.LessOrEqual(rt, at, int(m.Pos))
				at = int(m.Pos + m.N)
			}
			moves := o.byOld(nil)
			require.True(rt, slices.IsSortedFunc(moves, func(a, b Move) int { return int(a.Old) - int(b.Old) }))
			require.ElementsMatch(rt, o.kept, moves)
		}
		check()
		var stay []Move
		for pos := range olds {
			switch came := olds[pos] < 0; rapid.IntRange(0, 4).Draw(rt, "what") {
			case 0:
				if came {
					olds[pos] = 100 + pos
					stay = append(stay, Move{uint32(100 + pos), uint32(pos), 1})
				}
			case 1:
				if !came {
					olds[pos] = -1
					o.leave(uint32(pos))
				}
			}
		}
		o.stay(stay)
		check()
	})
}
