package judge

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// walkBack follows one series without a start time, read every 10 s, and returns
// what its steps have in Lo, and what they take back.
func walkBack(e Evidence, values ...float64) (s Series, lo, back float64) {
	pace := Pace{}
	s = Series{Last: Point{Time: 10_000, Value: values[0]}}
	for i, v := range values[1:] {
		x := e
		x.Pace = pace
		var step Step
		s, step = s.Next(&Rules{}, Point{Time: int64(i+2) * 10_000, Value: v}, &x)
		pace = pace.After(step)
		lo, back = lo+step.Lo, back+step.Back
	}
	return s, lo, back
}

func TestFallTakesBack(t *testing.T) {
	blind := Evidence{}
	for _, c := range []struct {
		name     string
		e        Evidence
		values   []float64
		lo, back float64
	}{
		{"a step that a second process explains", blind, []float64{1000, 1700, 1010}, 700, 690},
		{"more than the fastest step explains", blind, []float64{1000, 1010, 1020, 900}, 20, 0},
		{"nothing was counted", blind, []float64{1700, 1010}, 0, 0},
		{"of a process that is known one reading was wrong, maybe", Evidence{Known: true, Stands: true}, []float64{1000, 2700, 1010}, 1700, 1690},
		{"it is one process, and fell by less than half", Evidence{Known: true, Stands: true}, []float64{1000, 1700, 1010}, 700, 0},
		{"it cleared the series: no step explains that", Evidence{Known: true, Stands: true}, []float64{1000, 1010, 1020, 30}, 20, 0},
		{"back above the mark: only that is certain, and is not taken back", blind, []float64{1000, 1700, 1010, 1750, 1020}, 750, 690},
		{"long after it, the step over the old height counts what is above", blind, []float64{1000, 1700, 1010, 1020, 1030, 1040, 1050, 1750}, 700 + 10 + 50, 690},
		{"deep, and one step explains it", Evidence{Deep: true, Leapt: true}, []float64{1000, 3000, 1010}, 2000, 1990},
		{"deep, and no step of most others explains it: a restart", Evidence{Deep: true}, []float64{1000, 3000, 1010}, 2000, 0},
		{"half of the body fell: no growth is certain", Evidence{Open: true}, []float64{1000, 1700}, 0, 0},
	} {
		s, lo, back := walkBack(c.e, c.values...)
		assert.Equal(t, c.lo, lo, c.name)
		assert.Equal(t, c.back, back, c.name)
		assert.True(t, s.Wary || s.Leap == 0 && s.Peak == 0, c.name)
	}
}
