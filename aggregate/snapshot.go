package aggregate

import (
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
)

// Snapshot returns the fleet at now, or at its newest scrape if that is later.
// A scrape that is stamped more than ClockSkew after now and after those of all
// other live targets is left out until time reaches it, and named in the
// warnings.
func (f *Fleet) Snapshot(now time.Time) Snapshot {
	if now.IsZero() {
		return Snapshot{err: fmt.Errorf("%w: a snapshot at no time", errQuestion)}
	}
	f.mu.ask()
	defer f.mu.Unlock()
	return Snapshot{m: f.look(now.UnixMilli())}
}

// Snapshot is the fleet at one moment; views asked of one snapshot agree. It
// pins nothing: once an instance has changed after a later snapshot was taken,
// the answer is ErrWindow.
type Snapshot struct {
	m     *moment
	scope scope
	err   error
}

// AtLeast returns a snapshot that refuses answers resting on less than a share
// of the fleet with a *CoverageError.
func (s Snapshot) AtLeast(share float64) Snapshot {
	if !(share >= 0 && share <= 1) && s.err == nil {
		s.err = fmt.Errorf("%w: at least %g of the fleet", errQuestion, share)
	}
	s.scope.least = max(s.scope.least, share)
	return s
}

// Only returns a snapshot of the targets whose labels match; its coverage and
// answers are of that part alone.
func (s Snapshot) Only(m ...*labels.Matcher) Snapshot {
	if slices.Contains(m, nil) && s.err == nil {
		s.err = fmt.Errorf("%w: only what matches nil", errQuestion)
	}
	s.scope.only = append(slices.Clip(s.scope.only), m...)
	return s
}

// Last returns the window of length d that ends at the snapshot.
func (s Snapshot) Last(d time.Duration) Window {
	if d <= 0 && s.err == nil {
		s.err = fmt.Errorf("%w: a window of %s", errQuestion, d)
	}
	return Window{s: s, length: d}
}

// SinceStart returns the window since Config.Since.
func (s Snapshot) SinceStart() Window { return Window{s: s, all: true} }

// Time returns the moment.
func (s Snapshot) Time() time.Time {
	if s.m == nil {
		return time.Time{}
	}
	return time.UnixMilli(s.m.e)
}

// Coverage returns how much of the fleet answers.
func (s Snapshot) Coverage() Coverage {
	q, err := anyQuestion(s)
	if err != nil {
		return Coverage{}
	}
	defer q.close()
	return q.coverage
}

// Families returns what the instances exposed last, by name, without series.
func (s Snapshot) Families() []Family {
	q, err := anyQuestion(s)
	if err != nil {
		return nil
	}
	defer q.close()
	return q.families()
}

// Window is the time (start, end] that a question is about.
type Window struct {
	s      Snapshot
	length time.Duration
	all    bool
}

// Start returns the exclusive start; it is not before the fleet's own.
func (w Window) Start() time.Time {
	switch m := w.s.m; {
	case m == nil:
		return time.Time{}
	case w.all && m.since == 0:
		return w.End()
	default:
		return time.UnixMilli(w.start())
	}
}

func (w Window) start() int64 {
	if w.all {
		return w.s.m.since // nothing before is known
	}
	return max(w.s.m.since, w.s.m.e-w.length.Milliseconds())
}

// End returns the inclusive end.
func (w Window) End() time.Time { return w.s.Time() }

// scope is the part of a fleet that a question is about, and how much of it has to answer.
type scope struct {
	only  []*labels.Matcher
	least float64
}

func (p *scope) holds(target labels.Labels) bool {
	for _, m := range p.only {
		if !m.Matches(target.Get(m.Name)) {
			return false
		}
	}
	return true
}

// moment is what all questions to one snapshot share.
type moment struct {
	f       *Fleet
	changes uint64 // of the fleet until then
	number  uint64 // of the snapshot
	e       int64
	since   int64
	opening int64 // see Fleet.opening

	members []member // the instances that count, by name
	targets []aim
	doubles []labels.Labels // of instances that are another address of one that counts
	notes   []note          // warnings of every answer
}

