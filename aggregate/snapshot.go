package aggregate

import (
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/roster"
	"github.com/promfold/promfold/internal/whole"
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
	var list []Family
	for _, x := range q.declared() {
		list = append(list, familyOf(&whole.Family{Declared: x}))
	}
	return list
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
	in       *instance
	held     *before // the state that counts, if its latest scrape is left out
	labels   labels.Labels
	standing roster.Standing
	departed bool
	gone     bool
	silent   bool // see Fleet.unheard
}

// live reports whether the instance is in values about the present.
func (m *member) live() bool { return m.standing.Counts() }

// looked is how an instance stands at a snapshot.
type looked struct {
	number   uint64
	standing roster.Standing
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
		x.standing, x.departed = f.standing(then, e), f.departed(then, e)
		then.looked = looked{m.number, x.standing}
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

// present returns the time that a question asked now is about, and the instance
// whose latest scrape is left out of it, if there is one.
func (f *Fleet) present(now int64) (e int64, late *instance) {
	if f.latest.Load() <= now {
		return now, nil
	}
	var list []roster.Unit
	var first []*instance // of each unit
	pools := map[*balanced]int{}
	for _, in := range f.ordered {
		at, known := pools[in.pool]
		if in.pool == nil || !known {
			at = len(list)
			list, first = append(list, roster.Unit{}), append(first, in)
			list[at].Live = func(e int64) bool { return f.live(first[at], e) }
		}
		if in.pool != nil {
			pools[in.pool] = at
			list[at].Live = func(e int64) bool {
				return slices.ContainsFunc(in.pool.Members, func(m *instance) bool { return m.pool == in.pool && f.live(m, e) })
			}
		}
		if in.last > list[at].Last {
			list[at].Last, first[at] = in.last, in
		}
	}
	e, ahead := roster.Now(now, f.cfg.ClockSkew.Milliseconds(), list)
	if ahead >= 0 {
		late = first[ahead]
	}
	return e, late
}

// note gathers the warnings of every answer.
func (m *moment) note(late *instance) {
	m.notes = m.f.identities(m.e)
	if late == nil {
		return
	}
	name := late.name
	if late.pool != nil {
		name = late.pool.target
	}
	m.notes = append(m.notes, note{late.labels, fmt.Sprintf("%s: a scrape stamped %s after all others is left out until then",
		name, time.Duration(late.last-m.e)*time.Millisecond)})
}
