package aggregate_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

// server is a simulated process: forty counters, of which each request moves
// some.
type server struct {
	start float64
	n     int64
}

func (p *server) lines() []string {
	list := []string{typeC}
	for i := range 40 {
		list = append(list, fmt.Sprintf(`c{i="%02d"} %d`, i, p.n*int64(1+i%7)+int64(i)))
	}
	return list
}

// grown is what the forty counters of a process grew by, from n to m.
func grown(n, m int64) float64 {
	sum := int64(0)
	for i := range int64(40) {
		sum += (m - n) * (1 + i%7)
	}
	return float64(sum)
}

// Nobody said that the address is balanced: two processes, of which the
// younger one seems to be a restart until the elder returns.
func TestAlternatingTargetIsFoundOut(t *testing.T) {
	for _, split := range []bool{false, true} {
		t.Run(fmt.Sprint("split=", split), func(t *testing.T) {
			b := newBed(t, aggregate.Config{SplitAlternating: split})
			v := b.counter(aggregate.View{Select: "c"})
			elder, younger := &server{start: -5000, n: 100_000}, &server{start: -4000, n: 50_000}
			found := -1
			for i := range 12 {
				p := elder
				if i%2 == 1 {
					p = younger
				}
				p.n += 10
				r := b.scrape("vip", float64(10*i), p.start, p.lines()...)
				if r.Alternating && found < 0 {
					found = i
				}
			}
			assert.Equal(t, 2, found, "as soon as the elder returns")
			got := grew(b.one(v, 110, sinceStart))
			if !split {
				assert.Zero(t, got, "no two scrapes in a row were of one process: nothing is known to have grown")
				assert.True(t, b.Snapshot(at(110)).Instances()[0].Alternating)
				return
			}
			// Each counts from its first scrape after the discovery on.
			assert.Equal(t, grown(20, 60)*2, got)
		})
	}
}

// Two targets, one process: their scrapes make one monotone chain.
func TestOneProcessUnderTwoTargets(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Select: "c"})
	b.describe(aggregate.Target{Name: "node-b", Priority: 3})
	b.describe(aggregate.Target{Name: "node-a", Priority: 1})
	p := &server{start: -500, n: 1000}
	other := &server{start: -500, n: 3000} // started in the same moment, and is another
	for i := range 8 {
		for j, name := range []string{"node-a", "node-b"} {
			p.n += 5
			b.scrape(name, float64(10*i+j), p.start, p.lines()...)
		}
		other.n += 7
		b.scrape("other", float64(10*i+2), other.start, other.lines()...)
	}
	g := b.one(v, 72, sinceStart)
	require.Len(t, g.Increases(), 2)
	assert.Equal(t, "node-b", g.Increases()[0].Instance, "the one of the higher priority is kept")
	assert.Equal(t, "other", g.Increases()[1].Instance)
	assert.Equal(t, grown(0, 70)+grown(0, 49), grew(g))
	assert.Equal(t, aggregate.Coverage{Expected: 2, Reporting: 2, Duplicates: 1}, g.Coverage())
	assert.Equal(t, []string{"node-b and node-a are one process, counted once"}, g.Warnings())
	list := b.Snapshot(at(72)).Instances()
	require.Len(t, list, 2)
	assert.Equal(t, []string{"node-b", "node-a"}, list[0].Targets)

	// It restarts: the two names are strangers again, until proven.
	p = &server{start: 75, n: 3}
	b.scrape("node-a", 80, p.start, p.lines()...)
	assert.Len(t, b.Snapshot(at(80)).Instances(), 3)
}

// The address that is kept stays the same when all addresses of a process leave.
func TestRemovedTargetsKeepTheirPriority(t *testing.T) {
	for name, node := range map[string]aggregate.Target{
		"priority": {Name: "node-b", Priority: 3},
		"created":  {Name: "node-b", Created: at(-400)},
	} {
		b := newBed(t, aggregate.Config{})
		v := b.counter(aggregate.View{Select: "c"})
		b.describe(aggregate.Target{Name: "node-a"})
		b.describe(node)
		p := &server{start: -500, n: 1000}
		for i := range 8 {
			for j, target := range []string{"node-a", "node-b"} {
				p.n += 5
				b.scrape(target, float64(10*i+j), p.start, p.lines()...)
			}
		}
		kept := func(b bed, v *aggregate.CounterView, seconds float64) string {
			members := b.one(v, seconds, time.Minute).Increases()
			require.Len(t, members, 1, name)
			return members[0].Instance
		}
		require.Equal(t, "node-b", kept(b, v, 72), name)
		b.Remove(at(75), "node-a", "node-b")
		assert.Equal(t, "node-b", kept(b, v, 76), name)

		loaded := bed{t, loadedFrom(t, saved(t, b.Fleet), aggregate.Config{})}
		again := loaded.counter(aggregate.View{Select: "c"})
		assert.Equal(t, "node-b", kept(loaded, again, 76), "%s, after a restart of the program", name)
	}
}

