package explain_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/counter"
	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/window"
)

func known(x, hi float64) explain.Number {
	return explain.Number{Estimate: promfold.Estimate{Value: x, Lo: x, Hi: hi}, Known: true}
}

func TestCounter(t *testing.T) {
	source := &explain.Source{Targets: []string{"a:1", "b:1"}, First: 1000, Last: 61_000, Scrapes: 7, Incarnations: 2, By: "start", Provisional: true}
	c := explain.Counter{
		View: "c by (x)", Group: `{x="1"}`, From: 0, To: 60_000, Covered: "2 of 2 expected", Increase: known(30, 30), Rate: known(0.5, 0.5),
		Uneven: explain.Asymmetry{Members: 2, Hottest: "one", Share: 0.75, Peak: 1.5, CV: 0.5},
		Members: []explain.Member{
			{Name: "one", Increase: known(30, math.Inf(1)), Rate: known(0.5, 0.5), Weight: 1, Share: 0.75, Steps: 6, Since: 1000,
				Covers: time.Minute, Live: true, Source: source, Restarts: []explain.Restart{{At: 0, What: "restart"}, {At: 20_000, What: "restart"}},
				Events: []explain.Event{{Time: time.UnixMilli(30_000), Instance: "one", Verdict: counter.Reset, Series: 2, Above: math.Inf(1)}}},
			{Name: "two", Older: true, Source: &explain.Source{Targets: []string{"c:1"}, Alternating: true}},
		},
		Warnings: []string{"look here"}, Mean: 0.5,
	}
	var b strings.Builder
	c.Write(&b)
	assert.Equal(t, `c by (x) {x="1"}
1970-01-01T00:00:00Z to 1970-01-01T00:01:00Z: 2 of 2 expected
increase 30, 0.5/s; while it lived one was 1.5 times as fast as the mean of 2 (variation 0.5)
  one: increase 30 [30, +Inf], 0.5/s × 1, 75 %
    6 steps since 1970-01-01T00:00:01Z, 1m0s observed
    at a:1, b:1: 7 scrapes from 1970-01-01T00:00:01Z to 1970-01-01T00:01:01Z, process 2, told by its start, the latest growth may be another process'
    1970-01-01T00:00:20Z restart
    1970-01-01T00:00:30Z 2 series: reset (−0 +Inf)
  two: increase not known
    0 steps since 1970-01-01T00:00:00Z, 0s observed: none in the window, the rate is that of the latest step
    at c:1: 0 scrapes from 1970-01-01T00:00:00Z to 1970-01-01T00:00:00Z, other processes answer there, too, not live
  ! look here
`, b.String())
}

// A rate that moved to its bound is not what the members' rates make.
func TestRateAtItsBound(t *testing.T) {
	var b strings.Builder
	c := explain.Counter{View: "c", Group: "{}", To: 30_000, Increase: known(37, 37), Rate: known(37./30, 2), Mean: 36.5 / 30}
	c.Write(&b)
	assert.Contains(t, b.String(), "increase 37, 1.23333/s (the lower bound: the members' rates make 1.21667/s)\n")
}

func TestGauge(t *testing.T) {
	g := explain.Gauge{
		View: "g", Group: "{}", At: 5000, Covered: "1 of 1 expected", Combine: "max", Value: known(3, 3), Who: "one",
		Members:  []explain.Reading{{Name: "one", Value: 3, Series: 2, Age: time.Second, Changed: 4000, Source: &explain.Source{Targets: []string{"a"}}}},
		Variants: []string{"v"}, Warnings: []string{"w"},
	}
	var b strings.Builder
	g.Write(&b)
	assert.Equal(t, `g {}
1970-01-01T00:00:05Z: 1 of 1 expected
max: 3, of one
  one: 3 of 2 series, read 1s before, changed 1970-01-01T00:00:04Z
    at a: 0 scrapes from 1970-01-01T00:00:00Z to 1970-01-01T00:00:00Z
  v
  ! w
`, b.String())
	assert.Equal(t, "{} max 3; 1 of 1; warnings: 2", explain.Summary("{}", "max", known(3, 3), "1 of 1", 2))
	assert.Equal(t, "{} max not known; 1 of 1", explain.Summary("{}", "max", explain.Number{}, "1 of 1", 0))
}

func TestFew(t *testing.T) {
	assert.Equal(t, "a, b", explain.Few([]string{"a", "b"}))
	assert.Equal(t, "a, b, c, d, e and 2 more", explain.Few(strings.Split("abcdefg", "")))
}

