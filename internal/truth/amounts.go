package truth

import (
	"slices"
)

// selection is what a view is about.
type selection struct {
	family string
	label  string // k="0"; empty: all
	zone   string // of the target; empty: all
}

func (v selection) of(s *source) bool {
	return s.family == v.family && (v.label == "" || v.label == s.labels)
}

// amount is how much was counted, by class.
type amount [3]float64

func (a *amount) add(o amount) {
	for i := range a {
		a[i] += o[i]
	}
}

// truth bounds an answer that is about an amount: all of it may be in Lo; Hi
// has to hold all that is not open.
func (a *amount) truth() Truth {
	return Truth{LoMax: a[seen] + a[lost] + a[open], HiMin: a[seen] + a[lost]}
}

// sourcesOf returns the counters of a stretch.
func (pl *place) sourcesOf(p *process) []*source {
	if p == nil {
		return pl.machine
	}
	list := p.sources
	for _, d := range p.dists {
		list = append(slices.Clip(list), d.tally)
	}
	return list
}

// count adds up what the selected counters of a place counted.
func (m *moment) count(pl *place, v selection, list []stretch) (a amount) {
	for _, x := range m.inZone(pl, v, list) {
		for _, s := range pl.sourcesOf(x.process) {
			if v.of(s) {
				a.add(m.countOf(pl, s, x))
			}
		}
	}
	return a
}

// countOf is what one counter counted in a stretch. What it counted since its
// line was last in a body is open, and what it had counted before it came back.
func (m *moment) countOf(pl *place, s *source, x stretch) (a amount) {
	if len(s.hidden) == 0 && s.shown.from <= x.from {
		a[x.class] = s.grown(x.span)
		return a
	}
	sighted := -never
	for _, r := range m.readings(pl) {
		if (x.process == nil || r.process == x.process) && s.visible(r.asOf) {
			sighted = r.at
		}
	}
	a[x.class] = s.grown(span{x.from, min(x.to, sighted)})
	a[open] += s.grown(span{max(x.from, sighted), x.to})
	if len(s.hidden) > 0 {
		a[open] += s.grown(span{m.since, x.from})
	}
	return a
}

// increase is the truth of an increase.
func (m *moment) increase(v selection) Truth {
	var a amount
	for _, pl := range m.places {
		for _, machine := range []bool{false, true} {
			a.add(m.count(pl, v, m.observed(pl, machine)))
		}
	}
	return a.truth()
}

// rate is the truth of a mean rate. It is excused if something unseen was
// faster than the fastest that was seen: then Hi may be too low.
func (m *moment) rate(v selection) Truth {
	var a amount
	excused := false
	for _, pl := range m.places {
		for _, machine := range []bool{false, true} {
			a.add(m.count(pl, v, m.lived(pl, machine)))
			excused = excused || m.faster(pl, v, machine)
		}
	}
	t := a.truth()
	seconds := float64(m.window.length()) / float64(second)
	return Truth{LoMax: t.LoMax / seconds, HiMin: t.HiMin / seconds, HiExcused: excused}
}

// faster reports whether the selected counters of a place counted faster while
// no scrape saw them than in the fastest step of the window, or in the latest one
// if none ends there. Of a place with several names an answer keeps one.
func (m *moment) faster(pl *place, v selection, machine bool) bool {
	return slices.ContainsFunc(pl.targets, func(target string) bool {
		rs := slices.DeleteFunc(m.readings(pl), func(r reading) bool { return r.target != target })
		return len(rs) > 0 && m.fasterUnseen(pl, v, machine, rs)
	})
}

// hidden is a time in which some of a place's counters were not seen.
type hidden struct {
	stretch
	of func(*source) bool
}

func each(*source) bool { return true }

func (m *moment) fasterUnseen(pl *place, v selection, machine bool, rs []reading) bool {
	fastest := 0.0
	var unseen []hidden
	miss := func(p *process, in span, of func(*source) bool) {
		unseen = append(unseen, hidden{stretch{in.within(m.window), p, seen}, of})
	}
	// see takes in a step that ends with a reading.
	see := func(p *process, in span, r reading) {
		grown, unread := m.shown(pl, v, p, in, r)
		if in.length() > 0 {
			fastest = max(fastest, grown/float64(in.length()))
		}
		for _, x := range unread {
			miss(p, x.span, x.of)
		}
	}
	last := rs[len(rs)-1]
	paced := m.paced(last)
	for j, r := range rs {
		if !paced.holds(r.at) {
			continue
		}
		p := r.process
		if machine {
			p = nil
		}
		sure := r.process.tell != unsaid
		exact := sure && r.process.dates(r.at) // else it is not known how long the process counted
		switch {
		case j > 0 && (machine || rs[j-1].process == p):
			see(p, span{rs[j-1].at, r.at}, r)
		case j > 0:
			for _, x := range pl.step(rs[j-1], r, false) {
				switch {
				case x.class == lost || !sure:
					miss(x.process, x.span, each)
				case exact && m.believed(pl, v, hidden{x, each}, 2*fastest):
					see(x.process, x.span, r)
				}
			}
		case machine || p.life.from <= m.since || !exact:
			miss(p, span{m.since, r.at}, each)
		default:
			see(p, span{p.life.from, r.at}, r)
		}
	}
	rest := span{last.at, min(m.window.to, m.gone(pl, last.at))}.within(m.window)
	for _, p := range pl.lives {
		switch {
		case !machine:
			miss(p, p.life.within(rest), each)
		case p == pl.lives[0]:
			miss(nil, rest, each)
		}
	}
	return slices.ContainsFunc(unseen, func(x hidden) bool {
		return m.total(pl, v, x) > fastest*float64(x.length())*(1+1e-9)
	})
}

