package truth

import (
	"fmt"
	"slices"
)

// plan says how a target is scraped, and how processes follow one another
// there.
type plan struct {
	target   string
	interval ms
	scraped  span // when it is scraped
	start    ms   // of the first process; 0: long before the simulation
	jitter   float64
	lost     float64 // shares of scrapes: of which nothing is told,
	late     float64 // that are told after the next one,
	repeated float64 // that are told twice,
	slow     float64 // that are told as timeouts
	outages  []outage
	uptime   span // of a process, from and to; zero: for ever
	downtime span
	ends     ms   // when the last process ends; 0: never
	quiet    bool // refusals are not told
	// succeed carries the counts of a process over to the next one.
	succeed func(old, new *process)
}

// outage is a time in which scrapes of a live process fail, or are not made.
type outage struct {
	span
	how string // refused, timeout, or empty: nothing is told
}

// times draws an interval and so many of them as horizon.
func (m *maker) times() (interval ms) {
	interval = one(m.dice, 5*second, 5*second, 10*second, 15*second, 30*second)
	m.horizon = interval * m.between(14, 40)
	return interval
}

// plan is a plain one.
func (m *maker) plan(target string, interval ms) plan {
	return plan{target: target, interval: interval, scraped: span{m.between(0, interval-1), m.horizon}}
}

// direct adds a place that is scraped at its own address.
func (f *Fleet) direct(p plan) *place { return f.directLike(p, f.traits(), nil) }

// directLike adds a place of given traits. Tweak, unless nil, changes the place
// and its processes before the first scrape.
func (f *Fleet) directLike(p plan, t traits, tweak func(*place)) *place {
	pl := f.add(&place{interval: p.interval, targets: []string{p.target}})
	f.live(&p, &t, pl)
	if tweak != nil {
		tweak(pl)
	}
	for at := p.scraped.from; at <= p.scraped.to; at += p.interval {
		moved := at
		if p.jitter > 0 && at > p.scraped.from {
			moved += f.between(-ms(p.jitter*float64(p.interval)), ms(p.jitter*float64(p.interval)))
		}
		f.visit(&p, pl, min(moved, f.horizon))
	}
	return pl
}

// live adds the processes of a place.
func (f *Fleet) live(p *plan, t *traits, pl *place) {
	life := span{p.start, never}
	if p.start == 0 {
		life.from = -f.between(2*minute, 300*minute)
	}
	var old *process
	for begin := max(0, life.from); life.from < f.horizon; begin = life.from {
		life.to = never
		if p.uptime != (span{}) {
			life.to = begin + f.between(p.uptime.from, p.uptime.to)
		}
		if p.ends != 0 && life.to > p.ends {
			life.to = p.ends
		}
		next := f.process(t, pl, life)
		if old != nil && p.succeed != nil {
			p.succeed(old, next)
		}
		if life.to >= f.horizon || life.to == p.ends {
			return
		}
		old = next
		life.from = life.to + f.between(p.downtime.from, p.downtime.to)
	}
}

// alive returns the process that answers at t; of two the younger.
func (pl *place) alive(t ms) *process {
	for _, p := range slices.Backward(pl.lives) {
		if p.life.holds(t) {
			return p
		}
	}
	return nil
}

// visit is one scrape.
func (f *Fleet) visit(p *plan, pl *place, at ms) {
	for _, o := range p.outages {
		if o.holds(at) {
			if o.how != "" {
				f.fail(pl, p.target, at, o.how)
			}
			return
		}
	}
	who := pl.alive(at)
	switch {
	case who == nil:
		if !p.quiet {
			f.fail(pl, p.target, at, "refused")
		}
	case f.chance(p.lost):
	case f.chance(p.slow):
		f.fail(pl, p.target, at, "timeout")
	case f.chance(p.late):
		f.scrape(pl, p.target, who, at, at, min(at+p.interval*3/2, f.horizon))
	default:
		f.scrape(pl, p.target, who, at, at, at)
		if f.chance(p.repeated) {
			f.scrape(pl, p.target, who, at, at, min(at+f.between(0, 2*p.interval), f.horizon))
		}
	}
}

// name returns the name of the i-th target.
func name(i int) string { return fmt.Sprintf("10.0.0.%d:9090", i+1) }
