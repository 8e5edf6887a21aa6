package counter

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/internal/judge"
)

// The enumerations are the engine's, value by value: a conversion is all there is between them.
func TestEnumerationsAreTheEngines(t *testing.T) {
	for v := First; v <= Gap+1; v++ {
		assert.Equal(t, judge.Verdict(v).String(), v.String())
	}
	for _, d := range []Doubt{0, Unproven, Masked, Glitch, Guessed, Unproven | Guessed} {
		assert.Equal(t, judge.Doubt(d).String(), d.String())
	}
	assert.EqualValues(t, judge.Public, Unproven|Masked|Glitch|Guessed)
	assert.EqualValues(t, judge.OwnerUnknown, Owner(0))
	assert.EqualValues(t, judge.OwnerProcess, Process)
	assert.EqualValues(t, judge.OwnerExternal, External)
}

func TestTrackerAccepts(t *testing.T) {
	tracker := track(t, of(0.5, pt(10, 1)), of(0.5, pt(20, 5)))
	before := *tracker
	again, err := tracker.Observe(of(0.5, pt(20, 5)))
	require.NoError(t, err)
	assert.Equal(t, Step{Verdict: Grew, Growth: exactly(4), From: moment(10), To: moment(20), Baseline: of(0.5, pt(20, 5))}, again)

	_, err = tracker.Observe(of(0.5, pt(15, 3)))
	require.ErrorIs(t, err, ErrLate)
	assert.ErrorContains(t, err, "older than the last accepted point: 1970-01-01 00:00:15 +0000 UTC is before 1970-01-01 00:00:20")

	_, err = tracker.Observe(of(0.5, pt(20, 6)))
	require.ErrorIs(t, err, ErrConflict)
	assert.ErrorContains(t, err, "5 at 1970-01-01 00:00:20 +0000 UTC, not 6")

	_, err = tracker.Observe(of(0.5, pt(20, 5, 3)))
	require.ErrorIs(t, err, ErrConflict, "another start is another body")

	_, err = tracker.Observe(of(-10, pt(30, 5)))
	require.ErrorIs(t, err, ErrProcess)
	assert.Equal(t, before, *tracker, "what is refused or repeated leaves no trace")

	nan := track(t, pt(10, 1), pt(20, math.NaN()))
	_, err = nan.Observe(pt(20, math.NaN()))
	assert.NoError(t, err, "a NaN is the same as itself")
}

func TestTrackerFollowsOneProcess(t *testing.T) {
	tracker := Tracker{Since: moment(100)}
	steps := feed(t, &tracker, of(20, pt(100, 50)), of(21, pt(115, 60)), of(125, pt(130, 8)))
	assert.Equal(t, []Verdict{First, Grew, Reset}, []Verdict{steps[0].Verdict, steps[1].Verdict, steps[2].Verdict})
	assert.Equal(t, Step{Verdict: Reset, Growth: between(8, 8, inf), From: moment(125), To: moment(130), Lost: 10 * time.Second,
		Baseline: of(125, pt(130, 8))}, steps[2])
	assert.Equal(t, between(18, 18, inf), increase(t, &tracker, 100, 130))
	assert.Equal(t, 18.0, tracker.Total())
}

func TestWindows(t *testing.T) {
	tracker := track(t, of(1, pt(0, 100)), of(1, pt(15, 103)), of(1, pt(30, 110)), of(1, pt(45, 111)))
	assert.Equal(t, exactly(3), increase(t, tracker, 0, 15))
	assert.Equal(t, exactly(3), increase(t, tracker, 14, 29), "a step belongs to the window it ends in, whole")
	assert.Equal(t, exactly(8), increase(t, tracker, 15, 45))
	assert.Len(t, window(t, tracker, 15, 45).Steps(), 2)
	empty := window(t, tracker, 15, 29)
	_, ok := empty.Increase()
	assert.False(t, ok, "nothing was observed, which is not 0")
	from, to := empty.Covers()
	assert.True(t, from.IsZero() && to.IsZero())

	from, to = window(t, tracker, 20, 50).Covers()
	assert.Equal(t, []time.Time{moment(15), moment(45)}, []time.Time{from, to})

	tracker.Forget(moment(20))
	tracker.Forget(moment(10))
	_, err := tracker.Window(moment(19), moment(60))
	require.ErrorIs(t, err, ErrForgotten)
	_, err = tracker.Window(moment(60), moment(60))
	assert.ErrorContains(t, err, "empty window")
	assert.Equal(t, exactly(8), increase(t, tracker, 20, 60))
	assert.Equal(t, 11.0, tracker.Total())
}

func TestLast(t *testing.T) {
	_, ok := new(Tracker).Last()
	assert.False(t, ok)
	p, ok := track(t, of(1, pt(1, 2, 3))).Last()
	assert.True(t, ok)
	assert.Equal(t, of(1, pt(1, 2, 3)), p)
}

// Times beyond what is told apart are taken to its ends, and nothing overflows.
func TestTimesFarAway(t *testing.T) {
	first, last := time.Unix(math.MinInt64/4, 0), time.Unix(math.MaxInt64/4, 0)
	tracker := track(t, Point{Time: first, Value: 1}, Point{Time: last, Value: 5})
	w, err := tracker.Window(first, last)
	require.NoError(t, err)
	g, ok := w.Increase()
	assert.True(t, ok)
	assert.Equal(t, 4.0, g.Value)
	r, ok := w.Rate()
	assert.True(t, ok)
	assert.GreaterOrEqual(t, r.Value, 0.0)
}
