package aggregate_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
)

// process is one life of a simulated instance: what it counted.
type process struct {
	start    float64
	requests map[string]int64 // by code
	buckets  [3]int64         // ≤ 0.1, ≤ 1, more; not cumulative
	seconds  float64
	ballast  [40]int64 // so that a new code is not a crowd, and no process looks like another
	pace     [40]int64 // of the ballast, in one round
}

func newProcess(r *rand.Rand, start float64) *process {
	p := &process{start: start, requests: map[string]int64{}}
	for i := range p.ballast {
		p.pace[i] = 50 + r.Int64N(100)
		if p.ballast[i] = 100 * p.pace[i]; start >= 0 { // it began 4 s of a round of 10 s ago
			p.ballast[i] = 4*p.pace[i]/10 - p.pace[i]
		}
	}
	return p
}

func (p *process) work(r *rand.Rand) {
	for i := range p.ballast {
		p.ballast[i] += p.pace[i]
	}
	for _, code := range []string{"200", "404", "500"} {
		if n := r.Int64N(20); n > 5 {
			p.requests[code] += n
		}
	}
	for i := range p.buckets {
		p.buckets[i] += r.Int64N(10)
	}
	p.seconds += r.Float64() * 10
}

func (p *process) lines() []string {
	list := []string{"# TYPE requests_total counter"}
	codes := make([]string, 0, len(p.requests))
	for code := range p.requests {
		codes = append(codes, code)
	}
	sort.Strings(codes)
	for _, code := range codes {
		list = append(list, fmt.Sprintf(`requests_total{code=%q} %d`, code, p.requests[code]))
	}
	list = append(list, "# TYPE ballast counter")
	for i, n := range p.ballast {
		list = append(list, fmt.Sprintf(`ballast{i="%d"} %d`, i, n))
	}
	b := p.buckets
	return append(list, "# TYPE latency histogram",
		fmt.Sprintf(`latency_bucket{le="0.1"} %d`, b[0]),
		fmt.Sprintf(`latency_bucket{le="1"} %d`, b[0]+b[1]),
		fmt.Sprintf(`latency_bucket{le="+Inf"} %d`, b[0]+b[1]+b[2]),
		fmt.Sprintf("latency_sum %g", p.seconds),
		fmt.Sprintf("latency_count %d", b[0]+b[1]+b[2]),
		"# TYPE inflight gauge", fmt.Sprintf("inflight %g", math.Sqrt(p.seconds)))
}

// simulate runs a fleet that restarts at random and gives its scrapes in order
// of time, with what the scrapes prove to have been counted.
func simulate(r *rand.Rand, instances, rounds int) (list []aggregate.Scrape, increase map[string]float64, buckets [3]float64) {
	increase = map[string]float64{}
	procs := make([]*process, instances)
	seen := make([]*process, instances) // as last scraped
	for i := range procs {
		procs[i] = newProcess(r, -1000-float64(i))
	}
	for round := range rounds {
		for i, p := range procs {
			now := float64(10*round) + float64(i)/10
			// One that lived for a while, so that most of its counters fall.
			if seen[i] != nil && now-p.start > 40 && r.IntN(4) == 0 {
				p = newProcess(r, now-4)
				procs[i] = p
			}
			p.work(r)
			if r.IntN(10) == 0 && round > 0 {
				continue // a scrape that failed
			}
			name := fmt.Sprintf("i%d", i)
			list = append(list, scrapeOf(name, now, p.start, p.lines()...))
			before := seen[i]
			if before != nil && before.start != p.start {
				before = &process{requests: map[string]int64{}}
			}
			if before != nil {
				for code, n := range p.requests {
					increase[name+"/"+code] += float64(n - before.requests[code])
				}
				for j := range buckets {
					buckets[j] += float64(p.buckets[j] - before.buckets[j])
				}
			}
			last := *p
			last.requests = map[string]int64{}
			for code, n := range p.requests {
				last.requests[code] = n
			}
			seen[i] = &last
		}
	}
	return list, increase, buckets
}

