package joins

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

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

	root   *root    // above the watchers, which are its leaves; nil: there is none
	one    *watcher // the fleet that sees all that leaves see
	killed bool     // a leaf or the root is not what it was
	healed int64    // until when the watchers are in two parts that cannot reach each other
	side   int      // bits of those on one side
	losing []int    // of each watcher, how many of 100 scrapes it loses
	ahead  []int64  // of each watcher, by how many ms its clock is
	lives  int      // of watchers, so far
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
	before := 100 // counted at most when nobody looked yet
	if m.clocks {
		places, before = 1+places/4, 10_000
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
	luck := rand.New(rand.NewPCG(seed, 3))
	for range watchers {
		w.losing = append(w.losing, luck.IntN(61))
	}
	for range watchers + 2 {
		w.ahead = append(w.ahead, m.clock(luck))
	}
	for i := range watchers {
		w.watchers = append(w.watchers, w.fresh(i))
	}
	if w.roots {
		w.root = &root{watcher: w.fresh(watchers), reports: make([][]report, watchers), removed: make([]int64, watchers)}
		w.one = w.fresh(watchers + 1)
		for _, p := range w.places {
			p.ways = slices.Repeat(p.ways[:1], watchers) // the one fleet is told as its leaves are
		}
	}
	for i, p := range w.places {
		w.begin(p, script.Event{A: i, C: r.IntN(256)})
		if !m.young || r.IntN(2) == 0 { // it has counted before anybody looked
			p.process.count(int64(r.IntN(before)))
		}
	}
	w.truth = totals{}
	w.running = true
	w.now += 60_000
	return w
}

// skew is how much the clocks of two may differ: the default of a fleet.
const skew = 60_000

// farthest is how far a clock is from the true time at most.
const farthest = skew / 2

// clock draws by how much a clock is ahead.
func (m *mode) clock(r *rand.Rand) int64 {
	if !m.clocks {
		return 0
	}
	most := []int64{0, 3000, farthest}[r.IntN(3)]
	return r.Int64N(2*most+1) - most
}

// at is what the clock of a watcher shows.
func (w *world) at(x *watcher) time.Time { return timeOf(w.now + w.ahead[x.id]) }

// latest is what no clock is past yet.
func (w *world) latest() int64 {
	if w.clocks {
		return w.now + farthest
	}
	return w.now
}

