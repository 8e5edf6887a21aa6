package aggregate

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/roster"
	"github.com/promfold/promfold/internal/saved"
)

// A root consists of parts: states of fleets that scrape. It is put together by the rules of Merge when somebody asks
// and a state is new. Of totals it keeps by the rules of Join what any state ever told, so that they survive whatever
// becomes of a part.

// parts are those of a root.
type parts struct {
	of     map[string]*part
	since  int64    // the latest Since of any of them
	forgot bool     // one was removed, and no window reaches it
	stale  bool     // the fleet is not what they are together
	shared []string // who is known to several of them
}

// part is the latest state of a part.
type part struct {
	content []byte
	at      int64 // its latest scrape
	removed int64 // when it was; 0: it is there
	size    int   // instances
	bytes   int64 // that views keep of them
}

// setPart takes over the state of a part, see [Fleet.SetPart].
func setPart(f *Fleet, name string, now time.Time, state io.Reader) error {
	if err := checkTarget(name, now); err != nil {
		return err
	}
	var content []byte
	if state != nil {
		var err error
		if content, err = stateFrame.Read(state); err != nil {
			return err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	m, x := &merger{f: f, what: "parts of"}, f.parts
	switch {
	case !f.joinable():
		return m.incompatible("without a JoinHorizon")
	case x == nil && len(f.ordered)+len(f.book.Entries) > 0:
		return m.incompatible("with targets of their own")
	case x == nil:
		x = &parts{of: map[string]*part{}, since: f.since}
	}
	if state == nil {
		x.remove(name, now.UnixMilli(), f.reach())
	} else if err := m.setPart(x, name, content); err != nil {
		return err
	}
	f.parts = x
	return nil
}

// remove notes that a part left, and forgets those that no window reaches.
func (x *parts) remove(name string, now, reach int64) {
	if p := x.of[name]; p != nil && p.removed == 0 {
		p.removed = max(now, p.at)
	}
	for name, p := range x.of {
		if p.removed != 0 && now-p.removed > reach {
			delete(x.of, name)
			x.forgot = true
		}
	}
	x.stale = true
}

// setPart makes content the state of a part, unless it is an older one.
func (m *merger) setPart(x *parts, name string, content []byte) error {
	f, before := m.f, x.of[name]
	if before != nil && bytes.Equal(before.content, content) && before.removed == 0 {
		return nil
	}
	l, err := decodeState(f, content)
	if err != nil {
		return err
	}
	m.l = l
	defer l.release(f)
	if before != nil && (l.latest < before.at || l.latest <= before.removed) {
		return nil
	}
	if l.parts != nil {
		return m.incompatible("which have parts")
	}
	if err := m.pairViews(); err != nil {
		return err
	}
	m.bindParts()
	p := &part{content: content, at: l.latest, size: len(l.instances), bytes: m.bytes - f.bytes}
	size, need := p.size, p.bytes
	for other, o := range x.of {
		if other != name {
			size, need = size+o.size, need+o.bytes
		}
	}
	switch {
	case size > f.cfg.MaxInstances:
		return limitError("instances", int64(f.cfg.MaxInstances), int64(size))
	case need > f.cfg.MaxBytes:
		return limitError("bytes of views", f.cfg.MaxBytes, need)
	}
	x.of[name], x.stale, x.since = p, true, max(x.since, l.since)
	for j, v := range f.views {
		if v.Kind == growth.Gauge {
			continue
		}
		theirs := &m.views[j].Ledger
		if !v.ledger.Exposed() {
			v.ledger.Begin(theirs, f.since, l.since, farFuture)
		}
		k := v.watched()
		k.Join(v.tell(theirs.Known, l.instances, func(i int) *binding { return m.bound[i][j] }))
		k.Fold(l.latest - f.cfg.JoinHorizon.Milliseconds())
		v.ledger.Known = k
	}
	return nil
}

// assemble makes a root what its parts are together. A part whose views are others now is left out until its next
// state. The fleet's lock is held.
func assemble(f *Fleet) {
	x := f.parts
	if x == nil || !x.stale {
		return
	}
	x.stale = false
	f.mu.alone++
	vacate(f)
	var list []*merger
	for _, name := range slices.SortedFunc(maps.Keys(x.of), x.compare) {
		m := &merger{f: f, part: x.of[name]}
		var err error
		if m.l, err = decodeState(f, m.part.content); err != nil {
			continue
		}
		if m.pairViews() != nil {
			m.l.release(f)
			continue
		}
		list = append(list, m)
	}
	x.shared = share(list)
	f.names.Lock()
	for _, m := range list {
		m.bindParts()
		m.apply()
		for j, v := range f.views {
			v.ledger.Inherit(&m.views[j].Ledger)
		}
	}
	f.names.Unlock()
	for _, m := range list {
		if m.part.removed != 0 {
			for name := range m.l.targets {
				leaveTarget(f, name, m.part.removed)
			}
		}
	}
	f.since = x.since
	sweep(f, 0)
}

// compare orders parts: those that were removed come first, and then by name.
func (x *parts) compare(a, b string) int {
	if gone := x.of[a].removed != 0; gone != (x.of[b].removed != 0) {
		if gone {
			return -1
		}
		return 1
	}
	return bytes.Compare([]byte(a), []byte(b))
}

// vacate leaves of a root what does not come from its parts.
func vacate(f *Fleet) {
	for _, in := range f.ordered {
		in.retired = true
		f.garbage += in.cols.Len()
		in.release(f.store)
	}
	f.names.Lock()
	f.instances = map[string]*instance{}
	f.names.Unlock()
	f.ordered, f.unclaimed, f.left, f.opened, f.bytes = nil, nil, roster.Left{}, 0, 0
	f.book = roster.Book[*balanced, *instance]{}
	f.latest.Store(0)
	f.awake.Store(0)
	for _, v := range f.views {
		v.ledger = v.ledger.Vacant()
	}
}

// share leaves every instance to the part that scraped it last, and all that are behind one balancer to one part. It
// returns who several parts know.
func share(list []*merger) (shared []string) {
	latest, parts := map[string]*merger{}, map[string]int{}
	for _, m := range list {
		known := map[string]int64{}
		for name := range m.l.left.At {
			known[name] = 0
		}
		for _, in := range m.l.instances {
			known[in.unit()] = max(known[in.unit()], in.Last)
		}
		for name, last := range known {
			parts[name]++
			if o := latest[name]; o == nil || last > o.latest[name] {
				latest[name] = m
			}
		}
		m.latest = known
	}
	for name, n := range parts {
		if n > 1 {
			shared = append(shared, name)
		}
	}
	if shared == nil {
		return nil
	}
	for _, m := range list {
		m.l.drop(m.f, func(in *instance) bool { return latest[in.unit()] != m })
	}
	slices.Sort(shared)
	return shared
}

// unit names an instance, or the balancer it is behind.
func (in *instance) unit() string {
	if in.pool != nil {
		return in.pool.Target
	}
	return in.name
}

// drop leaves out some instances.
func (l *loaded) drop(f *Fleet, drops func(*instance) bool) {
	for i, in := range slices.Backward(slices.Clone(l.instances)) {
		if !drops(in) {
			continue
		}
		identity.Part(in)
		in.release(f.store)
		for _, b := range l.balancers {
			b.Forget(in)
		}
		l.instances = slices.Delete(l.instances, i, i+1)
		for _, v := range l.views {
			v.Rows = slices.Delete(v.Rows, i, i+1)
		}
	}
}

// apart says why what instances counted since the start cannot be added up; nil if it can.
func (x *parts) apart() error {
	switch {
	case x == nil:
	case len(x.shared) > 0:
		return fmt.Errorf("%w: since the start, as parts share instances: %s; totals count each once", ErrWindow, explain.Few(x.shared))
	case x.forgot:
		return fmt.Errorf("%w: since the start, as a part was removed; totals have what it counted", ErrWindow)
	}
	return nil
}

// code writes parts down, or reads them back.
func (c *codec) parts(x **parts) {
	root := *x != nil
	if c.Bool(&root); !root || c.Failed() {
		return
	}
	if c.Reading() {
		*x = &parts{stale: true}
	}
	c.Int64(&(*x).since)
	c.Bool(&(*x).forgot)
	saved.Map(&c.Codec.Codec, &(*x).of, 6, func(p **part) {
		if c.Reading() {
			*p = &part{}
		}
		c.Bytes(&(*p).content)
		c.Int64(&(*p).at)
		c.Int64(&(*p).removed)
		c.Natural(&(*p).size)
		c.Int64(&(*p).bytes)
	})
}
