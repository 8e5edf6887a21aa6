package main

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// A share's bounds hold every share that amounts within theirs can make.
func TestShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.Custom(func(t *rapid.T) Amount {
			lo := float64(rapid.IntRange(0, 9).Draw(t, "lo"))
			v := lo + float64(rapid.IntRange(0, 9).Draw(t, "more"))
			hi := v + float64(rapid.IntRange(0, 9).Draw(t, "most"))
			if rapid.Bool().Draw(t, "open") {
				hi = math.Inf(1)
			}
			return Amount{true, estimate(v, lo, hi)}
		})
		all := rapid.SliceOfN(amount, 1, 5).Draw(t, "all")
		truth, sum := make([]float64, len(all)), 0.0
		for i, a := range all {
			truth[i] = rapid.Float64Range(a.Lo, min(a.Hi, a.Lo+100)).Draw(t, "truth")
			sum += truth[i]
		}
		for i := range all {
			s := share(i, all)
			if !s.Known || sum == 0 {
				continue
			}
			assert.LessOrEqual(t, s.Lo, truth[i]/sum+1e-12)
			assert.GreaterOrEqual(t, s.Hi, truth[i]/sum-1e-12)
			assert.True(t, s.Lo <= s.Value && s.Value <= s.Hi, "%v", s)
		}
	})
	assert.False(t, share(0, []Amount{exactly(0)}).Known)
	assert.Equal(t, exactly(.25), share(0, []Amount{exactly(1), exactly(3)}))
}

// After a restart nothing bounds how long requests took, nor how much of it at
// etcd; before, all of it is known.
func TestBoundsAfterRestart(t *testing.T) {
	p := pageAt(t, 100e9)
	row := p.row("blame")
	for _, f := range row.Figures[:3] {
		assert.True(t, math.IsInf(f.Amount.Hi, 1), "%s: %v", f.Name, f.Amount)
	}
	c := &checker{T: t, page: p}
	for i := range 3 {
		assert.True(t, math.IsInf(c.cell("blame", "servers", "apiserver-b", i).Hi, 1))
		a := c.cell("blame", "servers", "apiserver-a", i)
		assert.Equal(t, a.Value, a.Hi)
	}
	assert.Less(t, c.cell("requests", "servers", "apiserver-b", 1).Value, c.cell("requests", "servers", "apiserver-b", 1).Hi)
}
