package counter

import (
	"math"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold"
)

var inf = math.Inf(1)

// moment is a time in seconds.
func moment(seconds float64) time.Time {
	return time.UnixMilli(int64(math.Round(seconds * 1000))).UTC()
}

// pt is a point at a time in seconds, with the start of its series.
func pt(seconds, value float64, start ...float64) Point {
	p := Point{Time: moment(seconds), Value: value}
	if len(start) > 0 {
		p.Start = moment(start[0])
	}
	return p
}

// of is a point that was read from a process that started at a time in seconds.
func of(process float64, p Point) Point {
	p.Process = moment(process)
	return p
}

func exactly(x float64) promfold.Estimate { return promfold.Estimate{Value: x, Lo: x, Hi: x} }

func between(x, lo, hi float64) promfold.Estimate { return promfold.Estimate{Value: x, Lo: lo, Hi: hi} }

// track feeds points to a new Tracker.
func track(t require.TestingT, points ...Point) *Tracker {
	var tracker Tracker
	feed(t, &tracker, points...)
	return &tracker
}

// feed feeds points and returns the steps.
func feed(t require.TestingT, tracker *Tracker, points ...Point) (steps []Step) {
	for _, p := range points {
		s, err := tracker.Observe(p)
		require.NoError(t, err)
		steps = append(steps, s)
	}
	return steps
}

func window(t require.TestingT, tracker *Tracker, start, end float64) Window {
	w, err := tracker.Window(moment(start), moment(end))
	require.NoError(t, err)
	return w
}

func increase(t require.TestingT, tracker *Tracker, start, end float64) promfold.Estimate {
	g, ok := window(t, tracker, start, end).Increase()
	require.True(t, ok)
	return g
}
