package aggregate

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/declare"
	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/roster"
)

// question is a question to a view about a moment: the window (s, e]. It holds the fleet's lock until it is closed.
type question struct {
	f        *Fleet
	v        *view
	m        *moment
	scope    scope
	s, e     int64
	all      bool // everything since the start
	departs  bool // departed instances are added up, and are no members
	past     bool // a member changed since the moment
	apart    bool // what departed instances counted is left out
	states   []state
	coverage Coverage

	sources map[*instance]*explain.Source
}

// checkWindow refuses a window that the view does not keep.
func (q *question) checkWindow(w Window, v *view) error {
	kept := q.f.cfg.Window
	if v.Window != 0 {
		kept = v.Window
	}
	switch {
	case !w.all && kept == declare.TotalsAlone:
		return fmt.Errorf("%w: the view keeps totals alone", ErrWindow)
	case !w.all && w.length > kept:
		return fmt.Errorf("%w: %s, the view keeps %s", ErrWindow, w.length, kept)
	}
	return nil
}

// anyQuestion returns a question that needs no view.
func anyQuestion(s Snapshot) (*question, error) {
	v := &view{Spec: declare.Spec{Kind: declare.AllKinds}}
	if s.m != nil {
		v.fleet = s.m.f
	}
	s.scope.least = 0
	return s.SinceStart().ask(v)
}

// close ends the question.
func (q *question) close() {
	q.release()
	q.f.mu.Unlock()
}

// release returns the scratch space.
func (q *question) release() {
	clear(q.v.scratch)
	clear(q.states)
	q.f.states = q.states[:0]
}

// recall finds the states of the instances at the moment.
func (q *question) recall() error {
	q.states = q.f.states[:0]
	for i := range q.m.members {
		x := &q.m.members[i]
		if !q.scope.holds(x.labels) {
			continue
		}
		in, err := q.m.recall(x)
		if err != nil {
			return err
		}
		if in == nil {
			continue
		}
		if in != x.in {
			if q.past = true; len(in.bindings) <= q.v.last() {
				return fmt.Errorf("%w: the view was declared after the snapshot was taken", ErrWindow)
			}
		}
		q.states = append(q.states, state{x, in})
	}
	return nil
}

// present yields the live instances and what a view keeps of them, by name.
func (q *question) present(v *view) iter.Seq2[*instance, *binding] {
	return func(yield func(*instance, *binding) bool) {
		for i := range q.states {
			x := &q.states[i]
			if x.live() && !yield(x.in, x.in.bindings[v.index]) {
				return
			}
		}
	}
}

// notes returns the warnings of every answer.
func (q *question) notes() []string {
	var list []string
	for _, n := range q.m.notes {
		if q.scope.holds(n.labels) {
			list = append(list, n.text)
		}
	}
	if before := q.m.since - q.m.first; q.all && before >= 1000 && 16*before > q.e-q.s { // else it hardly matters
		list = append(list, "it begins with the first scrape, "+(time.Duration(before)*time.Millisecond).String()+" before Since")
	}
	never := q.named(func(x *roster.Aim) string {
		if x.Unmet == 0 || !q.v.selection.Admits(x.Labels) {
			return ""
		}
		return x.Never()
	})
	if len(never) > 0 {
		list = append(list, "expected and never answered, sums they may be in have no upper bound: "+explain.Few(never))
	}
	return list
}

// state is an instance as it was at the moment: itself, or a copy.
type state struct {
	*member
	in *instance
}

// Window is the time (start, end] that a question is about.
type Window struct {
	s      Snapshot
	length time.Duration
	all    bool
}

// ask opens a question, or says why it has no answer.
func (w Window) ask(v *view) (*question, error) {
	s := w.s
	switch {
	case s.err != nil:
		return nil, s.err
	case v == nil:
		return nil, fmt.Errorf("%w: a view of no fleet", errQuestion)
	case s.m == nil:
		return nil, fmt.Errorf("%w: a snapshot of no fleet", errQuestion)
	case s.m.f != v.fleet:
		return nil, fmt.Errorf("%w: the snapshot is of another fleet", ErrIncompatible)
	}
	v.fleet.mu.Ask()
	if err := apart(v.fleet); w.all && err != nil && (v.Kind == growth.Counter || v.Kind == growth.Histogram) {
		v.fleet.mu.Unlock()
		return nil, err
	}
	q, err := w.question(v.fleet, v)
	if err != nil {
		v.fleet.mu.Unlock()
		return nil, err
	}
	return q, nil
}

func (w Window) question(f *Fleet, v *view) (*question, error) {
	q := &question{f: f, v: v, m: w.s.m, scope: w.s.scope, e: w.s.m.e, s: w.start(), all: w.all}
	if err := q.checkWindow(w, v); err != nil {
		return nil, err
	}
	if err := q.recall(); err != nil {
		return nil, err
	}
	q.coverage = q.cover()
	if share, ok := q.coverage.Share(); !ok && q.scope.least > 0 || share < q.scope.least {
		return nil, &CoverageError{Coverage: q.coverage, AtLeast: q.scope.least, Missing: append(q.named((*roster.Aim).Lacks), q.inPart()...)}
	}
	return q, nil
}

