package aggregate

import (
	"cmp"
	"math"
	"slices"
	"sync"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/gauge"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/ledger"
	"github.com/promfold/promfold/internal/life"
	"github.com/promfold/promfold/internal/process"
	"github.com/promfold/promfold/internal/rate"
	"github.com/promfold/promfold/internal/room"
	"github.com/promfold/promfold/internal/roster"
	"github.com/promfold/promfold/internal/watch"
	"github.com/promfold/promfold/internal/window"
)

// instance is a place in the fleet that runs one process at a time. mu is held by the one scrape that is being
// observed; what questions read is written under the fleet's lock besides.
type instance struct {
	mu      sync.Mutex
	name    string
	targets []string
	labels  labels.Labels // the target's, as first seen

	process.Process
	gone     bool
	retired  bool            // it departed, and is no part of the fleet any more
	since    int64           // until when the place was watched before it was retired
	shrunk   []roster.Shrunk // families that lost most of their lines
	presence gauge.Presence  // over time, where a view of gauges has a window

	// Identity:
	identity.Kin[*instance]
	another bool // a process answered beside the others, and nobody declared the address

	// Behind a balancer:
	pool *balanced
	lost bool   // it was not met for so long that it was given up
	late bool   // others were met before it
	self string // what its lines say who it is

	cramped  bool        // there is no more room for its history
	held     room.Weight // but for rows and shared lines, see weigh
	bindings []*binding  // by view.index; nil: not bound yet
	lacks    *Fleet      // views of it are being declared to which it is not bound yet

	after  uint64     // how many snapshots there were when its state changed last
	before *before    // its state before that, for those that were taken until then
	due    **instance // where a save wants a copy of it as it is; nil: none does, see saveFirst
}

// replaced reports whether another instance has the place of one that is behind a balancer.
func (in *instance) replaced() bool {
	b := in.pool
	return b != nil && b.State(in) == identity.Dead
}

// change is called before the state of an instance changes.
func (in *instance) change(f *Fleet) {
	saveFirst(in)
	if in.after < f.snapshots && in.Seen() {
		in.before = &before{in.copied(), in.after, f.snapshots}
	}
	in.after = f.snapshots
}

// changeAhead keeps the state before a scrape that is stamped so late that questions may leave it out.
func (in *instance) changeAhead(f *Fleet, at int64) {
	if in.Seen() && at > max(f.pulse.Latest(), in.Last)+f.cfg.ClockSkew.Milliseconds() && in.after >= f.snapshots {
		in.before = &before{in.copied(), in.after, f.snapshots}
	}
}

// until returns the instance as of a time that may be before its latest scrape; nil if that state is not kept.
func (in *instance) until(e int64) *instance {
	switch {
	case in.Last <= e:
		return in
	case in.before != nil && in.before.in.Last <= e:
		return in.before.in
	}
	return nil
}

// sketch returns a copy without columns and bindings, of a process that was copied.
func (in *instance) sketch(p process.Process) *instance {
	return &instance{
		name: in.name, targets: in.targets, labels: in.labels, Process: p,
		gone: in.gone, since: in.since, shrunk: slices.Clone(in.shrunk), presence: slices.Clone(in.presence),
		Kin: identity.Kin[*instance]{Twins: in.Twins}, another: in.another, pool: in.pool, lost: in.lost, late: in.late, self: in.self,
	}
}

// copied returns a copy of the instance for questions, without columns.
func (in *instance) copied() *instance {
	c := in.sketch(in.Sketch())
	for i, b := range in.bindings {
		var room *window.Row
		if in.before != nil && i < len(in.before.in.bindings) {
			room = &in.before.in.bindings[i].Live // no snapshot needs the state before this one
		}
		x := in.exposed(b.view.fleet.store)
		c.bindings = append(c.bindings, &binding{b.Copy(&x, room), b.view})
	}
	return c
}

// broken returns how many histograms of the view cannot be one.
func (in *instance) broken(v *view) int { return in.Plan.Presence(v.index).Broken }

// live reports whether the instance answered recently enough to be part of the present. A deadline told counts as well.
func (in *instance) live(f *Fleet, e int64) bool {
	if b := in.pool; b != nil {
		return !in.gone && b.State(in) == identity.Alive && !b.Silent(e, f.cfg.Staleness)
	}
	silent := e - in.Last
	if in.gone || !in.Spacings.Stale(silent, f.cfg.Staleness) {
		return !in.gone
	}
	a := in.attempts(f)
	return a.Word() != 0 && !in.Spacings.Stale(e-a.Word(), f.cfg.Staleness)
}

