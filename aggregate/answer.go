package aggregate

import (
	"cmp"
	"fmt"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/internal/judge"
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
	row      *window.Row // the counts at the beginning of the window
	events   []window.Event
	from     int   // the checkpoint of row
	since    int64 // events after it are in the window
	span     int64 // ms observed in the window
	wall     int64 // the same for counters that outlive processes
	scrapes  int   // that end a step in the window
	alive    int64 // ms of the window in which the instance is estimated to have lived
	longest  int64 // the same, if what is in doubt is alive
	older    bool  // no step in the window: span and row are those of the latest step
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
	first := b.First(h.N)
	n := b.Since - 1
	switch {
	case q.all:
	case in.last <= q.s:
		if !x.standing.Possible() {
			return false, nil
		}
		n = max(n, h.N-1)
	default:
		n = h.Before(q.s, first)
		if n < first && first > b.Since {
			n = first // what is older was dropped
		}
	}
	if n >= b.Since && n < x.member.in.history.N-b.Slots() {
		return false, fmt.Errorf("%w: %s was scraped too often since the snapshot was taken", ErrWindow, in.name)
	}
	q.shareFrom(sh, x, b, n)
	return true, nil
}

// shareFrom fills in the share that begins at checkpoint n, or with the view.
func (q *question) shareFrom(sh *share, x *state, b *binding, n int) {
	at, in, h := b.Begun, x.in, &x.in.history
	if n >= b.Since {
		at = *h.At(n)
	}
	sh.in, sh.b, sh.row, sh.from, sh.since = in, b, b.Base(n), n, at.At
	sh.span, sh.wall, sh.scrapes = h.Span-at.Span, h.Wall-at.Wall, in.version-at.Scrapes
	sh.standing, sh.older = x.standing, !q.all && in.last <= q.s
	sh.events = q.events(sh)
	from := max(q.s, b.Begun.At)
	sh.alive, sh.longest = in.alive(from, q.e, sh.standing.Counts()), in.alive(from, q.e, sh.standing.Possible())
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
// was counted before the opening.
func (e *happening) bound(x *window.Bounds) {
	if !e.opening || e.Verdict != judge.First {
		x.Add(e.Event)
	}
}
