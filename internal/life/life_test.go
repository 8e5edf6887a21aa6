package life_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/life"
	"github.com/promfold/promfold/internal/rate"
	"github.com/promfold/promfold/internal/saved"
	"github.com/promfold/promfold/internal/window"
)

func began(at int64) identity.Start { return identity.Start{At: at, From: identity.Metric} }

// lived is a life that saw the scrapes, of which the first and those that say so
// meet a process.
func lived(since int64, scrapes ...life.Scrape) *life.Life {
	l := &life.Life{}
	l.History.Grow(16)
	for i := range scrapes {
		s := &scrapes[i]
		if l.Last != 0 {
			l.History.Keep(l.Present(), window.Spacing{Window: 1000, Precision: 4})
		}
		if i == 0 || s.Restart != life.NoRestart {
			l.Meet(s)
		}
		l.Date(s, 10, since)
		l.Accept(s)
	}
	return l
}

func TestLives(t *testing.T) {
	for _, c := range []struct {
		what       string
		scrapes    []life.Scrape
		since      int64
		span, wall int64
		births     [2]int64 // Birth, Began
		gaps       []rate.Gap
	}{
		{"one scrape of an unknown start", []life.Scrape{{At: 100}}, 1, 0, 0, [2]int64{}, nil},
		{"born while observed", []life.Scrape{{At: 100, Start: began(60)}}, 50, 40, 40, [2]int64{60, 60}, nil},
		{"older than the observation", []life.Scrape{{At: 100, Start: began(60)}}, 80, 0, 0, [2]int64{0, 60}, nil},
		{"a start a little in the future", []life.Scrape{{At: 100, Start: began(105)}}, 50, 0, 0, [2]int64{100, 100}, nil},
		{"a start that is no time", []life.Scrape{{At: 100, Start: began(200)}}, 50, 0, 0, [2]int64{}, nil},
		{"two scrapes", []life.Scrape{{At: 100}, {At: 130}}, 1, 30, 30, [2]int64{}, nil},
		{"a restart that is proven", []life.Scrape{{At: 100}, {At: 130, Start: began(120), Restart: life.Proven}}, 1, 10, 30, [2]int64{}, []rate.Gap{{From: 100, To: 120, Met: 130}}},
		{"a start before the last scrape", []life.Scrape{{At: 100}, {At: 130, Start: began(90), Restart: life.Proven}}, 1, 30, 30, [2]int64{}, nil},
		{"a start after its own scrape", []life.Scrape{{At: 100}, {At: 130, Start: began(190), Restart: life.Proven}}, 1, 0, 30, [2]int64{}, []rate.Gap{{From: 100, To: 130, Met: 130}}},
		{"a guessed restart", []life.Scrape{{At: 100}, {At: 130, Restart: life.Guessed}}, 1, 30, 30, [2]int64{}, nil},
		{"another process", []life.Scrape{{At: 100}, {At: 130, Restart: life.Another}}, 1, 0, 0, [2]int64{}, []rate.Gap{{From: 100, To: 130, Met: 130, Lived: true}}},
	} {
		l := lived(c.since, c.scrapes...)
		assert.Equal(t, c.span, l.History.Span, c.what)
		assert.Equal(t, c.wall, l.History.Wall, c.what)
		assert.Equal(t, c.births, [2]int64{l.Birth, l.Began}, c.what)
		assert.Equal(t, c.gaps, l.Gaps, c.what)
		last := c.scrapes[len(c.scrapes)-1]
		assert.Equal(t, last.At, l.Last, c.what)
		assert.Equal(t, len(c.scrapes), l.Version, c.what)
		changed := last.Restart != life.NoRestart
		assert.Equal(t, changed, l.Restarted(last.At-1, last.At), c.what)
		assert.False(t, l.Restarted(last.At, last.At+1), "the window does not hold its start")
		x := l.Lives(true, rate.End{Ended: 0, Left: 0})
		assert.Equal(t, rate.Lives{
			Began: l.Began, Counted: l.Birth != 0 && l.Birth < l.First, First: c.scrapes[0].At, Last: last.At, Interval: l.Spacings.Interval(), Gaps: c.gaps, Live: true,
		}, x, c.what)
	}
}

// A later process says nothing of when the first one began.
func TestDateIsOfTheFirst(t *testing.T) {
	l := lived(1, life.Scrape{At: 100, Start: began(50)}, life.Scrape{At: 200, Start: began(150), Restart: life.Proven})
	assert.Equal(t, int64(50), l.Birth)
	assert.Equal(t, 2, l.Incarnation)
	assert.Equal(t, int64(200), l.Second)
	assert.Equal(t, began(150), l.Start)
}

// Whatever comes, spans add up: observed time is never more than the time since
// the earliest start that was told, and what is written down comes back.
func TestLaws(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var scrapes []life.Scrape
		at := int64(0)
		for range rapid.IntRange(1, 30).Draw(rt, "scrapes") {
			at += rapid.Int64Range(1, 100).Draw(rt, "step")
			s := life.Scrape{At: at, Restart: life.Restart(rapid.IntRange(0, 3).Draw(rt, "restart"))}
			if rapid.Bool().Draw(rt, "told") {
				s.Start = began(rapid.Int64Range(1, at+50).Draw(rt, "start"))
			}
			scrapes = append(scrapes, s)
		}
		l := lived(1, scrapes...)
		first := l.First
		for _, s := range scrapes {
			if s.Start.Known() {
				first = min(first, s.Start.At)
			}
		}
		require.GreaterOrEqual(rt, l.History.Span, int64(0))
		require.GreaterOrEqual(rt, l.History.Wall, l.History.Span)
		require.LessOrEqual(rt, l.History.Wall, l.Last-first)
		for i, g := range l.Gaps {
			require.Less(rt, g.From, g.To)
			require.True(rt, i == 0 || l.Gaps[i-1].To <= g.From, "gaps ascend: %v", l.Gaps)
		}

		write := &saved.Codec{}
		l.Clocks.Code(write, 1)
		l.CodeChanges(write)
		read, got := &saved.Codec{In: saved.Read(write.Out)}, &life.Life{}
		got.Clocks.Code(read, 1)
		got.CodeChanges(read)
		require.False(rt, read.Failed())
		require.Equal(rt, l.Spacings.Ms, got.Spacings.Ms)
		got.Spacings = l.Spacings // it remembers its median besides
		require.Equal(rt, l.Clocks, got.Clocks)
		require.Equal(rt, l.Restarts, got.Restarts)
		require.Equal(rt, l.Gaps, got.Gaps)
	})
}
