package aggregate

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/counter"
	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/life"
	"github.com/promfold/promfold/internal/roster"
	"github.com/promfold/promfold/internal/tally"
)

// estimate is a number with an interval that holds it.
type estimate = promfold.Estimate

func exactly(x float64) estimate { return estimate{Value: x, Lo: x, Hi: x} }

// behind returns the view behind a handle; nil for the zero handle.
func behind[H ~struct{ v *view }](handle *H) *view {
	if handle == nil {
		return nil
	}
	return struct{ v *view }(*handle).v
}

// only returns the only group of an answer, of a view that has but one.
func only[Q, G any](v *view, asked Q, ask func(Q) ([]G, error)) (g G, err error) {
	if v != nil && !v.Single() {
		return g, fmt.Errorf("%w: One of %s, which groups; use In", errQuestion, v)
	}
	list, err := ask(asked)
	if err == nil {
		g = list[0]
	}
	return g, err
}

// Group is what the answers for one group of any view have in common.
type Group interface {
	Labels() labels.Labels
	Coverage() Coverage
	Warnings() []string // what a reader of the numbers should know, in words
	Explain() string    // how the answer came about, member by member
}

// shares returns the instances that have growth to tell in the window, by name.
func (q *question) shares() ([]tally.Share, error) {
	list := slices.Grow(q.v.scratch[:0], len(q.states))
	for i := range q.states {
		if q.departs && q.states[i].departed {
			continue
		}
		list = append(list, tally.Share{})
		switch ok, err := q.share(&list[len(list)-1], i); {
		case err != nil:
			return nil, err
		case !ok:
			list = list[:len(list)-1]
		}
	}
	q.v.scratch = list
	return list, nil
}

// share fills in what tells the share of an instance from that in another window; false if it has nothing in this one.
func (q *question) share(sh *tally.Share, i int) (bool, error) {
	x := &q.states[i]
	in, h, b := x.in, &x.in.History, x.in.bindings[q.v.index]
	held := h.Within(&x.member.in.History) // what later scrapes left of it
	present, ok := in.Present(), true
	switch {
	case q.all:
		sh.Edge = b.All(q.s, held, present, in.Lag)
	case in.Last <= q.s:
		if !x.standing.Possible() && q.s > x.end.Counted {
			return false, nil
		}
		if n := len(h.Held()); n > 0 && !x.member.in.History.Holds(&h.Held()[n-1]) {
			return false, q.outdated(in)
		}
		sh.Edge = b.Latest(held)
	default:
		ok = b.EdgeAt(&sh.Edge, q.s, held, h.Dropped || len(held) < len(h.Held()), present, in.Lag)
	}
	if !ok && len(held) < len(h.Held()) {
		return false, q.outdated(in)
	}
	sh.Key, sh.Table, sh.Standing, sh.Older = i, b.Table, x.standing, !q.all && in.Last <= q.s
	sh.Held, sh.Double, sh.Unsure = in.History.Held(), x.double, x.end.Unsure
	sh.Begins(&present)
	l := in.Lives(x.standing.Counts(), x.end.End)
	if sh.Older && x.end.Replaced {
		l.Left = x.end.Counted + 1
	}
	sh.Lives(&l, q.s, q.e)
	return true, nil
}

