package aggregate

import (
	"fmt"

	"github.com/promfold/promfold/internal/evidence"
	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/kept"
)

// incompatible says why two fleets cannot be made one.
func incompatible(what, reason string, instances ...string) error {
	if len(instances) > 0 {
		reason += ": " + explain.Few(instances)
	}
	return fmt.Errorf("%s fleets: %w: %s", what, ErrIncompatible, reason)
}

// merger is a part on its way into a fleet.
type merger struct {
	f     *Fleet
	l     *loaded
	since int64
	views []*kept.View // by index of the fleet's views
	bound [][]*binding // by the part's instances, by view
	bytes int64
}

// check says why the part is none of the fleet's.
func (m *merger) check() error {
	f, l := m.f, m.l
	if err := m.pairViews("merging"); err != nil {
		return err
	}
	var names []string
	for _, in := range l.instances {
		names = append(names, in.name)
	}
	if shared := f.left.Shared(&l.left, names, func(name string) bool { return f.instances[name] != nil }); len(shared) > 0 {
		return incompatible("merging", "both watched", shared...)
	}
	for _, b := range l.balancers {
		if x := f.book.Balancers[b.Target]; x != nil && len(x.Members) > 0 && len(b.Members) > 0 {
			return incompatible("merging", "both looked behind the balancer "+b.Target)
		}
	}
	if n := len(f.instances) + len(l.instances); n > f.cfg.MaxInstances {
		return limitError("instances", int64(f.cfg.MaxInstances), int64(n))
	}
	return nil
}

// pairViews finds the part's view for each of the fleet's.
func (m *merger) pairViews(what string) error {
	var keys []string
	for _, v := range m.f.views {
		keys = append(keys, v.key())
	}
	views, alone, ok := kept.Pair(m.l.views, keys)
	switch {
	case alone >= 0:
		return incompatible(what, "of different views: "+m.f.views[alone].String())
	case !ok || len(m.f.unclaimed) > 0:
		return incompatible(what, "of different views")
	}
	m.views = views
	return nil
}

// bind leads the lines of the part's instances to the fleet's views.
func (m *merger) bind() error {
	m.bindParts()
	if m.bytes > m.f.cfg.MaxBytes {
		return limitError("bytes of views", m.f.cfg.MaxBytes, m.bytes)
	}
	return nil
}

func (m *merger) bindParts() {
	f := m.f
	m.bytes = f.bytes
	for i, in := range m.l.instances {
		var bound []*binding
		for j, v := range f.views {
			b := v.unpack(m.views[j].Rows[i], in)
			if v.kind == growth.Gauge {
				m.bytes += v.column() * int64(len(b.Cols))
			} else {
				m.bytes += b.bytes(nil)
			}
			if bound = append(bound, b); in.undo != nil {
				in.undo.Set(j, m.views[j].Rows[i].UndoState())
			}
		}
		m.bound = append(m.bound, bound)
	}
}

func (m *merger) apply() {
	f, l := m.f, m.l
	f.bytes = m.bytes
	m.suspect()
	for i, in := range l.instances {
		in.bindings = m.bound[i]
		d := in.draft(f, f.router.For(in.labels))
		in.plan = in.state.NewPlan(d.route, in.admitted(f), growth.KnownBody{Columns: &in.cols}, d, nil)
		in.state.Adopt(in.plan, &in.cols)
		for j := range in.bindings {
			if m.views[j].Rows[i].Exposes {
				in.plan.Presence(j).Exposes = true
			}
		}
		d.adopt()
		f.instances[in.name] = in
		in.admit(f)
	}
	m.departed()
	for j, v := range f.views {
		theirs := &m.views[j].Ledger
		v.ledger.Begin(theirs, f.since, l.since, m.since)
		v.ledger.Merge(theirs)
		v.heard(v.ledger.Known)
	}
	f.since = m.since
	f.book.Merge(l.targets, l.expected)
	for _, b := range l.balancers {
		f.book.Balance(b.Target, identity.MergeBalancers(f.book.Balancers[b.Target], b))
	}
}

// suspect begins to watch pairs of instances with one start time that no part
// saw together, unless what they exposed last shows them to be two.
func (m *merger) suspect() {
	for _, in := range m.l.instances {
		for _, x := range m.f.ordered {
			if !in.start.Known() || in.start != x.start {
				continue
			}
			first, last := x, in
			if x.last > in.last || x.last == in.last && x.name > in.name {
				first, last = in, x
			}
			l := evidence.LikenColumns(m.f.store, &first.cols, &last.cols)
			if s, ok := identity.Unseen(l, last.last-first.last); ok {
				identity.Suspect(in, x, last).Suspicion = s
			}
		}
	}
}

// departed takes over what is remembered of those that left.
func (m *merger) departed() {
	f, l := m.f, m.l
	f.left.Merge(&l.left)
	if f.opened == 0 || l.opened != 0 && l.opened < f.opened {
		f.opened = l.opened
	}
	f.latest.Store(max(f.latest.Load(), l.latest))
	f.awake.Store(max(f.awake.Load(), l.awake))
}
