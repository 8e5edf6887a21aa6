package truth

import "slices"

// kind is a kind of fleet.
type kind struct {
	name   string
	about  string
	hidden string // what happens there against the assumptions that the library names, or leaves no trace; empty: there must be no miss
	make   func(*Fleet)
}

// Kinds returns the names of all kinds of fleets.
func Kinds() []string {
	var names []string
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	return names
}

// Hidden says what happens in a kind of fleet against the assumptions that the
// library names, or leaves no trace in what is scraped, so that an answer may miss
// the truth. It is empty where answers must hold it.
func Hidden(name string) string {
	if k := kindNamed(name); k != nil {
		return k.hidden
	}
	return ""
}

// About says what happens in a kind of fleet.
func About(name string) string {
	if k := kindNamed(name); k != nil {
		return k.about
	}
	return ""
}

func kindNamed(name string) *kind {
	list := kinds()
	i := slices.IndexFunc(list, func(k kind) bool { return k.name == name })
	if i < 0 {
		return nil
	}
	return &list[i]
}

func kinds() []kind {
	return []kind{
		{"steady", "scraped at equal intervals, nothing happens", "", steady},
		{"jitter", "scraped at unequal intervals", "", jitter},
		{"lost", "scrapes are lost, late, repeated or time out", "", lostScrapes},
		{"restarts", "the start time is in the body", "", restarts(inBody)},
		{"restarts-header", "the start time is in the header", "", restarts(inHeader)},
		{"restarts-created", "the series say when they were created", "", restarts(created)},
		{"restarts-silent", "no start time", "", restarts(unsaid)},
		{"clocks", "the clocks of the hosts differ, and the answers are dated by them", "", clocks(true)},
		{"clocks-undated", "the clocks of the hosts differ, and nothing tells", "", clocks(false)},
		{"crash-loops", "several lives between two scrapes", "", crashLoops},
		{"rolling", "pods are replaced one by one", "", rolling},
		{"workers", "short-lived processes", "", workers},
		{"exporters", "counts outlive the process, and the view says so", "", exporters("external")},
		{"exporters-unsaid", "counts outlive the process, and nobody says so", "", exporters("")},
		{"families", "families of the process and of the machine in one body", "", families},
		{"births", "series are born, vanish and return", "", births},
		{"cleared", "vectors are cleared alone", "", cleared(false)},
		{"cleared-outgrown", "vectors are cleared and outgrow themselves in one step", "a vector is cleared and outgrown in one step", cleared(true)},
		{"balancer", "a declared balancer with its number, with start times", "", balancer(true, inBody)},
		{"balancer-unknown", "a declared balancer without its number, with start times", "", balancer(false, inBody)},
		{"balancer-tokenless", "a declared balancer with its number, without start times", "", balancer(true, unsaid)},
		{"undeclared", "an address that alternates, with start times", "", undeclared(inBody)},
		{"undeclared-tokenless", "an address that alternates, without start times", "processes in turn look like one that grows", undeclared(unsaid)},
		{"two-names", "two addresses of one process", "", twoNames},
		{"alike", "replicas that start at one moment, count alike and are scraped together", "", alike},
		{"relabelled", "the label zone of targets changes", "", relabelled},
		{"torn", "histograms of a client that is not atomic", "a torn reading at the edge of a window", torn},
		{"layouts", "histograms that change their buckets", "", layoutsChange},
		{"native", "native histograms", "", natives},
		{"summaries", "summaries", "", summaries},
		{"restored", "counts are read back from a file, with start times", "", restored(inBody)},
		{"restored-silent", "counts are read back from a file, without start times", "counts are read back, and no start time tells", restored(unsaid)},
		{"hot-restarts", "counts are handed over late", "the old process goes on and nobody reads it", hotRestarts},
		{"replicas", "two replicas answer in turn, one lags", "the first reading of a window lags", replicas},
		{"wrapped", "counters wrap", "", wrapped},
		{"failures", "targets that fail, and it is told", "", failing(true)},
		{"silence", "targets that fail, and it is not told", "", failing(false)},
		{"absent", "expected targets never answer", "", absent},
		{"mixed", "some of all that can happen to a target", "", mixed},
	}
}

// many calls do for one to n targets.
func many(f *Fleet, n int, do func(target string)) {
	for i := range 1 + f.IntN(n) {
		do(name(i))
	}
}

func steady(f *Fleet) {
	interval := f.times()
	many(f, 4, func(target string) { f.direct(f.plan(target, interval)) })
}

func jitter(f *Fleet) {
	interval := f.times()
	many(f, 4, func(target string) {
		p := f.plan(target, interval)
		p.jitter = 0.3
		f.direct(p)
	})
}

func lostScrapes(f *Fleet) {
	interval := f.times()
	many(f, 4, func(target string) {
		p := f.plan(target, interval)
		p.jitter, p.lost, p.late, p.repeated, p.slow = 0.1, 0.15, 0.1, 0.1, one(f.dice, 0, 0.1)
		f.direct(p)
	})
}

