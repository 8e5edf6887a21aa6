package aggregate_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
)

func saved(t T, f *aggregate.Fleet) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, f.Save(&b))
	return b.Bytes()
}

func loadedFrom(t T, state []byte, c aggregate.Config) *aggregate.Fleet {
	t.Helper()
	f, err := aggregate.Load(bytes.NewReader(state), c)
	require.NoError(t, err)
	return f
}

// views declares the views of the simulation on a fleet, in the other order.
func (w watched) again(f *aggregate.Fleet) watched {
	w.Helper()
	n := watched{bed: bed{w.T, f}}
	var err error
	n.inflight, err = f.Gauge(aggregate.View{Select: "inflight", Combine: aggregate.Sum})
	require.NoError(w, err)
	n.latency, err = f.Histogram(aggregate.View{Select: "latency", Owner: counter.Process})
	require.NoError(w, err)
	n.requests, err = f.Counter(aggregate.View{Select: "requests", By: []string{"code", "code"}, Owner: counter.Process})
	require.NoError(w, err)
	return n
}

var watchedConfig = aggregate.Config{Since: t0.Add(-time.Second), Window: time.Hour}.WithCheckpoints(400)

// A fleet that is saved and loaded at any moment goes on as one that never
// stopped: all answers are the same to the bit, and so is what it saves.
func TestSavedAndLoadedGoesOn(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 8))
		rounds := rapid.IntRange(2, 15).Draw(rt, "rounds")
		list, _, _ := simulate(r, rapid.IntRange(1, 5).Draw(rt, "instances"), rounds)
		w, n := watch(rt), watch(rt)
		for i, sc := range list {
			_, err := w.Ingest(sc)
			require.NoError(rt, err)
			_, err = n.Ingest(sc)
			require.NoError(rt, err)
			if r.IntN(5) > 0 {
				continue
			}
			state := saved(rt, n.Fleet)
			f := loadedFrom(rt, state, watchedConfig)
			require.Equal(rt, state, saved(rt, f), "views nobody has claimed yet are saved again")
			n = w.again(f)
			require.Equal(rt, state, saved(rt, f))
			require.Equal(rt, saved(rt, w.Fleet), state)
			require.Equal(rt, w.Sizes().Bytes, n.Sizes().Bytes)
			for _, window := range []time.Duration{sinceStart, 30 * time.Second, 100 * time.Second} {
				require.Equal(rt, w.answers(list[i].Time, window), n.answers(list[i].Time, window))
			}
		}
	})
}

// The state of a fleet with all that can be in one.
func eventfulFleet(t testing.TB) (*aggregate.Fleet, []aggregate.Scrape) {
	t.Helper()
	f, err := aggregate.NewFleet(aggregate.Config{SplitAlternating: true})
	require.NoError(t, err)
	eventfulViews(t, f)
	require.NoError(t, f.SetTargets(t0, aggregate.Target{Name: "a", Priority: -3, Created: t0}, aggregate.Target{Name: "b", Instance: "pod-b"},
		aggregate.Target{Name: "vip", Labels: labels.FromStrings("zone", "z")}, aggregate.Target{Name: "nobody"},
		aggregate.Target{Name: "lb", Balanced: true, Expected: 3}))
	var list []aggregate.Scrape
	scrape := func(sc aggregate.Scrape) {
		_, err := f.Ingest(sc)
		require.NoError(t, err)
		list = append(list, sc)
	}
	elder, younger, blind := &server{start: -5000, n: 100_000}, &server{start: -4000, n: 50_000}, &server{n: 7}
	shared := &server{start: -300, n: 9}
	for i := range 9 {
		s := float64(10 * i)
		for _, p := range []*server{elder, younger, blind, shared} {
			p.n += int64(i)
		}
		h := fmt.Sprintf("# TYPE h histogram\nh_bucket{le=\"1\"} %d\nh_bucket{le=\"+Inf\"} %d\nh_sum %g\nh_count %d\n# TYPE g gauge\ng %d", i, 2*i, 0.1*float64(i), 2*i, i%3)
		scrape(scrapeOf("lb", s+1, elder.start, elder.lines()...))
		scrape(scrapeOf("lb", s+2, younger.start, younger.lines()...))
		scrape(scrapeOf("lb", s+3, 0, blind.lines()...)) // provisional
		scrape(scrapeOf("a", s, shared.start, append(shared.lines(), h)...))
		scrape(scrapeOf("b", s+4, shared.start, append(shared.lines(), h)...)) // may be a's process
		if i != 4 {
			scrape(scrapeOf("vip", s+5, -100-float64(i%2), fmt.Sprintf("%s\nc %d", typeC, 1000*(i%2)+i), fmt.Sprintf("d{i=\"%d\"} 1 %d", i%3, at(s).UnixMilli())))
		}
	}
	require.NoError(t, f.ScrapeFailed("a", at(95), io.ErrUnexpectedEOF))
	f.Remove(at(95), "b")
	return f, list
}