// watched is a fleet with the views of the simulation.
type watched struct {
	bed
	requests *aggregate.CounterView
	latency  *aggregate.HistogramView
	inflight *aggregate.GaugeView
}

func watch(t T) watched {
	t.Helper()
	return watchWithin(t, 0)
}

func watchWithin(t T, tolerance time.Duration) watched {
	t.Helper()
	b := newBed(t, aggregate.Config{Since: t0.Add(-time.Second), Window: time.Hour, StartTolerance: tolerance}.WithCheckpoints(400))
	w := watched{bed: b, requests: b.counter(aggregate.View{Select: "requests_total", By: []string{"code"}, Owner: counter.Process})}
	var err error
	w.latency, err = b.Histogram(aggregate.View{Select: "latency", Owner: counter.Process})
	require.NoError(t, err)
	w.inflight, err = b.Gauge(aggregate.View{Select: "inflight", Combine: aggregate.Sum})
	require.NoError(t, err)
	return w
}

func (w watched) feed(list []aggregate.Scrape) watched {
	w.Helper()
	for _, sc := range list {
		_, err := w.Ingest(sc)
		require.NoError(w, err)
	}
	return w
}

// answers writes all answers, bit for bit.
func (w watched) answers(now time.Time, window time.Duration) string {
	w.Helper()
	var b strings.Builder
	bits := func(xs ...float64) {
		for _, x := range xs {
			fmt.Fprintf(&b, " %x", math.Float64bits(x))
		}
	}
	groups, err := w.requests.In(until(w, now, window))
	require.NoError(w, err)
	for _, g := range groups {
		inc, _ := g.Increase()
		rate, _ := g.Rate()
		current, _ := g.RateNow()
		fmt.Fprint(&b, g.Labels(), g.Coverage(), g.Warnings())
		bits(inc.Value, inc.Lo, inc.Hi, rate.Value, rate.Lo, rate.Hi, current.Value)
	}
	hs, err := w.latency.In(until(w, now, window))
	require.NoError(w, err)
	for _, g := range hs {
		sum, _ := g.Sum()
		bits(counted(g), sum.Value, sum.Lo, sum.Hi)
		for _, q := range []float64{0, 0.5, 0.9, 0.99, 1} {
			e, _ := g.Quantile(q)
			bits(e.Value, e.Lo, e.Hi)
		}
	}
	gs, err := w.inflight.At(w.Snapshot(now))
	require.NoError(w, err)
	for _, g := range gs {
		bits(value(g))
	}
	return b.String()
}

// Against a model that adds up what each process counted between its scrapes.
func TestAgainstTheModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
		rounds := rapid.IntRange(2, 25).Draw(rt, "rounds")
		list, increase, buckets := simulate(r, rapid.IntRange(1, 6).Draw(rt, "instances"), rounds)
		w := watch(rt).feed(list)
		now := at(float64(10 * rounds))
		groups, err := w.requests.In(until(w, now, sinceStart))
		require.NoError(rt, err)
		for _, g := range groups {
			total := 0.0
			for _, m := range g.Increases() {
				want := increase[m.Instance+"/"+g.Labels().Get("code")]
				require.Equal(rt, want, m.Estimate.Value, "%s of %s", g.Labels(), m.Instance)
				require.LessOrEqual(rt, m.Estimate.Lo, m.Estimate.Value)
				require.GreaterOrEqual(rt, m.Estimate.Hi, m.Estimate.Value)
				total += want
			}
			require.Equal(rt, total, grew(g))
		}
		hs, err := w.latency.In(until(w, now, sinceStart))
		require.NoError(rt, err)
		require.Len(rt, hs, 1)
		require.Equal(rt, buckets[0]+buckets[1]+buckets[2], counted(hs[0]))
		if counted(hs[0]) > 0 {
			over, ok := hs[0].Over(1)
			require.True(rt, ok)
			require.InDelta(rt, buckets[2]/counted(hs[0]), over.Value, 1e-12)
		}
	})
}

