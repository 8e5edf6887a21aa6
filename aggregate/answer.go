package aggregate

import (
	"cmp"
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/counter"
	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/ledger"
	"github.com/promfold/promfold/internal/lines"
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

// names are the metrics that an instance exposes, for a view of every family:
// it is no member of the groups of others.
func (sh *share) names() map[string]bool {
	if !sh.b.view.every() {
		return nil
	}
	names := map[string]bool{}
	for i := range sh.b.Cols {
		names[sh.b.labelsOf(i).Get(model.MetricNameLabel)] = true
	}
	return names
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
	l, s := in.lives(q.f, sh.standing.Counts(), q.e), max(q.s, b.Begun.At)
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

func (q *question) asked() asked {
	a := asked{view: q.v, m: q.m, scope: q.scope, covered: q.coverage, s: q.s, e: q.e}
	q.aims(func(x *roster.Aim) { a.unmet += x.Unmet })
	return a
}

// remarks returns the warnings that concern every group.
func (q *question) remarks(shares []share) []string {
	var refused explain.Exclusions
	for i := range shares {
		if n := shares[i].in.refused(q.v); n > 0 {
			if refused == nil {
				refused = explain.Exclusions{}
			}
			refused.Add(explain.AnotherType, shares[i].in.name, n)
		}
		if n := shares[i].in.broken(q.v); n > 0 {
			if refused == nil {
				refused = explain.Exclusions{}
			}
			refused.Add(explain.NoHistogram, shares[i].in.name, n)
		}
	}
	return slices.Concat(refused.Words(), q.notes())
}

const farFuture = int64(1<<63 - 1)

// cover returns on how much of the fleet an answer rests.
func (q *question) cover() Coverage {
	var c roster.Coverage
	for _, ls := range q.m.doubles {
		if q.scope.holds(ls) {
			c.Duplicates++
		}
	}
	for i := range q.states {
		x := &q.states[i]
		gone := x.gone || x.departed || x.standing == roster.Absent && x.in.replaced()
		c.AddMember(roster.Member{Standing: x.standing, Gone: gone, Partial: partialNow(q, x.in), Restarted: q.restarted(x.in)})
	}
	q.aims(func(a *roster.Aim) { c.AddTarget(a) })
	return Coverage(c)
}

// aims calls do for each target that the question is about.
func (q *question) aims(do func(*roster.Aim)) {
	for i := range q.m.targets {
		if a := &q.m.targets[i]; q.scope.holds(a.labels) {
			do(&a.Aim)
		}
	}
}

// named lists what of says of the targets, by name.
func (q *question) named(of func(*roster.Aim) string) []string {
	var list []string
	q.aims(func(a *roster.Aim) {
		if text := of(a); text != "" {
			list = append(list, text)
		}
	})
	slices.Sort(list)
	return list
}

// inPart returns the instances that answer only in part.
func (q *question) inPart() []string {
	var list []string
	for i := range q.states {
		if x := &q.states[i]; x.standing == roster.Present && partialNow(q, x.in) {
			list = append(list, x.in.name+" (partial)")
		}
	}
	return list
}

// source returns where the data of an instance comes from, made once for all
// groups.
func (q *question) source(in *instance) *explain.Source {
	p, ok := q.sources[in]
	if !ok {
		p = new(explain.Source)
		in.tell(p)
		if q.sources == nil {
			q.sources = map[*instance]*explain.Source{}
		}
		q.sources[in] = p
	}
	return p
}

// withoutName returns the labels of a series without the metric's name.
func withoutName(l labels.Labels) labels.Labels {
	return labels.NewBuilder(l).Del(model.MetricNameLabel).Labels()
}

// possible yields the instances that are present or in doubt, and what the view
// keeps of them, by name.
func (q *question) possible(v *view) iter.Seq2[*state, *binding] {
	return func(yield func(*state, *binding) bool) {
		for i := range q.states {
			x := &q.states[i]
			if x.standing.Possible() && !yield(x, x.in.bindings[v.index]) {
				return
			}
		}
	}
}

// bound adds to the bounds of an answer what an event leaves open, without what
// was counted before the opening. What may have been before the window is not in
// the lower bound anyhow.
func (e *happening) bound(x *window.Bounds, start int64) {
	switch {
	case e.opening && e.Verdict == judge.First:
	case e.edge:
		x.AddAbove(e.Event)
	default:
		x.Add(e.Event, start)
	}
}

// told returns a happening as an event. At the opening, what was counted before
// the first scrape is no part of the answer.
func (e *happening) told(sh *shared) explain.Event {
	x := explain.EventOf(e.Event, sh.name, !e.opening || e.Verdict != judge.First)
	if x.Verdict == counter.Reset && slices.Contains(sh.restarts, restarted{e.At, restartGuessed}) {
		x.Doubt |= counter.Guessed
	}
	return x
}

// asked is what the groups of an answer keep of its question.
type asked struct {
	view    *view
	m       *moment
	scope   scope
	covered Coverage
	s, e    int64
	unmet   int // expected instances that never answered: what they have may be anything
}

func (a *asked) window() int64 { return a.e - a.s }

// open returns a sum or an extreme of the members that answered with the upper
// bound that it has: none, if some never did.
func (a *asked) open(x estimate) estimate {
	if a.unmet > 0 {
		x.Hi = math.Inf(1)
	}
	return x
}

// missing lists the expected targets that do not answer.
func (a *asked) missing() []string {
	return (&question{m: a.m, scope: a.scope}).named((*roster.Aim).Lacks)
}

// answer is what the groups of one answer share. It is a copy: later scrapes do
// not change it.
type answer struct {
	asked
	*tally
	again    bool                 // an earlier question was answered with the same tally
	left     []*ledger.Departures // by group
	apart    bool                 // what departed instances counted is not in it, see question.leftApart
	common   []string             // warnings of every group
	partials partials
}

// empty is a tally of one group without members.
func (t *tally) empty(v *view) *tally {
	none := labels.EmptyLabels()
	p := &plan{groups: []final{{none, v.selection.Outlives(none)}}, from: make([]int32, 2), width: make([]int32, 1), names: t.names}
	return &tally{plan: p, shares: t.shares}
}

// aim is a target at a moment.
type aim struct {
	labels labels.Labels
	roster.Aim
}

// aim finds the expected targets and how many of them answer: a target answers
// if an instance that is present is behind it; of a balancer, as many as there
// are live instances. Of several addresses of one process one is expected,
// unless the program named them all.
func (m *moment) aim() {
	list := m.f.book.Addresses(m.f.mu.alone, placed(m.f))
	for i := range list {
		a := &list[i]
		x := aim{Aim: roster.Aim{Name: a.Name, Balanced: a.Balanced, Failed: a.Failed(m.e)}}
		if a.Entry != nil {
			x.labels = a.Entry.Labels
		}
		met, present := m.reached(a)
		switch {
		case a.Balanced:
			x.Unclear = a.Balancer.Unclear
			if t := a.Entry; t == nil || t.Gone {
				break
			}
			if x.Live, x.Expected = a.Balancer.Alive(func(in *instance) bool { return in.live(m.f, m.e) }), a.Balancer.Pool().Expects(); x.Expected == 0 && !present {
				x.Expected = 1 // at least
			}
			x.Unmet = max(0, x.Expected-max(len(a.Balancer.Members), len(a.Behind)))
		case m.f.book.Expects(a, m.e, func(in *instance) bool { return in.counts(m.f, m.e) }):
			x.Expected = 1
			if present {
				x.Live = 1
			}
			if !met {
				x.Unmet = 1
			}
		}
		if x.Matters() {
			m.targets = append(m.targets, x)
		}
	}
}

// reached reports whether an instance answered at the address, and whether one
// of them is present.
func (m *moment) reached(a *roster.Address[*balanced, *instance]) (met, present bool) {
	for _, in := range a.Behind {
		if in = in.until(m.e); in != nil {
			met, present = true, present || m.standing(in) == roster.Present
		}
	}
	return met, present
}

// standing returns how an instance stands at the moment.
func (m *moment) standing(in *instance) roster.Standing {
	if in.looked.number == m.number {
		return in.looked.standing
	}
	return in.standing(m.f, m.e)
}

// malformed reports whether a scrape had a histogram that could not be one.
func (b *binding) malformed(at int64) bool {
	for i := len(b.Events) - 1; i >= 0 && b.Events[i].At == at; i-- {
		if b.Events[i].Quirk == growth.Malformed {
			return true
		}
	}
	return false
}

// partials are remarks about families.
type partials []partial

// words returns the remarks for a group; in a view of every family, those for
// its metric.
func (list partials) words(v *view, group labels.Labels) (words []string) {
	for i := range list {
		if x := &list[i]; !v.every() || growth.OfFamily(group.Get(model.MetricNameLabel), x.family) {
			words = append(words, x.text)
		}
	}
	return words
}

type partial struct {
	family *lines.Family
	text   string
}

// Event is what one scrape did to series of a member, other than growth.
type Event struct {
	Time         time.Time // the first, where several were merged because no window reaches them
	Instance     string
	Verdict      counter.Verdict
	Doubt        counter.Doubt
	Series       int
	Below, Above float64 // by how much it widens the member's increase; Above may be +Inf
	Note         string  // what the verdict does not say
}

// String returns one line.
func (e Event) String() string {
	x := explain.Event(e)
	return x.String()
}

// latest is what the latest question of a view counted. It is kept because a
// fleet is asked more often than it is scraped, such as by each request that a
// gateway admits. As long as no scrape arrives, the next question has the same
// instances with the same growth.
type latest struct {
	basis
	tally *tally // nil: nobody asked yet
}

// basis is what a tally depends on, besides its shares.
type basis struct {
	changes uint64 // of the fleet until then
	window  int64
	all     bool
}

// latest returns what the shares have in the window, and whether the latest
// question had found it already.
func latestTally(q *question, shares []share) (t *tally, again bool) {
	b, kept := basis{q.f.mu.changes(), q.e - q.s, q.all}, &q.v.latest
	if kept.tally != nil && kept.basis == b && kept.tally.holds(shares, q.s) {
		return kept.tally, true
	}
	t = tallyOf(q, shares)
	if !q.v.every() && !q.past && len(q.scope.only) == 0 { // a copy of all that a fleet counts is too much to keep
		*kept = latest{b, t}
	}
	return t, false
}