func eventfulViews(t testing.TB, f *aggregate.Fleet) *aggregate.CounterView {
	t.Helper()
	v, err := f.Counter(aggregate.View{Select: `c{i!="05"}`, By: []string{"i", "zone"}})
	require.NoError(t, err)
	_, err = f.Histogram(aggregate.View{Select: everyFamily, TotalsOnly: true, ByAllLabels: true})
	require.NoError(t, err)
	_, err = f.Gauge(aggregate.View{Select: "g", Combine: aggregate.Leader})
	require.NoError(t, err)
	_, err = f.Counter(aggregate.View{Select: "c", TotalsOnly: true})
	require.NoError(t, err)
	return v
}

func TestEventfulStateGoesOn(t *testing.T) {
	f, list := eventfulFleet(t)
	state := saved(t, f)
	g := loadedFrom(t, state, aggregate.Config{SplitAlternating: true})
	require.Equal(t, state, saved(t, g))
	v := eventfulViews(t, g)
	require.Equal(t, state, saved(t, g))
	assert.NotEmpty(t, list)
	for _, sc := range list { // what comes next is taken in the same way
		sc.Time = sc.Time.Add(200 * time.Second)
		want, errF := f.Ingest(sc)
		got, errG := g.Ingest(sc)
		require.Equal(t, want, got)
		require.Equal(t, errF, errG)
	}
	require.Equal(t, saved(t, f), saved(t, g))
	groups, err := v.In(until(g, at(400), sinceStart))
	require.NoError(t, err)
	require.NotEmpty(t, groups)
	assert.Equal(t, f.Snapshot(at(400)).Instances(), g.Snapshot(at(400)).Instances())
}

// A state is that of one moment: what comes while it is written is not in it,
// whether or not its views were claimed.
func TestSavedIsOfOneMoment(t *testing.T) {
	for _, of := range []func(testing.TB) *aggregate.Fleet{
		func(t testing.TB) *aggregate.Fleet { return nativeFleet(t) },
		func(t testing.TB) *aggregate.Fleet {
			f, _ := eventfulFleet(t)
			return f
		},
		func(t testing.TB) *aggregate.Fleet {
			f, _ := eventfulFleet(t)
			return loadedFrom(t, saved(t, f), aggregate.Config{SplitAlternating: true})
		},
	} {
		f := of(t)
		_, list := eventfulFleet(t)
		before := saved(t, f)
		during := f.SaveWhile(func() {
			eventfulViews(t, f)
			for _, sc := range list {
				sc.Time = sc.Time.Add(200 * time.Second)
				_, _ = f.Ingest(sc)
			}
			f.Remove(at(400), "a", "vip")
		})
		require.Equal(t, before, during)
		require.NotEqual(t, before, saved(t, f))
	}
}

// What no view claims before the first scrape is dropped; a view of other rows
// than those saved begins anew.
func TestViewsFindTheirRows(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	b.counter(aggregate.View{Select: "c", By: []string{"b", "a"}})
	b.scrape("i", 0, 0, typeC, "c{a=\"1\"} 5")
	b.scrape("i", 10, 0, typeC, "c{a=\"1\"} 8")
	state := saved(t, b.Fleet)
	load := func() bed { return bed{t, loadedFrom(t, state, aggregate.Config{})} }

	n := load()
	v := n.counter(aggregate.View{Select: "c_total", By: []string{"a", "b"}, TotalsOnly: true})
	assert.Equal(t, 3.0, grew(n.one(v, 20, sinceStart)), "written otherwise, it is the same view")
	twin := n.counter(aggregate.View{Select: "c", By: []string{"a", "b"}})
	assert.Equal(t, 0.0, grew(n.one(twin, 20, sinceStart)), "the rows are one view's")

	n = load()
	v = n.counter(aggregate.View{Select: "c", By: []string{"a"}})
	assert.Equal(t, 0.0, grew(n.one(v, 20, sinceStart)), "another grouping")
	n.scrape("i", 20, 0, typeC, "c{a=\"1\"} 9")
	v = n.counter(aggregate.View{Select: "c", By: []string{"a", "b"}})
	assert.Equal(t, 0.0, grew(n.one(v, 20, sinceStart)), "it missed a scrape")
	n.scrape("i", 30, 0, typeC, "c{a=\"1\"} 11")
	assert.Equal(t, 2.0, grew(n.one(v, 30, sinceStart)))
}

