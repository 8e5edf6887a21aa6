package aggregate

import (
	"io"
	"time"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/ledger"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/parts"
	"github.com/promfold/promfold/internal/room"
	"github.com/promfold/promfold/internal/roster"
)

// A root consists of parts: states of fleets that scrape. It is put together by the rules of Merge when somebody asks
// and a state is new. Of totals it keeps by the rules of Join what any state ever told, whatever becomes of a part.

// setPart takes over the state of a part, see [Fleet.SetPart].
func setPart(f *Fleet, name string, now time.Time, state io.Reader) error {
	if err := roster.Check(name, now); err != nil {
		return err
	}
	var content []byte
	if state != nil {
		var err error
		if content, err = stateFrame.Read(state); err != nil {
			return err
		}
	}
	f.catalogue.LookUp(func() []string { return lines.Names(content) })
	f.mu.Lock()
	defer f.mu.Unlock()
	m, x := &merger{f: f, what: "parts of"}, f.parts
	switch {
	case !f.joinable():
		return m.incompatible("without a JoinHorizon")
	case x == nil && len(f.ordered)+len(f.book.Entries) > 0:
		return m.incompatible("with targets of their own")
	case x == nil:
		x = &parts.Set{Since: f.since}
	}
	if state == nil {
		x.Remove(name, now.UnixMilli(), f.reach())
	} else if err := m.setPart(x, name, content); err != nil {
		return err
	}
	f.parts = x
	return nil
}

// setPart makes content the state of a part, unless it is an older one.
func (m *merger) setPart(x *parts.Set, name string, content []byte) error {
	f := m.f
	if x.Has(name, content) {
		return nil
	}
	l, err := decodeState(f, content)
	if err != nil {
		return err
	}
	defer l.release(f)
	if m.l = l; l.parts != nil {
		return m.incompatible("which have parts")
	}
	if err := m.pairViews(); err != nil {
		return err // a state that is none of the root's is not taken for late
	}
	at := roster.LatestOf(l.targets, l.pulse.Latest())
	if x.Older(name, at) {
		return nil
	}
	m.bindParts()
	p := &parts.Part{Content: content, At: at, Size: len(l.instances), Bytes: m.bytes - f.bytes}
	switch size, bytes := x.With(name, p); {
	case size > f.cfg.MaxInstances:
		return limitError("instances", int64(f.cfg.MaxInstances), int64(size))
	case bytes > f.cfg.MaxBytes:
		return limitError("bytes of views", f.cfg.MaxBytes, bytes)
	}
	x.Put(name, p)
	x.Since = max(x.Since, l.since)
	for j, v := range f.views {
		if v.Kind == growth.Gauge {
			continue
		}
		theirs := &m.views[j].Ledger
		if !v.ledger.Exposed() {
			v.ledger.Begin(theirs, f.since, l.since, farFuture)
		}
		k := m.told(j)
		k.Fold(l.pulse.Latest() - f.cfg.JoinHorizon.Milliseconds())
		v.ledger.Hear(k)
	}
	return nil
}

// assemble makes a root what its parts are together. A part whose views are others now is left out until its next
// state. The fleet's lock is held.
func assemble(f *Fleet) {
	if f.parts == nil || !f.parts.Stale {
		return
	}
	f.parts.Stale = false
	f.mu.Alter()
	vacate(f)
	var list []*merger
	var removed []int64
	for _, p := range f.parts.All() {
		l, err := decodeState(f, p.Content)
		if err != nil {
			continue
		}
		if m := (&merger{f: f, l: l}); m.pairViews() == nil {
			list, removed = append(list, m), append(removed, p.Removed)
		} else {
			l.release(f)
		}
	}
	share(f, list)
	f.names.Lock()
	for _, m := range list {
		m.bindParts()
		m.apply()
		for j, v := range f.views {
			v.ledger.Inherit(&m.views[j].Ledger)
		}
	}
	f.names.Unlock()
	for i, m := range list {
		for name := range m.l.targets {
			if removed[i] != 0 {
				leaveTarget(f, name, removed[i])
			}
		}
	}
	f.since = f.parts.Since
	sweep(f, 0)
}

// settle returns what the part counted by itself in a view.
func (m *merger) settle(view int) ledger.Settlements {
	list := m.views[view].Ledger.Settle()
	for i, in := range m.l.instances {
		if in.counts(m.f, farFuture) {
			b := m.f.views[view].unpack(m.views[view].Rows[i], in)
			list.Add(b.Table, b.labelsOf)
		}
	}
	return list
}

// vacate leaves of a root what does not come from its parts.
func vacate(f *Fleet) {
	for _, in := range f.ordered {
		in.retired = true
		f.garbage += in.Columns.Len()
		in.Release(f.store)
		f.held.Change(&in.held.Held, &room.Held{})
	}
	f.names.Lock()
	f.instances, f.starts = map[string]*instance{}, identity.Starts[*instance]{}
	f.names.Unlock()
	f.ordered, f.unclaimed, f.left, f.bytes = nil, nil, roster.Left{}, 0
	f.book = roster.Book[*balanced, *instance]{}
	f.pulse.Set(&roster.Pulse{})
	for _, v := range f.views {
		v.ledger = v.ledger.Vacant()
	}
}

// share leaves every instance to the part that scraped it last, and all that are behind one balancer to one part. Where
// several know somebody, what each counted is kept for totals, in which a process counts once.
func share(f *Fleet, list []*merger) {
	known := make([]map[string]int64, len(list))
	for i, m := range list {
		known[i] = map[string]int64{}
		for name := range m.l.left.At {
			known[i][name] = 0
		}
		for _, in := range m.l.instances {
			known[i][unitOf(in)] = max(known[i][unitOf(in)], in.Last)
		}
	}
	of, shared := parts.Share(known)
	f.parts.Shared = shared
	kin := parts.Kin(known)
	for j, v := range f.views {
		if v.apart = nil; len(shared) == 0 || v.Kind == growth.Gauge {
			continue
		}
		all := v.ledger.Settle()
		for _, group := range kin {
			var counted []ledger.Settlements
			for _, i := range group {
				counted = append(counted, list[i].settle(j))
			}
			all.Best(counted)
		}
		v.apart = all.Sorted()
	}
	for i, m := range list {
		l := m.l
		lost := make([]bool, len(l.instances))
		for n, in := range l.instances {
			if lost[n] = of[unitOf(in)] != i; lost[n] {
				identity.Part(in)
				in.Release(f.store)
				for _, b := range l.balancers {
					b.Forget(in)
				}
			}
		}
		l.instances = parts.Without(l.instances, lost)
		for _, v := range l.views {
			v.Rows = parts.Without(v.Rows, lost)
		}
	}
}