// Start times 10 ms apart, equal ones, and jitter: dominance tells.
func TestBalancedStartTimes(t *testing.T) {
	for _, x := range []struct {
		name   string
		starts [3]float64
		jitter float64
	}{
		{"far apart", [3]float64{-500, -600, -700}, 0},
		{"10 ms apart", [3]float64{-500, -499.99, -499.98}, 0},
		{"equal", [3]float64{-500, -500, -500}, 0},
		{"far apart, jittering", [3]float64{-500, -600, -700}, 0.01},
	} {
		t.Run(x.name, func(t *testing.T) {
			b := newBed(t, aggregate.Config{})
			b.balanced("lb", 3)
			v := b.counter(aggregate.View{Select: "c"})
			// Met in the order of their counters, the greatest first: the first
			// sight of each is dominated by none.
			ps := []*server{{x.starts[0], 30_000}, {x.starts[1], 20_000}, {x.starts[2], 10_000}}
			first := [3]int64{}
			for i := range 30 {
				k := []int{0, 1, 2, 1, 1, 0, 2, 2, 0}[i%9]
				p := ps[k]
				p.n += 3
				if first[k] == 0 {
					first[k] = p.n
				}
				start := p.start + x.jitter*float64(i%3)
				r := b.scrape("lb", float64(10*i), start, p.lines()...)
				assert.Equal(t, fmt.Sprintf("lb#%d", k+1), r.Instance, "scrape %d: %+v", i, r)
			}
			want := 0.0
			for k, p := range ps {
				want += grown(first[k], p.n)
			}
			got, _ := b.one(v, 290, sinceStart).Increase()
			if x.jitter == 0 {
				assert.Equal(t, want, got.Value)
			} else {
				assert.LessOrEqual(t, got.Value, want, "what was attributed by a start time that jitters is provisional")
				assert.Greater(t, got.Value, 0.8*want)
			}
		})
	}
}

// Without any start time growth is provisional, and never more than there was.
func TestBalancedWithoutStartTimes(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	b.balanced("lb", 2)
	v := b.counter(aggregate.View{Select: "c"})
	// The greater one is met second: at first it looks like the growth of the other.
	small, great := &server{0, 1000}, &server{0, 9000}
	for i := range 20 {
		p := small
		if i%2 == 1 {
			p = great
		}
		p.n += 10
		b.scrape("lb", float64(10*i), 0, p.lines()...)
	}
	got := grew(b.one(v, 190, sinceStart))
	want := grown(0, 90) * 2
	assert.LessOrEqual(t, got, want)
	assert.Greater(t, got, 0.7*want)
}

// Two processes with equal vectors cannot be told apart: one instance.
func TestIdleTwinsBehindABalancer(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	b.balanced("lb", 2)
	v := b.counter(aggregate.View{Select: "c"})
	p := &server{0, 1000}
	for i := range 10 {
		b.scrape("lb", float64(10*i), 0, p.lines()...)
	}
	g := b.one(v, 90, sinceStart)
	assert.Zero(t, grew(g))
	assert.Len(t, g.Increases(), 1)
	assert.Equal(t, 2, g.Coverage().Expected)
	assert.Contains(t, g.Warnings(), "lb: 1 instances met, 2 expected; increases are lower bounds")
	assert.Contains(t, g.Warnings(), "lb#1: without a start time, another process with the same idle counters would not be noticed")
}

