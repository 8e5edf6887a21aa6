package watch

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/stretchr/testify/require"
)

const tolerance = 2000

// agreed are clocks that do not differ.
var agreed = Clocks{Tolerance: tolerance}

// place is where processes run, one at a time.
type place struct {
	name     string // as watchers call it: that of a balancer is shared
	external bool   // what it counts outlives its processes
	blind    int    // bits of the watchers that see no start there
	pool     bool
	leaf     int // the eye that watches it, where each has its own part
	proc     *proc
}

// proc is a process in truth.
type proc struct {
	id     int
	start  int64
	kinds  map[string][4]int64
	layout int // 0 or 1: how fine its histogram is
}

// eye is a watcher of the simulation.
type eye struct {
	id     int
	ahead  int64 // its clock, by so many ms
	state  *State
	follow *follower
	known  *naive
	saved  *eye
	next   int // number of the next stretch
	lies   []int
	ids    map[*life]int
}

// world is a simulation.
type world struct {
	require.TestingT
	Clocks
	now     int64
	horizon int64
	places  []*place
	eyes    []*eye
	truth   map[string]int64
	kinds   map[string][3]int64 // truth of histograms: up to 1, up to 2, all
	starts  int64               // the latest start
	running bool
	procs   int
	prompt  bool // everybody hears of everything before it is folded
	exact   bool // no stretch is given up unaccounted
	falls   bool // totals may fall
	wrong   bool // some of what watchers believe is wrong
	resets  bool // some counters fell while their process went on, for all that watchers know
	root    bool // the first eye only hears; the others have a part each, and hear nothing
	lied    int64
	lies    map[int]int64 // start times of processes that are none
}

const began = 1_000_000_000

func newWorld(t require.TestingT, instances, watchers int, horizon int64) *world {
	w := &world{TestingT: t, Clocks: agreed, lies: map[int]int64{}, now: began, horizon: horizon, truth: map[string]int64{}, kinds: map[string][3]int64{}, starts: began - 500_000}
	for i := range instances {
		p := &place{name: fmt.Sprint("i", i)}
		w.places = append(w.places, p)
	}
	for i := range watchers {
		w.eyes = append(w.eyes, &eye{id: i})
		w.empty(w.eyes[i])
	}
	return w
}

func (w *world) empty(e *eye) {
	e.state, e.follow, e.known = New(w.Clocks), &follower{since: w.now + e.ahead, lives: map[string]*life{}}, newNaive()
	e.ids, e.lies = map[*life]int{}, nil
}

// start puts a new process into a place, which may have counted already.
func (w *world) start(p *place) {
	w.starts += 5000
	if w.running {
		w.starts = max(w.starts, w.now)
		w.now = w.starts
	}
	q := &proc{id: w.procs, start: w.starts, kinds: map[string][4]int64{"c": {}, "h": {}}}
	w.procs++
	w.resets = w.resets || p.blind > 0
	old := p.proc
	p.proc = q
	switch {
	case p.external && old != nil:
		q.kinds = old.kinds
	case w.procs%2 == 0 && q.start > began:
		w.grow(p, 7)
	case w.procs%2 == 0:
		q.kinds["c"], q.kinds["h"] = [4]int64{7}, [4]int64{1, 2, 3, 4}
		if w.Skew > 0 {
			q.kinds["c"], q.kinds["h"] = [4]int64{700}, [4]int64{100, 200, 300, 400}
		}
	}
}

func (w *world) grow(p *place, n int64) {
	q := p.proc
	for group, old := range q.kinds {
		more := [4]int64{n}
		if group == "h" {
			more = [4]int64{n, n / 2, n % 3, n % 2}
		}
		for i := range old {
			old[i] += more[i]
		}
		q.kinds[group] = old
		w.truth[group] += more[0] + more[1] + more[2] + more[3]
		k := w.kinds[group]
		k[0], k[1], k[2] = k[0]+more[0], k[1]+more[0]+more[1], k[2]+more[0]+more[1]+more[2]+more[3]
		w.kinds[group] = k
	}
}

