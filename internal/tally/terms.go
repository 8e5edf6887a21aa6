package tally

import (
	"github.com/promfold/promfold/internal/rate"
	"github.com/promfold/promfold/internal/window"
)

// term is for how long an instance was observed in a window while its target had
// certain labels.
type term struct {
	window.Term
	until            int64 // its latest scrape
	latest           bool
	process, lasting Observed // as in [Share]; Width is that of the term in the window
}

// termsUntil returns for how long the instance was observed with each of its target's
// labels; nil if they never changed.
func (sh *Share) termsUntil(present *window.Checkpoint) (list []term) {
	most, least := &sh.Edge.Most, &sh.Edge.Least
	span, wall := sh.Edge.Between(most.Span, least.Span), sh.Edge.Between(most.Wall, least.Wall)
	for i, x := range sh.Table.Terms {
		end := *present
		if i+1 < len(sh.Table.Terms) {
			end = sh.Table.Terms[i+1].Begun
		}
		t := term{Term: x, until: end.At, latest: i+1 == len(sh.Table.Terms)}
		t.process.Span = max(0, end.Span-max(x.Begun.Span, span))
		t.lasting.Span = max(0, end.Wall-max(x.Begun.Wall, wall))
		list = append(list, t)
	}
	return list
}

// live fills in the times of the window (s, e]; older says that no step ends in it.
func (t *term) live(l *rate.Lives, s, e int64, older bool) {
	if !t.latest {
		e = max(s, min(e, t.until))
	}
	s = max(s, min(t.Begun.At, e))
	t.process.Times, t.lasting.Times = l.In(s, e), l.Steady(s, e)
	for _, x := range []*Observed{&t.process, &t.lasting} {
		x.Width = e - s
		switch {
		case older:
			x.Unseen, x.Open = x.Width-x.Dead, false
		case !t.latest:
			x.Open = false
		}
	}
}

// apart returns for how long the instance was observed in a group, of an instance
// whose target's labels changed: while they were those of the group.
func (sh *Share) apart(g *Group) *Observed {
	whole := &sh.Process
	if g.Outlives {
		whole = &sh.Lasting
	}
	x := &Observed{}
	x.Width, x.Tail, x.Dead = whole.Width, whole.Tail, whole.Width
	pinned := sh.pinned(g)
	for i := range sh.terms {
		t := &sh.terms[i]
		if !sh.speaks(t, g, pinned) {
			continue
		}
		o := &t.process
		if g.Outlives {
			o = &t.lasting
		}
		x.Span += o.Span
		x.Life, x.Unseen, x.Between, x.Early, x.Late = x.Life+o.Life, x.Unseen+o.Unseen, x.Between+o.Between, x.Early+o.Early, x.Late+o.Late
		x.Dead -= o.Width - o.Dead
		if t.latest {
			x.Open, x.Live, x.Slow, x.Lost = o.Open, whole.Live, whole.Slow, whole.Lost
		}
	}
	w := x.Watched
	if sh.past() {
		w.Span, w.Life = 0, 0
	}
	x.mean = w.Weights()
	return x
}

// pinned returns how many labels of a group the target gave, at most, in a term
// that allows for the group: others gave fewer, and had other groups.
func (sh *Share) pinned(g *Group) (most int) {
	for i := range sh.terms {
		if t := &sh.terms[i]; sh.speaks(t, g, 0) {
			most = max(most, sh.selection.Pins(t.Labels))
		}
	}
	return most
}

// speaks reports whether the instance was in a group in a term.
func (sh *Share) speaks(t *term, g *Group, pinned int) bool {
	return sh.selection.Admits(t.Labels) && sh.selection.SpeaksFor(g.Labels, t.Labels) && sh.selection.Pins(t.Labels) >= pinned
}

// within returns the part of the time from first to last in which the instance
// was in a group.
func (sh *Share) within(g *Group, first, last int64) (from, to int64) {
	if sh.terms == nil {
		return first, last
	}
	from, to = last, first
	pinned := sh.pinned(g)
	for i := range sh.terms {
		if t := &sh.terms[i]; sh.speaks(t, g, pinned) && t.until > first {
			from, to = min(from, max(first, t.Begun.At)), max(to, min(last, t.until))
		}
	}
	return from, to
}

// Inhabited reports whether some member was in the group at some time of the window:
// the labels of targets change.
func (g Growth) Inhabited() bool {
	if !g.moved {
		return true // nobody's target had other labels
	}
	owners, parts := g.own()
	if s := g.selection; len(owners) == 0 || len(s.By)+len(s.Without) == 0 && !s.Every {
		return true
	}
	for i, owner := range owners {
		sh := &g.shares[owner]
		if sh.terms == nil || parts[i].odd > 0 || parts[i].most != 0 || sh.observed(g.group()).Life > 0 {
			return true
		}
	}
	return false
}