// loses reports whether a watcher loses the scrape at hand.
func (w *world) loses(x *watcher) bool {
	luck := rand.New(rand.NewPCG(w.seed, uint64(w.now)<<4|uint64(x.id)))
	return luck.IntN(100) < w.losing[x.id]
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
	if w.clocks && p.class == vague && e.C%3 == 0 {
		*p.counts = 0 // the machine began anew, too
	}
	if p.process != nil {
		q.generation = p.process.generation + 1
	}
	if w.forms {
		q.form = formShown{summary: e.C%5 == 0, fine: e.C&8 != 0, native: e.C&16 != 0, both: e.C&64 != 0, schema: 2 + int32(e.C>>5&1)}
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
	p.counts[late] += n / 5 % 8
	*p.outlives += n
	for i, k := range []int64{n, n / 2, n % 3, n % 2} {
		p.observed[i] += k
	}
}

// grow lets the process at a place count, and notes the truth.
func (w *world) grow(p *place, n int64) {
	before := p.process.says(p.class)
	if p.process.count(n); w.tight > 0 {
		p.process.counted(n)
	}
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
	for i, n := range p.paths {
		t[keyOf("k_total", class, fmt.Sprint(i))] = float64(n)
	}
	for _, bound := range []float64{1, 2} {
		t[keyOf("h", class, fmt.Sprint("le ", bound))] = float64(p.upTo(bound))
	}
	return t
}

// What can happen.
const (
	scrapeOne = iota
	scrapeAll
	grow
	growAll
	restart
	relayout
	gone
	cut
	exchange
	round
	show
	give
	checkpointed
	restoreOld
	restoreEmpty
	mergeShards
	move
	tell
	endPart
	partition
	joinOld
	removePart
)

var eventNames = []string{"scrape", "scrape all", "grow", "grow all", "restart", "change the buckets", "leave", "cut off", "exchange", "round", "show",
	"give out deltas", "save", "go on from the saved state", "begin anew", "merge the shards",
	"move to another leaf", "tell the root", "end a leaf", "partition", "join an older state", "remove a leaf for now"}

func inWords(e script.Event) string {
	return fmt.Sprintf("+%ds %s %d %d %d", e.After/1000, eventNames[e.Kind], e.A, e.B, e.C)
}

// do lets an event happen.
func (w *world) do(e script.Event) {
	if w.clocks {
		e.After /= 5 // much happens in the time by which clocks differ
	}
	w.now += e.After
	if w.prompt && 3*(w.now-w.rounds) > w.horizon.Milliseconds() {
		w.round(e.A)
	}
	p := w.places[e.A%len(w.places)]
	a, b := w.watchers[e.B%len(w.watchers)], w.watchers[e.C%len(w.watchers)]
	if w.root != nil {
		w.doBelowRoot(e, p, a)
		return
	}
	w.happen(e, p)
	switch e.Kind {
	case scrapeOne:
		w.scrape(a, p, e)
	case scrapeAll:
		w.scrapeMost(e, func(*place) *watcher { return a })
		w.check(a)
	case cut:
		p.cut = e.C & (1<<len(w.watchers) - 1) &^ (1 << (e.B % len(w.watchers)))
	case exchange:
		w.exchange(a, b, e)
	case round:
		w.round(e.A)
	case show:
		w.check(a)
	case give:
		w.give(a)
	case checkpointed:
		a.checkpoint(w)
	case restoreOld, restoreEmpty:
		w.kill(a, e)
	case joinOld:
		w.joinOld(a, b)
	case mergeShards:
		w.merge()
	case partition:
		w.side, w.healed = e.C, w.now+2*w.horizon.Milliseconds()
	}
}

// happen lets an event happen to those who are watched, whoever watches.
func (w *world) happen(e script.Event, p *place) {
	switch e.Kind {
	case grow:
		w.grow(p, int64(e.B+e.C))
	case growAll:
		for i, p := range w.places {
			w.grow(p, int64((e.C+7*i)%40))
		}
	case restart:
		w.begin(p, e)
		w.grow(p, int64(e.B))
	case relayout:
		if f := &p.process.form; p.class != pool {
			f.fine, f.schema = !f.fine, 2
		}
	case gone:
		w.leave(p, e)
	}
}

// scrapeMost scrapes most places, each by its watcher.
func (w *world) scrapeMost(e script.Event, by func(*place) *watcher) {
	for i, p := range w.places {
		if (e.C>>(i%8)&1)+i%2 < 2 {
			w.scrape(by(p), p, e)
		}
	}
}

// all are the watchers, and the one fleet above a root's leaves.
func (w *world) all() []*watcher {
	if w.one == nil {
		return w.watchers
	}
	return append(w.watchers[:len(w.watchers):len(w.watchers)], w.one)
}

// leave ends a place for good: another one, with another name, comes instead.
func (w *world) leave(p *place, e script.Event) {
	if p.class == pool {
		w.begin(p, e)
		return
	}
	for _, x := range w.all() {
		x.Remove(w.at(x), p.name)
	}
	w.left = append(w.left, departure{w.now, p.name})
	next := *p
	next.name, next.counts = p.name+"'", new(int64)
	next.process = nil
	p.process.ended = w.now
	for i := range w.places {
		if w.places[i] == p {
			w.places[i] = &next
		}
	}
	w.begin(&next, e)
}

// exchange lets a hear what b knows, and perhaps the other way round.
func (w *world) exchange(a, b *watcher, e script.Event) {
	if a == b || w.now < w.healed && (w.side>>a.id^w.side>>b.id)&1 == 1 {
		return
	}
	if e.A%5 == 0 {
		w.laws(a, b, w.watchers[(a.id+1)%len(w.watchers)])
	}
	w.hear(a, b, e)
	if e.A%2 == 0 && !w.deltas {
		w.hear(b, a, e)
		w.equal("a pair that told each other", a.totals(a.Fleet, w.latest()), b.totals(b.Fleet, w.latest()))
	}
}

func (w *world) hear(a, b *watcher, e script.Event) {
	mine, theirs := a.totals(a.Fleet, w.latest()), b.totals(b.Fleet, w.latest())
	other := b.Fleet
	if e.B%2 == 0 || w.mixed { // as between programs: its views are not declared
		other = w.undeclared(w.save(b.Fleet), a.variant)
	}
	w.must(a.Join(other))
	if e.A%3 == 0 {
		once := w.save(a.Fleet)
		if w.must(a.Join(other)); !bytes.Equal(once, w.save(a.Fleet)) {
			w.fail(otherBytes, "joined again, a state of %d bytes has %d", len(once), len(w.save(a.Fleet)))
		}
	}
	a.known.join(b.known)
	a.since = max(a.since, b.since)
	a.shown.most(theirs)
	a.given.most(b.given)
	w.notLess("joined", a.totals(a.Fleet, w.latest()), mine)
	w.check(a)
}

// joinOld lets a join what it knows itself, and what it or b knew when that was saved.
func (w *world) joinOld(a, b *watcher) {
	before := a.totals(a.Fleet, w.latest())
	w.must(a.Join(w.undeclared(w.save(a.Fleet), a.variant)))
	w.equal("joined with itself", a.totals(a.Fleet, w.latest()), before)
	if c := a.saved; c != nil {
		w.must(a.Join(w.undeclared(c.state, a.variant)))
		w.equal("joined with what it was", a.totals(a.Fleet, w.latest()), before)
	}
	for _, c := range []*checkpoint{a.lost, b.saved, b.lost} {
		if c == nil {
			continue
		}
		w.must(a.Join(w.undeclared(c.state, a.variant)))
		a.known.join(c.known)
		a.since = max(a.since, c.since)
		a.shown.most(c.shown)
		a.given.most(c.given)
		w.notLess("joined", a.totals(a.Fleet, w.latest()), before)
		w.check(a)
	}
}

// most raises totals to others.
func (t totals) most(o totals) {
	for key, x := range o {
		t[key] = max(t[key], x)
	}
}

// round lets all hear of all.
func (w *world) round(n int) {
	w.rounds = w.now
	if w.root != nil {
		w.whole(n)
		return
	}
	hub := w.watchers[n%len(w.watchers)]
	for range 2 {
		for _, x := range w.watchers {
			if x != hub {
				w.hear(hub, x, script.Event{A: n + x.id, B: n})
			}
		}
		for _, x := range w.watchers {
			if x != hub {
				w.hear(x, hub, script.Event{A: n + x.id, B: n})
			}
		}
	}
}

// kill lets a watcher go on from its saved state, or from nothing.
func (w *world) kill(x *watcher, e script.Event) {
	if w.prompt && w.root != nil && x != w.root.watcher {
		w.report(x, script.Event{A: 1})
	} else if w.prompt && w.root == nil { // what is lost, or comes back later, the others know
		for _, o := range w.watchers {
			if o != x {
				w.hear(o, x, e)
			}
		}
	}
	if e.Kind == restoreEmpty {
		lost := x.saved
		*x = *w.fresh(x.id)
		x.lost = lost
		return
	}
	c := x.saved
	if c == nil {
		return
	}
	x.variant = 1 + w.lives
	x.Fleet, x.views = w.load(c.state, x.variant)
	x.since, x.heard, x.known, x.shown, x.given = c.since, c.heard, maps.Clone(c.known), maps.Clone(c.shown), maps.Clone(c.given)
	w.another(x, c.life)
	for _, d := range w.left { // it hears of whom it does not find any more
		if d.at >= c.at {
			x.Remove(w.at(x), d.name)
		}
	}
	w.check(x)
}