// attempts returns what was told of the addresses of an instance since its latest scrape. Of those behind a balancer
// it is not known whose failure it was.
func (in *instance) attempts(f *Fleet) (a roster.Attempts) {
	if in.pool != nil {
		return a
	}
	return f.book.Attempts(in.targets, in.Last)
}

// standing returns how far an instance is part of the present.
func (in *instance) standing(f *Fleet, e int64) roster.Standing {
	a := in.attempts(f)
	return roster.StandingOf(in.live(f, e), in.gone, a.Failure())
}

// Instances that left are kept for as long as a window reaches them. Then nobody asks for them one by one any more,
// and what they counted moves into the ledgers: a fleet of short-lived workers holds those of a window, not of a year.
// Questions since the start treat both alike, so that answers depend on who departed, and not on when it was tidied
// up. Of those who departed last some are kept, as they may come back: what a process then counted is growth, and a
// part of the fleet, where nobody was tidied up, knows it.

// departed reports whether the instance left and no window reaches it. It was removed, or silent for an hour in which
// the fleet was watched, and nobody names it any more.
func (in *instance) departed(f *Fleet, e int64) bool {
	// Of twins one stands for all, so they depart together.
	return in.silent(f, e) &&
		(in.Twins == nil || !slices.ContainsFunc(in.Twins.Members, func(m *instance) bool { return !m.silent(f, e) }))
}

func (in *instance) silent(f *Fleet, e int64) bool {
	quiet := e - in.Last
	if quiet <= f.cfg.Window.Milliseconds() { // nearly all of them
		return false
	}
	reach := f.reach()
	if quiet <= reach {
		return false
	}
	if in.gone {
		return true
	}
	return !in.live(f, e) && f.pulse.Silence(e, in.Last) > max(reach, roster.Learnt) && (in.pool != nil || !f.book.Named(in.targets))
}

// depart adds what a view has of an instance since a time to the departures of its groups.
func (in *instance) depart(f *Fleet, b *binding, since int64, of func(labels.Labels) *ledger.Departures) {
	if b.view.Kind == growth.Gauge {
		return
	}
	h := &in.History
	lives := in.Lives(false, rate.End{}) // what is known of its address may be forgotten by now
	since = max(since, b.Begun.At)
	life := ledger.Life{
		First: in.First, Young: in.young(f), Alive: lives.In(since, farFuture).Life,
		Span: h.Span - b.Begun.Span, Wall: h.Wall - b.Begun.Wall,
	}
	lives.Left = cmp.Or(in.ending(f, math.MaxInt64, roster.Absent).Counted, in.Last+in.Spacings.Patience(f.cfg.Staleness)) + 1
	life.Unseen, life.Still = lives.In(since, farFuture).Unseen, lives.Steady(since, farFuture).Unseen
	if !in.sinceOpening(math.MaxInt64) {
		life.First = 0 // what it showed then may be growth, whenever the fleet was met
	}
	ledger.Depart(b.Table, life, b.Outlives, func(col int) *ledger.Departures { return of(b.labelsOf(col)) })
}

// forget removes an instance; its lock and f.names are held.
func (in *instance) forget(f *Fleet) {
	saveFirst(in)
	in.retired = true
	identity.Part(in)
	f.left.Open(in.Second)
	f.left.First = f.left.Began(in.First)
	for _, b := range in.bindings {
		f.bytes -= b.Bytes(in.Plan)
	}
	f.garbage += in.Columns.Len()
	in.Release(f.store)
	f.held.Change(&in.held.Held, &room.Held{})
	delete(f.instances, in.name)
	f.starts.Forget(in)
	f.book.Part(in.targets, in)
	if b := in.pool; b != nil {
		b.Left = max(b.Left, in.Last)
	} else {
		f.left.Note(in.name, in.Last)
	}
	for _, b := range f.book.Balancers {
		b.Retire(in)
	}
}

// tell says where the data of an instance comes from.
func (in *instance) tell(p *explain.Source) {
	p.Targets = in.targets[:len(in.targets):len(in.targets)]
	p.First, p.Last, p.Scrapes, p.Incarnations = in.First, in.Last, in.Version, in.Incarnation
	p.By, p.Provisional, p.Alternating = in.By.String(), in.Provisional, in.Alternates
	if in.Twins != nil {
		p.Targets = in.addresses()
	}
}