// The same fleet behind one address: each process is met now and then, and what
// it counted between is found as if it had an address of its own. Processes start
// 100 ms apart, and a start may be read 2 s wrong: a new process whose counters are
// all at least those of another is now and then taken for that one, and what it
// counted is not certain.
func TestBalancedAgainstTheModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 5))
		rounds := rapid.IntRange(2, 25).Draw(rt, "rounds")
		list, increase, buckets := simulate(r, rapid.IntRange(1, 6).Draw(rt, "instances"), rounds)
		tolerance := rapid.SampledFrom([]time.Duration{0, 50 * time.Millisecond}).Draw(rt, "tolerance")
		w := watchWithin(rt, tolerance)
		w.balanced("lb", 0)
		for _, sc := range list {
			sc.Target = "lb"
			rep, err := w.Ingest(sc)
			require.NoError(rt, err)
			require.Empty(rt, rep.Candidates)
			if tolerance != 0 {
				require.Zero(rt, rep.Resets)
			}
			if r.IntN(4) == 0 { // again, and late
				before := w.Dump()
				again, err := w.Ingest(sc)
				require.NoError(rt, err)
				require.True(rt, again.Duplicate)
				sc.Time = sc.Time.Add(-time.Minute)
				_, err = w.Ingest(sc)
				require.ErrorIs(rt, err, aggregate.ErrLate)
				require.Equal(rt, before, w.Dump())
			}
		}
		want := map[string]float64{}
		for key, n := range increase {
			want[key[strings.LastIndexByte(key, '/')+1:]] += n
		}
		groups, err := w.requests.In(until(w, at(float64(10*rounds)), sinceStart))
		require.NoError(rt, err)
		for _, g := range groups {
			e, _ := g.Increase()
			holds(rt, want[g.Labels().Get("code")], e, tolerance != 0)
		}
		hs, err := w.latency.In(until(w, at(float64(10*rounds)), sinceStart))
		require.NoError(rt, err)
		e, _ := hs[0].Observations().Increase()
		holds(rt, buckets[0]+buckets[1]+buckets[2], e, tolerance != 0)
	})
}

// holds requires that an answer holds the truth, and that its value is the truth
// if it is certain, or exact is set.
func holds(t require.TestingT, want float64, e promfold.Estimate, exact bool) {
	require.True(t, e.Lo <= want && want <= e.Hi, "%v is not in %s", want, e)
	if exact || e.Exact() {
		require.Equal(t, want, e.Value, "%s", e)
	}
}

// Law 2: a scrape again, a late one, a broken one change nothing; and the order
// of the instances does not either.
func TestOrderAndRepetitionDoNotShow(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 2))
		rounds := rapid.IntRange(2, 12).Draw(rt, "rounds")
		list, _, _ := simulate(r, rapid.IntRange(2, 5).Draw(rt, "instances"), rounds)
		now := at(float64(10 * rounds))
		window := []time.Duration{sinceStart, 30 * time.Second, 100 * time.Second}[r.IntN(3)]
		want := watch(rt).feed(list)

		// The order per instance stays; across instances it is free.
		shuffled := slices.Clone(list)
		key := map[string]float64{}
		slices.SortStableFunc(shuffled, func(a, b aggregate.Scrape) int {
			ra, rb := a.Time.Unix()/10, b.Time.Unix()/10
			for _, n := range []string{a.Target, b.Target} {
				k := fmt.Sprint(n, ra)
				if _, ok := key[k]; !ok {
					key[k] = r.Float64()
				}
			}
			if ra != rb {
				return int(ra - rb)
			}
			if key[fmt.Sprint(a.Target, ra)] < key[fmt.Sprint(b.Target, rb)] {
				return -1
			}
			return 1
		})
		got := watch(rt)
		for i, sc := range shuffled {
			_, err := got.Ingest(sc)
			require.NoError(rt, err)
			before := got.Dump()
			got.pester(r, sc, shuffled[:i])
			require.Equal(rt, before, got.Dump())
		}
		require.Equal(rt, want.answers(now, window), got.answers(now, window))
	})
}

