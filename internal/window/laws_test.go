package window

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// series is a counter that is kept, beside all of its readings.
type series struct {
	History
	*Table
	col     int32
	spacing Spacing
	at      []int64
	value   []float64
	begun   int // the reading after which the table began
}

// newSeries returns a counter that is read at times, where it has grown to values.
func newSeries(window int64, at []int64, value []float64) *series {
	return newLateSeries(window, at, value, 0)
}

// newLateSeries is one whose table began after a reading, as that of a view which was declared then.
func newLateSeries(window int64, at []int64, value []float64, begun int) *series {
	s := &series{spacing: Spacing{Window: window, Precision: 16}, at: at, value: value, begun: begun}
	s.History.Grow(s.spacing.Most())
	for i := range begun {
		s.Keep(s.point(i), s.spacing)
	}
	s.Table = NewTable(false, s.spacing.Most(), s.N)
	if begun > 0 {
		s.Begun = s.point(begun)
	}
	d := s.Draft()
	s.col = d.Column(Key{})
	d.Adopt()
	for i := begun; i < len(at); i++ {
		last := at[max(0, i-1)]
		if i > begun {
			s.Snap(s.Keep(s.point(i-1), s.spacing))
		} else if begun > 0 {
			continue
		}
		s.Begin(at[i], last, window, false, 0)
		s.Plain(s.col, value[i], value[max(0, i-1)])
		s.End()
		s.Span, s.Wall = at[i]-at[0], at[i]-at[0]
	}
	return s
}

func (s *series) Grow(slots int) {
	s.History.Grow(slots)
	s.Table.Grow(slots)
}

func (s *series) point(i int) Checkpoint {
	return Checkpoint{At: s.at[i], Span: s.at[i] - s.at[0], Wall: s.at[i] - s.at[0], Scrapes: i + 1}
}

// grown returns the growth since a time as it is kept, and as all readings say:
// the steps that end after it.
func (s *series) grown(since int64) (value, least, most, truth float64) {
	n := len(s.at) - 1
	var e Edge
	s.EdgeAt(&e, since, s.Held(), s.Dropped, s.point(n), 0)
	value, least, most = e.Grown(&s.Live, 0)
	i := n
	for i > s.begun && s.at[i] > since {
		i--
	}
	return value, least, most, s.value[n] - s.value[i]
}

// drawn returns a random counter: read each second to each minute, more or less.
func drawn(t *rapid.T) *series { return drawnLate(t, 0) }

// drawnLate is one whose table began after one of the first readings.
func drawnLate(t *rapid.T, most int) *series {
	interval := rapid.Int64Range(1000, 60_000).Draw(t, "interval")
	jitter := rapid.Int64Range(0, interval/2).Draw(t, "jitter")
	n := rapid.IntRange(2, 600).Draw(t, "readings")
	at, value := make([]int64, n), make([]float64, n)
	now, x := int64(1_700_000_000_000), 0.0
	for i := range at {
		at[i], value[i] = now, x
		now += interval + rapid.Int64Range(-jitter, jitter).Draw(t, "off")
		x += float64(rapid.IntRange(0, 100).Draw(t, "by"))
	}
	return newLateSeries(300_000, at, value, rapid.IntRange(0, min(most, n-1)).Draw(t, "begun"))
}

// The bounds hold what all readings say, and the value lies between them.
func TestEdgesHoldTheTruth(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := drawnLate(rt, rapid.SampledFrom([]int{0, 600}).Draw(rt, "late"))
		for range 20 {
			since := s.at[len(s.at)-1] - rapid.Int64Range(1, 300_000).Draw(rt, "window")
			value, least, most, truth := s.grown(since)
			assert.LessOrEqual(rt, least, value)
			assert.LessOrEqual(rt, value, most)
			assert.LessOrEqual(rt, least, truth)
			assert.LessOrEqual(rt, truth, most)
		}
	})
}

