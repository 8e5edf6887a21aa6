package aggregate_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
)

var poolConfig = aggregate.Config{Since: at(-1), Window: time.Minute, StartTolerance: 100 * time.Millisecond}.WithCheckpoints(4)

// poolOn is a fleet with the views of a pool of workers.
type poolOn struct {
	bed
	jobs *aggregate.CounterView
	took *aggregate.HistogramView
}

func watchPool(t T, f *aggregate.Fleet) poolOn {
	t.Helper()
	p := poolOn{bed: bed{t, f}}
	p.jobs = p.counter(aggregate.View{Select: "jobs", Owner: counter.Process})
	var err error
	p.took, err = f.Histogram(aggregate.View{Select: "took", Owner: counter.Process})
	require.NoError(t, err)
	return p
}

func newPool(t T) poolOn { return watchPool(t, newBed(t, poolConfig).Fleet) }

// answers writes all that is not about the past of single instances.
func (p poolOn) answers(now time.Time) string {
	p.Helper()
	text := fmt.Sprint(totalsText(p.jobs.Totals(p.Snapshot(now))), totalsText(p.took.Totals(p.Snapshot(now))), p.Snapshot(now).Instances())
	for _, window := range []time.Duration{sinceStart, time.Minute, 20 * time.Second} {
		groups, err := p.jobs.In(until(p, now, window))
		require.NoError(p, err)
		for _, g := range groups {
			inc, _ := g.Increase()
			rate, _ := g.Rate()
			current, _ := g.RateNow()
			hot, _ := g.Hottest()
			text += fmt.Sprintf("\n%x %x %x %x %v %v %v", inc, rate, current, hot.Estimate, g.Coverage(), g.Warnings(), g.Increases())
		}
		hs, err := p.took.In(until(p, now, window))
		require.NoError(p, err)
		for _, h := range hs {
			sum, ok := h.Sum()
			q, _ := h.Quantile(0.9)
			inc, _ := h.Observations().Increase()
			text += fmt.Sprintf("\n%x %x %v %x %v", inc, sum, ok, q, h.Observations().Increases())
		}
	}
	return text
}

// scrapes of a pool whose workers come and go; told says who left.
type poolEvent struct {
	aggregate.Scrape
	gone string
	at   time.Time
}

func simulatePool(r *rand.Rand, workers, rounds int) []poolEvent {
	var list []poolEvent
	pool := make([]*worker, workers)
	born := 0
	spawn := func(i int, now float64) {
		start := now - float64(i)/100 // of no two the same: who may be one process with whom, no part could see
		if r.IntN(6) == 0 {
			start = 0 // it does not say
		}
		pool[i] = &worker{name: fmt.Sprintf("w%04d", born), start: start, jobs: r.Int64N(5)}
		born++
	}
	for i := range pool {
		spawn(i, -100)
	}
	for round := range rounds {
		now := float64(20 * round)
		for i, w := range pool {
			w.jobs += r.Int64N(20)
			if w.scraped > 0 && r.IntN(5) == 0 {
				if r.IntN(2) == 0 {
					list = append(list, poolEvent{gone: w.name, at: at(now)})
				}
				spawn(i, now-3)
				continue
			}
			w.scraped++
			list = append(list, poolEvent{Scrape: scrapeOf(w.name, now+float64(i)/10, w.start, w.lines()...)})
		}
	}
	return list
}

func (p poolOn) feed(list []poolEvent) poolOn {
	p.Helper()
	for _, e := range list {
		if e.gone != "" {
			p.Remove(e.at, e.gone)
			continue
		}
		_, err := p.Ingest(e.Scrape)
		require.NoError(p, err)
	}
	return p
}

