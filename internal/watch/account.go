package watch

import (
	"cmp"
	"slices"

	"github.com/promfold/promfold/internal/exact"
)

// Rejected: one time before which all is folded, as who met an older process took it for dead, and a watcher without
// history wiped that of another one; such a time for each name, as what ended behind a balancer is not in order of
// starts; sums by watcher, as two that fold apart count one process twice. So accounts name all they hold.

// account says what some processes counted together that are no longer known by
// themselves. It names them, so that another account that holds one of them, or
// what someone else knows of it, is an alternative and never added. Accounts are
// never written to.
type account struct {
	lines  []line  // sorted by key
	totals []Total // by group
	gaveUp int     // processes of which something was lost
}

// line is a process in an account; it stands under all its keys.
type line struct {
	Key
	version     int64
	first, last int64     // scrapes of it
	ended       bool      // as far as was known
	amount      exact.Sum // of all groups: what is lost with it at most
}

// Total is what was counted in a group.
type Total struct {
	Group string
	Value
	Lost exact.Sum // so much was seen and is not in Value, at most
}

// until returns from when on a reading, by whatever clock, is of what an account does not count.
func (c Clocks) until(m *line) int64 { return m.last + c.Skew }

func keyOfLine(m *line) Key { return m.Key }

// line returns what an account says of the process with such keys.
func (a *account) line(keys []Key, tolerance int64) (all line, ok bool) {
	for _, k := range keys {
		from, to := nearby(a.lines, keyOfLine, k, tolerance)
		for i := from; i < to; i++ {
			all.add(&a.lines[i], &ok)
		}
	}
	return all, ok
}

// covering returns the same, also where the account may count what is known by
// such keys under others: what one watcher knows without start times may be of
// any process of the name.
func (a *account) covering(keys []Key, c Clocks) (all line, ok bool) {
	all, ok = a.line(keys, c.Tolerance)
	for _, k := range keys {
		switch {
		case k.Start == Unknown:
			from, to := named(a.lines, keyOfLine, k.Name)
			for i := from; i < to; i++ {
				if a.lines[i].Start > 0 {
					all.add(&a.lines[i], &ok)
				}
			}
		case k.Start > 0:
			i, found := slices.BinarySearchFunc(a.lines, Key{k.Name, Unknown}, func(m line, k Key) int { return m.compare(k) })
			if found && c.until(&a.lines[i]) >= k.Start {
				all.add(&a.lines[i], &ok)
			}
		}
	}
	return all, ok
}

// add makes m what it and o say together; o alone, if m says nothing yet.
func (m *line) add(o *line, ok *bool) {
	if !*ok {
		*m, *ok = *o, true
	} else {
		m.merge(o)
	}
}

// clashes reports whether both may count one process.
func (a *account) clashes(o *account, c Clocks) bool {
	if len(a.lines) > len(o.lines) {
		a, o = o, a
	}
	return slices.ContainsFunc(a.lines, func(m line) bool {
		_, ok := o.covering([]Key{m.Key}, c)
		return ok
	})
}

// compare is a total order.
func (a *account) compare(o *account) int {
	if a == o {
		return 0
	}
	return cmp.Or(cmp.Compare(a.gaveUp, o.gaveUp), slices.CompareFunc(a.lines, o.lines, line.compareAll),
		slices.CompareFunc(a.totals, o.totals, func(x, y Total) int { return x.compareAll(&y) }))
}

func (m line) compareAll(o line) int {
	return cmp.Or(m.compare(o.Key), cmp.Compare(m.version, o.version), cmp.Compare(m.first, o.first), cmp.Compare(m.last, o.last), compareBool(m.ended, o.ended), m.amount.Cmp(&o.amount))
}

func (t *Total) compareAll(o *Total) int {
	return cmp.Or(cmp.Compare(t.Group, o.Group), t.Value.compare(&o.Value), t.Lost.Cmp(&o.Lost))
}

// linesOf returns a process as lines of an account, sorted.
func linesOf(p *process, c Clocks) []line {
	last := p.last
	if last == 0 {
		last = p.version // it was taken back, and nobody saw it
	}
	if last == 0 {
		return nil // nothing is known of it
	}
	m := line{version: p.version, first: p.first(), last: last, ended: p.gone(), amount: p.amount(c)}
	if p.version > 0 {
		m.first = 0 // what is known otherwise was taken back
	}
	var list []line
	for _, k := range p.keys {
		m.Key = k
		list = append(list, m)
		m.amount = exact.Sum{}
	}
	return list
}

// merge makes m what two accounts say of one process.
func (m *line) merge(o *line) {
	if o.last >= m.last {
		m.ended = o.ended || m.ended && o.last == m.last
	}
	m.version, m.first, m.last = max(m.version, o.version), min(m.first, o.first), max(m.last, o.last)
	if m.amount.Cmp(&o.amount) < 0 {
		m.amount = o.amount
	}
}

// holds reports whether a line has all that is known elsewhere of its process:
// from when, until when, and how much.
func (m *line) holds(first, last int64, amount *exact.Sum) bool {
	return m.first <= first && m.last >= last && m.amount.Cmp(amount) >= 0
}

// mergeLines merges two sorted lists.
func mergeLines(a, b []line) []line {
	if len(b) == 0 {
		return a
	}
	list := make([]line, 0, len(a)+len(b))
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].compare(b[0].Key) < 0:
			list, a = append(list, a[0]), a[1:]
		case len(a) == 0 || a[0].Key != b[0].Key:
			list, b = append(list, b[0]), b[1:]
		default:
			m := a[0]
			m.merge(&b[0])
			list, a, b = append(list, m), a[1:], b[1:]
		}
	}
	return list
}