// The windows are the program's: what was kept for others serves as far as it
// reaches, and totals are what they were.
func TestLoadWithOtherWindows(t *testing.T) {
	for _, c := range []aggregate.Config{
		{}, aggregate.Config{}.WithCheckpoints(2), aggregate.Config{}.WithCheckpoints(50), {Window: time.Hour}, aggregate.Config{Window: time.Minute}.WithCheckpoints(3),
	} {
		for _, before := range []bool{false, true} {
			for _, after := range []bool{false, true} {
				b := newBed(t, aggregate.Config{})
				b.counter(aggregate.View{Select: "c", TotalsOnly: before})
				for i := range 60 {
					b.scrape("i", float64(10*i), -50, typeC, fmt.Sprintf("c %d", 7*i))
				}
				n := bed{t, loadedFrom(t, saved(t, b.Fleet), c)}
				v := n.counter(aggregate.View{Select: "c", TotalsOnly: after})
				for i := 60; i < 200; i++ {
					if !after {
						g := n.one(v, float64(10*i-10), time.Minute)
						m := g.Increases()[0]
						require.InDelta(t, 0.7*m.Covers.Seconds(), m.Estimate.Value, 1e-9, "%v %v at %d", c, before, i)
					}
					n.scrape("i", float64(10*i), -50, typeC, fmt.Sprintf("c %d", 7*i))
				}
				require.Equal(t, 7.0*199, grew(n.one(v, 2000, sinceStart)))
			}
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	f, _ := eventfulFleet(t)
	state := saved(t, f)
	load := func(b []byte) error {
		g, err := aggregate.Load(bytes.NewReader(b), aggregate.Config{})
		if err != nil {
			assert.Nil(t, g)
			require.ErrorContains(t, err, "saved state: ")
		}
		return err
	}
	require.NoError(t, load(state))
	for n := 0; n < len(state); n += 1 + len(state)/997 {
		err := load(state[:n])
		if n == 0 {
			require.ErrorIs(t, err, aggregate.ErrCorrupt)
			continue
		}
		require.ErrorIs(t, err, aggregate.ErrCorrupt, "cut at %d", n)
		damaged := bytes.Clone(state)
		damaged[n] ^= 0x10
		require.Error(t, load(damaged), "damaged at %d", n)
	}
	require.ErrorIs(t, load([]byte("# HELP c Counts.\n")), aggregate.ErrCorrupt)
	require.ErrorIs(t, load(append(bytes.Clone(state), 0)), aggregate.ErrCorrupt)
	newer := bytes.Clone(state)
	newer[len("promfold fleet\n")+1]++
	require.ErrorIs(t, load(newer), aggregate.ErrVersion)

	_, err := aggregate.Load(bytes.NewReader(state), aggregate.Config{MaxInstances: 1})
	require.ErrorIs(t, err, aggregate.ErrLimit)
	_, err = aggregate.Load(iotest.TimeoutReader(iotest.OneByteReader(bytes.NewReader(state))), aggregate.Config{})
	require.ErrorIs(t, err, iotest.ErrTimeout)
}

// FuzzLoad changes the content of a state and makes its checksum right again,
// so that more than the checksum is put to the test.
func FuzzLoad(f *testing.F) {
	fleet, list := eventfulFleet(f)
	state := saved(f, fleet)
	content := aggregate.StateContent(state)
	require.NotEmpty(f, content)
	f.Add(content)
	f.Add(content[:len(content)/2])
	f.Add(aggregate.StateContent(saved(f, nativeFleet(f))))
	empty, err := aggregate.NewFleet(aggregate.Config{})
	require.NoError(f, err)
	f.Add(aggregate.StateContent(saved(f, empty)))
	f.Fuzz(func(t *testing.T, content []byte) {
		g, err := aggregate.Load(bytes.NewReader(aggregate.StateOf(content)), aggregate.Config{})
		if err != nil {
			return
		}
		again := saved(t, g)
		h, err := aggregate.Load(bytes.NewReader(again), aggregate.Config{})
		require.NoError(t, err)
		require.Equal(t, again, saved(t, h))
		// What was read can be used, whatever it says.
		v, err := g.Counter(aggregate.View{Select: `c{i!="05"}`, By: []string{"i", "zone"}})
		if err != nil {
			return
		}
		hv, err := g.Histogram(aggregate.View{Select: everyFamily, TotalsOnly: true, ByAllLabels: true})
		if err != nil {
			return
		}
		v.Totals(g.Snapshot(at(1000)))
		hv.Totals(g.Snapshot(at(1000)))
		for _, sc := range list[:6] {
			sc.Time = sc.Time.Add(200 * time.Second)
			_, _ = g.Ingest(sc)
		}
		_, _ = v.In(until(g, at(1000), time.Minute))
		_, _ = hv.In(until(g, at(1000), sinceStart))
		saved(t, g)
	})
}