// keys are how an eye is told of the process of a place.
func (w *world) keys(e *eye, p *place) []Key {
	switch {
	case p.external:
		return []Key{{p.name, External}}
	case p.blind>>e.id&1 == 1:
		return []Key{{p.name, Unknown}}
	}
	start := p.proc.start
	switch e.id % 3 {
	case 1:
		start = start / 1000 * 1000
	case 2:
		start += 700
	}
	return []Key{{p.name, start}}
}

func (w *world) ident(p *place) string { return fmt.Sprint(slices.Index(w.places, p)) }

// scrape lets an eye look at a place.
func (w *world) scrape(e *eye, p *place, misses bool) {
	w.now++
	ident, keys := w.ident(p), w.keys(e, p)
	l := e.follow.lives[ident]
	if l != nil && keys[0].Start > 0 && !slices.ContainsFunc(l.keys, func(k Key) bool { return k.near(keys[0], tolerance) }) {
		if misses { // it is no evidence to this eye that the start is another one
			l.keys = append(l.keys, keys[0])
			for _, x := range l.procs {
				e.known.links[[2]int{x, p.proc.id}] = true
			}
			w.falls = true
		} else {
			w.end(e, ident)
		}
	}
	groups := map[string]scraped{}
	form := p.proc.layout
	if e.id%2 == 1 {
		form += schema2
	}
	for group, kinds := range p.proc.kinds {
		groups[group] = scraped{kinds, form, group == "h"}
	}
	who := p.proc.id
	switch keys[0].Start {
	case External:
		who = externalProc
	case Unknown:
		who = blindProc
	}
	l = e.follow.see(e.state, ident, w.now+e.ahead, keys, who, groups)
	w.tell(e, l, p.name, 0)
}

func (w *world) end(e *eye, ident string) {
	if l := e.follow.lives[ident]; l != nil {
		w.tell(e, l, l.keys[0].Name, w.now+e.ahead)
		delete(e.follow.lives, ident)
	}
}

func (w *world) tell(e *eye, l *life, name string, ended int64) {
	require.NoError(w.TestingT, e.state.Tell(l.process(ended)))
	for group, c := range l.groups {
		id := stretchID{e.id, w.stretch(e, l), group, c.pure}
		e.known.stretches[id] = stretch{l.procs[0], name, c.born, c.metAt, c.leftAt(l), c.met.count(), c.left.count(), l.last}
	}
}

// stretch numbers a life of one version.
func (w *world) stretch(e *eye, l *life) int {
	if _, ok := e.ids[l]; !ok {
		e.next++
		e.ids[l] = e.next * 1_000_000
	}
	return e.ids[l] + int((l.version+l.begin)%1_000_000)
}

// tellAll lets an eye tell what it follows, anew where it has to.
func (w *world) tellAll(e *eye) {
	for _, ident := range sortedKeys(e.follow.lives) {
		l := e.follow.lives[ident]
		if v, b := e.state.Standing(l.keys...); (v > l.version || b > l.begin) && l.last >= b {
			groups := map[string]scraped{}
			for group, c := range l.groups {
				groups[group] = scraped{c.raw.kinds, c.form, c.raw.hist}
			}
			l = e.follow.see(e.state, ident, l.last, l.keys, l.procs[0], groups)
			w.tell(e, l, l.keys[0].Name, 0)
		}
	}
}

// hear joins what b knows to a, by way of bytes.
func (w *world) hear(a, b *eye) {
	before := a.state.counts()
	naiveBefore := a.known.counts()
	data := b.state.AppendTo(nil)
	other, err := Decode(data)
	require.NoError(w.TestingT, err)
	require.Equal(w.TestingT, data, other.AppendTo(nil))
	a.state.Join(other)
	a.known.join(b.known)
	if now := a.known.counts(); !w.falls && !w.wrong && !less(now, naiveBefore) && !less(now, b.known.counts()) { // nothing was taken back
		atLeast(w.TestingT, a.state.counts(), before, "a total fell by joining")
		atLeast(w.TestingT, a.state.counts(), b.state.counts(), "joined is less than the other one")
	}
	w.tellAll(a)
	w.check(a)
}