// Those that departed are retired, and no answer tells whether they were yet:
// to the bit; nor if the fleet was saved and loaded, or merged, meanwhile.
func TestRetirementDoesNotShow(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 21))
		list := simulatePool(r, rapid.IntRange(2, 6).Draw(rt, "workers"), 300)
		tidy, untidy, parts := newPool(rt), newPool(rt), []poolOn{newPool(rt), newPool(rt)}
		untidy.NeverRetire()
		cut := r.IntN(len(list))
		byPart := [2][]poolEvent{}
		for i, e := range list {
			if i == cut {
				tidy = watchPool(rt, loadedFrom(rt, saved(rt, tidy.Fleet), poolConfig))
			}
			tidy.feed(list[i : i+1])
			untidy.feed(list[i : i+1])
			if i%10 == 0 && e.gone == "" {
				tidy.RetireAll(e.Time)
			}
			part := int((e.Target + e.gone)[4]) % 2
			byPart[part] = append(byPart[part], e)
			if i%300 == 299 {
				now := at(20 * 300)
				if e.gone == "" {
					now = e.Time
				}
				require.Equal(rt, untidy.answers(now), tidy.answers(now))
			}
		}
		for i := range parts {
			parts[i].feed(byPart[i])
		}
		require.NoError(rt, parts[0].Merge(parts[1].Fleet))
		for _, now := range []time.Time{at(6000), at(6030), at(20_000)} {
			require.Equal(rt, untidy.answers(now), tidy.answers(now))
			require.Equal(rt, untidy.answers(now), parts[0].answers(now))
		}
		require.Less(rt, tidy.Sizes().Instances, untidy.Sizes().Instances)
		require.Equal(rt, saved(rt, tidy.Fleet), saved(rt, loadedFrom(rt, saved(rt, tidy.Fleet), poolConfig)))
	})
}

// Ten hours of 50 workers of which each second one is killed and one started:
// as many are held as were alive within a window, or within the hour where
// nobody tells that they left, and the last of those who left. Not one job is lost that a scrape saw.
func TestTenHoursOfWorkers(t *testing.T) {
	hours := 10
	if testing.Short() {
		hours = 2
	}
	for _, told := range []bool{true, false} {
		t.Run(fmt.Sprint("told=", told), func(t *testing.T) {
			r := rand.New(rand.NewPCG(10, 50))
			p := newPool(t)
			pool := make([]*worker, 50)
			born, most, truth := 0, aggregate.Sizes{}, int64(0)
			spawn := func(i int, now float64) {
				pool[i] = &worker{name: fmt.Sprintf("w%06d", born), start: now}
				born++
			}
			for i := range pool {
				spawn(i, 0.25)
			}
			for second := 1; second <= hours*3600; second++ {
				now := float64(second)
				if second%10 == 0 {
					for _, w := range pool {
						w.jobs += 1 + r.Int64N(20)
						p.scrape(w.name, now, w.start, w.lines()...)
						truth += w.jobs - w.scraped
						w.scraped = w.jobs
					}
				}
				dies := r.IntN(len(pool))
				if w := pool[dies]; told && w.scraped > 0 {
					p.Remove(at(now), w.name)
				}
				spawn(dies, now+0.5)
				if second%60 == 0 {
					got := p.Sizes()
					most.Instances, most.Targets = max(most.Instances, got.Instances), max(most.Targets, got.Targets)
					most.Bytes = max(most.Bytes, got.Bytes)
				}
			}
			end := at(float64(hours * 3600))
			require.Equal(t, float64(truth), p.jobs.Totals(p.Snapshot(end))[0].Value)
			groups, err := p.jobs.In(until(p, end, sinceStart))
			require.NoError(t, err)
			require.Equal(t, float64(truth), grew(groups[0]))
			horizon := 60 + 15 // the window, and a part of it
			if !told {
				horizon = 3600
			}
			bound := (50+horizon)*9/8 + 82
			assert.LessOrEqual(t, most.Instances, bound)
			assert.LessOrEqual(t, most.Targets, bound)
			t.Logf("%d workers, at most %d instances, %d targets, %d bytes held", born, most.Instances, most.Targets, most.Bytes)
		})
	}
}

// newcomers come, and whoever departed is retired.
func (p poolOn) newcomers(seconds float64) {
	for i := range p.Sizes().Instances/16 + 1 {
		p.scrape(fmt.Sprintf("newcomer-%g-%d", seconds, i), seconds, 0, typeC, "c 1")
	}
	p.RetireAll(at(seconds))
}