// Remarks count series over instances; plain growth says nothing.
func TestRemarks(t *testing.T) {
	r := explain.Remarks{}
	for _, name := range []string{"d", "a", "c", "b", "a"} {
		r.Add(name, &window.Event{Note: window.Note{Verdict: judge.Reset}, N: 2})
	}
	r.Add("a", &window.Event{Note: window.Note{Verdict: judge.Grew}, N: 1})
	r.Add("a", &window.Event{Note: window.Note{Verdict: judge.Gap, Doubt: judge.Unproven}, N: 1})
	r.Add("b", &window.Event{Note: window.Note{Verdict: judge.Gap}, N: 1})
	r.Add("a", &window.Event{Note: window.Note{Verdict: judge.Grew, Quirk: growth.Torn}, N: 1})
	assert.Equal(t, []string{
		"1 histograms read while being written; their buckets repaired: a",
		"10 series reset by a restart; growth between the last scrape and the restart is unknown: a, b, c, 1 more",
		"2 readings were not counts: a, b",
	}, r.Words())

	x := explain.Exclusions{}
	x.Add(explain.NaN, "a", 0)
	assert.Empty(t, x.Words())
	x.Add(explain.NaN, "a", 2)
	assert.Equal(t, []string{"2 series are NaN, left out: a"}, x.Words())
}

// Events of one instance, time and kind are one; in which order they came does
// not show.
func TestTogether(t *testing.T) {
	at := func(ms int64, v judge.Verdict, n int, open int) explain.Event {
		return explain.EventOf(&window.Event{Note: window.Note{Verdict: v}, At: ms, N: n, Open: open}, "a", true)
	}
	rapid.Check(t, func(rt *rapid.T) {
		list := rapid.Permutation([]explain.Event{
			at(2, judge.Reset, 1, 0), at(1, judge.Born, 3, 0), at(2, judge.Reset, 4, 1), at(2, judge.Born, 1, 0),
		}).Draw(rt, "events")
		got := explain.Together(list)
		if len(got) != 3 || got[0].Series != 3 {
			rt.Fatalf("%v", got)
		}
		for _, e := range got[1:] {
			if e.Verdict == counter.Reset && (e.Series != 5 || !math.IsInf(e.Above, 1)) {
				rt.Fatalf("%v", got)
			}
		}
	})
	closed := explain.EventOf(&window.Event{Note: window.Note{Verdict: judge.First}, At: 1, N: 1, Open: 1}, "a", false)
	assert.Zero(t, closed.Above)
}

// The numbers of a textbook: the mean is 5, the standard deviation 2.
func TestAsymmetry(t *testing.T) {
	var list []explain.Load
	for i, x := range []float64{2, 4, 4, 4, 5, 5, 7, 9} {
		list = append(list, explain.Load{Name: string(rune('a' + i)), Value: x})
	}
	got, ok := explain.AsymmetryOf(list)
	assert.True(t, ok)
	assert.Equal(t, explain.Asymmetry{Members: 8, Hottest: "h", Share: 9. / 40, Peak: 1.8, CV: 0.4}, got)
	for _, bad := range []float64{-1, math.Inf(1)} {
		_, ok = explain.AsymmetryOf(append(list, explain.Load{Value: bad}))
		assert.False(t, ok)
	}
	_, ok = explain.AsymmetryOf(nil)
	assert.False(t, ok)
}

// What has no upper bound says why.
func TestRemarksOfWhatIsOpen(t *testing.T) {
	for want, step := range map[string]judge.Step{
		"": {Verdict: judge.Born, Add: 3, Lo: 3, Hi: 3},
		"1 series appeared at a restart; what was counted before it since the last scrape is unknown: a": {Verdict: judge.Born, Add: 3, Lo: 3, Hi: math.Inf(1)},
		"1 series fell, and nothing proves a reset; how much they counted is not known: a":               {Verdict: judge.Reset, Doubt: judge.Unproven, Hi: math.Inf(1)},
	} {
		e := &window.Event{Note: window.Note{Verdict: step.Verdict, Doubt: step.Doubt}, N: 1}
		if math.IsInf(step.Hi, 1) {
			e.Open = 1
		}
		r := explain.Remarks{}
		r.Add("a", e)
		assert.Equal(t, want, strings.Join(r.Words(), "; "))
	}
}
