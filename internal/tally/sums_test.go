package tally

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/window"
)

// Sums are added up when the first question needs them: once, whatever was asked before, and of what was counted alone.
func TestSumsOnceAsked(t *testing.T) {
	var set window.Set
	l := set.Layout([]float64{1, math.Inf(1)})
	observed := func(pieces ...piece) *Distribution {
		for i := range pieces {
			pieces[i].layout = l
		}
		tally := &Tally{plan: planOf(Group{}, &plan{selection: &growth.Selection{}}), parts: make([]part, 1)}
		return &Distribution{Growth: Growth{&Answer{Tally: tally}, 0}, pieces: pieces}
	}
	sum := func(d *Distribution) (x float64, ok bool) {
		d.Merge(func(all *layout.Distribution) { x, ok = all.Sum() })
		return x, ok
	}
	d := observed(piece{counts: []float64{2, 3}, sum: 3.5}, piece{counts: []float64{math.NaN(), 4}, sum: 50}, piece{counts: []float64{1, 1}, sum: 0.25})
	for range 2 {
		median, ok := d.Quantile(0.5)
		assert.True(t, ok)
		assert.Equal(t, 1.0, median.Hi)
		x, ok := sum(d)
		assert.True(t, ok)
		assert.Equal(t, 3.75, x)
	}
	d = observed(piece{counts: []float64{2, 3}, sum: 3.5}, piece{counts: []float64{1, 1}, sum: math.NaN()})
	_, ok := d.Over(1)
	assert.True(t, ok)
	_, ok = sum(d)
	assert.False(t, ok, "one is not known")
}
