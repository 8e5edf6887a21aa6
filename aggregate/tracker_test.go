package aggregate_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
)

// life is what a process that exposes one counter showed.
type life struct {
	points []counter.Point
	start  bool
	owner  counter.Owner
}

// drawLife draws a counter that is scraped at intervals of about 10 s, of which
// some are missed. Its process has a start time and restarts, or has none and
// does not: what a fall without one means, or a value that doubled, depends on the
// fastest pace, which a fleet takes from bare readings, or from all series of a
// metric, and a Tracker from the sure steps of its own. For the same reason its
// owner is known; see TestFleetsKeepOnePaceOfAMetric.
func drawLife(t *rapid.T) (l life) {
	if l.start = rapid.Bool().Draw(t, "start"); l.start {
		l.owner = rapid.SampledFrom([]counter.Owner{counter.Process, counter.External}).Draw(t, "owner")
	}
	now, value, process := 0.0, float64(rapid.IntRange(0, 1000).Draw(t, "first")), -500.0
	if !l.start {
		value += 15 * 200 // it does not double
	}
	restarted := -9
	for i := range rapid.IntRange(2, 15).Draw(t, "points") {
		p := counter.Point{Time: at(now).Round(time.Millisecond), Value: value}
		if l.start {
			p.Process = at(process)
		}
		l.points = append(l.points, p)
		// No two paces are equal, or one twice the other: a fleet keeps them to seven digits.
		now += rapid.SampledFrom([]float64{10, 10, 10, 9, 11.5, 20}).Draw(t, "interval") + float64(i*i)/1000
		switch what := rapid.SampledFrom([]string{"grow", "grow", "grow", "grow", "still", "restart"}).Draw(t, "what"); {
		case what == "restart" && l.start && value > 3 && i > restarted+3: // the old values are kept for so long, by the fastest pace, too
			restarted = i
			if l.owner == counter.Process {
				value = max(1, math.Floor(value/float64(rapid.IntRange(3, 100).Draw(t, "part"))))
			}
			process = math.Floor(now - rapid.SampledFrom([]float64{1, 4, 8}).Draw(t, "age"))
		case what == "grow":
			value += float64(rapid.IntRange(0, 200).Draw(t, "by"))
		}
	}
	return l
}

// One series is answered alike by a counter.Tracker and by a fleet of one instance.
func TestFleetOfOneIsTracker(t *testing.T) {
	answered := 0
	rapid.Check(t, func(rt *rapid.T) {
		l := drawLife(rt)
		f, err := aggregate.NewFleet(aggregate.Config{})
		require.NoError(rt, err)
		v, err := f.Counter(aggregate.View{Select: "c", Owner: l.owner})
		require.NoError(rt, err)
		tracker := counter.Tracker{Rules: counter.Rules{Owner: l.owner}}
		for _, p := range l.points {
			start := 0.0
			if l.start {
				start = p.Process.Sub(t0).Seconds()
			}
			s := scrapeOf("a", 0, start, "# TYPE c counter", fmt.Sprintf("c %v", p.Value))
			s.Time = p.Time
			_, err := f.Ingest(s)
			require.NoError(rt, err)
			_, err = tracker.Observe(p)
			require.NoError(rt, err)
		}
		answered += l.compare(rt, f, v, &tracker)
	})
	require.Positive(t, answered)
}

// compare asks both about windows that end at the last scrape or soon after it,
// and returns how many questions had an answer.
func (l *life) compare(rt *rapid.T, f *aggregate.Fleet, v *aggregate.CounterView, tracker *counter.Tracker) (answered int) {
	last := l.points[len(l.points)-1].Time
	for _, late := range []float64{0, 3} {
		for _, seconds := range []float64{30, 60, 120, 1000} {
			end := last.Add(at(late).Sub(t0))
			begin := end.Add(-at(seconds).Sub(t0))
			if begin.Before(l.points[0].Time) {
				begin = l.points[0].Time
			}
			if !begin.Before(end) {
				continue
			}
			w, err := tracker.Window(begin, end)
			require.NoError(rt, err)
			g, err := v.One(f.Snapshot(end).Last(end.Sub(begin)))
			require.NoError(rt, err)
			for name, ask := range map[string][2]func() (promfold.Estimate, bool){
				"increase": {w.Increase, g.Increase},
				"rate":     {func() (promfold.Estimate, bool) { return counter.MeanRate(w) }, g.Rate},
				"rate now": {func() (promfold.Estimate, bool) { return counter.RateNow(w) }, g.RateNow},
			} {
				of, ok := ask[0]()
				fleet, found := ask[1]()
				require.Equal(rt, ok, found, "%s over %v until %v: %v and %v", name, end.Sub(begin), end.Sub(t0), of, fleet)
				if ok {
					answered++
				}
				if !begin.Equal(l.points[0].Time) || l.owner == counter.External {
					// A fleet is never narrower, and may be wider: it remembers the fastest pace
					// for longer than the window, whole steps alone, and of a counter that
					// outlives its process no pace of 0.
					of.Lo, of.Hi = min(of.Lo, fleet.Lo), max(of.Hi, fleet.Hi)
				}
				for _, x := range [][2]float64{{of.Value, fleet.Value}, {of.Lo, fleet.Lo}, {of.Hi, fleet.Hi}} {
					require.True(rt, x[0] == x[1] || math.Abs(x[0]-x[1]) <= 1./4096*math.Max(1, math.Abs(x[0])), "%s over %v until %v: a tracker says %v, a fleet %v", name, end.Sub(begin), end.Sub(t0), of, fleet)
				}
			}
		}
	}
	return answered
}

// This is why drawLife has no falls that no start time explains, no restarts within
// three scrapes and none of an unknown owner: whether a value that comes back is
// growth depends on the fastest pace. A fleet keeps one of a metric, taken from all
// readings of all its series, and a Tracker that of the sure steps of its own
// series. Here 1 at the end is another copy's to a fleet, which knows of no
// slowest pace; both say that it may be either.
func TestFleetsKeepOnePaceOfAMetric(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Select: "c"})
	var tracker counter.Tracker
	for i, x := range []float64{0, 1, 0, 1} {
		b.scrape("a", float64(10*i), 0, typeC, fmt.Sprint("c ", x))
		_, err := tracker.Observe(counter.Point{Time: at(float64(10 * i)), Value: x})
		require.NoError(t, err)
	}
	fleet, ok := b.one(v, 30, sinceStart).Increase()
	require.True(t, ok)
	require.Equal(t, "1 [0, +Inf]", fleet.String())
	w, err := tracker.Window(at(0), at(30))
	require.NoError(t, err)
	of, ok := w.Increase()
	require.True(t, ok)
	require.Equal(t, "2 [0, +Inf]", of.String())
}