// Not met lately is not stale: only when it is too unlikely.
func TestStaleBehindABalancer(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	b.balanced("lb", 2)
	v := b.counter(aggregate.View{Select: "c"})
	x, y := &server{-500, 5000}, &server{-600, 900}
	b.scrape("lb", 0, x.start, x.lines()...)
	for i := 1; i <= 12; i++ {
		y.n++
		b.scrape("lb", float64(10*i), y.start, y.lines()...)
		want := 2
		if i >= 10 { // (1 − 1/2)^10 < 0.001
			want = 1
		}
		assert.Equal(t, want, b.one(v, float64(10*i), sinceStart).Coverage().Reporting, "after %d", i)
	}
}

func TestLateAndRepeatedScrapesOfABalancer(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	b.balanced("lb", 2)
	p, q := &server{-500, 5000}, &server{-600, 900}
	b.scrape("lb", 0, p.start, p.lines()...)
	b.scrape("lb", 10, q.start, q.lines()...)
	before := b.Dump()
	assert.True(t, b.scrape("lb", 10, q.start, q.lines()...).Duplicate)
	_, err := b.Ingest(scrapeOf("lb", 5, p.start, p.lines()...))
	assert.ErrorIs(t, err, aggregate.ErrLate)
	_, err = b.Ingest(aggregate.Scrape{Target: "lb", Time: at(20), Body: []byte("<html>\n")})
	assert.Error(t, err)
	assert.Equal(t, before, b.Dump())
}

// One address spelled in several ways is one instance, whose scrapes are simply
// more of them.
func TestSpellingsOfAnAddress(t *testing.T) {
	for _, spellings := range [][]string{
		{"[fd00::1]:10250", "[fd00:0:0:0:0:0:0:1]:10250", "[FD00::0001]:10250"},
		{"10.0.0.7:6443", "[::ffff:10.0.0.7]:6443"},
		{"https://[fd00::1]:10250/metrics", "https://[fd00:0::1]:10250/metrics"},
		{"127.0.0.1:80", "localhost:80", "[::1]:80"},
	} {
		b := newBed(t, aggregate.Config{})
		b.expect(spellings...)
		v := b.counter(aggregate.View{Select: "c"})
		for i, name := range spellings {
			b.scrape(name, float64(i), -100, typeC, fmt.Sprintf("c %d", 10*i))
		}
		last := float64(len(spellings) - 1)
		g := b.one(v, last, sinceStart)
		assert.Equal(t, 10*last, grew(g))
		require.Len(t, g.Increases(), 1)
		assert.Equal(t, aggregate.Coverage{Expected: 1, Reporting: 1}, g.Coverage())
		assert.Equal(t, spellings[0], b.Snapshot(at(last)).Instances()[0].Name)
		b.Remove(at(last), spellings[len(spellings)-1])
		assert.True(t, b.Snapshot(at(last)).Instances()[0].Gone)
	}
}

// Three processes started within a second, each at 70 a visit, met in whatever order: equal starts come before near ones.
func TestStartsWithinTheTolerance(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	b.balanced("lb", 3)
	v := b.counter(aggregate.View{Select: "c"})
	ps := []*server{{-500, 10_000}, {-499.7, 20_000}, {-499.4, 30_000}}
	names, first := map[*server]string{}, map[*server]int64{}
	want := 0.0
	for i, k := range []int{0, 1, 2, 0, 1, 2, 2, 0, 1, 1, 2, 0, 0, 1, 2} {
		p := ps[k]
		p.n += 10
		r := b.scrape("lb", float64(10*i), p.start, p.lines()...)
		if i < 8 {
			continue
		}
		if names[p] == "" {
			names[p] = r.Instance
		} else {
			want += grown(first[p], p.n)
		}
		assert.Equal(t, names[p], r.Instance, "scrape %d: %+v", i, r)
		assert.Equal(t, "start time, dominance", r.By)
		first[p] = p.n
	}
	assert.Len(t, names, 3)
	got, _ := b.one(v, 140, sinceStart).Increase()
	assert.GreaterOrEqual(t, got.Value, want)
	assert.LessOrEqual(t, got.Value, 3*grown(0, 40))
}

