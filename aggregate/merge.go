package aggregate

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/window"
)

// MergeError says why two fleets cannot be merged.
type MergeError struct {
	Reason    string
	Instances []string // that both watched, where this is it
}

func (e *MergeError) Error() string {
	if len(e.Instances) == 0 {
		return "merging fleets: " + e.Reason
	}
	return fmt.Sprintf("merging fleets: %s: %s", e.Reason, few(e.Instances))
}

// Merge makes f what it were if it had observed what o observed, too: all
// answers are the same to the bit, however a fleet's instances are spread over
// parts and in whichever order these are merged. o is left as it is.
//
// Parts are of one configuration, Since included, with equal views declared on
// f and saved in or declared on o. They watch different instances; those behind
// one balancer belong to one part. Otherwise, as for a fleet with itself, the
// error is a *[MergeError], or a *[LimitError] of f, and nothing has changed.
//
// That two instances of different parts are one process, no part could see:
// whether they are is watched from now on.
func (f *Fleet) Merge(o *Fleet) error {
	if f == o {
		return &MergeError{Reason: "a fleet with itself"}
	}
	mine, other := f.cfg, o.cfg
	mine.Since, other.Since = time.Time{}, time.Time{}
	if mine != other {
		return &MergeError{Reason: "of different configurations"}
	}
	state := o.state() // before f is locked: o may be merging f
	f.mu.Lock()
	defer f.mu.Unlock()
	f.names.Lock()
	defer f.names.Unlock()
	l, err := f.decode(stateContent(state))
	if err != nil {
		return err
	}
	m := &merger{f: f, l: l, since: f.since}
	if err := m.check(); err != nil {
		l.release(f)
		return err
	}
	if err := m.bind(); err != nil {
		l.release(f)
		return err
	}
	m.apply()
	return nil
}

// merger is a part on its way into a fleet.
type merger struct {
	f     *Fleet
	l     *loaded
	since int64
	views []*savedView // by index of the fleet's views
	bound [][]*binding // by the part's instances, by view
	bytes int64
}

// check says why the part is none of the fleet's.
func (m *merger) check() error {
	f, l := m.f, m.l
	switch {
	case m.since == 0:
		m.since = l.since
	case l.since != 0 && l.since != m.since:
		return &MergeError{Reason: "observed since different times"}
	}
	if err := m.pairViews(); err != nil {
		return err
	}
	var shared []string
	for _, in := range l.instances {
		if f.instances[in.name] != nil || f.leftAt[in.name] != 0 {
			shared = append(shared, in.name)
		}
	}
	for name := range l.leftAt {
		if f.instances[name] != nil || f.leftAt[name] != 0 {
			shared = append(shared, name)
		}
	}
	slices.Sort(shared)
	if len(shared) > 0 {
		return &MergeError{Reason: "both watched", Instances: shared}
	}
	for _, b := range l.balancers {
		if x := f.balancers[b.target]; x != nil && len(x.members) > 0 && len(b.members) > 0 {
			return &MergeError{Reason: "both looked behind the balancer " + b.target}
		}
	}
	if n := len(f.instances) + len(l.instances); n > f.cfg.MaxInstances {
		return &LimitError{What: "instances", Limit: int64(f.cfg.MaxInstances), Need: int64(n)}
	}
	return nil
}

// pairViews finds the part's view for each of the fleet's.
func (m *merger) pairViews() *MergeError {
	left := slices.Clone(m.l.views)
	for _, v := range m.f.views {
		key := v.key()
		i := slices.IndexFunc(left, func(s *savedView) bool { return s.key == key })
		if i < 0 {
			return &MergeError{Reason: "of different views: " + v.String()}
		}
		m.views = append(m.views, left[i])
		left = slices.Delete(left, i, i+1)
	}
	if len(left)+len(m.f.unclaimed) > 0 {
		return &MergeError{Reason: "of different views"}
	}
	return nil
}

// bind leads the lines of the part's instances to the fleet's views.
func (m *merger) bind() error {
	m.bindParts()
	if m.bytes > m.f.cfg.MaxBytes {
		return &LimitError{What: "bytes", Limit: m.f.cfg.MaxBytes, Need: m.bytes}
	}
	return nil
}

func (m *merger) bindParts() {
	f := m.f
	m.bytes = f.bytes
	for i, in := range m.l.instances {
		var bound []*binding
		for j, v := range f.views {
			b := m.views[j].rows[i].unpack(v, in)
			if v.kind == growth.Gauge {
				m.bytes += gaugeColumn * int64(len(b.Cols))
			} else {
				m.bytes += b.bytes(nil)
			}
			bound = append(bound, b)
		}
		m.bound = append(m.bound, bound)
	}
}

