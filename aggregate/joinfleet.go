package aggregate

import (
	"time"

	"github.com/promfold/promfold/internal/growth"
)

// JoinError says why two fleets cannot be joined.
type JoinError struct{ Reason string }

func (e *JoinError) Error() string { return "joining fleets: " + e.Reason }

// Join tells f what another watcher of the same instances knows, so that its
// totals count what either saw: of a highly available pair, any of which may
// miss scrapes, start later or be restarted. o is left as it is. Windows, rates
// and gauges are those of what f itself observed.
//
// The totals of a joined fleet are at least those of each watcher, and never
// more than was counted. Joining is idempotent, commutative and associative;
// watchers that told each other all they know show the same totals, and none
// that falls. They are exact
//
//   - of a process that said when it started, if that was after Since: whoever
//     saw it last knows all of it;
//   - of any other process, if no series of it was reset or came later that was
//     not seen to be born: from the first scrape of any watcher to the last;
//   - else as good as the watcher who saw most of it.
//
// What processes counted that ended longer ago than [Config].JoinHorizon is no
// longer known one by one. Then the fleet that looks back less far stands for
// all that began before, and what only the other one saw of it is lost: never is
// anything counted twice. A pair that tells each other more often than that
// loses nothing.
//
// Of native histograms the buckets of the watcher stand who saw most of a
// process. Sums of histograms whose observations may be negative are not known:
// of two sums that may fall, none is the better one.
//
// The two series that a pair exposes must not be read alternately as one: they
// agree only after they were joined.
//
// Both are of one configuration, with a JoinHorizon, Since included, and with
// equal views declared on f and saved in or declared on o; o may have been
// loaded from what [Fleet.Save] of the other program wrote. Otherwise, as for a
// fleet with itself, the error is a *[JoinError], and nothing has changed.
func (f *Fleet) Join(o *Fleet) error {
	if f == o {
		return &JoinError{"a fleet with itself"}
	}
	mine, other := f.cfg, o.cfg
	mine.Since, other.Since = time.Time{}, time.Time{}
	switch {
	case mine != other:
		return &JoinError{"of different configurations"}
	case !f.joinable():
		return &JoinError{"without a JoinHorizon"}
	}
	state := o.state() // before f is locked: o may be joining f
	f.mu.Lock()
	defer f.mu.Unlock()
	l, err := f.decode(stateContent(state))
	if err != nil {
		return err
	}
	defer l.release(f)
	m := &merger{f: f, l: l}
	if err := m.pairViews(); err != nil {
		return &JoinError{err.Reason}
	}
	switch {
	case l.since == 0:
		return nil // it saw nothing
	case f.since != 0 && f.since != l.since:
		return &JoinError{"observed since different times"}
	}
	m.bindParts()
	f.since = l.since
	for j, v := range f.views {
		if v.kind != growth.Gauge {
			m.joinView(v, j)
		}
	}
	return nil
}

// joinView tells a view what the other watcher knows.
func (m *merger) joinView(v *view, j int) {
	f, theirs := m.f, m.views[j]
	other := &view{View: v.View, fleet: f, kind: v.kind, index: j, selection: v.selection, ledger: theirs.ledger}
	known := f.knows(other, m.l.instances, func(i int) *binding { return m.bound[i][j] }, m.settle(other, j))
	own := f.knows(v, f.ordered, func(i int) *binding { return f.ordered[i].bindings[j] }, nil)
	own.join(known)
	v.ledger.known = *own
	v.ledger.created = min(v.ledger.created, theirs.ledger.created)
	for key, b := range theirs.ledger.accounts {
		a := v.ledger.accounts[key]
		if a == nil {
			a = v.account(b.labels)
		}
		a.remember(b)
	}
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
func (m *merger) settle(v *view, j int) []*settlement {
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
