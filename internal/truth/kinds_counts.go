package truth

import "slices"

// The kinds in which counters do what counters do not do.

func births(f *Fleet) {
	interval := f.times()
	f.program.series, f.program.arrivals = 3+f.IntN(3), even // what vanishes was not faster than before
	many(f, 3, func(target string) {
		p := f.plan(target, interval)
		if f.chance(0.2) {
			p.uptime, p.downtime = ups(interval)
		}
		f.directLike(p, f.traits(), func(pl *place) {
			pl.changes = true
			for _, who := range pl.lives {
				for _, s := range who.sources[1:f.program.series] {
					comeAndGo(f, s, who.life, interval)
				}
			}
		})
	})
}

// comeAndGo lets a series be born late, or vanish for a while: what it counts
// meanwhile is in it when it returns, or it was deleted and began again. What was
// deleted was read before, as nothing tells of a series that never was.
func comeAndGo(f *Fleet, s *source, life span, interval ms) {
	life = life.within(span{0, f.horizon})
	if life.length() < 4*interval {
		return
	}
	switch f.IntN(4) {
	case 0: // born
		at := f.between(life.from, life.to)
		s.events = slices.DeleteFunc(s.events, func(t ms) bool { return t <= at })
		s.base, s.shown.from = 0, at
	case 1: // hidden
		at := f.between(life.from, life.to)
		s.hidden = []span{{at, at + f.between(interval, 5*interval)}}
	case 2: // deleted, and born again
		read := life.from
		if read > 0 {
			read += 3 * interval
		}
		at := f.between(read, life.to)
		back := at + f.between(interval, 5*interval)
		s.events = slices.DeleteFunc(s.events, func(t ms) bool { return at < t && t <= back })
		s.jumps = []jump{{at: at, clear: true}}
		s.hidden = []span{{at, back}}
	}
}

// cleared clears the vector c, or the histogram, while the process goes on.
// Unless outgrown, what was there is much more than what comes in a step.
func cleared(outgrown bool) func(*Fleet) {
	return func(f *Fleet) {
		interval := f.times()
		f.program.form = one(f.dice, "", classic)
		many(f, 3, func(target string) {
			p := f.plan(target, interval)
			f.directLike(p, f.traits(), func(pl *place) {
				clearCounts(f, pl.lives[0], f.between(2*interval, f.horizon-interval), interval, outgrown)
			})
		})
	}
}

func clearCounts(f *Fleet, who *process, at, interval ms, outgrown bool) {
	for _, s := range who.sources[:f.program.series] {
		step := s.weight * s.rate * float64(interval) / float64(second)
		if s.base = 20 * (1 + step); s.how == bursts {
			s.base *= 5
		}
		if outgrown {
			s.base = 0
			s.events = slices.DeleteFunc(s.events, func(t ms) bool { return t < at-interval })
		}
		s.jumps = []jump{{at: at, clear: true}}
	}
	for _, d := range who.dists {
		for len(d.base) < 200 {
			d.base = append(d.base, f.value())
		}
		d.cleared = at
	}
}

// restored processes read their counts back from a file, which they wrote at
// their end or some time before.
func restored(how tell) func(*Fleet) {
	return func(f *Fleet) {
		interval := f.times()
		f.program.tell, f.program.form, f.program.owner = how, "", ""
		every := one(f.dice, 0, interval/2, 2*interval)
		many(f, 3, func(target string) {
			p := f.plan(target, interval)
			p.start = -f.between(60*minute, 300*minute) // much more than a new life counts
			p.uptime, p.downtime = ups(interval)
			p.succeed = func(old, next *process) {
				saved := old.life.to
				if every > 0 {
					saved -= f.between(0, every)
				}
				for i, s := range next.sources {
					s.base = old.sources[i].value(saved)
				}
			}
			f.direct(p)
		})
	}
}

// hotRestarts: the old process goes on for a while beside the new one, which
// answers, and then hands its counts over.
func hotRestarts(f *Fleet) {
	interval := f.times()
	f.program.form, f.program.owner = "", ""
	many(f, 3, func(target string) {
		p := f.plan(target, interval)
		p.start = -f.between(60*minute, 300*minute)
		p.uptime, p.downtime = span{5 * interval, 14 * interval}, span{second, second}
		f.directLike(p, f.traits(), func(pl *place) {
			pl.changes = true
			for i, next := range pl.lives[1:] {
				handOver(f, pl.lives[i], next, next.life.from+f.between(interval/4, 2*interval))
			}
		})
	})
}

// handOver lets a process go on beside its successor until it hands over.
func handOver(f *Fleet, old, next *process, late ms) {
	for k, s := range old.sources {
		s.events = append(s.events, f.events(s.how, s.rate, span{old.life.to, min(late, f.horizon)})...)
		next.sources[k].jumps = append(next.sources[k].jumps, jump{at: late, by: s.value(late)})
	}
	old.life.to = late
}

// replicas answer in turn at one address with one count; one of them lags, and
// answers at most three times in a row.
func replicas(f *Fleet) {
	interval := f.times()
	f.program.tell, f.program.form = one(f.dice, inBody, unsaid), ""
	many(f, 2, func(target string) {
		p := f.plan(target, interval)
		t := f.traits()
		pl := f.add(&place{interval: interval, targets: []string{target}, changes: true, lag: f.between(second, 2*interval)})
		f.live(&p, &t, pl)
		who := pl.lives[0]
		for _, s := range who.sources { // a fall is shallow
			s.base = max(s.base, 20*s.weight*s.rate*float64(interval+pl.lag)/float64(second))
		}
		row := 0
		for at := p.scraped.from; at <= p.scraped.to; at += interval {
			shown := at
			if row++; row <= 3 && f.chance(0.4) {
				shown -= pl.lag
			} else {
				row = 0
			}
			f.scrape(pl, target, who, at, shown, at)
		}
	})
}

// wrapped counters have 32 bits.
func wrapped(f *Fleet) {
	interval := f.times()
	f.program.weight, f.program.form = one(f.dice, 1.0, 1500), ""
	many(f, 3, func(target string) {
		p := f.plan(target, interval)
		f.directLike(p, f.traits(), func(pl *place) {
			s := pl.lives[0].sources[0]
			s.wrap = 1 << 32
			s.base = s.wrap - s.weight*float64(len(s.events)/(2+f.IntN(3)))
		})
	})
}

// layoutsChange: the next version has other bounds, or a bucket is written only
// once it was hit.
func layoutsChange(f *Fleet) {
	interval := f.times()
	f.program.form = classic
	f.program.onlyHit = f.chance(0.4)
	many(f, 3, func(target string) {
		p := f.plan(target, interval)
		if f.chance(0.7) {
			p.uptime, p.downtime = ups(interval)
		}
		f.directLike(p, f.traits(), func(pl *place) {
			for i, who := range pl.lives {
				d := who.dists[0]
				if i > 0 {
					d.bounds = one(f.dice, layouts...)
				}
				if f.chance(0.3) {
					d.rebound = []rebound{{f.between(0, f.horizon), one(f.dice, layouts...)}}
				}
			}
		})
	})
}
