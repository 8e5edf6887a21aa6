package joins

import (
	"fmt"
	"math/rand/v2"

	"github.com/promfold/promfold/internal/script"
)

// The classes of places; each is a label of its series.
const (
	exact = "exact" // all watchers are told when its processes start
	vague = "vague" // some are not, or in another way each time
	pool  = "pool"  // behind a balancer
)

// place is where processes run, one at a time.
type place struct {
	class   string
	name    string // of the target
	process *process
	ways    []way // how each watcher is told of starts
	shards  int   // which watcher looks at it, where each has a part
	cut     int   // bits of the watchers that cannot reach it
	counts  *int64
}

// way is how a watcher is told when a process started.
type way uint8

const (
	inBody way = iota
	inHeader
	byCaller
	notAtAll
	ways
)

// world is a simulated fleet.
type world struct {
	mode
	now, started int64
	running      bool
	places       []*place
	watchers     []*watcher
	truth        totals // what was counted since the simulation began
	processes    []*process
	rounds       int64 // when all told each other last
	left         []departure
	lost         loss
	seed         uint64
}

// departure is a target that left.
type departure struct {
	at   int64
	name string
}

const began = 1_700_000_000_000

func (m *mode) world(seed uint64) *world {
	r := rand.New(rand.NewPCG(seed, 1))
	w := &world{mode: *m, now: began, started: began - 4_000_000, truth: totals{}, rounds: began, seed: seed}
	places := 1 + r.IntN(30)
	if r.IntN(4) > 0 {
		places = 1 + places/4
	}
	watchers := m.least + r.IntN(m.most-m.least+1)
	behind := make([]way, watchers) // a balancer: one program; no caller knows which process answers
	for i := range behind {
		behind[i] = []way{inBody, inHeader}[r.IntN(2)]
	}
	for i := range places {
		p := &place{class: m.classes[r.IntN(len(m.classes))], name: fmt.Sprint("i", i), shards: r.IntN(2), counts: new(int64)}
		if p.class == pool {
			p.name = "lb"
		}
		for range watchers {
			p.ways = append(p.ways, way(r.IntN(int(notAtAll))))
			if p.class == vague && r.IntN(2) == 0 {
				p.ways[len(p.ways)-1] = notAtAll
			}
		}
		if p.class == pool {
			p.ways = behind
		}
		w.places = append(w.places, p)
	}
	for i := range watchers {
		w.watchers = append(w.watchers, w.fresh(i))
	}
	for i, p := range w.places {
		w.begin(p, script.Event{A: i, C: r.IntN(256)})
		if !m.young || r.IntN(2) == 0 { // it has counted before anybody looked
			p.process.count(int64(r.IntN(100)))
		}
	}
	w.truth = totals{}
	w.running = true
	w.now += 60_000
	return w
}

// begin lets a process begin at a place.
func (w *world) begin(p *place, e script.Event) {
	w.started += 5000
	if w.running {
		w.started = max(w.started, w.now)
		w.now = w.started + 1000 // nobody is told of a start in the future
	}
	if p.process != nil {
		p.process.ended = w.now
	}
	q := &process{id: len(w.processes), start: w.started, outlives: p.counts}
	if p.process != nil {
		q.generation = p.process.generation + 1
	}
	if w.forms {
		q.form = formShown{summary: e.C%5 == 0, fine: e.C&8 != 0, native: e.C&16 != 0, schema: 2 + int32(e.C>>5&1)}
	} else {
		q.form = formShown{fine: true}
	}
	p.process = q
	w.processes = append(w.processes, q)
}

// count lets a process count.
func (p *process) count(n int64) {
	p.counts[0] += n
	p.counts[1] += n / 3
	*p.outlives += n
	for i, k := range []int64{n, n / 2, n % 3, n % 2} {
		p.observed[i] += k
	}
}

// grow lets the process at a place count, and notes the truth.
func (w *world) grow(p *place, n int64) {
	before := p.process.says(p.class)
	p.process.count(n)
	for key, x := range p.process.says(p.class) {
		w.truth[key] += x - before[key]
	}
}

// totals are amounts by what they are of.
type totals map[string]float64

func keyOf(name, class, more string) string { return fmt.Sprintf("%s %s %s", name, class, more) }

// says is what the process counted, under the names of totals.
func (p *process) says(class string) totals {
	t := totals{keyOf("h", class, "count"): float64(p.observations()), keyOf("h", class, "sum"): p.sum(), keyOf("x_total", class, ""): float64(*p.outlives)}
	for i, n := range p.counts {
		t[keyOf("c_total", class, fmt.Sprint(i))] = float64(n)
	}
	for _, bound := range []float64{1, 2} {
		t[keyOf("h", class, fmt.Sprint("le ", bound))] = float64(p.upTo(bound))
	}
	return t
}
