package tally

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/roster"
	"github.com/promfold/promfold/internal/window"
)

// all returns what the sums of all groups say.
func all(t *Tally, a Asked, again bool) (list [][]any) {
	answer := &Answer{Tally: t, End: a.End, Again: again}
	for i := range t.Groups() {
		list = append(list, sums(Growth{answer, i}))
	}
	return list
}

// The tally of the latest question answers a later one only if that would count the same: with the same bits.
func TestLatest(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		v := drawView(rt)
		a := v.ask(rt)
		a.Members = v
		_, shares := v.shares(a)
		var kept Latest
		require.Nil(rt, kept.Tally(a, shares))
		first := kept.Add(a, &v.Groups, shares, true)
		want := all(first, a, false)
		require.Same(rt, first, kept.Tally(a, shares), "the same question")
		require.Equal(rt, want, all(first, a, true))
		for range 20 {
			b := a
			b.End += rapid.Int64Range(0, interval).Draw(rt, "later")
			b.Start = b.End - a.window()
			_, shares := v.shares(b)
			if x := kept.Steady(b); x != nil {
				require.Same(rt, x, kept.Tally(b, shares))
			}
			if x := kept.Tally(b, shares); x != nil {
				require.Equal(rt, all((&Latest{}).Add(b, &v.Groups, shares, false), b, false), all(x, b, true))
			}
		}
	})
}

// steady returns a view of one instance that counts 1 in each of ten scrapes, and of which the eighth step may be odd.
func steady(eighth judge.Step) *view {
	v := &view{Groups: Groups{Selection: &growth.Selection{}}}
	x := newInstance("i", false, []window.Key{{Group: v.Number(named(0))}})
	for i := range int64(10) {
		at := epoch + i*interval
		s := judge.Step{Verdict: judge.Grew, Add: float64(i + 1), Sub: float64(i), From: at - interval, To: at, Reach: at - interval, Lo: 1, Hi: 1}
		if i == 7 && eighth.Verdict != judge.Grew {
			s.Verdict, s.From, s.Reach, s.Lo, s.Back = eighth.Verdict, eighth.From, eighth.From, eighth.Lo, eighth.Back
		}
		x.scrape(at, []judge.Step{s})
	}
	v.list = append(v.list, x)
	return v
}

// A share that changed, or another question, is noticed. Windows that begin within one step share a tally.
func TestLatestNoticesChanges(t *testing.T) {
	v := steady(judge.Step{Verdict: judge.Grew})
	a := Asked{Start: epoch + 65_000, End: epoch + 95_000, Changes: 7, Members: v}
	var kept Latest
	_, shares := v.shares(a)
	table := v.list[0].Table
	require.Nil(t, kept.Facts(a, 0, table))
	x := kept.Add(a, &v.Groups, shares, true)
	later := Asked{Start: a.Start + 1000, End: a.End + 1000, Changes: 7, Members: v}
	_, shares = v.shares(later)
	assert.Same(t, x, kept.Tally(later, shares), "within one step")
	assert.Equal(t, "i", kept.Facts(later, 0, table).Name)
	assert.Nil(t, kept.Facts(later, 0, steady(judge.Step{Verdict: judge.Grew}).list[0].Table), "another table")
	assert.Nil(t, kept.Facts(later, 1, table), "another share")
	assert.Nil(t, kept.Facts(Asked{Changes: 8}, 0, table), "another fleet")
	for name, change := range map[string]func(*Asked, *Share){
		"fleet":    func(a *Asked, _ *Share) { a.Changes++ },
		"all":      func(a *Asked, _ *Share) { a.All = true },
		"window":   func(a *Asked, _ *Share) { a.Start-- },
		"table":    func(_ *Asked, sh *Share) { sh.Table = sh.Table.Copy(nil) },
		"edge":     func(_ *Asked, sh *Share) { sh.Edge.Most.Number++ },
		"part":     func(_ *Asked, sh *Share) { sh.Edge.Part = 0.5 },
		"life":     func(_ *Asked, sh *Share) { sh.Process.Life-- },
		"lasting":  func(_ *Asked, sh *Share) { sh.Lasting.Unseen++ },
		"standing": func(_ *Asked, sh *Share) { sh.Standing = roster.Likely },
		"older":    func(_ *Asked, sh *Share) { sh.Older = true },
	} {
		b, changed := later, shares[0]
		change(&b, &changed)
		assert.Nil(t, kept.Tally(b, []Share{changed}), name)
	}
	assert.Same(t, x, kept.Steady(later), "time alone went on")
	for name, change := range map[string]func(*Asked){
		"fleet":   func(a *Asked) { a.Changes++ },
		"all":     func(a *Asked) { a.All = true },
		"window":  func(a *Asked) { a.End++ },
		"members": func(a *Asked) { a.Members = x },
		"nobody":  func(a *Asked) { a.Members = nil },
		"earlier": func(a *Asked) { a.Start, a.End = a.Start-2000, a.End-2000 },
		"step":    func(a *Asked) { a.Start, a.End = a.Start+interval, a.End+interval },
	} {
		b := later
		change(&b)
		assert.Nil(t, kept.Steady(b), name)
	}
	assert.Nil(t, kept.Tally(later, nil), "no shares")
	kept.Add(a, &v.Groups, shares, false)
	assert.Same(t, x, kept.Tally(later, shares), "what is not to be kept does not replace what is")
}

// A window that begins on the other side of the start of a step does not share a tally, as its bounds are others.
func TestLatestKnowsStepsThatBeganEarlier(t *testing.T) {
	for name, s := range map[string]judge.Step{
		"long":  {Verdict: judge.Reset, From: epoch + 55_000, Lo: 1},
		"short": {Verdict: judge.Reset, From: epoch + 65_000, Lo: 0.5, Back: 0.5},
	} {
		v, start := steady(s), s.From
		ask := func(by int64) (Asked, []Share) {
			a := Asked{Start: start + by, End: start + by + 40_000, Changes: 7}
			_, shares := v.shares(a)
			return a, shares
		}
		for _, from := range []int64{-1000, 1000} {
			var kept Latest
			a, shares := ask(from)
			x := kept.Add(a, &v.Groups, shares, true)
			b, others := ask(from / 2)
			assert.Same(t, x, kept.Tally(b, others), name)
			b, others = ask(-from)
			assert.Nil(t, kept.Tally(b, others), name)
		}
	}
}