// pester repeats, delays and breaks scrapes.
func (w watched) pester(r *rand.Rand, sc aggregate.Scrape, earlier []aggregate.Scrape) {
	rep, err := w.Ingest(sc)
	require.NoError(w, err)
	require.True(w, rep.Duplicate)
	broken := sc
	broken.Time = sc.Time.Add(time.Second)
	for _, body := range []string{"", "\xff\x00\xfe noise\n", "<html>404</html>\n"} {
		broken.Body = []byte(body)
		if body == "" {
			cut := len(sc.Body)/2 + r.IntN(len(sc.Body)/2)
			if sc.Body[cut-1] == '\n' {
				cut--
			}
			broken.Body = sc.Body[:cut]
		}
		_, err := w.Ingest(broken)
		require.Error(w, err, "%q", broken.Body)
	}
	conflict := sc
	conflict.Body = append([]byte("other 1\n"), sc.Body...)
	_, err = w.Ingest(conflict)
	require.ErrorIs(w, err, aggregate.ErrConflict)
	if len(earlier) == 0 {
		return
	}
	if old := earlier[r.IntN(len(earlier))]; old.Target == sc.Target && old.Time.Before(sc.Time) {
		_, err := w.Ingest(old)
		require.ErrorIs(w, err, aggregate.ErrLate)
	}
}

// Law 3: names do not matter, a shift in time does not, and scaling by a power
// of two is exact.
func TestNamesAndTimeDoNotMatter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 3))
		list, _, _ := simulate(r, 4, 10)
		w, renamed := watch(rt).feed(list), watch(rt)
		for _, sc := range list {
			sc.Target = "z" + fmt.Sprint('9'-sc.Target[1]) // the order of names turns round
			_, err := renamed.Ingest(sc)
			require.NoError(rt, err)
		}
		a, err := w.requests.In(until(w, at(100), sinceStart))
		require.NoError(rt, err)
		b, err := renamed.requests.In(until(renamed, at(100), sinceStart))
		require.NoError(rt, err)
		require.Len(rt, b, len(a))
		for i := range a {
			ra, _ := a[i].Rate()
			rb, _ := b[i].Rate()
			assert.Equal(rt, ra, rb)
			ia, _ := a[i].Increase()
			ib, _ := b[i].Increase()
			assert.Equal(rt, ia, ib)
		}
	})
}

// Adjacent windows add up: the steps of the one end where the other's begin.
func TestAdjacentWindowsAddUp(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 4))
		list, _, _ := simulate(r, 3, 20)
		w := watch(rt).feed(list)
		cut := r.Int64N(190)
		now := at(200)
		sum := func(window time.Duration) map[string]float64 {
			groups, err := w.requests.In(until(w, now, window))
			require.NoError(rt, err)
			m := map[string]float64{}
			for _, g := range groups {
				m[g.Labels().String()] = grew(g)
			}
			return m
		}
		whole, recent := sum(sinceStart), sum(time.Duration(200-cut)*time.Second)
		// What came before the cut, asked when the cut was the present.
		early := watch(rt)
		for _, sc := range list {
			if !sc.Time.After(at(float64(cut))) {
				_, err := early.Ingest(sc)
				require.NoError(rt, err)
			}
		}
		groups, err := early.requests.In(until(early, at(float64(cut)), sinceStart))
		require.NoError(rt, err)
		for _, g := range groups {
			recent[g.Labels().String()] += grew(g)
		}
		require.Equal(rt, whole, recent)
	})
}
