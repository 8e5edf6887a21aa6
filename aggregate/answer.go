package aggregate

import (
	"cmp"
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/window"
)

// Answer is a number and the interval that is sure to hold what it estimates:
// the growth inside the time in which the members were observed. Hi is +Inf
// where growth was lost with a process that ended.
type Answer struct{ Value, Lo, Hi float64 }

// Group is what the answers for one group of a view have in common.
type Group struct {
	Labels labels.Labels
	about  about // nil: of no question
}

// about tells of an answer what it tells only when it is asked.
type about interface {
	coverage() Coverage
	words() []string
}

// Coverage says on how much of the fleet the answer rests.
func (g *Group) Coverage() Coverage {
	if g.about == nil {
		return Coverage{}
	}
	return g.about.coverage()
}

// Warnings are what a reader of the numbers should know, in words.
func (g *Group) Warnings() []string {
	if g.about == nil {
		return nil
	}
	return g.about.words()
}

// noted is about an answer what is told already.
type noted struct {
	covered Coverage
	said    []string
}

func (n *noted) coverage() Coverage { return n.covered }
func (n *noted) words() []string    { return n.said }

// part of an instance in the window of a question.
type share struct {
	in      *instance
	b       *binding
	row     *window.Row // what stood at the beginning of the window
	events  []window.Event
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
func (q *question) shares() []share {
	list := q.v.scratch[:0]
	for _, in := range q.f.ordered {
		if !q.f.counts(in, q.e) {
			continue // another target of the same process speaks for it
		}
		if q.departs && q.f.departed(in, q.e) {
			continue
		}
		list = append(list, share{})
		if !q.share(&list[len(list)-1], in, in.bindings[q.v.index]) {
			list = list[:len(list)-1]
		}
	}
	q.v.scratch = list
	return list
}

// done forgets what the shares refer to.
func (q *question) done() { clear(q.v.scratch) }

// share makes the instance's; false: it has nothing in the window.
func (q *question) share(sh *share, in *instance, b *binding) bool {
	h := &in.history
	first := b.First(h.N)
	n := b.Since - 1
	switch {
	case q.all:
	case in.last <= q.s:
		if !q.f.live(in, q.e) {
			return false
		}
		n = max(n, h.N-1)
	default:
		n = h.Before(q.s, first)
		if n < first && first > b.Since {
			n = first // what is older was dropped
		}
	}
	q.shareFrom(sh, in, b, n)
	return true
}

// shareFrom is the share that begins with checkpoint n, or with the view.
func (q *question) shareFrom(sh *share, in *instance, b *binding, n int) {
	at, h := b.Begun, &in.history
	if n >= b.Since {
		at = *h.At(n)
	}
	sh.in, sh.b, sh.row, sh.from, sh.since = in, b, b.Base(n), n, at.At
	sh.span, sh.wall, sh.scrapes = h.Span-at.Span, h.Wall-at.Wall, in.version-at.Scrapes
	sh.live, sh.older = q.f.live(in, q.e), !q.all && in.last <= q.s
	sh.events = q.events(sh)
	sh.alive = in.alive(max(q.s, b.Begun.At), q.e, sh.live)
}

// exposes reports whether the instance has shown the metric.
func (sh *share) exposes() bool { return sh.in.exposes(sh.b.view) }

// beginning is when the growth of a share began to be counted: with the view,
// or with the instance.
func (sh *share) beginning() int64 {
	if sh.since == 0 {
		return cmp.Or(sh.in.birth, sh.in.first)
	}
	return sh.since
}

// restarted: a restart of the instance lies in the window.
func (q *question) restarted(in *instance) bool {
	if q.all {
		return in.incarnation > 1
	}
	return slices.ContainsFunc(in.restarts, func(r restarted) bool { return r.at > q.s && r.at <= q.e })
}

// events of the window. They stay as they are, whatever comes later.
func (q *question) events(sh *share) []window.Event {
	switch {
	case sh.older:
		return nil
	case q.all && len(sh.b.Past) > 0:
		return sh.b.AllEvents()
	}
	return sh.b.Events[sh.b.EventsUntil(sh.since):]
}

// bound adds what an event leaves open to the bounds of an answer. What was
// counted before the opening is no part of it.
func (e *happening) bound(x *window.Bounds) {
	if !e.opening || e.Verdict != judge.First {
		x.Add(e.Event)
	}
}

// sortGroups sorts what was gathered by group.
func sortGroups[T any](byKey map[string]T, of func(T) *Group) []T {
	list := make([]T, 0, len(byKey))
	for _, g := range byKey {
		list = append(list, g)
	}
	slices.SortFunc(list, func(a, b T) int { return labels.Compare(of(a).Labels, of(b).Labels) })
	return list
}

// hottest is the index of the greatest, of equals the one with the smallest
// name (members stand in the order of their names); −1 of none.
func hottest[T any](members []T, less func(a, b T) int, ok func(T) bool) int {
	best := -1
	for i, m := range members {
		if ok(m) && (best < 0 || less(members[best], m) < 0) {
			best = i
		}
	}
	return best
}
