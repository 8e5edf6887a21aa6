package truth

import (
	"cmp"
	"slices"
)

// class says what an answer has to do with a time.
type class uint8

const (
	seen class = iota // readings cover it
	lost              // no reading covers it, but it is of the span of the answer: Hi has to hold it
	open              // the answer may hold it or not
)

// stretch is a time of a process, or of a machine if that is nil.
type stretch struct {
	span
	process *process
	class   class
}

// moment is what a question is about: a window, and what was told before.
type moment struct {
	*Fleet
	window span
	order  int
	over   ms // see opening
}

// readings returns those that count at the moment, by time.
func (m *moment) readings(pl *place) []reading {
	var list []reading
	for _, r := range pl.readings {
		if r.order < m.order && r.at <= m.window.to {
			list = append(list, r)
		}
	}
	slices.SortStableFunc(list, func(a, b reading) int { return cmp.Compare(a.at, b.at) })
	return list
}

// observed returns what an increase is about: the steps that end in the window,
// from the reading before the first of them.
func (m *moment) observed(pl *place, machine bool) []stretch {
	rs := m.readings(pl)
	if len(rs) == 0 {
		if pl.expected {
			return m.everything(pl, machine, lost)
		}
		return nil
	}
	i := slices.IndexFunc(rs, func(r reading) bool { return m.window.holds(r.at) })
	if i < 0 {
		return nil
	}
	var list []stretch
	if i == 0 {
		list = m.beginning(pl, rs[0], machine)
	}
	for j := max(1, i); j < len(rs); j++ {
		list = append(list, pl.step(rs[j-1], rs[j], machine)...)
	}
	return m.blurred(pl, list)
}

// beginning is what was before the first reading of a place: from the birth of
// the process, or from Since if the place was met after the first round.
func (m *moment) beginning(pl *place, first reading, machine bool) []stretch {
	p := first.process
	switch born := !machine && p.life.from > m.since; {
	case born && p.tell != unsaid:
		return []stretch{{span{p.life.from, first.at}, p, seen}}
	case born:
		return []stretch{{span{p.life.from, first.at}, p, lost}}
	case first.at <= m.over || pl.pool > 0: // it was there at Since
		return nil
	case machine:
		p = nil
	}
	return []stretch{{span{m.since, first.at}, p, lost}}
}

// step is what happened between two readings: what the second one shows, and
// what others counted, whom no reading met any more.
func (pl *place) step(a, b reading, machine bool) []stretch {
	between := span{a.at, b.at}
	if machine {
		return []stretch{{between, nil, seen}}
	}
	var list []stretch
	for _, p := range pl.lives {
		x := stretch{p.life.within(between), p, lost}
		if p == b.process {
			x.class = seen
		}
		list = append(list, x)
	}
	return list
}

// blurred allows for readings that are older than they say, and for a process
// that is read by two names, of which the answer may keep one: what was counted
// at the edges is open.
func (m *moment) blurred(pl *place, list []stretch) []stretch {
	if len(list) == 0 || pl.lag == 0 && len(pl.targets) == 1 {
		return list
	}
	outer := span{never, -never}
	inner := span{-never, never}
	for _, target := range pl.targets {
		in := m.edges(pl, target)
		outer = span{min(outer.from, in.from-pl.lag), max(outer.to, in.to)}
		inner = span{max(inner.from, in.from), min(inner.to, in.to)}
	}
	if pl.lag > 0 {
		newest := -never
		for _, r := range m.readings(pl) {
			newest = max(newest, r.asOf)
		}
		inner.to = min(inner.to, newest)
	}
	inner.to = max(inner.from, inner.to)
	p := list[len(list)-1].process
	return []stretch{{span{outer.from, inner.from}, p, open}, {inner, p, seen}, {span{inner.to, outer.to}, p, open}}
}

// edges are those of the steps that the readings of one target make in the
// window.
func (m *moment) edges(pl *place, target string) span {
	rs := slices.DeleteFunc(m.readings(pl), func(r reading) bool { return r.target != target })
	i := slices.IndexFunc(rs, func(r reading) bool { return m.window.holds(r.at) })
	if i < 0 {
		return span{m.window.to, m.window.to}
	}
	return span{rs[max(0, i-1)].at, rs[len(rs)-1].at}
}

// everything is all that happens at a place in the window.
func (m *moment) everything(pl *place, machine bool, c class) []stretch {
	if machine {
		return []stretch{{m.window, nil, c}}
	}
	var list []stretch
	for _, p := range pl.lives {
		list = append(list, stretch{p.life.within(m.window), p, c})
	}
	return list
}

// refused reports whether a place refused since its latest reading.
func (m *moment) refused(pl *place, last reading) bool {
	return slices.ContainsFunc(pl.endings, func(e ending) bool { return !e.gone && e.order < m.order && e.at >= last.at })
}

// gone is when a place was told to be gone since a time.
func (m *moment) gone(pl *place, since ms) ms {
	at := never
	for _, e := range pl.endings {
		if e.gone && e.order < m.order && e.at >= since {
			at = min(at, e.at)
		}
	}
	return at
}

// stepped reports whether a step of the place ends in the window.
func (m *moment) stepped(pl *place) bool {
	for j, r := range m.readings(pl) {
		if m.window.holds(r.at) && (j > 0 || r.process.life.from > m.since && r.process.tell != unsaid) {
			return true
		}
	}
	return false
}

// lived returns what a rate is about: all that happened in the window at places
// that answered in it, or refused since they did, until they were said to be gone.
func (m *moment) lived(pl *place, machine bool) []stretch {
	rs := m.readings(pl)
	switch {
	case len(rs) == 0 && pl.expected:
		return m.everything(pl, machine, lost)
	case !m.stepped(pl) && (len(rs) == 0 || !m.refused(pl, rs[len(rs)-1])):
		return m.everything(pl, machine, open)
	}
	gone := m.gone(pl, rs[len(rs)-1].at)
	if machine {
		return split(m.window, gone, nil)
	}
	var list []stretch
	for _, p := range pl.lives {
		in := p.life.within(m.window)
		if p.life.from < rs[0].process.life.from {
			list = append(list, stretch{in, p, open})
		} else {
			list = append(list, split(in, gone, p)...)
		}
	}
	return list
}

// split returns a time until a moment, and what of it is open after that.
func split(in span, at ms, p *process) []stretch {
	return []stretch{{span{in.from, min(in.to, at)}, p, lost}, {span{max(in.from, at), in.to}, p, open}}
}