// What a page says of its start is evidence only if it is one start of one time.
func TestEvidenceOfAStart(t *testing.T) {
	const before, after = "process_start_time_seconds 1699999000", "process_start_time_seconds 1700000005"
	for name, c := range map[string]struct {
		first, second      []string
		restarted, another bool
	}{
		"it moved":                           {[]string{before}, []string{after}, true, false},
		"of a program with a name":           {[]string{"app_" + before}, []string{"app_" + after}, true, false},
		"twice":                              {[]string{before, "c 1", before}, []string{after, "c 1", after}, false, false},
		"one of two":                         {[]string{before, "app_" + before}, []string{before, "app_" + after}, false, false},
		"new":                                {nil, []string{after}, false, false},
		"zero":                               {[]string{before}, []string{"process_start_time_seconds 0"}, false, false},
		"beyond any calendar":                {[]string{before}, []string{"process_start_time_seconds 1e300"}, false, false},
		"an earlier one":                     {[]string{after}, []string{before}, false, true},
		"of a process that was there before": {[]string{before}, []string{"process_start_time_seconds 1699999800"}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBed(t, aggregate.Config{})
			b.scrape("a", 0, 0, c.first...)
			r := b.scrape("a", 10, 0, c.second...)
			assert.Equal(t, c.restarted, r.Restarted)
			assert.Equal(t, c.another, slices.Contains(r.Warnings, "another instance answered"))
		})
	}
}

// Another process of an address that nobody declared was there all the time: what it counted is no growth.
func TestAnotherProcessIsNoRestart(t *testing.T) {
	for _, second := range []struct{ start, n float64 }{{-5000, 5000}, {-5000, 12_000}, {-12_000, 12_000}} {
		b := newBed(t, aggregate.Config{})
		v := b.counter(aggregate.View{Select: "c"})
		b.scrape("svc", 0, -9000, typeC, "c 9000")
		r := b.scrape("svc", 10, second.start, typeC, fmt.Sprintf("c %.0f", second.n))
		assert.Equal(t, []string{"another instance answered"}, r.Warnings)
		got, _ := b.one(v, 10, sinceStart).Increase()
		assert.Zero(t, got.Value)
		assert.Zero(t, got.Lo)
		r = b.scrape("svc", 20, -9000, typeC, "c 9001")
		assert.True(t, r.Alternating)
		got, _ = b.one(v, 20, sinceStart).Increase()
		assert.Zero(t, got.Lo)
		assert.GreaterOrEqual(t, got.Hi, 1.0)
	}
}

// A small process under two names cannot be proven to be one; every answer names both, from the first round on, until a
// counter shows them to be two.
func TestPossibleDuplicate(t *testing.T) {
	const warning = "possible duplicate: a and b have one start time and may be one process, both are counted, and one of them in lower bounds"
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Select: "c"})
	show := func(name string, seconds, start float64, n int) {
		list := []string{typeC}
		for i := range 21 {
			list = append(list, fmt.Sprintf(`c{i="%d"} %d`, i, n+i))
		}
		b.scrape(name, seconds, start, list...)
	}
	show("a", 0, -500, 100)
	assert.Empty(t, b.one(v, 0, sinceStart).Warnings())
	for i := range 8 {
		show([]string{"b", "a"}[i%2], float64(5+5*i), -500, 110+10*i)
		assert.Contains(t, b.one(v, float64(5+5*i), sinceStart).Warnings(), warning)
	}
	assert.Zero(t, b.one(v, 40, sinceStart).Coverage().Duplicates)
	show("b", 45, -500, 110)
	assert.NotContains(t, b.one(v, 45, sinceStart).Warnings(), warning)
}

// Behind a balancer, too, each scrape is compared with what those with the same start exposed, also where nothing else
// changed with it.
func TestPossibleDuplicateBehindABalancer(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Select: "c"})
	warned := func(seconds float64) bool {
		return strings.Contains(fmt.Sprint(b.one(v, seconds, sinceStart).Warnings()), "possible duplicate: a and lb have one start time")
	}
	for i, n := range []int{100, 110, 200, 200, 210} {
		b.scrape([]string{"a", "lb"}[i%2], float64(5*i), -500, typeC, fmt.Sprint("c ", n))
		if i == 1 {
			b.describe(aggregate.Target{Name: "lb", Balanced: true, Expected: 1})
		}
		assert.Equal(t, i > 0, warned(float64(5*i)), i)
	}
	b.scrape("lb", 25, -500, typeC, "c 205")
	assert.False(t, warned(25))
}