// addresses returns the targets of an instance and of its twins, its own first.
func (in *instance) addresses() []string {
	list := slices.Clone(in.targets)
	if in.Twins != nil {
		for _, m := range in.Twins.Members {
			for _, t := range m.targets {
				if !slices.Contains(list, t) {
					list = append(list, t)
				}
			}
		}
		slices.Sort(list[len(in.targets):])
	}
	return list
}

// admit makes an accepted instance part of the fleet.
func (in *instance) admit(f *Fleet) {
	i, _ := slices.BinarySearchFunc(f.ordered, in.name, func(x *instance, name string) int { return cmp.Compare(x.name, name) })
	f.ordered = slices.Insert(f.ordered, i, in)
}

// answers notes that the instance answers again. If its process did not go on, it ended some time after the scrape before.
func (in *instance) answers(s *staged) {
	if !s.f.pasts || in.Last == 0 {
		return
	}
	oldest, read := s.At-s.f.cfg.Window.Milliseconds(), in.Last
	if s.Restart == life.NoRestart && s.Start.At != 0 && in.Start.At != 0 {
		read = s.At
	}
	in.noteSilence(s.f, read, s.At)
	if s.Restart != life.NoRestart && in.pool == nil {
		in.presence.End(read, s.At, roster.Absent, oldest)
	}
	in.presence.Set(s.At, roster.Present, oldest)
}

// notePresence notes how far the instance is part of the present from a time on.
func (in *instance) notePresence(f *Fleet, at int64) {
	if f.pasts && at >= in.Last {
		saveFirst(in)
		in.noteSilence(f, in.Last, at)
		in.presence.End(in.Last, at, in.standing(f, at).Past(in.gone), at-f.cfg.Window.Milliseconds())
	}
}

// noteSilence notes that the instance was in doubt since it went stale, if it did without a word; it was there at read.
func (in *instance) noteSilence(f *Fleet, read, at int64) {
	if in.pool == nil && in.presence.At(at) == roster.Present && in.Spacings.Stale(at-in.Last, f.cfg.Staleness) {
		in.presence.End(read, in.Last+in.Spacings.Patience(f.cfg.Staleness), roster.Doubtful, at-f.cfg.Window.Milliseconds())
	}
}

// sinceOpening reports whether the instance was there when the fleet was met. One that others were met before, behind
// one balancer, may have begun since unless its start says otherwise.
func (in *instance) sinceOpening(opening int64) bool {
	return in.First < opening && (!in.late || in.Start.Known())
}

// young reports whether the first process may have begun since the instance is watched, if its start is wrong.
func (in *instance) young(f *Fleet) bool { return in.Uncertain(max(f.since, in.since)) }

// ending returns what is known at e of how an instance ended. What is said of a balancer is not said of who is behind it.
func (in *instance) ending(f *Fleet, e int64, how roster.Standing) (x roster.End) {
	switch b := in.pool; {
	case b == nil:
		return f.book.End(in.targets, in.Last, e, in.Spacings.Patience(f.cfg.Staleness), how, in.gone)
	case in.replaced():
		x.Replaced, x.Unsure, x.Counted = true, b.Disputed(in), b.Died(in)-1
	case !in.gone && b.State(in) == identity.Alive:
		x.Unsure, x.Counted = b.Disputed(in), b.Last+b.Spacings.Patience(f.cfg.Staleness)
	}
	return x
}

// unitOf names an instance, or the balancer it is behind.
func unitOf(in *instance) string {
	if in.pool != nil {
		return in.pool.Target
	}
	return in.name
}

// keys names a process of the instance that told such starts. What told none goes by the kind of those.
func (in *instance) keys(kind int64, starts ...int64) []watch.Key {
	return watch.Keys(kind, starts, unitOf(identity.First(in)), unitOf(in))
}

// counts: the instance speaks for itself and, if it has any, for its twins: one that is live before one that is not,
// one with an address of its own before one met behind a balancer, then by Target.Priority and Target.Created.
func (in *instance) counts(f *Fleet, e int64) bool {
	return identity.Speaks(in, func(m *instance) identity.Alias {
		rank := f.book.Rank(m.targets)
		return identity.Alias{Live: m.standing(f, e) == roster.Present, Pooled: m.pool != nil, Priority: rank.Priority, Created: rank.Created}
	})
}
