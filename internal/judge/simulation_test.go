package judge

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// world is one instance whose every count is known: second by second.
type world struct {
	r       *rand.Rand
	process int64              // when the process started, in seconds
	down    int64              // until when it is down
	own     map[string]bool    // lines whose counts the process keeps
	counts  map[string]float64 // what a scrape shows
	rates   map[string]float64
	born    map[string]int64     // since when a line counts, in seconds
	truth   map[string][]float64 // all that was ever counted, by second
	past    []map[string]float64 // what scrapes would have shown, by second

	names    []string
	interval int64              // between scrapes, in seconds
	hidden   map[string]bool    // lines that scrapes do not show
	late     map[string]float64 // counts that are handed over, at a second
	handed   int64
	other    map[string]float64 // what another copy counts
}

// kind is what can happen to a world. Rates are per second.
type kind struct {
	name     string
	starts   bool    // start times are shown
	said     bool    // owners are said
	created  bool    // lines show since when they count
	restart  float64 // a crash, and up to 20 s of downtime
	clear    float64 // a vector is cleared
	lost     float64 // part of the scrapes that fail
	restore  float64 // restarts that read counts back from up to 30 s ago
	handover float64 // hot restarts: the new process shows 0 for a while, then all counts
	lag      float64 // part of the scrapes that a copy answers, up to 5 s behind
	worker   float64 // part of the scrapes that lack one of four workers
	second   float64 // part of the scrapes that another, older copy with its own counts answers
	come     float64 // lines that come and go
	bursty   bool    // rates change every minute, by up to a factor of 30

	slack int64 // by how many seconds a scrape may be behind

	lo, hi float64 // parts of the windows whose truth may lie below Lo, above Hi
}

var kinds = []kind{
	{name: "steady, starts", starts: true},
	{name: "steady, no starts"},
	{name: "restarts, starts", starts: true, restart: 1. / 120},
	{name: "restarts, starts, said", starts: true, said: true, restart: 1. / 120},
	{name: "restarts, no starts", restart: 1. / 120},
	{name: "bursts, restarts, starts", starts: true, restart: 1. / 120, bursty: true},
	{name: "bursts, restarts, no starts", restart: 1. / 120, bursty: true},
	{name: "clears, starts", starts: true, clear: 1. / 60},
	{name: "clears, no starts", clear: 1. / 60},
	{name: "clears, created", created: true, clear: 1. / 60},
	{name: "restarts, created, starts", starts: true, created: true, restart: 1. / 120},
	{name: "restarts, created", created: true, restart: 1. / 120},
	{name: "lost scrapes, starts", starts: true, lost: .3, restart: 1. / 200},
	{name: "lost scrapes, no starts", lost: .3, restart: 1. / 200},
	{name: "lines come and go, starts", starts: true, come: 1. / 40, restart: 1. / 200, hi: .02},
	{name: "lines come and go, no starts", come: 1. / 40, restart: 1. / 200, hi: .02},
	{name: "restored, starts", starts: true, restore: 1. / 150},
	{name: "restored, no starts", restore: 1. / 150, hi: .25},
	{name: "handed over, starts", starts: true, handover: 1. / 150, lo: .003},
	{name: "handed over, no starts", handover: 1. / 150, lo: .01},
	{name: "a copy lags, starts", starts: true, lag: .3, slack: 5},
	{name: "a copy lags, no starts", lag: .3, slack: 5},
	{name: "a worker is missing, no starts", worker: .1, lo: .001},
	{name: "two copies, no starts", second: .3, lo: .1, hi: .15},
	{name: "two copies, starts", starts: true, second: .3, lo: .002, hi: .002},
	{name: "everything, starts", starts: true, restart: 1. / 300, clear: 1. / 200, lost: .1, come: 1. / 80, bursty: true, hi: .02},
	{name: "everything, no starts", restart: 1. / 300, clear: 1. / 200, lost: .1, come: 1. / 80, bursty: true, hi: .02},
}

