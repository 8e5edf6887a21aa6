package oracle

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/expose"
	"github.com/promfold/promfold/counter"
)

// pairOf is two watchers of the same places, of which one is asked at a time, and
// what happens to them. Every process tells its start.
type pairOf struct {
	testing.TB
	r        *rand.Rand
	now      time.Time
	begin    time.Time
	running  []*served // by place
	all      []*served
	watchers [2]*pairWatcher
	active   int
}

// served is a process: what it counted, and the most that anybody saw of it.
type served struct {
	start          time.Time
	counted, known int
}

type pairWatcher struct {
	*aggregate.Fleet
	out   *expose.Exposition
	saved []byte
}

func (p *pairOf) config() aggregate.Config {
	return aggregate.Config{Since: p.begin, JoinHorizon: 10 * time.Minute}
}

// watch declares the view of a fleet.
func (p *pairOf) watch(f *aggregate.Fleet, err error) *pairWatcher {
	require.NoError(p, err)
	v, err := f.Counter(aggregate.View{Select: "c_total", Owner: counter.Process})
	require.NoError(p, err)
	w := &pairWatcher{Fleet: f, out: expose.New(f, func() time.Time { return p.now })}
	require.NoError(p, w.out.Counter("shown_total", "What all counted.", v))
	return w
}

func newPairOf(t testing.TB, seed uint64) *pairOf {
	p := &pairOf{TB: t, r: rand.New(rand.NewPCG(seed, 7)), begin: time.Unix(1_700_000_000, 0)}
	p.now = p.begin.Add(time.Minute)
	for range 4 {
		p.running = append(p.running, nil)
		p.restart(len(p.running) - 1)
	}
	for i := range p.watchers {
		p.watchers[i] = p.watch(aggregate.NewFleet(p.config()))
	}
	return p
}

func (p *pairOf) restart(place int) {
	p.running[place] = &served{start: p.now.Add(-100 * time.Millisecond)}
	p.all = append(p.all, p.running[place])
}

// look lets a watcher scrape the places, of which it misses some.
func (p *pairOf) look(w *pairWatcher) {
	for i, x := range p.running {
		if p.r.IntN(5) == 0 {
			continue
		}
		body := fmt.Sprintf("# TYPE c_total counter\nc_total %d\n# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %.3f\n",
			x.counted, float64(x.start.UnixMilli())/1000)
		_, err := w.Ingest(aggregate.Scrape{Target: fmt.Sprint("i", i), Time: p.now, Body: []byte(body)})
		require.NoError(p, err)
		x.known = x.counted
	}
}

// step lets a moment pass; it returns what a server sees that scrapes the pair.
func (p *pairOf) step() float64 {
	p.now = p.now.Add(time.Duration(5+p.r.IntN(10)) * time.Second)
	for i, x := range p.running {
		if x.counted += p.r.IntN(20); p.r.IntN(25) == 0 {
			p.restart(i)
		}
	}
	for i, w := range p.watchers {
		p.now = p.now.Add(time.Millisecond)
		p.look(w)
		require.NoError(p, p.watchers[1-i].Join(w.Fleet))
	}
	for _, w := range p.watchers {
		if p.r.IntN(4) == 0 {
			var b bytes.Buffer
			require.NoError(p, w.Save(&b))
			w.saved = b.Bytes()
		}
	}
	p.kill(p.r.IntN(20))
	if p.r.IntN(10) == 0 {
		p.active = 1 - p.active
		require.NoError(p, p.watchers[p.active].Join(p.watchers[1-p.active].Fleet)) // it asks before it answers
	}
	families, err := p.watchers[p.active].out.Gather()
	require.NoError(p, err)
	require.Len(p, families, 1)
	return families[0].Metric[0].GetCounter().GetValue()
}

// kill lets one of the two begin anew, now and then: from what it saved last or from
// nothing. The other one answers.
func (p *pairOf) kill(n int) {
	if n > 3 {
		return
	}
	i := n % 2
	if w := p.watchers[i]; n > 1 && w.saved != nil {
		p.watchers[i] = p.watch(aggregate.Load(bytes.NewReader(w.saved), p.config()))
	} else {
		p.watchers[i] = p.watch(aggregate.NewFleet(p.config()))
	}
	p.active = 1 - i
}

// sum adds up of all processes.
func (p *pairOf) sum(of func(*served) int) (n float64) {
	for _, x := range p.all {
		n += float64(of(x))
	}
	return n
}

// A server that scrapes a pair by one address, through kills, restarts from saved
// states and from nothing, and failovers, sees a counter that never falls. PromQL's
// increase of it is what any of the pair saw, to the unit, and never more than the
// truth; the rest is what processes counted after the last look at them.
func TestPrometheusOfAPair(t *testing.T) {
	engine := newEngine()
	increase, truth := 0.0, 0.0
	for seed := range uint64(30) {
		p := newPairOf(t, seed)
		var points []point
		first := p.step()
		seen, counted := p.sum(func(x *served) int { return x.known }), p.sum(func(x *served) int { return x.counted })
		require.Equal(t, seen, first)
		points = append(points, point{Time: p.now.UnixMilli(), Value: first})
		for range 240 {
			points = append(points, point{Value: p.step()})
			points[len(points)-1].Time = p.now.UnixMilli()
		}
		at, window := p.now.UnixMilli(), fmt.Sprintf("%ds", 1+(p.now.UnixMilli()-points[0].Time)/1000)
		one := memory{points}
		require.Zero(t, ask(t, engine, one, "resets(x["+window+"])", at)[0], "seed %d", seed)
		grown := ask(t, engine, one, "increase(x["+window+"] anchored)", at)[0]
		require.Equal(t, p.sum(func(x *served) int { return x.known })-seen, grown, "seed %d", seed)
		whole := p.sum(func(x *served) int { return x.counted }) - counted
		require.LessOrEqual(t, grown, whole)
		increase, truth = increase+grown, truth+whole
	}
	t.Logf("increase %.0f of %.0f counted", increase, truth)
	require.Greater(t, increase, 0.95*truth)
}