// Of departed instances so many are kept as have no more than 8,192 lines: one of
// these goes on from where it was when it comes back, whoever came meanwhile.
func TestTheLastToDepartAreKept(t *testing.T) {
	p := newPool(t)
	back := func(name string, seconds float64, jobs int64) float64 {
		p.scrape(name, seconds, 10, (&worker{jobs: jobs}).lines()...)
		return p.jobs.Totals(p.Snapshot(at(seconds)))[0].Value
	}
	require.Equal(t, 5.0, back("w", 20, 5))
	p.Remove(at(30), "w")
	for i := range 81 {
		p.scrape(fmt.Sprint("x", i), 200, 0, typeC, "c 1")
	}
	require.Equal(t, 50.0, back("w", 210, 50), "nothing of its process is lost")
	p.Remove(at(300), "w")
	for i := range 81 {
		p.Remove(at(300), fmt.Sprint("x", i))
	}
	for i := range 6 { // a sixteenth of the fleet is new: it is tidied up
		p.scrape(fmt.Sprint("y", i), 500, 0, typeC, "c 1")
	}
	require.Equal(t, 81+6, p.Sizes().Instances)
	require.True(t, p.Holds("w"), "who was there last")
}

// Who comes back after it was retired is not counted again: what it counted
// until then is in the ledger, or was missed; what it is seen to grow by counts.
func TestTheRetiredComeBack(t *testing.T) {
	w := &worker{name: "w", start: 10, jobs: 5}
	p := newPool(t)
	total := func(seconds float64) float64 { return p.jobs.Totals(p.Snapshot(at(seconds)))[0].Value }
	p.scrape("w", 20, w.start, w.lines()...)
	p.Remove(at(30), "w")
	p.newcomers(200)
	require.Equal(t, 5.0, total(200))
	require.False(t, p.Holds("w"), "it is retired")

	p = watchPool(t, loadedFrom(t, saved(t, p.Fleet), poolConfig))
	w.jobs = 50
	p.scrape("w", 210, w.start, w.lines()...)
	assert.Equal(t, 5.0, total(210), "what it did unwatched is not known to be new")
	w.jobs = 57
	p.scrape("w", 220, w.start, w.lines()...)
	assert.Equal(t, 12.0, total(220))

	p.Remove(at(230), "w")
	p.newcomers(400)
	w = &worker{name: "w", start: 395, jobs: 9}
	p.scrape("w", 410, w.start, w.lines()...)
	assert.Equal(t, 21.0, total(410), "a new process under the name counts from its birth")
}

// A watcher that slept takes nobody for departed because of it.
func TestALullRetiresNobody(t *testing.T) {
	p := newPool(t)
	for i := range 3 {
		w := &worker{start: -50, jobs: int64(10 * i)}
		p.scrape("w", float64(10*i), w.start, w.lines()...)
	}
	p.newcomers(4 * 3600)
	p.newcomers(4*3600 + 1)
	w := &worker{start: -50, jobs: 100}
	p.scrape("w", 4*3600+5, w.start, w.lines()...)
	assert.Equal(t, 100.0, p.jobs.Totals(p.Snapshot(at(4*3600 + 5)))[0].Value)
	for i := range 10 {
		p.newcomers(float64(4*3600 + 600 + 600*i))
	}
	require.False(t, p.Holds("w"), "but an hour of silence while others answer does")
}

// Two addresses of one process depart together, and leave what it counted once.
func TestTwinsAreRetiredOnce(t *testing.T) {
	b := newBed(t, poolConfig)
	v := b.counter(aggregate.View{Select: "c"})
	s := &server{start: -500, n: 1000}
	for i := range 8 {
		for j, name := range []string{"a", "b"} {
			s.n += 5
			b.scrape(name, float64(10*i+j), s.start, s.lines()...)
		}
	}
	want := b.one(v, 75, sinceStart)
	require.Equal(t, 1, want.Coverage().Duplicates)
	b.Remove(at(80), "a")
	p := poolOn{bed: b}
	p.newcomers(200)
	require.Equal(t, 4, b.Sizes().Instances+1, "b is only silent")
	b.Remove(at(200), "b")
	p.newcomers(400)
	require.False(t, b.Holds("a"))
	assert.Equal(t, grew(want), v.Totals(b.Snapshot(at(400)))[0].Value)
	assert.Equal(t, grew(want), grew(b.one(v, 400, sinceStart)))
}

