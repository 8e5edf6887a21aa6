package truth

import "github.com/promfold/promfold/internal/cases"

// The kinds in which it is not plain who answers.

// behind adds processes that answer at one target.
func behind(f *Fleet, n int, interval ms) []*place {
	var list []*place
	for range n {
		t := f.traits()
		pl := f.add(&place{interval: interval, targets: []string{"lb:443"}, pool: n})
		f.process(&t, pl, span{-f.between(2*minute, 300*minute), never})
		list = append(list, pl)
	}
	return list
}

// balancer is a declared one: each scrape meets one of the processes, by chance
// or in turn. Some of them may be replaced.
func balancer(numbered bool, how tell) func(*Fleet) {
	return func(f *Fleet) {
		interval := f.times()
		f.horizon *= 2
		f.program.tell = how
		if how == unsaid {
			f.program.fillers = 40
		}
		n := 2 + f.IntN(2)
		declared := &cases.Balanced{Target: "lb:443"}
		if numbered {
			declared.Expected = n
		}
		f.begin(declared)
		list := behind(f, n, interval)
		if how != unsaid && f.chance(0.3) { // a deploy
			for _, old := range list[:1+f.IntN(n)] {
				end := f.between(f.horizon/3, f.horizon)
				old.lives[0].end(end)
				t := f.traits()
				f.process(&t, f.add(&place{interval: interval, targets: old.targets, pool: n}), span{end, never})
			}
		}
		meet(f, interval)
	}
}

// end lets a process end earlier than it was drawn.
func (p *process) end(at ms) {
	p.life.to = at
	for _, s := range p.sources {
		s.events = s.events[:until(s.events, at)]
	}
	for _, d := range p.dists {
		kept := d.observed[:0]
		for _, o := range d.observed {
			if o.counted <= at {
				kept = append(kept, o)
			}
		}
		d.observed = kept
		d.counts()
	}
}

// meet scrapes the one target of all places.
func meet(f *Fleet, interval ms) {
	inTurn := f.chance(0.3)
	for at := f.between(0, interval-1); at <= f.horizon; at += interval {
		var alive []*place
		for _, pl := range f.places {
			if pl.alive(at) != nil {
				alive = append(alive, pl)
			}
		}
		pl := one(f.dice, alive...)
		if inTurn {
			pl = alive[int(at/interval)%len(alive)]
		}
		f.scrape(pl, pl.targets[0], pl.alive(at), at, at, at)
	}
}

// undeclared is an address that reaches two processes, and nobody says so.
func undeclared(how tell) func(*Fleet) {
	return func(f *Fleet) {
		interval := f.times()
		f.program.tell = how
		behind(f, 2, interval)
		meet(f, interval)
	}
}

// twoNames reaches one process by two names.
func twoNames(f *Fleet) {
	interval := f.times()
	t := f.traits()
	pl := f.add(&place{interval: interval, targets: []string{name(0), name(1)}})
	who := f.process(&t, pl, span{-f.between(2*minute, 300*minute), never})
	for _, target := range pl.targets {
		for at := f.between(0, interval-1); at <= f.horizon; at += interval {
			f.scrape(pl, target, who, at, at, at)
		}
	}
	if f.chance(0.5) {
		f.direct(f.plan(name(2), interval))
	}
}

// failing targets: processes end and begin, hang, or cannot be reached.
func failing(told bool) func(*Fleet) {
	return func(f *Fleet) {
		interval := f.times()
		many(f, 4, func(target string) { f.direct(troubled(f, target, interval, told)) })
	}
}

func troubled(f *Fleet, target string, interval ms, told bool) plan {
	p := f.plan(target, interval)
	p.quiet = !told
	from := f.between(2*interval, f.horizon)
	gap := outage{span: span{from, from + f.between(interval, 10*interval)}}
	if told {
		gap.how = one(f.dice, "timeout", "refused")
	}
	switch f.IntN(4) {
	case 0:
		p.outages = []outage{gap}
	case 1:
		p.ends = from
	case 2:
		p.uptime, p.downtime = span{4 * interval, 14 * interval}, span{interval, 8 * interval}
	}
	return p
}

// absent targets are expected, and serve, but never answer.
func absent(f *Fleet) {
	interval := f.times()
	met, missing := 1+f.IntN(3), 1+f.IntN(3)
	all := &cases.Expect{}
	how := one(f.dice, "refused", "timeout", "")
	for i := range met + missing {
		p := f.plan(name(i), interval)
		all.Targets = append(all.Targets, p.target)
		if i >= met {
			p.outages = []outage{{span{-never, never}, how}}
		}
		pl := f.direct(p)
		pl.expected = true
	}
	f.begin(all)
}

// mixed targets each have some of all troubles.
func mixed(f *Fleet) {
	interval := f.times()
	f.program.machine = f.chance(0.3)
	many(f, 5, func(target string) {
		p := troubled(f, target, interval, f.chance(0.6))
		p.jitter = one(f.dice, 0, 0.2)
		p.lost, p.late, p.repeated = one(f.dice, 0, 0.1), one(f.dice, 0, 0.05), one(f.dice, 0, 0.05)
		if f.chance(0.3) {
			p.start = f.between(1, f.horizon/2)
			p.scraped.from = p.start + f.between(1, interval)
		}
		if f.chance(0.3) {
			p.uptime, p.downtime = ups(interval)
		}
		f.directLike(p, f.traits(), func(pl *place) {
			if f.program.arrivals == even && f.chance(0.2) {
				for _, s := range pl.lives[0].sources[1:f.program.series] {
					comeAndGo(f, s, pl.lives[0].life, interval)
					pl.changes = true
				}
			}
		})
	})
}