// Replicas that began together and count in step are told of in one warning, and lower bounds hold that they are one.
func TestPossibleDuplicates(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v, h, gauge := b.counter(aggregate.View{Select: "c"}), b.histogram(aggregate.View{Select: "h"}), b.gauge(aggregate.View{Select: "g", Combine: aggregate.Sum})
	for i := range 7 {
		for r := range 10 {
			now, n := float64(10*i)+float64(r)/10, 100+60*i+6*r
			b.scrape(fmt.Sprint("replica", r), now, -500, typeC, fmt.Sprint("c ", n), typeG, fmt.Sprint("g ", 5+r),
				"# TYPE h histogram", fmt.Sprintf(`h_bucket{le="1"} %d`, n), fmt.Sprintf(`h_bucket{le="+Inf"} %d`, 2*n), fmt.Sprint("h_count ", 2*n), fmt.Sprint("h_sum ", 3*n))
		}
	}
	g := b.one(v, 61, time.Minute)
	assert.Equal(t, []string{"possible duplicates: 10 instances have one start time and may be one process, all are counted, and one of them in lower bounds: replica0, replica1, replica2, replica3, replica4 and 5 more"}, g.Warnings())
	increase, _ := g.Increase()
	assert.Equal(t, "3600 [360, 3600]", increase.String())
	mean, _ := g.Rate()
	assert.Equal(t, "60 [5, 60.55]", mean.String())
	now, _ := g.RateNow()
	assert.Equal(t, "60 [5, 60.5565]", now.String())
	hot, _ := g.Hottest()
	assert.Equal(t, "0.1 [0.0841043, 1]", hot.Share.String())
	x, err := h.One(b.Snapshot(at(61)).Last(time.Minute))
	require.NoError(t, err)
	over, _ := x.Over(1)
	assert.Equal(t, "0.5 [0.0909091, 0.909091]", over.String())
	sum, _ := x.Sum()
	assert.Equal(t, "10800 [1080, 10800]", sum.String())
	total, _ := b.reading(gauge, 61).Value()
	assert.Equal(t, "95 [14, 95]", total.String())
}

// What the program calls two is two, whatever the counters say.
func TestTwoByName(t *testing.T) {
	for instances, twins := range map[[2]string]int{{"uid-a", "uid-b"}: 0, {"uid-a", ""}: 1, {"a", "b"}: 1, {"", ""}: 1} {
		b := newBed(t, aggregate.Config{})
		for i, name := range []string{"a", "b"} {
			b.describe(aggregate.Target{Name: name, Instance: instances[i]})
		}
		v := b.counter(aggregate.View{Select: "c"})
		for i := range 8 {
			list := []string{typeC}
			for k := range 40 {
				list = append(list, fmt.Sprintf(`c{i="%d"} %d`, k, 100+10*i+k))
			}
			b.scrape([]string{"a", "b"}[i%2], float64(5*i), -500, list...)
		}
		g := b.one(v, 35, sinceStart)
		assert.Equal(t, twins, g.Coverage().Duplicates, instances)
		if twins == 0 {
			assert.Empty(t, g.Warnings())
		}
	}
}

// Three processes at 10/s behind a balancer; two are replaced, one after the
// other. The dead are not counted as alive, nor brought back by newcomers.
func TestReplacedBehindABalancer(t *testing.T) {
	for _, expected := range []int{3, 0} {
		b := newBed(t, aggregate.Config{Window: time.Minute})
		b.balanced("lb", expected)
		v := b.counter(aggregate.View{Select: "x_total"})
		starts := []float64{-900, -800, -700}
		for i := range 80 {
			now := float64(5 * i)
			switch i {
			case 12, 24:
				starts[i/12-1] = now - 1
			}
			s := starts[i%3]
			b.scrape("lb", now, s, "# TYPE x_total counter", fmt.Sprintf("x_total %.0f", 10*(now-s)))
			g := b.one(v, now, time.Minute)
			rate, ok := g.RateNow()
			if i < 6 {
				continue // not all were met twice
			}
			require.True(t, ok)
			if expected == 3 {
				assert.InDelta(t, 30, rate.Value, 1e-9, "scrape %d", i)
				assert.Equal(t, 3, g.Coverage().Expected)
				if i > 30 { // whose place another one has is gone, and not stale
					assert.Zero(t, g.Coverage().Stale, "scrape %d", i)
				}
			} else if i > 70 {
				assert.InDelta(t, 30, rate.Value, 1e-9, "scrape %d", i)
			}
		}
	}
}