// Adjacent windows add up, as values and as bounds.
func TestWindowsAddUp(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := drawn(rt)
		last := s.at[len(s.at)-1]
		a := rapid.Int64Range(1, 300_000).Draw(rt, "long")
		b := rapid.Int64Range(1, a).Draw(rt, "short")
		long, _, _, whole := s.grown(last - a)
		short, _, _, part := s.grown(last - b)
		assert.GreaterOrEqual(rt, long, short, "a longer window has no less")
		var early, late Edge
		s.EdgeAt(&early, last-a, s.Held(), s.Dropped, s.point(len(s.at)-1), 0)
		s.EdgeAt(&late, last-b, s.Held(), s.Dropped, s.point(len(s.at)-1), 0)
		if early.Part == 0 && late.Part == 0 {
			assert.Equal(rt, whole-part, long-short)
		}
	})
}

// At a steady rate, at any interval, the width is at most a sixteenth of the growth, from two intervals to the longest
// window; and what is held stays bounded.
func TestWidthIsBounded(t *testing.T) {
	for _, interval := range []int64{1000, 2000, 5000, 7300, 10_000, 15_000, 30_000, 60_000} {
		for _, window := range []int64{60_000, 300_000, 3_600_000} {
			n := int(2*window/interval) + 40
			at, value := make([]int64, n), make([]float64, n)
			for i := range at {
				at[i] = 1_700_000_000_000 + int64(i)*interval
				value[i] = 10 * float64(i)
			}
			s := newSeries(window, at, value)
			last := at[n-1]
			for w := 2 * interval; w <= window; w += 1 + w/97 {
				_, least, most, truth := s.grown(last - w)
				assert.LessOrEqual(t, most-least, truth/16, "%d ms, window %d of %d", interval, w, window)
				assert.LessOrEqual(t, least, truth)
				assert.LessOrEqual(t, truth, most)
			}
			assert.LessOrEqual(t, len(s.Held()), s.spacing.Most())
			assert.LessOrEqual(t, float64(len(s.Held())), 36+24*math.Max(0, math.Log(float64(window)/float64(interval)/16)), "%d ms, %d", interval, window)
		}
	}
}

// With less room than the spacing asks for, the bounds are wider and still hold.
func TestCramped(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := &series{Table: NewTable(false, 1, 0), spacing: Spacing{Window: 300_000, Precision: 16}}
		d := s.Draft()
		d.Column(Key{})
		d.Adopt()
		for i := range 400 {
			if s.at = append(s.at, 1_700_000_000_000+int64(i)*1000); i > 0 {
				s.Snap(s.Keep(s.point(i-1), s.spacing))
			}
			by := float64(rapid.IntRange(0, 9).Draw(rt, "by"))
			s.value = append(s.value, by)
			if i > 0 {
				s.value[i] += s.value[i-1]
			}
			s.Add(0, s.value[i], s.value[max(0, i-1)])
		}
		assert.LessOrEqual(rt, len(s.Held()), s.spacing.Least())
		for w := int64(1000); w < 300_000; w += 7919 {
			value, least, most, truth := s.grown(s.at[399] - w)
			assert.LessOrEqual(rt, least, value)
			assert.LessOrEqual(rt, value, most)
			assert.LessOrEqual(rt, least, truth)
			assert.LessOrEqual(rt, truth, most)
		}
	})
}

// The pace of a column is at least that of its fastest step in the longest window, and not that of a step long ago; the one
// of all time is that of the fastest step ever.
func TestPace(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := drawn(rt)
		n := len(s.at) - 1
		within, late, ever := 0.0, 0.0, 0.0
		for i := 1; i <= n; i++ {
			pace := (s.value[i] - s.value[i-1]) / float64(s.at[i]-s.at[i-1])
			if s.at[i] > s.at[n]-s.spacing.Window {
				within = max(within, pace)
			}
			if s.at[i] > s.at[n]-2*s.spacing.Window {
				late = max(late, pace)
			}
			ever = max(ever, pace)
		}
		assert.GreaterOrEqual(rt, s.Pace(0, false), within)
		assert.LessOrEqual(rt, s.Pace(0, false), late*(1+1e-6)+1e-30)
		assert.GreaterOrEqual(rt, s.Pace(0, true), ever)
		assert.LessOrEqual(rt, s.Pace(0, true), ever*(1+1e-6)+1e-30)
	})
}

