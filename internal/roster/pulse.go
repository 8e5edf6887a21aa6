package roster

import (
	"math"
	"sync/atomic"

	"github.com/promfold/promfold/internal/saved"
)

// Lull is the least gap without any scrape that counts as a pause of the
// watcher, not of its instances.
const Lull = Learnt / 2

// Pulse is when a fleet was scraped last, and when it was not before. Scrapes note
// themselves in parallel. The zero value is of a fleet that never was.
type Pulse struct{ latest, asleep, awake atomic.Int64 }

// Latest returns the time of the newest scrape.
func (p *Pulse) Latest() int64 { return p.latest.Load() }

// Beat notes a scrape: after a lull of the whole fleet every staleness timer
// restarts.
func (p *Pulse) Beat(at int64) {
	for {
		before := p.latest.Load()
		if at <= before {
			return
		}
		if p.latest.CompareAndSwap(before, at) {
			if before != 0 && at-before > Lull {
				p.asleep.Store(before)
				p.awake.Store(at)
			}
			return
		}
	}
}

// Silence is for how long an instance was silent while the fleet was watched: at
// is the present, last its latest scrape.
func (p *Pulse) Silence(at, last int64) int64 { return at - max(last, p.awake.Load()) }

// Set makes p the pulse that o was.
func (p *Pulse) Set(o *Pulse) { p.keep(o.watched(0)) }

// Merge adds that of another part of the fleet. first and theirs are the first
// scrapes of the two.
func (p *Pulse) Merge(first int64, o *Pulse, theirs int64) {
	a, b := p.watched(first), o.watched(theirs)
	a.Asleep, a.Awake = Slept(a, b)
	a.Latest = max(a.Latest, b.Latest)
	p.keep(a)
}

func (p *Pulse) watched(first int64) Watch {
	return Watch{First: first, Asleep: p.asleep.Load(), Awake: p.awake.Load(), Latest: p.latest.Load()}
}

func (p *Pulse) keep(w Watch) {
	p.latest.Store(w.Latest)
	p.asleep.Store(w.Asleep)
	p.awake.Store(w.Awake)
}

// Code writes it down, or reads it back.
func (p *Pulse) Code(c *saved.Codec) {
	w := p.watched(0)
	for _, at := range []*int64{&w.Latest, &w.Asleep, &w.Awake} {
		c.Int64(at)
	}
	p.keep(w)
}

// Watch is when a part of a fleet was scraped, in Unix ms.
type Watch struct {
	First         int64
	Asleep, Awake int64 // the scrapes around the latest lull; 0: there was none
	Latest        int64 // 0: it never was
}

// Slept returns the scrapes around the latest lull of two parts together: both were
// silent for long, and neither for ever.
func Slept(a, b Watch) (asleep, awake int64) {
	for _, x := range a.silences() {
		for _, y := range b.silences() {
			from, to := max(x[0], y[0]), min(x[1], y[1])
			if from != math.MinInt64 && to != math.MaxInt64 && to-from > Lull && to > awake {
				asleep, awake = from, to
			}
		}
	}
	return asleep, awake
}

// silences returns when a part is not known to have been scraped.
func (w Watch) silences() [][2]int64 {
	switch {
	case w.Latest == 0:
		return [][2]int64{{math.MinInt64, math.MaxInt64}}
	case w.Awake == 0:
		return [][2]int64{{math.MinInt64, w.First}, {w.Latest, math.MaxInt64}}
	}
	return [][2]int64{{math.MinInt64, w.First}, {w.Asleep, w.Awake}, {w.Latest, math.MaxInt64}}
}