// shown is what a reading shows of what the selected counters of a place counted in the step that it ends, and what it
// does not show of that: of those that are hidden, were cleared or wrapped, and of all if the zone is another one since.
func (m *moment) shown(pl *place, v selection, p *process, in span, r reading) (grown float64, unread []hidden) {
	if v.zone != "" && pl.zoneAt(in.from) != pl.zoneAt(r.at) {
		return 0, []hidden{{stretch{in, p, seen}, each}}
	}
	visible := func(s *source) bool { return s.visible(r.asOf) }
	grown = m.total(pl, v, hidden{stretch{in, p, seen}, visible})
	for _, s := range pl.sourcesOf(p) {
		if at := s.begunIn(in); at > in.from {
			x := hidden{stretch{span{in.from, at}, p, seen}, func(o *source) bool { return o == s && visible(o) }}
			grown -= m.total(pl, v, x)
			unread = append(unread, x)
		}
	}
	return grown, append(unread, hidden{stretch{in, p, seen}, func(s *source) bool { return !visible(s) }})
}

// believed reports whether a step is of the process that its start tells: of series that say when they were created,
// one that is far too fast is not. A pace of 0 is none.
func (m *moment) believed(pl *place, v selection, x hidden, pace float64) bool {
	return x.process.tell != created || pace == 0 || m.total(pl, v, x) <= pace*float64(x.length())
}

// total is what some of the selected counters of a place counted in a time.
func (m *moment) total(pl *place, v selection, x hidden) (sum float64) {
	for _, y := range m.inZone(pl, v, []stretch{x.stretch}) {
		for _, s := range pl.sourcesOf(y.process) {
			if v.of(s) && x.of(s) {
				a := m.countOf(pl, s, y)
				sum += a[seen] + a[lost]
			}
		}
	}
	return sum
}

// paced is when the steps end whose pace counts: in the window, or if none does, at
// the latest reading.
func (m *moment) paced(last reading) span {
	if m.window.holds(last.at) {
		return m.window
	}
	return span{last.at - 1, last.at}
}

// rateNow is the truth of the rate of those who are alive: the sum of the rates
// at which they count, give or take an event in their latest step. It is not
// known of what counts at random.
func (m *moment) rateNow(v selection) (Truth, bool) {
	var t Truth
	for _, pl := range m.places {
		if pl.changes {
			return t, false
		}
		rate, slack, ok := m.intensity(pl, v)
		if !ok {
			return t, false
		}
		up, sure := m.up(pl, v)
		if up {
			t.LoMax += rate + slack
		}
		if sure {
			t.HiMin += max(0, rate-slack)
		}
	}
	return t, true
}

// intensity is the rate at which a place counts while it is alive, and how far
// off a reading of it may be. It is that of its latest process.
func (m *moment) intensity(pl *place, v selection) (rate, slack float64, ok bool) {
	rs := m.readings(pl)
	span := pl.interval
	if n := len(rs); n > 1 && rs[n-1].process == rs[n-2].process {
		span = rs[n-1].at - rs[n-2].at
	} else if n > 0 {
		span = min(span, rs[n-1].at-rs[n-1].process.life.from)
	}
	for _, s := range slices.Concat(pl.sourcesOf(pl.lives[len(pl.lives)-1]), pl.machine) {
		if !v.of(s) {
			continue
		}
		if s.how != even {
			return 0, 0, false
		}
		rate += s.rate * s.weight
		slack += 1.01 * s.weight * float64(second) / float64(max(1, span))
	}
	return rate, slack, true
}

// up reports whether a place may be in a rate now, and whether it has to be in
// its upper bound. A machine counts on while no process shows it.
func (m *moment) up(pl *place, v selection) (may, must bool) {
	rs := m.readings(pl)
	alive := pl.alive(m.window.to) != nil
	counts := alive || slices.ContainsFunc(pl.machine, v.of)
	if len(rs) == 0 {
		return pl.expected && alive, pl.expected && alive
	}
	last := rs[len(rs)-1]
	gone := m.gone(pl, last.at) != never
	if gone || m.refused(pl, last) {
		return counts, alive && !gone
	}
	silent, interval := float64(m.window.to-last.at), float64(pl.interval)
	usual := float64(median(rs))
	patience := 3.0
	if pl.pool > 0 {
		patience = 140
		interval *= float64(pl.pool)
	}
	may = counts || silent <= (patience+0.5)*max(interval, usual)
	return may, alive && m.stepped(pl) && silent <= 2.5*min(interval, usual)
}

// median returns the middle one of the last 8 distances of readings.
func median(rs []reading) ms {
	var list []ms
	for j := max(1, len(rs)-8); j < len(rs); j++ {
		list = append(list, rs[j].at-rs[j-1].at)
	}
	if len(list) == 0 {
		return never
	}
	slices.Sort(list)
	return list[len(list)/2]
}