func (m *merger) apply() {
	f, l := m.f, m.l
	f.since, f.bytes = m.since, m.bytes
	m.suspect()
	for i, in := range l.instances {
		in.bindings = m.bound[i]
		for j := range in.bindings {
			if u, p := in.undo, m.views[j].rows[i]; u != nil {
				u.tables = append(u.tables, p.UndoState())
			}
		}
		d := f.draft(in, f.router.For(in.labels))
		in.plan = growth.NewPlan(d.route, f.admitted(in), growth.KnownBody{Columns: &in.cols}, d, in.followsBuckets)
		in.state.Adopt(in.plan, &in.cols)
		for j := range in.bindings {
			if m.views[j].rows[i].exposes {
				in.plan.Presence(j).Exposes = true
			}
		}
		d.adopt()
		f.instances[in.name] = in
		f.admit(in)
	}
	m.departed()
	for j, v := range f.views {
		v.ledger.merge(&m.views[j].ledger)
	}
	for name, t := range l.targets {
		f.targets[name] = laterTarget(f.targets[name], t)
	}
	for _, b := range l.balancers {
		m.balance(b)
	}
	if l.expected != nil {
		if f.expected == nil {
			f.expected = map[string]bool{}
		}
		maps.Copy(f.expected, l.expected)
	}
}

// suspect begins to watch pairs of instances with one start time that no part
// saw together.
func (m *merger) suspect() {
	for _, in := range m.l.instances {
		for _, x := range m.f.ordered {
			if !in.start.known() || in.start != x.start || m.told(in, x) {
				continue
			}
			s := &suspicion{a: in, b: x, last: in}
			if x.name < in.name {
				s.a, s.b = x, in
			}
			if x.last > in.last || x.last == in.last && x == s.b {
				s.last = x
			}
			in.suspicions, x.suspicions = append(in.suspicions, s), append(x.suspicions, s)
		}
	}
}

// told: what two instances exposed last shows them to be two processes, as the
// next scrape of either would.
func (m *merger) told(a, b *instance) bool {
	if a.last > b.last {
		a, b = b, a
	}
	later := map[lines.ID]float64{}
	for pos := range b.latest().Len() {
		later[b.latest().ID(pos)] = b.latest().Value(pos)
	}
	common, fell := 0, 0
	for pos := range a.latest().Len() {
		id, before := a.latest().ID(pos), a.latest().Value(pos)
		now, ok := later[id]
		if !ok || !(before > 0) || !cumulative(m.f.store.Line(id)) {
			continue
		}
		if common++; now < before {
			fell++
		}
	}
	return common >= enoughCounters && fell > 0
}

// laterTarget is the one of two reports on a target that was tried later. What
// is said about it otherwise is the better of both.
func laterTarget(a, b *target) *target {
	if a == nil {
		return b
	}
	info := a.info
	if cmp.Or(cmp.Compare(b.info.Ready, info.Ready), b.info.Created.Compare(info.Created)) > 0 {
		info = b.info
	}
	if c := cmp.Compare(b.tried.Load(), a.tried.Load()); c > 0 || c == 0 && b.failed.Load() {
		a = b
	}
	a.info = info
	return a
}

func (m *merger) balance(b *balanced) {
	x := m.f.balancers[b.target]
	if x == nil || len(b.members) > 0 {
		if x != nil {
			b.expected = max(b.expected, x.expected)
		}
		m.f.balancers[b.target] = b
		return
	}
	x.expected = max(x.expected, b.expected)
}

func (l *ledger) merge(o *ledger) {
	l.created = min(l.created, o.created)
	l.known.merge(&o.known)
	for key, b := range o.accounts {
		a := l.accounts[key]
		if a == nil {
			if l.accounts == nil {
				l.accounts = map[string]*account{}
			}
			l.accounts[key] = b
			continue
		}
		window.MergeClasses(&a.retired, b.retired)
		a.left.merge(&b.left)
		a.remember(b)
	}
}

// remember makes what either showed the least that is shown.
func (a *account) remember(b *account) {
	a.sum = max(a.sum, b.sum)
	a.rememberNatives(b)
	shown := map[float64]float64{}
	for _, x := range []*account{a, b} {
		for i, bound := range x.bounds {
			shown[bound] = max(shown[bound], x.shown[i])
		}
	}
	a.bounds, a.shown = slices.Sorted(maps.Keys(shown)), nil
	for _, bound := range a.bounds {
		a.shown = append(a.shown, shown[bound])
	}
}

// departed takes over what is remembered of those that left.
func (m *merger) departed() {
	f, l := m.f, m.l
	if f.leftAt == nil {
		f.leftAt = map[string]int64{}
	}
	maps.Copy(f.leftAt, l.leftAt)
	f.leftBefore = max(f.leftBefore, l.leftBefore)
	if f.opened == 0 || l.opened != 0 && l.opened < f.opened {
		f.opened = l.opened
	}
	f.latest.Store(max(f.latest.Load(), l.latest))
	f.awake.Store(max(f.awake.Load(), l.awake))
}