// ups are times between restarts that a few scrapes see.
func ups(interval ms) (up, down span) {
	return span{3 * interval, 14 * interval}, span{interval / 10, interval * 3 / 2}
}

func restarts(how tell) func(*Fleet) {
	return func(f *Fleet) {
		interval := f.times()
		f.program.tell, f.program.owner = how, one(f.dice, "", "process")
		many(f, 3, func(target string) {
			p := f.plan(target, interval)
			p.uptime, p.downtime = ups(interval)
			p.quiet = f.chance(0.3)
			f.direct(p)
		})
	}
}

// clocks are of hosts of which some processes begin, or begin anew, while they are
// watched.
func clocks(dated bool) func(*Fleet) {
	return func(f *Fleet) {
		interval := f.times()
		f.program.tell, f.program.owner = one(f.dice, inBody, inHeader, created), "process"
		many(f, 4, func(target string) {
			p := f.plan(target, interval)
			if f.chance(0.7) {
				p.start = f.between(-2*minute, f.horizon/2)
				p.scraped.from = max(p.scraped.from, p.start+f.between(1, interval))
			}
			if f.chance(0.4) {
				p.uptime, p.downtime = ups(interval)
			}
			ahead := f.between(-55*second, 55*second)
			f.directLike(p, f.traits(), func(pl *place) {
				for _, who := range pl.lives {
					who.ahead, who.undated = ahead, !dated
				}
			})
		})
	}
}

func crashLoops(f *Fleet) {
	interval := f.times()
	many(f, 3, func(target string) {
		p := f.plan(target, interval)
		p.uptime, p.downtime = span{max(3*second, interval/4), 2 * interval}, span{second, interval / 2}
		p.quiet = f.chance(0.3)
		f.direct(p)
	})
}

func rolling(f *Fleet) {
	interval := f.times()
	n := 2 + f.IntN(4)
	how := one(f.dice, "gone", "refused", "")
	for i := range n {
		old, next := f.plan(name(i), interval), f.plan(name(100+i), interval)
		swap := f.horizon/4 + f.horizon/2*ms(i)/ms(n)
		old.ends = swap + f.between(0, interval)
		old.scraped.to, old.quiet = old.ends, true
		next.start = swap + f.between(-interval, interval)
		next.scraped.from = next.start + f.between(1, interval)
		t := f.traits()
		pl := f.directLike(old, t, nil)
		switch at := old.ends + f.between(1, interval); how {
		case "gone":
			f.gone(pl, old.target, at)
		case "refused":
			for ; at < f.horizon; at += interval {
				f.fail(pl, old.target, at, "refused")
			}
		}
		f.directLike(next, t, nil)
	}
}

func workers(f *Fleet) {
	interval := f.times()
	t := f.traits()
	f.direct(f.plan(name(0), interval))
	for i := range 4 + f.IntN(10) {
		p := f.plan(name(1+i), interval)
		p.start = f.between(1, f.horizon-interval)
		p.ends = p.start + f.between(3*second, 6*interval)
		p.scraped = span{p.start + f.between(1, interval), p.ends}
		pl := f.directLike(p, t, nil)
		if gone := p.ends + f.between(1, interval); gone <= f.horizon {
			f.gone(pl, p.target, gone)
		}
	}
}

func exporters(owner string) func(*Fleet) {
	return func(f *Fleet) {
		interval := f.times()
		f.program.external, f.program.owner, f.program.form = true, owner, ""
		many(f, 3, func(target string) {
			p := f.plan(target, interval)
			p.uptime, p.downtime = ups(interval)
			f.direct(p)
		})
	}
}

func families(f *Fleet) {
	interval := f.times()
	f.program.machine, f.program.form = true, classic
	many(f, 3, func(target string) {
		p := f.plan(target, interval)
		if f.chance(0.7) {
			p.uptime, p.downtime = ups(interval)
		}
		f.direct(p)
	})
}

func torn(f *Fleet) {
	interval := f.times()
	f.program.form, f.program.torn = classic, 0.3
	if f.program.ahead = f.chance(0.5); f.program.ahead { // many are above the last bound, so no body is impossible
		f.program.bounds, f.program.slow = []float64{0.1, 0.5, 1}, 0.9
	}
	many(f, 3, func(target string) { f.direct(f.plan(target, interval)) })
}

func natives(f *Fleet) {
	interval := f.times()
	f.program.form = native
	many(f, 3, func(target string) {
		p := f.plan(target, interval)
		if f.chance(0.4) {
			p.uptime, p.downtime = ups(interval)
		}
		f.directLike(p, f.traits(), func(pl *place) {
			for _, who := range pl.lives {
				if f.chance(0.3) {
					who.dists[0].coarser = f.between(0, f.horizon)
				}
			}
		})
	})
}

func summaries(f *Fleet) {
	interval := f.times()
	f.program.form = summary
	many(f, 3, func(target string) {
		p := f.plan(target, interval)
		if f.chance(0.4) {
			p.uptime, p.downtime = ups(interval)
		}
		f.direct(p)
	})
}
