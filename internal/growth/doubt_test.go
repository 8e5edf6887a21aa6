package growth

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/promfold/promfold/internal/judge"
)

// All that grew counts, by 0 for certain, and once.
func TestDoubt(t *testing.T) {
	x := Plain{Before: 3, Now: 8}
	step, ok := x.Doubtful()
	assert.True(t, ok)
	assert.Equal(t, 5.0, step.Value())
	assert.Zero(t, step.Lo)
	assert.True(t, math.IsInf(step.Hi, 1))

	x = Plain{Before: 8, Now: 8}
	step, ok = x.Doubtful()
	assert.True(t, ok)
	assert.Equal(t, 8.0, step.Hi, "another process may have counted to the same number")
	_, ok = (&Plain{}).Doubtful()
	assert.False(t, ok)

	torn := HistNote{Step: judge.Step{Verdict: judge.Grew, Add: 30, Sub: 10, Lo: 20, Hi: 20}, Quirk: Torn}
	s := Steps{
		Odd: []Odd{
			{Step: judge.Step{Verdict: judge.Grew, Add: 9, Sub: 2, Lo: 7, Hi: 9}},
			{Step: judge.Step{Verdict: judge.First, Hi: 4}},
		},
		Hists: []Hist{
			{Before: []float64{1, 2}, Now: []float64{1, 2}},
			{Before: []float64{1, 10}, Now: []float64{4, 30}},
			{Before: []float64{1, 10}, Now: []float64{4, 30}, Notes: []HistNote{torn, torn}},
			{Count: [2]float64{10, 30}},
		},
	}
	s.Doubt()
	assert.Zero(t, s.Odd[0].Lo)
	assert.True(t, math.IsInf(s.Odd[0].Hi, 1))
	assert.Equal(t, judge.Step{Verdict: judge.First, Hi: 4}, s.Odd[1].Step, "nothing grew")
	below := func(h *Hist) (sum float64) {
		for _, n := range h.Notes {
			sum += n.Value() - n.Lo
		}
		return sum
	}
	assert.Len(t, s.Hists[0].Notes, 1)
	assert.Equal(t, 2.0, s.Hists[0].Notes[0].Hi)
	assert.Zero(t, below(&s.Hists[0]))
	assert.Equal(t, 20.0, below(&s.Hists[1]))
	assert.Equal(t, 20.0, below(&s.Hists[2]))
	assert.Zero(t, below(&s.Hists[3]), "it has no buckets at all")
}