// member is an instance at a moment.
type member struct {
	in             *instance
	held           *before // the state that counts, if its latest scrape is left out
	labels         labels.Labels
	live, departed bool
	gone           bool
	silent         bool // see Fleet.unheard
}

// aim is a target at a moment.
type aim struct {
	labels           labels.Labels
	name             string
	expected, live   int // instances
	failed, balanced bool
	unclear          int // scrapes
}

type note struct {
	labels labels.Labels
	text   string
}

// look returns the moment of the present, or the latest one if nothing changed
// since. The fleet's lock is held.
func (f *Fleet) look(now int64) *moment {
	e, late := f.present(now)
	changes := f.mu.changes()
	if m := f.moment; m != nil && m.e == e && m.changes == changes {
		return m
	}
	f.snapshots++
	m := &f.looked
	*m = moment{
		f: f, changes: changes, number: f.snapshots, e: e, since: f.since, opening: f.opening(),
		members: m.members[:0], targets: m.targets[:0], doubles: m.doubles[:0],
	}
	elects := slices.ContainsFunc(f.views, func(v *view) bool { return v.role == electoral })
	for _, in := range f.ordered {
		if !f.counts(in, e) {
			m.doubles = append(m.doubles, in.labels)
			continue
		}
		x := member{in: in, labels: in.labels, gone: in.gone, silent: elects && f.unheard(in)}
		then := in.until(e)
		if then == nil {
			continue
		}
		if then != in {
			x.held = in.before
		}
		x.live, x.departed = f.live(then, e), f.departed(then, e)
		m.members = append(m.members, x)
	}
	m.aim()
	m.note(late)
	f.moment = m.kept(f.moment)
	return f.moment
}

// kept returns a copy of a draft. It shares with the moment before what time
// alone has not changed.
func (m *moment) kept(before *moment) *moment {
	k := *m
	if before != nil && before.changes == m.changes && slices.Equal(before.members, m.members) && slices.Equal(before.targets, m.targets) {
		k.members, k.targets = before.members, before.targets
	} else {
		k.members, k.targets = slices.Clone(m.members), slices.Clone(m.targets)
	}
	k.doubles = slices.Clone(m.doubles)
	return &k
}

// unit is a target, or a balancer with the instances behind it.
type unit struct {
	in   *instance
	pool *balanced
}

func (u unit) of(in *instance) bool { return u.in == in || u.pool != nil && u.pool == in.pool }

// present returns the time that a question asked now is about, and the unit
// whose latest scrape is left out of it, if there is one.
func (f *Fleet) present(now int64) (e int64, late unit) {
	skew := f.cfg.ClockSkew.Milliseconds()
	if f.latest.Load() <= now {
		return now, unit{}
	}
	first, second := int64(0), int64(0) // the newest scrapes, of two units
	var newest unit
	for _, in := range f.ordered {
		switch {
		case newest.of(in):
			first = max(first, in.last)
		case in.last > first:
			second, first, newest = first, in.last, unit{in, in.pool}
		default:
			second = max(second, in.last)
		}
	}
	if base := max(now, second); first > base+skew && f.anyLive(newest, base) {
		return base, newest
	}
	return max(now, first), unit{}
}

// anyLive reports whether a unit other than u is live.
func (f *Fleet) anyLive(u unit, e int64) bool {
	return slices.ContainsFunc(f.ordered, func(in *instance) bool { return !u.of(in) && f.live(in, e) })
}

// note gathers the warnings of every answer.
func (m *moment) note(late unit) {
	m.notes = m.f.identities(m.e)
	if late.in == nil {
		return
	}
	name := late.in.name
	if late.pool != nil {
		name = late.pool.target
	}
	m.notes = append(m.notes, note{late.in.labels, fmt.Sprintf("%s: a scrape stamped %s after all others is left out until then",
		name, time.Duration(late.in.last-m.e)*time.Millisecond)})
}