// Behind a balancer, processes come and go for a day.
func TestRetirementBehindABalancer(t *testing.T) {
	b := newBed(t, poolConfig)
	b.balanced("vip", 0)
	v := b.counter(aggregate.View{Select: "c", Owner: counter.Process})
	r := rand.New(rand.NewPCG(7, 7))
	servers := []*server{{start: -30, n: 1000}, {start: -20, n: 2000}, {start: -10, n: 3000}}
	for i := range 8640 {
		now := float64(10 * i)
		if i%60 == 59 { // one is replaced every ten minutes
			servers[r.IntN(3)] = &server{start: now - 5, n: 10}
		}
		s := servers[r.IntN(3)]
		s.n += 3
		b.scrape("vip", now, s.start, s.lines()...)
	}
	got := b.Sizes()
	assert.LessOrEqual(t, got.Instances, 25, "of some 150")
	assert.Equal(t, got.Instances, got.Members)
	require.Len(t, v.Totals(b.Snapshot(at(86_400))), 1)
	whole := b.one(v, 86_400, sinceStart)
	assert.Equal(t, v.Totals(b.Snapshot(at(86_400)))[0].Value, grew(whole))
	assert.Contains(t, whole.Warnings(), "what departed instances counted is in it; they are no members any more")
}

// A scrape of an instance that is just being retired loses nothing, and breaks
// nothing.
func TestRetiredWhileItAnswers(t *testing.T) {
	b := newBed(t, poolConfig)
	v := b.counter(aggregate.View{Select: "c"})
	var g sync.WaitGroup
	for n := range 4 {
		g.Go(func() {
			for i := range 200 {
				now := float64(100 * i)
				name := fmt.Sprintf("w%d", (n+i)%6)
				_, err := b.Ingest(scrapeOf(name, now, 0, typeC, fmt.Sprintf("c %d", i)))
				if err != nil && !assert.ErrorContains(t, err, "scrape of") {
					return
				}
				b.Remove(at(now), name)
				_, _ = b.Ingest(scrapeOf(fmt.Sprintf("x%d-%d", n, i), now, 0, typeC, "c 1"))
				b.Remove(at(now), fmt.Sprintf("x%d-%d", n, i))
			}
		})
	}
	g.Wait()
	assert.LessOrEqual(t, b.Sizes().Instances, 180)
	assert.Equal(t, v.Totals(b.Snapshot(at(20_000)))[0].Value, grew(b.one(v, 20_000, sinceStart)))
}

// Retired instances are known to have been watched: no other fleet that saw
// them is merged.
func TestMergeKnowsTheRetired(t *testing.T) {
	a, b := newPool(t), newPool(t)
	w := &worker{start: 10, jobs: 5}
	for _, p := range []poolOn{a, b} {
		p.scrape("w", 20, w.start, w.lines()...)
	}
	a.Remove(at(30), "w")
	a.scrape("other", 200, 0, w.lines()...)
	a.newcomers(201)
	for _, err := range []error{a.Merge(b.Fleet), b.Merge(a.Fleet)} {
		require.ErrorIs(t, err, aggregate.ErrIncompatible)
		assert.ErrorContains(t, err, "both watched: w")
	}
}

// What retired instances of a part counted is in the totals of the whole, and in what it answers since the start.
func TestMergeOfPartsThatRetired(t *testing.T) {
	a, b, whole := newPool(t), newPool(t), newPool(t)
	for i, part := range []poolOn{a, b} {
		name, w := fmt.Sprint("w", i), worker{start: float64(10 + 10*i), jobs: 5}
		for _, p := range []poolOn{part, whole} {
			p.scrape(name, 40, w.start, w.lines()...)
			p.Remove(at(50), name)
			p.RetireAll(at(200))
			require.Zero(t, p.Sizes().Instances, "it is retired")
		}
	}
	require.NoError(t, a.Merge(b.Fleet))
	require.Equal(t, 10.0, a.jobs.Totals(a.Snapshot(at(300)))[0].Value, "of both workers")
	require.Equal(t, whole.answers(at(300)), a.answers(at(300)))
	require.Equal(t, saved(t, whole.Fleet), saved(t, a.Fleet))
}