// apart says why what instances counted since the start cannot be added up; nil if it can.
func apart(f *Fleet) error { return f.parts.Apart(ErrWindow, explain.Few) }

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
		return w.s.m.first // nothing before is known
	}
	return max(w.s.m.since, w.s.m.e-w.length.Milliseconds())
}

// End returns the inclusive end.
func (w Window) End() time.Time { return w.s.Time() }

// moment is what all questions to one snapshot share.
type moment struct {
	f       *Fleet
	changes uint64 // of the fleet until then
	number  uint64 // of the snapshot
	e       int64
	since   int64
	first   int64 // the first scrape, if that was before since
	opening int64 // see Fleet.opening
	moves   uint64
	calm    bool // everybody was present, each at an address of its own, and nothing is said of anybody

	members []member // the instances that count, by name
	targets []roster.Aim
	doubles []labels.Labels // of instances that are another address of one that counts
	notes   []note          // warnings of every answer
}

// recall returns the state of a member, or nil if it was retired since.
func (m *moment) recall(x *member) (*instance, error) {
	in := x.in
	switch b := in.before; {
	case in.retired && x.departed:
		return nil, nil
	case in.retired:
	case x.held != nil && x.held == b:
		return b.in, nil
	case x.held == nil && in.after < m.number:
		return in, nil
	case x.held == nil && b != nil && b.from < m.number && m.number <= b.to:
		return b.in, nil
	}
	return nil, fmt.Errorf("%w: %s changed since a later snapshot was taken", ErrWindow, in.name)
}

// goesOn reports whether at e all is as at m: it was calm, and only scrapes of those came who stay where they are.
func (m *moment) goesOn(e int64) bool {
	return m.calm && m.moves == m.f.mu.Alone() && !slices.ContainsFunc(m.members, func(x member) bool {
		return e < x.in.Last || e-x.in.Last > roster.Learnt || x.in.Spacings.Stale(e-x.in.Last, m.f.cfg.Staleness)
	})
}

// kept returns a copy of a draft. It shares with the moment before what time alone has not changed.
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

// presentOf returns the time that a question asked now is about, and whose latest scrape is left out of it, if any.
func presentOf(f *Fleet, now int64) (e int64, late *instance) {
	if f.pulse.Latest() <= now {
		return now, nil
	}
	e, ahead := roster.NowOf(now, f.cfg.ClockSkew.Milliseconds(), f.ordered,
		func(in *instance) (*balanced, int64) { return in.pool, in.Last },
		func(in *instance, e int64) bool {
			if in.pool == nil {
				return in.live(f, e)
			}
			return slices.ContainsFunc(in.pool.Members, func(m *instance) bool { return m.pool == in.pool && m.live(f, e) })
		})
	if ahead >= 0 {
		late = f.ordered[ahead]
	}
	return e, late
}

// note gathers the warnings of every answer.
func (m *moment) note(late *instance) {
	m.notes = append(m.suspect(), identities(m.f, m.e)...)
	if late == nil {
		return
	}
	name := late.name
	if late.pool != nil {
		name = late.pool.Target
	}
	m.notes = append(m.notes, note{late.labels, fmt.Sprintf("%s: a scrape stamped %s after all others is left out until then",
		name, time.Duration(late.Last-m.e)*time.Millisecond)})
}

// Snapshot is the fleet at one moment; views asked of one snapshot agree. It pins nothing: once an instance has
// changed after a later snapshot was taken, the answer is [ErrWindow].
type Snapshot struct {
	m     *moment
	scope scope
	err   error
}

// AtLeast returns a snapshot that refuses answers resting on less than a share of the fleet with a *CoverageError.
func (s Snapshot) AtLeast(share float64) Snapshot {
	if !(share >= 0 && share <= 1) && s.err == nil {
		s.err = fmt.Errorf("%w: at least %g of the fleet", errQuestion, share)
	}
	s.scope.least = max(s.scope.least, share)
	return s
}

// Only returns a snapshot of the targets whose labels match; its coverage and answers are of these alone, and it has no
// totals.
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

// scope is the part of a fleet that a question is about, and how much of it has to answer.
type scope struct {
	only  []*labels.Matcher
	least float64
}

func (p *scope) holds(target labels.Labels) bool {
	return len(p.only) == 0 || labels.Selector(p.only).Matches(target)
}

// member is an instance at a moment.
type member struct {
	in       *instance
	held     *before // the state that counts, if its latest scrape is left out
	labels   labels.Labels
	standing roster.Standing
	departed bool
	gone     bool
	silent   bool // see roster.Book.Unheard
	end      roster.End
	double   int32 // members with the same number may be one process; 0: it is not suspected
}

// live reports whether the instance is in values about the present.
func (m *member) live() bool { return m.standing.Counts() }

type note struct {
	labels labels.Labels
	text   string
}