func newWorld(r *rand.Rand) *world {
	w := &world{r: r, own: map[string]bool{}, counts: map[string]float64{}, born: map[string]int64{}, rates: map[string]float64{},
		truth: map[string][]float64{}, hidden: map[string]bool{}, other: map[string]float64{}}
	w.process = -int64(r.IntN(5000)) - 2000
	w.interval = int64([]int{5, 10, 15, 30}[r.IntN(4)])
	for f := range 1 + r.IntN(4) {
		own := r.IntN(4) > 0
		for s := range 1 + r.IntN(4) {
			name := fmt.Sprintf("f%d/s%d", f, s)
			w.names = append(w.names, name)
			w.own[name], w.born[name] = own, w.process
			w.rates[name] = math.Pow(10, r.Float64()*3-1)
			w.counts[name] = math.Floor(w.rates[name] * float64(r.IntN(2000)))
			w.other[name] = math.Floor(w.counts[name] * (r.Float64()*1.5 + .1))
		}
	}
	return w
}

// any returns one of the lines.
func (w *world) any() string { return w.names[w.r.IntN(len(w.names))] }

const base = 1_000_000 // seconds, so that no time is 0

// tick lets a second pass.
func (w *world) tick(k *kind, now int64) {
	for _, name := range w.names {
		if k.bursty && now%60 == 0 {
			w.rates[name] = math.Pow(10, w.r.Float64()*1.5-1)
		}
		n := 0.0
		if now >= w.down || !w.own[name] {
			n = math.Floor(w.rates[name]*(.5+w.r.Float64()) + w.r.Float64())
		}
		before := 0.0
		if t := w.truth[name]; len(t) > 0 {
			before = t[len(t)-1]
		}
		w.truth[name] = append(w.truth[name], before+n)
		w.counts[name] += n
	}
	w.past = append(w.past, maps.Clone(w.counts))
}

// restart zeroes what the process keeps.
func (w *world) restart(now, down int64) {
	w.process, w.down = now+down-1, now+down // what a second counts, it counted before its end
	for name, own := range w.own {
		if own {
			w.counts[name], w.born[name] = 0, w.process
		}
	}
}

// happen lets things of a kind befall the world in the second before now.
func (w *world) happen(k *kind, now int64) {
	hit := func(p float64) bool { return w.r.Float64() < p }
	switch {
	case hit(k.restart):
		w.restart(now, int64(1+w.r.IntN(20)))
	case hit(k.clear):
		if name := w.any(); w.counts[name] > 100*w.rates[name] { // else it is outgrown within a step
			w.counts[name], w.born[name] = 0, now-1
		}
	case now > w.down+30 && hit(k.restore):
		back := w.past[len(w.past)-1-w.r.IntN(30)]
		w.process, w.down = now, now+1
		for name, own := range w.own {
			if own {
				w.counts[name] = back[name]
			}
		}
	case now > 60 && w.handed == 0 && hit(k.handover):
		w.late, w.handed = maps.Clone(w.counts), now+int64(1+w.r.IntN(int(2*w.interval)))
		w.restart(now, 0)
	case w.handed > 0 && now >= w.handed:
		for name, own := range w.own {
			if own {
				w.counts[name] += w.late[name]
			}
		}
		w.handed = 0
	}
	if hit(k.come) {
		name := w.any()
		w.hidden[name] = !w.hidden[name]
	}
	w.tick(k, now)
	for _, name := range w.names {
		n := math.Floor(w.rates[name]*w.r.Float64()*2 + w.r.Float64())
		w.other[name] += n
		if k.second > 0 && !k.starts {
			w.truth[name][now] += n
		}
	}
}

// show returns the body of a scrape, and when the process that answers started.
func (w *world) show(k *kind, now int64, first bool) (body map[string]Point, start int64) {
	hit := func(p float64) bool { return w.r.Float64() < p }
	shown, process := w.counts, w.process
	switch {
	case hit(k.lag):
		shown = w.past[max(0, len(w.past)-1-w.r.IntN(6))]
	case hit(k.second):
		shown, process = w.other, -10_000
	}
	missing := hit(k.worker) && !first
	body = map[string]Point{}
	for name, c := range shown {
		if w.hidden[name] {
			continue
		}
		if missing {
			c = math.Floor(c * .75)
		}
		p := Point{Time: (base + now) * 1000, Value: c}
		if k.created {
			p.Start = (base + w.born[name]) * 1000
		}
		body[name] = p
	}
	if k.starts {
		start = (base + process) * 1000
	}
	return body, start
}