func (w *world) laws(a, b *eye) {
	c := w.eyes[(a.id+1)%len(w.eyes)]
	join := func(list ...*State) string {
		s := list[0].Clone()
		for _, x := range list[1:] {
			before := string(x.AppendTo(nil))
			s.Join(x)
			require.Equal(w.TestingT, before, string(x.AppendTo(nil)), "the argument changed")
		}
		return string(s.AppendTo(nil))
	}
	x, y, z := a.state, b.state, c.state
	before := string(x.AppendTo(nil))
	require.Equal(w.TestingT, join(x, y), join(y, x), "commutative")
	yz := y.Clone()
	yz.Join(z)
	require.Equal(w.TestingT, join(x, y, z), join(x, yz), "associative")
	require.Equal(w.TestingT, before, join(x, x.Clone()), "idempotent")
	require.Equal(w.TestingT, join(x, y), join(x, y, x, y), "idempotent")
	require.Equal(w.TestingT, before, string(x.AppendTo(nil)), "joining a clone wrote to the original")
}

func less(a, b map[string]int64) bool {
	for k, x := range b {
		if a[k] < x {
			return true
		}
	}
	return false
}

func atLeast(t require.TestingT, a, b map[string]int64, what string) {
	for k, x := range b {
		require.GreaterOrEqual(t, a[k], x, "%s: %s", what, k)
	}
}

func (w *world) fold(e *eye) {
	before := e.state.counts()
	e.state.Fold(w.now - w.horizon)
	if !w.falls && !w.wrong {
		atLeast(w.TestingT, e.state.counts(), before, "a total fell by folding")
	}
	require.LessOrEqual(w.TestingT, e.state.Size().Accounts, 1)
	once := e.state.AppendTo(nil)
	e.state.Fold(w.now - w.horizon)
	require.True(w.TestingT, bytes.Equal(once, e.state.AppendTo(nil)), "folding again changed something")
	w.tellAll(e)
	w.check(e)
}

// check compares what an eye answers with all that was ever told to it, and
// with the truth.
func (w *world) check(e *eye) {
	want, alone := e.known.counts(), e.known.alone()
	for _, t := range e.state.Totals() {
		n, _ := t.Count.Int64()
		lost, _ := t.Lost.Int64()
		if w.prompt || !w.wrong && !w.resets { // else what was cut in two may be more than one difference
			require.LessOrEqual(w.TestingT, n, want[t.Group], "%s: more than is known", t.Group)
		}
		require.LessOrEqual(w.TestingT, n, w.truth[t.Group]+w.lied, "%s: more than there was", t.Group)
		switch {
		case w.root && e.id > 0: // what grew while another leaf had the place, it cannot know
		case w.prompt:
			require.Equal(w.TestingT, want[t.Group], n, "%s: not all that is known", t.Group)
			if !w.root {
				require.Zero(w.TestingT, lost, "%s: given up", t.Group)
			}
		case w.exact:
			require.LessOrEqual(w.TestingT, alone[t.Group]-n, lost, "%s: lost and not said", t.Group)
		}
		if t.Group == "h" && w.lied == 0 {
			w.checkBuckets(&t)
		}
		delete(want, t.Group)
	}
	for group, n := range want {
		require.Zero(w.TestingT, n, "%s is missing", group)
	}
}

func (w *world) checkBuckets(t *Total) {
	if t.Histogram == nil {
		require.Zero(w.TestingT, t.Count.Sign())
		return
	}
	truth := w.kinds["h"]
	n := refined(t.Histogram.Parts)
	require.LessOrEqual(w.TestingT, n.Cmp(&t.Count), 0, "more in buckets than there is")
	var upTo [2]int64
	for i := range t.Histogram.Parts {
		p := &t.Histogram.Parts[i]
		require.True(w.TestingT, p.proper())
		if p.Class.Layout != nil {
			x, _ := p.Counts.Integers()
			upTo[0] += x[0]
			if p.Class.compare(&formClasses[fineText]) == 0 {
				upTo[1] += x[1]
			} else {
				upTo[1] += x[0]
			}
			continue
		}
		x, _ := p.Counts.Integers()
		for j, place := range p.Places {
			kind := int(place-PositivePlace(0)) >> p.Class.Schema
			if kind == 0 {
				upTo[0] += x[j]
			}
			if kind <= 1 {
				upTo[1] += x[j]
			}
		}
	}
	require.LessOrEqual(w.TestingT, upTo[0], truth[0], "more up to 1 than there was")
	require.LessOrEqual(w.TestingT, upTo[1], truth[1], "more up to 2 than there was")
}
