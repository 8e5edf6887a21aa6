package aggregate

import (
	"cmp"
	"fmt"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/rate"
	"github.com/promfold/promfold/internal/roster"
	"github.com/promfold/promfold/internal/window"
)

// estimate is a number with an interval that holds it.
type estimate = promfold.Estimate

func exactly(x float64) estimate { return estimate{Value: x, Lo: x, Hi: x} }

// Group is what the answers for one group of any view have in common.
type Group interface {
	Labels() labels.Labels
	Coverage() Coverage
	Warnings() []string // what a reader of the numbers should know, in words
	Explain() string    // how the answer came about, member by member
}

// part of an instance in the window of a question.
type share struct {
	in       *instance // as it was at the moment
	b        *binding
	edge     window.Edge // the beginning of the window
	events   []window.Event
	since    int64 // events after it are in the window
	span     int64 // ms observed in the window
	wall     int64 // the same for counters that outlive processes
	scrapes  int   // that end a step in the window
	life     rate.Times
	steady   rate.Times // the same for counters that outlive processes
	older    bool       // no step in the window: its edge is that of the latest step
	standing roster.Standing
}

// shares returns the instances that have growth to tell in the window, by name.
func (q *question) shares() ([]share, error) {
	list := q.v.scratch[:0]
	for i := range q.states {
		x := &q.states[i]
		if q.departs && x.departed {
			continue
		}
		list = append(list, share{})
		ok, err := q.share(&list[len(list)-1], x, x.in.bindings[q.v.index])
		if err != nil {
			return nil, err
		}
		if !ok {
			list = list[:len(list)-1]
		}
	}
	q.v.scratch = list
	return list, nil
}

// share fills in the share of an instance; false if it has nothing in the
// window.
func (q *question) share(sh *share, x *state, b *binding) (bool, error) {
	in, h := x.in, &x.in.history
	held := h.Within(&x.member.in.history) // what later scrapes left of it
	e, ok := b.All(), true
	switch {
	case q.all:
	case in.last <= q.s:
		if !x.standing.Possible() {
			return false, nil
		}
		if n := len(h.Held()); n > 0 && !x.member.in.history.Holds(&h.Held()[n-1]) {
			return false, q.outdated(in)
		}
		e = b.Latest(held)
	default:
		e, ok = b.EdgeAt(q.s, held, h.Dropped || len(held) < len(h.Held()), in.present())
	}
	if !ok && len(held) < len(h.Held()) {
		return false, q.outdated(in)
	}
	q.shareFrom(sh, x, b, e)
	return true, nil
}

func (q *question) outdated(in *instance) error {
	return fmt.Errorf("%w: %s was scraped too often since the snapshot was taken", ErrWindow, in.name)
}

// shareFrom fills in the share that begins at an edge.
func (q *question) shareFrom(sh *share, x *state, b *binding, e window.Edge) {
	in, h := x.in, &x.in.history
	sh.in, sh.b, sh.edge, sh.since = in, b, e, e.Most.At
	sh.span = h.Span - sh.edge.Between(func(p *window.Checkpoint) int64 { return p.Span })
	sh.wall = h.Wall - sh.edge.Between(func(p *window.Checkpoint) int64 { return p.Wall })
	sh.scrapes = in.version - e.Most.Scrapes
	sh.standing, sh.older = x.standing, !q.all && in.last <= q.s
	sh.events = q.events(sh)
	l, s := q.f.lives(in, sh.standing.Counts(), q.e), max(q.s, b.Begun.At)
	if sh.life = l.In(s, q.e); len(l.Gaps) == 0 {
		sh.steady = sh.life
	} else {
		sh.steady = l.Steady(s, q.e)
	}
	for _, x := range []*rate.Times{&sh.life, &sh.steady} {
		x.Dead += s - q.s // of other groups
		if sh.older {
			x.Unseen, x.Open = q.e-q.s-x.Dead, false
		}
	}
}

// exposes reports whether the instance has shown the metric.
func (sh *share) exposes() bool { return sh.in.exposes(sh.b.view) }

// beginning returns when the growth of a share began to be counted: with the
// view or with the instance, whichever is later.
func (sh *share) beginning() int64 {
	if sh.since == 0 {
		return cmp.Or(sh.in.birth, sh.in.first)
	}
	return sh.since
}

// events returns the events in the window. Later scrapes do not change them.
func (q *question) events(sh *share) []window.Event {
	switch {
	case sh.older:
		return nil
	case q.all && len(sh.b.Past) > 0:
		return sh.b.AllEvents()
	}
	return sh.b.Events[sh.b.EventsUntil(sh.since):]
}

// bound adds to the bounds of an answer what an event leaves open, without what
// was counted before the opening. What may have been before the window is not in
// the lower bound anyhow.
func (e *happening) bound(x *window.Bounds) {
	switch {
	case e.opening && e.Verdict == judge.First:
	case e.edge:
		x.AddAbove(e.Event)
	default:
		x.Add(e.Event)
	}
}