// owners says of some families who counts.
func (w *world) owners(k *kind) map[string]Owner {
	owners := map[string]Owner{}
	for _, name := range w.names {
		switch own := w.own[name]; {
		case own && k.said:
			owners[familyOf(name)] = OwnerProcess
		case !own && (k.said || w.r.IntN(2) == 0):
			owners[familyOf(name)] = OwnerExternal
		}
	}
	return owners
}

// simulate runs a world of a kind and counts the windows, and those whose truth is outside of the bounds.
func simulate(k *kind, seed uint64, coarse bool) (windows, lo, hi int, worst string) {
	w := newWorld(rand.New(rand.NewPCG(seed, 1)))
	watch := &watcher{since: base * 1000, owners: w.owners(k), coarse: coarse}
	next := w.interval
	for now := range int64(600) {
		w.happen(k, now)
		if now < next {
			continue
		}
		next = now + w.interval + int64(w.r.IntN(3)) - 1
		if now < w.down || w.r.Float64() < k.lost {
			continue
		}
		body, start := w.show(k, now, watch.lines == nil)
		watch.scrape((base+now)*1000, start, body)
	}
	return w.compare(k, watch)
}

// compare asks random windows of every line.
func (w *world) compare(k *kind, watch *watcher) (windows, lo, hi int, worst string) {
	for _, name := range slices.Sorted(maps.Keys(watch.lines)) {
		truth := func(ms int64) float64 {
			i := ms/1000 - base
			if i < 0 {
				return 0
			}
			return w.truth[name][min(int(i), len(w.truth[name])-1)]
		}
		for range 10 {
			from := base + int64(w.r.IntN(500))
			to := from + int64(1+w.r.IntN(int(base+600-from)))
			v, l, h, since, ok := watch.bounds(name, from*1000, to*1000)
			if !ok {
				continue
			}
			end := int64(0)
			for _, s := range watch.lines[name].steps {
				if s.To <= to*1000 {
					end = max(end, s.To)
				}
			}
			windows++
			t := truth(end) - truth(since)
			most, least := truth(end)-truth(since-k.slack*1000), truth(end-k.slack*1000)-truth(since)
			switch eps := 1e-6 * (1 + t); {
			case l > most+eps:
				lo++
				worst = "LO " + fmt.Sprintf("%s (%d,%d] %v [%v, %v], truth %v", name, from-base, to-base, v, l, h, t)
			case h < least-eps:
				hi++
				if worst != "" {
					break
				}
				worst = fmt.Sprintf("%s (%d,%d] %v [%v, %v], truth %v", name, from-base, to-base, v, l, h, t)
			}
		}
	}
	return windows, lo, hi, worst
}

// TestBoundsHoldTheTruth simulates instances whose every count is known.
func TestBoundsHoldTheTruth(t *testing.T) { boundsHold(t, false) }

// TestCoarseBoundsHoldTheTruth is the same with the fastest pace of each family in a byte.
func TestCoarseBoundsHoldTheTruth(t *testing.T) { boundsHold(t, true) }

func boundsHold(t *testing.T, coarse bool) {
	seeds := 150
	if testing.Short() {
		seeds = 50
	}
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			var windows, lo, hi int
			worst, bad := "", uint64(0)
			for seed := range uint64(seeds) {
				n, l, h, x := simulate(&k, seed, coarse)
				windows, lo, hi = windows+n, lo+l, hi+h
				if x != "" && (worst == "" || worst[0] != 'L' && x[0] == 'L') {
					worst, bad = x, seed
				}
			}
			t.Logf("%d windows, truth below Lo %.3f %%, above Hi %.3f %%; seed %d: %s", windows, 100*float64(lo)/float64(windows), 100*float64(hi)/float64(windows), bad, worst)
			assert.LessOrEqual(t, float64(lo), k.lo*float64(windows), "below Lo")
			assert.LessOrEqual(t, float64(hi), k.hi*float64(windows), "above Hi")
		})
	}
}
