package aggregate

import (
	"fmt"
	"iter"
	"slices"

	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/roster"
)

// question is a question to a view about a moment: the window (s, e]. It holds
// the fleet's lock until it is closed.
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

// state is an instance as it was at the moment: itself, or a copy.
type state struct {
	*member
	in *instance
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
	v.fleet.mu.ask()
	q, err := v.fleet.question(w, v)
	if err != nil {
		v.fleet.mu.Unlock()
		return nil, err
	}
	return q, nil
}

func (f *Fleet) question(w Window, v *view) (*question, error) {
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

// checkWindow refuses a window that the view does not keep.
func (q *question) checkWindow(w Window, v *view) error {
	kept := q.f.cfg.Window
	if v.Window != 0 {
		kept = v.Window
	}
	switch {
	case !w.all && kept == ledgerOnly:
		return fmt.Errorf("%w: the view keeps totals alone", ErrWindow)
	case !w.all && w.length > kept:
		return fmt.Errorf("%w: %s, the view keeps %s", ErrWindow, w.length, kept)
	case w.all && q.m.number <= v.moved:
		return fmt.Errorf("%w: a target got other labels since the snapshot was taken", ErrWindow)
	}
	return nil
}

// anyQuestion returns a question that needs no view.
func anyQuestion(s Snapshot) (*question, error) {
	v := &view{spec: spec{}, kind: everything}
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

// last returns the greatest index of the view and of the views that it needs.
func (v *view) last() int {
	n := v.index
	for _, o := range []*view{v.elects, v.limit} {
		if o != nil {
			n = max(n, o.index)
		}
	}
	return n
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

// present yields the live instances and what the view keeps of them, by name.
func (q *question) present() iter.Seq2[*instance, *binding] { return q.presentOf(q.v) }

func (q *question) presentOf(v *view) iter.Seq2[*instance, *binding] {
	return func(yield func(*instance, *binding) bool) {
		for i := range q.states {
			x := &q.states[i]
			if x.live() && !yield(x.in, x.in.bindings[v.index]) {
				return
			}
		}
	}
}

// restarted reports whether the instance restarted in the window.
func (q *question) restarted(in *instance) bool {
	if q.all {
		return in.incarnation > 1
	}
	return slices.ContainsFunc(in.restarts, func(r restarted) bool { return r.at > q.s && r.at <= q.e })
}

// notes returns the warnings of every answer.
func (q *question) notes() []string {
	var list []string
	for _, n := range q.m.notes {
		if q.scope.holds(n.labels) {
			list = append(list, n.text)
		}
	}
	if never := q.named((*roster.Aim).Never); len(never) > 0 {
		list = append(list, "expected and never answered, sums have no upper bound: "+explain.Few(never))
	}
	return list
}
