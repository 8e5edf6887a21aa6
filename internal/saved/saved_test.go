package saved

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestReadBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n, i := rapid.Uint64().Draw(rt, "n"), rapid.Int64().Draw(rt, "i")
		x, text, yes := rapid.Float64().Draw(rt, "x"), rapid.String().Draw(rt, "text"), rapid.Bool().Draw(rt, "yes")
		whole := float64(rapid.Int64Range(-1<<53, 1<<53).Draw(rt, "whole"))
		b := Bool(Text(Value(Value(Float(Int(Uint(nil, n), i), x), x), whole), text), yes)
		r := Read(b)
		require.Equal(rt, n, r.Uint())
		require.Equal(rt, i, r.Int())
		require.Equal(rt, math.Float64bits(x), math.Float64bits(r.Float()))
		require.Equal(rt, math.Float64bits(x), math.Float64bits(r.Value()))
		require.Equal(rt, whole, r.Value())
		require.Equal(rt, text, r.Text())
		require.Equal(rt, yes, r.Bool())
		rest, ok := r.Rest()
		require.True(rt, ok)
		require.Empty(rt, rest)
		for cut := range b { // nothing of what was cut is read
			r := Read(b[:cut])
			r.Uint()
			r.Int()
			r.Float()
			r.Value()
			r.Value()
			r.Text()
			r.Bool()
			require.True(rt, r.Failed())
		}
	})
}

// There is one writing of each value, so that equal states are equal bytes.
func TestOneWriting(t *testing.T) {
	for name, read := range map[string]func(*Reader){
		"\x80\x00":                             func(r *Reader) { r.Uint() },
		"\x81\x80\x00":                         func(r *Reader) { r.Int() },
		"\x02":                                 func(r *Reader) { r.Bool() },
		"\x02\x00\x00\x00\x00\x00\x00\x00\x40": func(r *Reader) { r.Value() }, // 2, as bits
		"\x06":                                 func(r *Reader) { r.Value() }, // a tag that is none
		"\x05ab":                               func(r *Reader) { r.Text() },
		"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01": func(r *Reader) { r.Count(1) },
	} {
		r := Read([]byte(name))
		read(r)
		assert.True(t, r.Failed(), "%q", name)
		assert.Zero(t, r.Uint()+uint64(r.Count(1))+uint64(r.Byte()), "nothing is read behind a failure")
	}
	for _, x := range []float64{0, math.Copysign(0, -1), 1 << 53, 1<<53 + 2, math.NaN(), math.Inf(1), -1.5} {
		assert.Equal(t, math.Float64bits(x), math.Float64bits(Read(Value(nil, x)).Value()))
	}
	assert.Len(t, Value(nil, 12), 1)
}
