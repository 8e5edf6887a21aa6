package rate

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/promfold/promfold"
)

var inf = math.Inf(1)

// minute is a member that grew by 600 in the whole of a minute.
func minute() Member {
	return Member{Watched{Width: 60_000, Span: 60_000, Times: Times{Life: 60_000}, Live: true}, Counted{Growth: 600, Lo: 600, Hi: 600, Pace: 10. / 1000}}
}

func TestMean(t *testing.T) {
	half := minute()
	half.Growth, half.Span, half.Lo, half.Hi, half.Life, half.Live = 300, 30_000, 300, 300, 30_000, false
	edges := minute()
	edges.Lo, edges.Unseen = 450, 5_000
	never := Member{Watched{Width: 60_000, Live: true}, Counted{Pace: inf}}
	late := Member{Watched{Width: 60_000, Span: 15_000, Times: Times{Life: 60_000, Unseen: 60_000}, Live: true}, Counted{Growth: 150, Pace: 10. / 1000}}
	left := Member{Watched{Width: 60_000, Times: Times{Unseen: 1000}}, Counted{Hi: 7, Pace: 10. / 1000}}
	for _, c := range []struct {
		name    string
		members []Member
		want    promfold.Estimate
	}{
		{"one", []Member{minute()}, promfold.Estimate{Value: 10, Lo: 10, Hi: 10}},
		{"one that died", []Member{minute(), half}, promfold.Estimate{Value: 15, Lo: 15, Hi: 15}},
		{"edges that no scrape saw", []Member{edges}, promfold.Estimate{Value: 10, Lo: 7.5, Hi: 650. / 60}},
		{"no step in the window", []Member{late}, promfold.Estimate{Value: 10, Lo: 0, Hi: 10}},
		{"one that never answered", []Member{minute(), never}, promfold.Estimate{Value: 10, Lo: 10, Hi: inf}},
		{"one without a rate that left", []Member{minute(), left}, promfold.Estimate{Value: 10, Lo: 10, Hi: 617. / 60}},
	} {
		e, ok := Mean(c.members)
		assert.True(t, ok, c.name)
		assert.InDelta(t, c.want.Value, e.Value, 1e-12, c.name)
		assert.InDelta(t, c.want.Lo, e.Lo, 1e-12, c.name)
		if math.IsInf(c.want.Hi, 1) {
			assert.Equal(t, c.want.Hi, e.Hi, c.name)
		} else {
			assert.InDelta(t, c.want.Hi, e.Hi, 1e-12, c.name)
		}
	}
	_, ok := Mean([]Member{never})
	assert.False(t, ok)
	_, ok = Mean(nil)
	assert.False(t, ok)
}

func TestNow(t *testing.T) {
	dead := minute()
	dead.Live = false
	e, ok := Now([]Member{minute(), dead})
	assert.True(t, ok)
	assert.Equal(t, promfold.Estimate{Value: 10, Lo: 10, Hi: 10}, e)

	young := Member{Watched{Width: 60_000, Span: 10_000, Times: Times{Life: 10_000, Dead: 50_000}, Live: true}, Counted{Growth: 50, Lo: 50, Hi: 50, Pace: 5. / 1000}}
	e, _ = Now([]Member{young})
	assert.Equal(t, promfold.Estimate{Value: 5, Lo: 5, Hi: 5}, e)

	down := Member{Watched{Width: 60_000, Span: 30_000, Times: Times{Life: 30_000, Unseen: 30_000}, Live: true}, Counted{Growth: 3000, Lo: 3000, Hi: 3000, Pace: .1}}
	e, _ = Now([]Member{down})
	assert.Equal(t, promfold.Estimate{Value: 100, Lo: 50, Hi: 100}, e)

	_, ok = Now([]Member{dead})
	assert.False(t, ok)
	e, ok = Now([]Member{minute(), {Watched: Watched{Width: 60_000, Live: true}}})
	assert.True(t, ok)
	assert.Equal(t, inf, e.Hi, "one that is alive has no rate")
}

func TestMost(t *testing.T) {
	assert.Equal(t, 7.0, Most(5, 7, .1, 1000))
	assert.Equal(t, 105.0, Most(5, inf, .1, 1000), "what was lost before the end, and what was counted after it")
	assert.Equal(t, inf, Most(5, inf, inf, 1000))
	assert.Equal(t, 5.0, Most(5, inf, inf, 0), "nothing in no time, whatever the pace")
}

// Whatever the members are, the bounds hold the value, no NaN leaves, and the order changes nothing.
func TestLaws(t *testing.T) {
	number := rapid.OneOf(rapid.Float64Range(0, 1e9), rapid.SampledFrom([]float64{0, 1, inf}))
	ms := rapid.Int64Range(0, 60_000)
	member := rapid.Custom(func(t *rapid.T) Member {
		lo := rapid.Float64Range(0, 1e9).Draw(t, "lo")
		growth, span := rapid.Float64Range(0, 1e9).Draw(t, "growth"), ms.Draw(t, "span")
		hi, pace, live := lo+number.Draw(t, "hi"), number.Draw(t, "pace"), rapid.Bool().Draw(t, "live")
		times := Times{Life: ms.Draw(t, "life"), Unseen: ms.Draw(t, "unseen"), Dead: ms.Draw(t, "dead")}
		return Member{Watched{Width: 60_000, Span: span, Times: times, Live: live}, Counted{growth, lo, hi, pace}}
	})
	rapid.Check(t, func(t *rapid.T) {
		members := rapid.SliceOfN(member, 0, 5).Draw(t, "members")
		mixed := rapid.Permutation(members).Draw(t, "mixed")
		for _, f := range []func([]Member) (promfold.Estimate, bool){Mean, Now} {
			e, ok := f(members)
			again, okAgain := f(mixed)
			assert.Equal(t, ok, okAgain)
			assert.Equal(t, e, again)
			assert.LessOrEqual(t, e.Lo, e.Value)
			assert.LessOrEqual(t, e.Value, e.Hi)
		}
	})
}

// What no scrape saw: a successor may have begun later than it says, and a reading may be older.
func TestUnseen(t *testing.T) {
	l := Lives{First: 0, Last: 90, Interval: 10, Live: true, Gaps: []Gap{{From: 40, To: 45, Met: 50}}}
	assert.Equal(t, int64(5), l.In(0, 100).Unseen)
	l.Late = 3
	assert.Equal(t, int64(8), l.In(0, 100).Unseen)
	l.Late = 60
	assert.Equal(t, int64(10), l.In(0, 100).Unseen, "it was met at 50")
	l.Lag = 30
	assert.Equal(t, int64(40), l.In(0, 100).Unseen)
	assert.Equal(t, int64(30), l.Steady(0, 100).Unseen, "no gap, but the same readings")
	l.Lag, l.Began, l.Counted = 0, -20, true
	assert.Equal(t, int64(30), l.In(-50, 100).Dead)
	assert.Equal(t, int64(0), l.Steady(-50, 100).Dead, "what outlives processes was there before the first one")
	assert.Equal(t, int64(50), l.Steady(-50, 100).Unseen)
}
