package aggregate

import (
	"fmt"
	"time"

	"github.com/promfold/promfold/internal/evidence"
	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/kept"
	"github.com/promfold/promfold/internal/watch"
)

// join adds what o knows to f's totals, see [Fleet.Join].
func join(f, o *Fleet) error {
	m, err := meet(f, o, "joining")
	if err != nil {
		return err
	}
	defer m.unlock()
	defer m.l.release(f)
	if !f.joinable() {
		return m.incompatible("without a JoinHorizon")
	}
	if err := m.pairViews(); err != nil {
		return err
	}
	if m.l.since == 0 {
		return nil // it saw nothing
	}
	for j, v := range f.views {
		if v.Kind == growth.Gauge {
			continue
		}
		theirs := &m.views[j].Ledger
		v.heard(m.told(j))
		v.ledger.Begin(theirs, f.since, m.l.since, m.since)
		v.ledger.Remember(theirs)
	}
	f.since = m.since
	return nil
}

// told returns what the fleet and the part know together of the processes of a view.
func (m *merger) told(view int) *watch.State {
	v := m.f.views[view]
	k := v.watched()
	k.Join(m.views[view].Ledger.Known)
	return v.tell(k, m.l.instances, func(i int) *binding { return m.bind(i, view) })
}

// merge adds o's instances to f, see [Fleet.Merge].
func merge(f, o *Fleet) error {
	m, err := meet(f, o, "merging")
	if err != nil {
		return err
	}
	defer m.unlock()
	f.names.Lock()
	defer f.names.Unlock()
	if err := m.check(); err != nil {
		m.l.release(f)
		return err
	}
	m.apply()
	for j, v := range f.views {
		theirs := &m.views[j].Ledger
		v.ledger.Begin(theirs, f.since, m.l.since, m.since)
		v.ledger.Merge(theirs)
		v.heard(v.ledger.Known)
	}
	f.since = m.since
	return nil
}

// merger is a part on its way into a fleet.
type merger struct {
	f     *Fleet
	what  string // is done with the part
	l     *loaded
	since int64
	views []*kept.View // by index of the fleet's views
	bound [][]*binding // by the part's instances, by view
	bytes int64
}

// meet reads the state of o for f, unless their configurations forbid what is to be done. Then f is locked.
func meet(f, o *Fleet, what string) (*merger, error) {
	m := &merger{f: f, what: what}
	if f == o {
		return nil, m.incompatible("one fleet with itself")
	}
	mine, other := f.cfg, o.cfg
	mine.Since, other.Since = time.Time{}, time.Time{}
	if mine != other {
		return nil, m.incompatible("of different configurations")
	}
	f.catalogue.LookUp(func() []string { return metricsOf(o) })
	state := stateOf(o) // before f is locked: o may be meeting f
	f.declares.Lock()
	f.mu.Lock()
	l, err := decodeState(f, stateFrame.Content(state))
	if err != nil {
		m.unlock()
		return nil, err
	}
	m.l, m.since = l, max(f.since, l.since)
	return m, nil
}

func (m *merger) unlock() { m.f.mu.Unlock(); m.f.declares.Unlock() }

// incompatible says why two fleets cannot be made one.
func (m *merger) incompatible(reason string, instances ...string) error {
	if len(instances) > 0 {
		reason += ": " + explain.Few(instances)
	}
	return fmt.Errorf("%s fleets: %w: %s", m.what, ErrIncompatible, reason)
}

// check leads the lines of the part's instances to the fleet's views, or says why the part is none of the fleet's.
func (m *merger) check() error {
	f, l := m.f, m.l
	if f.parts != nil || l.parts != nil {
		return m.incompatible("of parts")
	}
	if err := m.pairViews(); err != nil {
		return err
	}
	names := converted(l.instances, (*instance).Name)
	if shared := f.left.Shared(&l.left, names, func(name string) bool { return f.instances[name] != nil }); len(shared) > 0 {
		return m.incompatible("both watched", shared...)
	}
	for _, b := range l.balancers {
		if x := f.book.Balancers[b.Target]; x != nil && len(x.Members) > 0 && len(b.Members) > 0 {
			return m.incompatible("both looked behind the balancer " + b.Target)
		}
	}
	if n := len(f.instances) + len(l.instances); n > f.cfg.MaxInstances {
		return limitError("instances", int64(f.cfg.MaxInstances), int64(n))
	}
	if m.bindParts(); m.bytes > f.cfg.MaxBytes {
		return limitError("bytes of views", f.cfg.MaxBytes, m.bytes)
	}
	return nil
}

// pairViews finds the part's view for each of the fleet's.
func (m *merger) pairViews() error {
	keys := converted(m.f.views, func(v *view) string { return v.Key() })
	views, alone, ok := kept.Pair(m.l.views, keys)
	switch {
	case alone >= 0:
		return m.incompatible("of different views: " + m.f.views[alone].String())
	case !ok || len(m.f.unclaimed) > 0:
		return m.incompatible("of different views")
	}
	m.views = views
	return nil
}

// bindParts makes the bindings of the part's instances anew.
func (m *merger) bindParts() {
	f := m.f
	m.bytes = f.bytes
	for i := range m.l.instances {
		var bound []*binding
		for j := range f.views {
			bound = append(bound, m.bind(i, j))
			m.bytes += bound[j].Bytes(nil)
		}
		m.bound = append(m.bound, bound)
	}
}

// bind returns the binding that a view has of an instance of the part. All of them take more than what they tell.
func (m *merger) bind(i, view int) *binding {
	if i < len(m.bound) {
		return m.bound[i][view]
	}
	in, row := m.l.instances[i], m.views[view].Rows[i]
	b := m.f.views[view].unpack(row, in)
	if in.Undo != nil {
		in.Undo.Set(view, row.Undo.Unpack(b.Table))
	}
	return b
}

func (m *merger) apply() {
	f, l := m.f, m.l
	f.pulse.Merge(f.left.Began(firstOf(f.ordered)), &l.pulse, l.left.Began(firstOf(l.instances)))
	f.bytes = m.bytes
	identity.SuspectUnseen(l.instances, f.ordered, func(first, last *instance) identity.Likeness {
		return evidence.LikenColumns(f.store, &first.Columns, &last.Columns)
	})
	for i, in := range l.instances {
		in.bindings = m.bound[i]
		d := in.draft(f, f.router.For(in.labels), 0)
		in.Plan = in.State.NewPlan(d.Route, f.router.Admits(in.labels), growth.KnownBody{Columns: &in.Columns}, d, nil)
		in.State.Adopt(in.Plan, &in.Columns)
		for j := range in.bindings {
			if m.views[j].Rows[i].Exposes {
				in.Plan.Presence(j).Exposes = true
			}
		}
		d.adopt(in)
		f.instances[in.name] = in
		in.admit(f)
		f.starts.Put(in, in.Start, in.Starts)
		in.weigh(f)
		for _, name := range in.targets {
			f.book.Meet(name, in)
		}
	}
	f.left.Merge(&l.left)
	f.book.Merge(l.targets, l.expected)
	for _, b := range l.balancers {
		f.book.Balance(b.Target, identity.MergeBalancers(f.book.Balancers[b.Target], b))
	}
}