// Where the limit of instances is reached, those that departed make room first.
func TestTheDepartedMakeRoom(t *testing.T) {
	c := poolConfig
	c.MaxInstances = 40
	p := watchPool(t, newBed(t, c).Fleet)
	for i := range 40 {
		p.scrape(fmt.Sprintf("a%d", i), 0, 0, typeC, "c 1")
	}
	for i := range 40 {
		p.Remove(at(1), fmt.Sprintf("a%d", i))
	}
	_, err := p.Ingest(scrapeOf("b", 70, 0, typeC, "c 1"))
	require.ErrorIs(t, err, aggregate.ErrLimit, "a window still reaches them")
	p.scrape("b", 80, 0, typeC, "c 1")
	assert.Equal(t, 1, p.Sizes().Instances)
}

// What departed before Since is in answers since the start as long as its scrapes are, before it is retired and after.
func TestDepartedBeforeSince(t *testing.T) {
	b := newBed(t, aggregate.Config{Since: at(100), Window: time.Minute, MaxInstances: 2})
	v := b.counter(aggregate.View{Select: "jobs", Owner: counter.Process})
	show := func(name string, seconds, n float64) {
		b.scrape(name, seconds, -1000, "# TYPE jobs counter", fmt.Sprintf("jobs %g", n))
	}
	for i := range 101 {
		s := float64(10 * i)
		show("b", s, 10*s)
		if i < 5 {
			show("a", s, 20*s)
		}
		if i == 5 {
			b.Remove(at(50), "a")
		}
	}
	for round := range 2 {
		g := b.one(v, 1000, sinceStart)
		increase, _ := g.Increase()
		assert.Equal(t, 10_800.0, increase.Value, round)
		rate, _ := g.Rate()
		assert.InDelta(t, 10.85, rate.Value, 0.06, "%d: half an interval before and after its scrapes it may have lived", round)
		assert.LessOrEqual(t, rate.Lo, 10.8)
		assert.GreaterOrEqual(t, rate.Hi, 10.8)
		require.Equal(t, 1-round, b.Snapshot(at(1000)).Health().Gone)
		if round == 0 {
			show("c", 1000, 0) // there is no room for it beside a
		}
	}
}

// One that refuses for hours stays a member for as long as it is named: its bounds do not open, and it is told of.
func TestRefusedStaysNamed(t *testing.T) {
	for what, name := range map[string]func(b bed){
		"set": func(b bed) {
			require.NoError(t, b.SetTargets(at(0), aggregate.Target{Name: "a"}, aggregate.Target{Name: "b"}))
		},
		"described": func(b bed) { b.describe(aggregate.Target{Name: "b"}) },
	} {
		b := newBed(t, aggregate.Config{})
		v := b.counter(aggregate.View{Select: "c"})
		name(b)
		for i := range 800 { // more than two hours
			now := 10 * float64(i)
			b.scrape("a", now, -100, typeC, fmt.Sprint("c ", 100*i))
			if i < 10 {
				b.scrape("b", now, -100, typeC, fmt.Sprint("c ", 200*i))
			} else {
				b.fail("b", at(now), errRefused)
			}
			if i%100 == 0 {
				b.RetireAll(at(now))
			}
		}
		g := b.one(v, 7990, time.Minute)
		mean, _ := g.Rate()
		assert.Equal(t, "10 [10, 30]", mean.String(), what)
		assert.Equal(t, aggregate.Coverage{Expected: 2, Missing: 1, Reporting: 1, Failed: 1}, g.Coverage(), what)
		b.Remove(at(7991), "b")
		b.RetireAll(at(8000))
		assert.False(t, b.Holds("b"), what)
	}
}
