package aggregate

import (
	"time"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/ledger"
)

// Join adds to f's totals what another watcher of the same instances knows, as
// of a highly available pair; o is left as it is. Windows, rates and gauges stay
// those of f.
//
// Joined totals are at least each watcher's, never more than was counted, and the
// same in any order. They are exact for a process that said when it started, if
// that was after Since, and for any other whose series neither reset nor came
// later unseen; else as good as the watcher who saw most of it.
//
// Processes that ended longer ago than Config.JoinHorizon are not known one by
// one any more: what only the other watcher saw of them is lost, and nothing is
// counted twice. Of native histograms the buckets of the watcher with the most
// observations win; sums of observations that may be negative are not known.
//
// The series that a pair exposes agree only after a join: do not read them
// alternately as one.
//
// Both fleets have one configuration with a JoinHorizon, and equal views, declared
// on f and saved in or declared on o: else the error is ErrIncompatible. Of
// different Since the later one counts.
func (f *Fleet) Join(o *Fleet) error {
	if f == o {
		return incompatible("joining", "one fleet with itself")
	}
	mine, other := f.cfg, o.cfg
	mine.Since, other.Since = time.Time{}, time.Time{}
	switch {
	case mine != other:
		return incompatible("joining", "of different configurations")
	case !f.joinable():
		return incompatible("joining", "without a JoinHorizon")
	}
	state := o.state() // before f is locked: o may be joining f
	f.mu.Lock()
	defer f.mu.Unlock()
	l, err := f.decode(stateContent(state))
	if err != nil {
		return err
	}
	defer l.release(f)
	m := &merger{f: f, l: l, since: max(f.since, l.since)}
	if err := m.pairViews("joining"); err != nil {
		return err
	}
	if l.since == 0 {
		return nil // it saw nothing
	}
	m.bindParts()
	for j, v := range f.views {
		if v.kind != growth.Gauge {
			m.joinView(v, j)
		}
	}
	f.since = m.since
	return nil
}

// joinView tells a view what the other watcher knows.
func (m *merger) joinView(v *view, j int) {
	f, theirs, created := m.f, m.views[j], m.created(v, j)
	other := &view{spec: v.spec, fleet: f, kind: v.kind, index: j, selection: v.selection, ledger: theirs.ledger}
	known := f.knows(other, m.l.instances, func(i int) *binding { return m.bound[i][j] }, m.settle(other, j))
	own := f.knows(v, f.ordered, func(i int) *binding { return f.ordered[i].bindings[j] }, nil)
	own.join(known)
	v.ledger.known = *own
	v.ledger.Created = created
	v.ledger.Remember(&theirs.ledger.Ledger)
	for _, in := range f.ordered {
		b := in.bindings[j]
		for key := range livesOf(in, b) {
			if own.lives[key] == nil {
				b.seg.dead = true // the other one folded it
			}
		}
	}
}

// settle is what the other watcher counts by itself.
func (m *merger) settle(v *view, j int) []*ledger.Settlement {
	part := &Fleet{cfg: m.f.cfg, ordered: m.l.instances, targets: m.l.targets, since: m.l.since}
	return v.settleOf(part, func(i int) *binding { return m.bound[i][j] }, m.latest())
}

// latest is when the other watcher saw something last.
func (m *merger) latest() int64 {
	at := int64(0)
	for _, in := range m.l.instances {
		at = max(at, in.last)
	}
	return at
}