// complete fills in the rest of a share. What no window changes is that of the latest question, if all is as it was.
func (q *question) complete(sh *tally.Share, kept *tally.Share) {
	in, since := q.states[sh.Key].in, sh.Edge.Most.At
	b := in.bindings[q.v.index]
	if kept != nil {
		sh.Facts, sh.Reads = kept.Facts, kept.Reads
	} else {
		sh.Facts = tally.Facts{
			Name: in.name, Target: in.labels, Last: in.Last, Interval: in.Spacings.Interval(), Born: in.Birth != 0,
			Early: in.sinceOpening(q.m.opening), Young: in.young(q.f), Exposes: in.exposes(q.v), Broken: in.broken(q.v) > 0, Another: in.another, Pooled: in.pool != nil,
		}
		in.tell(&sh.Source)
		for _, r := range in.Restarts {
			sh.Restarts = append(sh.Restarts, explain.Restart{At: r.At, What: r.How.String(), Guessed: r.How == life.Guessed})
		}
		x := in.exposed(nil)
		sh.Reads = b.Readings(&x)
	}
	if sh.Begin = since; since == 0 {
		sh.Begin = cmp.Or(in.Birth, in.First)
	}
	switch { // later scrapes do not change the events
	case sh.Older:
	case q.all && len(b.Past) > 0:
		sh.Events = b.AllEvents()
	default:
		sh.Events = b.Events[b.EventsUntil(since):]
	}
}

// tally returns what the shares have in the window, and whether the latest question had found it already.
func (q *question) tally(shares []tally.Share) (t *tally.Tally, again bool) {
	a, kept := q.window(), &q.v.latest
	if t := kept.Tally(a, shares); t != nil {
		return t, true
	}
	for i := range shares {
		q.complete(&shares[i], kept.Facts(a, i, shares[i].Table))
	}
	q.v.scratch = nil // the tally has them
	// A copy of all that a fleet counts is too much to keep.
	return kept.Add(a, &q.v.groups, shares, !q.v.Every() && !q.past && len(q.scope.only) == 0), false
}

func (q *question) window() tally.Asked {
	a := tally.Asked{Start: q.s, End: q.e, All: q.all, Changes: q.f.mu.Changes()}
	if list := q.m.members; len(list) > 0 && len(q.scope.only) == 0 {
		a.Members = &list[0] // moments share the list as long as it is the same
	}
	return a
}

func (q *question) outdated(in *instance) error {
	return fmt.Errorf("%w: %s was scraped too often since the snapshot was taken", ErrWindow, in.name)
}

func (q *question) asked() asked {
	a := asked{view: q.v, m: q.m, scope: q.scope, covered: q.coverage, s: q.s, e: q.e}
	q.aims(false, func(x *roster.Aim) {
		if n := x.Missed(); n > 0 && q.v.selection.Admits(x.Labels) {
			a.unmet = append(a.unmet, tally.Unmet{Labels: x.Labels, Instances: n})
		}
	})
	return a
}

// remarks returns the warnings that concern every group.
func (q *question) remarks(shares []tally.Share) []string {
	var refused explain.Exclusions
	var late, down []string
	for i := range shares {
		if shares[i].Standing == roster.Doubtful {
			down = append(down, q.states[shares[i].Key].in.name)
		}
		if !q.all && shares[i].Table.Begun.At > q.s {
			late = append(late, q.states[shares[i].Key].in.name)
		}
		in := q.states[shares[i].Key].in
		mistyped, broken := in.refused(q.v), in.broken(q.v)
		if mistyped+broken > 0 && refused == nil {
			refused = explain.Exclusions{}
		}
		refused.Add(explain.AnotherType, in.name, mistyped)
		refused.Add(explain.NoHistogram, in.name, broken)
	}
	words := refused.Words()
	if len(late) > 0 {
		words = append(words, "what was counted before the view began is left out: "+explain.Few(late))
	}
	if len(down) > 0 {
		words = append(words, "not reached, so in the upper bounds of rates alone: "+explain.Few(down))
	}
	return slices.Concat(words, q.notes())
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
		restarted := x.in.Restarted(q.s, q.e)
		if q.all {
			restarted = x.in.Incarnation > 1 // restarts are kept for a window
		}
		gone := x.gone || x.departed || x.standing == roster.Absent && x.end.Replaced
		c.AddMember(roster.Member{Standing: x.standing, Gone: gone, Partial: q.partial(x.in), Restarted: restarted})
	}
	q.aims(true, func(a *roster.Aim) { c.AddTarget(a) })
	return Coverage(c)
}

