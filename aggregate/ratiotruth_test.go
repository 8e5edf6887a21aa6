package aggregate_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
)

// answerer answers so many requests each second that it lives, and knows when it was read.
type answerer struct {
	name       string
	pace       int
	good, bad  int   // of the process that lives
	start      int   // of it
	until      int   // before that second no process lives
	bads       []int // of each second
	all        []int
	read       []int
	every, off int
}

// second lets a second pass, at the end of which the server may be read.
func (s *answerer) second(rt *rapid.T, b bed, now int) {
	all, bad := 0, 0
	switch {
	case now < s.until:
	case now > s.start+5 && rapid.IntRange(0, 15).Draw(rt, "ends") == 0:
		s.until = now + rapid.IntRange(0, 12).Draw(rt, "down")
		s.start, s.good, s.bad = s.until, 0, 0
	default:
		all = s.pace
		bad = all * rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(rt, "fail")
	}
	s.good, s.bad = s.good+all-bad, s.bad+bad
	s.all, s.bads = append(s.all, all), append(s.bads, bad)
	switch end := now + 1; {
	case end%s.every != s.off:
	case end < s.until || end == s.start:
		b.fail(s.name, at(float64(end)), errors.New("connection refused"))
	default:
		s.read = append(s.read, end)
		b.scrape(s.name, float64(end), float64(s.start), requests(s.good, s.bad)...)
	}
}

// steps returns what the server answered between the readings that make the steps of a window.
func (s *answerer) steps(from, to int) (all, bad int) {
	first, last := -1, -1
	for _, r := range s.read {
		if r <= from || first < 0 {
			first = r
		}
		if r <= to {
			last = r
		}
	}
	if last <= from {
		return 0, 0
	}
	for i := first; i < last; i++ {
		all, bad = all+s.all[i], bad+s.bads[i]
	}
	return all, bad
}

// The bounds of a ratio to the whole hold what is true of the steps, also of what died unseen with its process, where
// all count at an even pace. So do those of its members.
func TestRatioHoldsTheTruth(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := newBed(rt, aggregate.Config{Since: at(-1)})
		view := func(selector string) aggregate.View {
			return aggregate.View{Select: selector, Owner: counter.Process, Window: time.Minute}
		}
		v, err := b.Ratio(view(`requests_total{code="500"}`), view(`requests_total`))
		require.NoError(rt, err)
		var list []*answerer
		for i := range rapid.IntRange(1, 3).Draw(rt, "servers") {
			every := rapid.SampledFrom([]int{5, 10}).Draw(rt, "every")
			list = append(list, &answerer{
				name: fmt.Sprint("s", i), pace: rapid.IntRange(1, 9).Draw(rt, "pace"), start: -100 - 10*i, every: every, off: rapid.IntRange(0, every-1).Draw(rt, "off"),
			})
		}
		const end = 90
		for now := range end {
			for _, s := range list {
				s.second(rt, b, now)
			}
		}
		window := rapid.IntRange(20, 60).Draw(rt, "window")
		g, err := v.One(b.Snapshot(at(end)).Last(time.Duration(window) * time.Second))
		require.NoError(rt, err)
		all, bad := 0, 0
		truth := map[string][2]int{}
		for _, s := range list {
			x, y := s.steps(end-window, end)
			all, bad, truth[s.name] = all+x, bad+y, [2]int{x, y}
		}
		holds := func(e promfold.Estimate, all, bad int, who string) {
			const rounding = 1e-9
			x := float64(bad) / float64(all)
			require.True(rt, e.Lo <= x+rounding && x-rounding <= e.Hi, "%s: %s, the truth is %d of %d\n%s", who, e, bad, all, g.Explain())
		}
		if e, ok := g.Ratio(); ok {
			holds(e, all, bad, "all")
		}
		for _, m := range g.Members() {
			holds(m.Estimate, truth[m.Instance][0], truth[m.Instance][1], m.Instance)
		}
	})
}
