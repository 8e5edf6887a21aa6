package roster

import (
	"sync/atomic"

	"github.com/promfold/promfold/internal/saved"
)

// Lull is the least gap without any scrape that counts as a pause of the
// watcher, not of its instances.
const Lull = Learnt / 2

// Pulse is when a fleet was scraped last. Scrapes note themselves in parallel. The
// zero value is of a fleet that never was.
type Pulse struct{ latest, awake atomic.Int64 }

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
func (p *Pulse) Set(o *Pulse) {
	p.latest.Store(o.latest.Load())
	p.awake.Store(o.awake.Load())
}

// Merge adds that of another part of the fleet. first and theirs are the first
// scrapes of the two.
func (p *Pulse) Merge(first int64, o *Pulse, theirs int64) {
	p.awake.Store(Awakened(Watch{first, p.Latest(), p.awake.Load()}, Watch{theirs, o.Latest(), o.awake.Load()}))
	p.latest.Store(max(p.Latest(), o.Latest()))
}

// Code writes it down, or reads it back.
func (p *Pulse) Code(c *saved.Codec) {
	for _, x := range []*atomic.Int64{&p.latest, &p.awake} {
		at := x.Load()
		c.Int64(&at)
		x.Store(at)
	}
}

// Watch is when a part of a fleet was scraped, in Unix ms.
type Watch struct {
	First, Latest int64
	Awake         int64 // the first scrape after the latest lull; 0: there was none
}

// Awakened returns the first scrape after the latest lull of two parts together: a
// lull of one is none while the other one was scraped, and one that began long after
// the other's latest scrape ends a lull of both.
func Awakened(a, b Watch) int64 { return max(a.awakened(b), b.awakened(a)) }

func (w Watch) awakened(o Watch) int64 {
	if o.Latest != 0 && w.Latest != 0 && w.First-o.Latest > Lull {
		return max(w.First, w.Awake)
	}
	if max(o.First, o.Awake) < w.Awake && w.Awake-o.Latest <= Lull {
		return 0
	}
	return w.Awake
}