// aims calls do for each target that the question is about; all says also for those that answer.
func (q *question) aims(all bool, do func(*roster.Aim)) {
	for i := 0; i < len(q.m.targets) && (all || !q.m.calm); i++ {
		if a := &q.m.targets[i]; q.scope.holds(a.Labels) {
			do(a)
		}
	}
}

// named lists what of says of the targets, by name.
func (q *question) named(of func(*roster.Aim) string) []string {
	var list []string
	q.aims(false, func(a *roster.Aim) {
		if text := of(a); text != "" {
			list = append(list, text)
		}
	})
	slices.Sort(list)
	return list
}

// partial reports whether an instance answers the family of the view only in part. Views of many families do not
// ask: some family always is partial, which says nothing of the others.
func (q *question) partial(in *instance) bool {
	return !q.v.Every() && (in.broken(q.v) > 0 || in.bindings[q.v.index].Malformed(in.Last) ||
		slices.ContainsFunc(in.shrunk, func(x roster.Shrunk) bool { return q.v.selection.About(x.Family) && x.Open(q.e) }))
}

// partials returns the families of which members may miss lines in the window, of a gauge those that miss them now.
func (q *question) partials() (list explain.Partials) {
	from := q.s
	if q.v.Kind == growth.Gauge {
		from = farFuture
	}
	for i := range q.states {
		in := q.states[i].in
		for i := range in.shrunk {
			if x := &in.shrunk[i]; q.v.selection.About(x.Family) && x.In(from, q.e) {
				list = append(list, explain.Partial{Family: x.Family, Text: x.Text(in.name)})
			}
		}
	}
	return list
}

// inPart returns the instances that answer only in part.
func (q *question) inPart() []string {
	var list []string
	for i := range q.states {
		if x := &q.states[i]; x.standing == roster.Present && q.partial(x.in) {
			list = append(list, x.in.name+" (partial)")
		}
	}
	return list
}

// source returns where the data of an instance comes from, made once for all groups.
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

// possible yields the instances that are present or in doubt, and what the view keeps of them, by name.
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

// asked is what the groups of an answer keep of its question.
type asked struct {
	view    *view
	m       *moment
	scope   scope
	covered Coverage
	s, e    int64
	unmet   []tally.Unmet
}

// unmetIn returns how many instances never answered that may be in a group.
func (a *asked) unmetIn(group labels.Labels) int {
	return tally.UnmetIn(a.unmet, &a.view.selection, group)
}

// coverage returns on how much of the fleet an answer rests.
func (a *asked) coverage() Coverage {
	if a == nil {
		return Coverage{}
	}
	return a.covered
}

// missing lists the expected targets that do not answer.
func (a *asked) missing() []string {
	return (&question{m: a.m, scope: a.scope}).named((*roster.Aim).Lacks)
}

// answer is what the groups of one answer share. It is a copy: later scrapes do not change it.
type answer struct {
	asked
	tally.Answer
	common   []string // warnings of every group
	partials explain.Partials
}

// aim finds the expected targets and how many of them answer.
func (m *moment) aim() {
	f := m.f
	m.targets = f.book.Aims(m.targets, m.e, f.book.Addresses(f.mu.Alone(), placed(f)), &roster.Seen[*balanced, *instance]{
		Answered: func(in *instance) (met, present bool) {
			in = in.until(m.e)
			return in != nil, in != nil && in.standing(m.f, m.e) == roster.Present
		},
		Counts: func(in *instance) bool { return in.counts(f, m.e) },
		Behind: func(b *balanced) roster.Pool {
			live := b.Alive(func(in *instance) bool { return in.live(f, m.e) })
			return roster.Pool{Live: live, Met: len(b.Members), Silent: b.Silent(m.e, f.cfg.Staleness), Expected: b.Pool().Expects(), Unclear: b.Unclear, Unsaid: b.Unsaid()}
		},
	})
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
func (e Event) String() string { return (*explain.Event)(&e).String() }