// Where readings may be older than they say, growth inside a window is counted from the first one that is of it for
// certain. The rest of the edge stays what it is.
func TestLag(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := drawn(rt)
		n := len(s.at) - 1
		since := s.at[n] - rapid.Int64Range(0, 300_000).Draw(rt, "window")
		lag := rapid.Int64Range(1, 120_000).Draw(rt, "lag")
		var plain Edge
		s.EdgeAt(&plain, since, s.Held(), s.Dropped, s.point(n), 0)
		var e Edge
		s.EdgeAt(&e, since, s.Held(), s.Dropped, s.point(n), lag)
		assert.Equal(rt, plain.Most.At, e.Most.At)
		assert.Equal(rt, plain.Least.At, e.Least.At)
		_, least, most := e.Grown(&s.Live, 0)
		_, wantLeast, wantMost := plain.Grown(&s.Live, 0)
		assert.Equal(rt, []float64{wantLeast, wantMost}, []float64{least, most})
		assert.True(rt, e.Inside.At >= since+lag || e.Inside.At == s.at[n])
		i, ok := slices.BinarySearch(s.at, e.Inside.At)
		assert.True(rt, ok)
		assert.Equal(rt, s.value[i], e.Inside.Row().Counts.Float64(0))
	})
}

// The window since the beginning begins inside at the first reading that is of it for certain. Where that is not held
// any more, how much older readings may be is said instead.
func TestLagSinceTheBeginning(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := drawn(rt)
		n := len(s.at) - 1
		since := s.at[0] - rapid.Int64Range(0, 300_000).Draw(rt, "before")
		lag := rapid.Int64Range(1, 120_000).Draw(rt, "lag")
		assert.Equal(rt, int64(-1), int64(s.All(since, s.Held(), s.point(n), 0).Inside.Number))
		e := s.All(since, s.Held(), s.point(n), lag)
		_, least, most := e.Grown(&s.Live, 0)
		assert.Equal(rt, []float64{s.value[n], s.value[n]}, []float64{least, most})
		if s.Dropped {
			assert.Equal(rt, lag, e.Older)
			assert.Equal(rt, -1, e.Inside.Number)
			return
		}
		assert.Zero(rt, e.Older)
		assert.True(rt, e.Inside.At >= since+lag || e.Inside.At == s.at[n])
		i, ok := slices.BinarySearch(s.at, e.Inside.At)
		assert.True(rt, ok)
		assert.Equal(rt, s.value[i], e.Inside.Row().Counts.Float64(0))
	})
}

// What may have been counted before tells a pace until a step is sure; it is never too low by what is sure.
func TestClaimedPace(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := NewTable(false, 1, 0)
		d := s.Draft()
		col := d.Column(Key{})
		d.Adopt()
		type step struct {
			Grown float64
			Sure  bool
		}
		steps := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
			return step{float64(rapid.SampledFrom([]int{0, 1, 5, 100, 100_000}).Draw(t, "grown")), rapid.Bool().Draw(t, "sure")}
		}), 1, 20).Draw(rt, "steps")
		const window, interval = 60_000, 10_000
		sure, most := 0.0, 0.0
		for i, x := range steps {
			at := int64(i+1) * interval
			s.Begin(at, at-interval, window, false, 0)
			s.Grew(col, x.Grown, interval, x.Sure)
			s.End()
			most = max(most, x.Grown/interval)
			if x.Sure {
				sure = max(sure, x.Grown/interval)
			}
			got := s.Pace(0, true)
			assert.GreaterOrEqual(rt, got, sure)
			assert.LessOrEqual(rt, got, most*(1+1e-6)+1e-30)
			if sure == 0 {
				assert.GreaterOrEqual(rt, got, most, "nothing else is known")
			}
		}
	})
	s := NewTable(false, 1, 0)
	d := s.Draft()
	col := d.Column(Key{})
	d.Adopt()
	for i, grown := range []float64{1e6, 50, 60} {
		at := int64(i+1) * 10_000
		s.Begin(at, at-10_000, 60_000, false, 0)
		s.Grew(col, grown, 10_000, i > 0)
		s.End()
	}
	assert.InDelta(t, burst*50/10_000., s.Pace(0, false), 1e-6)
}
