package aggregate

import (
	"cmp"
	"fmt"
	"math"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/judge"
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
	in      *instance // as it was at the moment
	b       *binding
	row     *row // what stood at the beginning of the window
	events  []event
	from    int   // the checkpoint of row
	since   int64 // events after it are in the window
	span    int64 // ms observed in the window
	wall    int64 // the same for what outlives processes
	scrapes int   // that end a step in the window
	alive   int64 // ms of the window in which the instance is taken to have lived
	older   bool  // no step in the window: span and row are those of the latest one
	live    bool
}

// shares are the instances that have something in the window, by name.
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

// share makes the instance's; false: it has nothing in the window.
func (q *question) share(sh *share, x *state, b *binding) (bool, error) {
	in, h := x.in, &x.in.history
	first := max(b.since, b.floor, h.n-len(b.snaps))
	n := b.since - 1
	switch {
	case q.all:
	case in.last <= q.s:
		if !x.live {
			return false, nil
		}
		n = max(n, h.n-1)
	default:
		n = h.before(q.s, first)
		if n < first && first > b.since {
			n = first // what is older was dropped
		}
	}
	if n >= b.since && n < x.member.in.history.n-len(b.snaps) {
		return false, fmt.Errorf("%w: %s was scraped too often since the snapshot was taken", ErrWindow, in.name)
	}
	q.shareFrom(sh, x, b, n)
	return true, nil
}

// shareFrom is the share that begins with checkpoint n, or with the view.
func (q *question) shareFrom(sh *share, x *state, b *binding, n int) {
	at, in, h := b.begun, x.in, &x.in.history
	if n >= b.since {
		at = *h.at(n)
	}
	sh.in, sh.b, sh.row, sh.from, sh.since = in, b, b.base(n), n, at.at
	sh.span, sh.wall, sh.scrapes = h.span-at.span, h.wall-at.wall, in.version-at.scrapes
	sh.live, sh.older = x.live, !q.all && in.last <= q.s
	sh.events = q.events(sh)
	sh.alive = in.alive(max(q.s, b.begun.at), q.e, sh.live)
}

// beginning is when the growth of a share began to be counted: with the view,
// or with the instance.
func (sh *share) beginning() int64 {
	if sh.since == 0 {
		return cmp.Or(sh.in.birth, sh.in.first)
	}
	return sh.since
}

// events of the window. They stay as they are, whatever comes later.
func (q *question) events(sh *share) []event {
	switch {
	case sh.older:
		return nil
	case q.all && len(sh.b.past) > 0:
		return sh.b.allEvents()
	}
	return sh.b.events[sh.b.eventsUntil(sh.since):]
}

// allEvents are copies where they may be added to, since no window reaches them
// any more.
func (b *binding) allEvents() []event {
	list := make([]event, 0, len(b.past)+len(b.events))
	for _, e := range b.past {
		list = append(list, *e.copy())
	}
	return append(list, b.events...)
}

// eventsUntil is how many events are not after t; they stand by time.
func (b *binding) eventsUntil(t int64) int {
	n := len(b.events)
	for n > 0 && b.events[n-1].at > t {
		n--
	}
	return n
}

// bounds gathers how far the truth may lie from a value.
type bounds struct {
	below, above exact.Sum
	open         int
}

func (x *bounds) add(e *happening) {
	if e.opening && e.verdict == judge.First {
		return
	}
	x.below.Merge(&e.below)
	x.above.Merge(&e.above)
	x.open += e.open
}

// resets is how many series were, by the event.
func (e *event) resets() int {
	if e.verdict == judge.ResetProven || e.verdict == judge.ResetDropped {
		return e.n
	}
	return 0
}

// around is a value with its bounds.
func (x *bounds) around(value *exact.Sum) estimate {
	if x.open == 0 && x.below.Sign() == 0 && x.above.Sign() == 0 {
		v := value.Float64()
		return exactly(v)
	}
	var lo, hi exact.Sum
	lo.Set(value)
	lo.Sub(&x.below)
	hi.Set(value)
	hi.Merge(&x.above)
	a := estimate{Value: value.Float64(), Lo: lo.Float64(), Hi: hi.Float64()}
	if x.open > 0 {
		a.Hi = math.Inf(1)
	}
	return a
}
