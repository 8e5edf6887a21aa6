package aggregate

import (
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/ledger"
	"github.com/promfold/promfold/internal/roster"
)

// Instances that left are kept for as long as a window reaches them. Then
// nobody asks for them one by one any more, and what they counted moves into
// the ledgers: a fleet of short-lived workers holds those of a window, not of a
// year. Questions since the start treat both alike, so that answers depend on
// who departed, and not on when it was tidied up.

// departed reports whether the instance left and no window reaches it. It was
// removed, or silent for an hour in which the fleet was watched.
func (f *Fleet) departed(in *instance, e int64) bool {
	if !f.silent(in, e) {
		return false
	}
	if in.Twins == nil {
		return true
	}
	// One of them stands for all, so they depart together.
	return !slices.ContainsFunc(in.Twins.Members, func(m *instance) bool { return !f.silent(m, e) })
}

func (f *Fleet) silent(in *instance, e int64) bool {
	quiet := e - in.last
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
	return !f.live(in, e) && roster.Silence(e, in.last, f.awake.Load()) > max(reach, roster.Learnt)
}

// reach returns how far the longest window goes back, with the step before it.
func (f *Fleet) reach() int64 {
	longest := f.cfg.Window
	for _, v := range f.views {
		longest = max(longest, v.Window)
	}
	return (longest + f.cfg.Window/time.Duration(f.cfg.Checkpoints)).Milliseconds()
}

// awaken notes a scrape: after a fleet-wide gap every staleness timer restarts.
// Steady scrapes call it in parallel.
func (f *Fleet) awaken(at int64) {
	for {
		before := f.latest.Load()
		if at <= before {
			return
		}
		if f.latest.CompareAndSwap(before, at) {
			if before != 0 && at-before > roster.Lull {
				f.awake.Store(at)
			}
			return
		}
	}
}

// tidy retires departed instances now and then: when an instance joined, and a
// sixteenth of the fleet is new, so that the cost is spread.
func (f *Fleet) tidy(now int64) {
	if f.newcomers++; 16*f.newcomers >= len(f.ordered) {
		f.newcomers = 0
		f.retire(now)
		if f.joinable() {
			f.foldLives(now)
		}
	}
}

// makeRoom retires departed instances when a limit is reached.
func (f *Fleet) makeRoom(now int64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.retire(now)
}

// retire drops departed instances and keeps what they counted. The fleet's lock
// is held.
func (f *Fleet) retire(now int64) (some bool) {
	var list []*instance
	for _, in := range f.ordered {
		if f.departed(in, now) && in.mu.TryLock() { // else it is being scraped
			list = append(list, in)
		}
	}
	list = f.wholeTwins(list)
	if len(list) == 0 {
		return false
	}
	for _, in := range list {
		for _, b := range in.bindings {
			b.view.ledger.known.note(in, b)
		}
		if f.counts(in, now) {
			for _, b := range in.bindings {
				f.depart(in, b, b.view.ledger.departures)
			}
		}
	}
	opening := f.opening()
	for _, v := range f.views {
		for a := range v.ledger.Accounts() {
			a.Left.Open(opening)
		}
	}
	f.names.Lock()
	defer f.names.Unlock()
	for _, in := range list {
		f.forget(in)
		in.mu.Unlock()
	}
	f.ordered = slices.DeleteFunc(f.ordered, func(in *instance) bool { return in.retired })
	f.forgetTargets(now)
	f.left.Bound()
	return true
}

// wholeTwins removes instances of which a twin could not be locked.
func (f *Fleet) wholeTwins(list []*instance) []*instance {
	return slices.DeleteFunc(list, func(in *instance) bool {
		if in.Twins == nil {
			return false
		}
		for _, m := range in.Twins.Members {
			if !slices.Contains(list, m) {
				in.mu.Unlock()
				return true
			}
		}
		return false
	})
}

// depart adds what a view has of an instance to the departures of its groups.
func (f *Fleet) depart(in *instance, b *binding, of func(labels.Labels) *ledger.Departures) {
	if b.view.kind == growth.Gauge {
		return
	}
	h := &in.history
	lives := f.lives(in, false, math.MaxInt64)
	life := ledger.Life{
		First: in.first, Alive: lives.In(max(f.since, b.Begun.At), math.MaxInt64).Life,
		Span: h.Span - b.Begun.Span, Wall: h.Wall - b.Begun.Wall,
	}
	if !in.sinceOpening(math.MaxInt64) {
		life.First = 0 // what it showed then may be growth, whenever the fleet was met
	}
	ledger.Depart(b.Table, life, b.outlives, func(col int) *ledger.Departures { return of(b.labelsOf(col)) })
}

// departures returns those of a group.
func (t *totals) departures(group labels.Labels) *ledger.Departures { return &t.Account(group).Left }

// departures returns the departures of the groups by their labels, for a
// question since the start.
func (q *question) departures() map[string]*ledger.Departures {
	list := map[string]*ledger.Departures{}
	of := func(ls labels.Labels) *ledger.Departures {
		key := string(ls.Bytes(nil))
		d, ok := list[key]
		if !ok {
			d = &ledger.Departures{Labels: ls}
			list[key] = d
		}
		return d
	}
	for a := range q.v.ledger.Accounts() {
		switch {
		case a.Left.None():
		case len(q.scope.only) > 0: // the labels of their targets are not kept
			q.apart = true
		default:
			of(a.Labels).Merge(&a.Left)
		}
	}
	for i := range q.states {
		if x := &q.states[i]; x.departed {
			q.f.depart(x.in, x.in.bindings[q.v.index], of)
		}
	}
	for _, d := range list {
		d.Open(q.m.opening)
	}
	return list
}

// addDepartures adds departures to the groups of an answer since the start.
func (q *question) addDepartures(groups []*CounterGroup) []*CounterGroup {
	if !q.departs {
		return groups
	}
	left := q.departures()
	for _, g := range groups {
		g.answer.apart = q.apart
		key := string(g.labels.Bytes(nil))
		g.leave(left[key])
		delete(left, key)
	}
	if len(left) == 0 {
		return groups
	}
	for _, d := range left {
		g := q.nothing(d.Labels)
		g.leave(d)
		groups = append(groups, g)
	}
	slices.SortFunc(groups, func(a, b *CounterGroup) int { return labels.Compare(a.labels, b.labels) })
	return groups
}

// forget removes an instance; its lock and f.names are held.
func (f *Fleet) forget(in *instance) {
	in.retired = true
	identity.Part(in)
	if second := in.second; second != 0 && (f.opened == 0 || second < f.opened) {
		f.opened = second
	}
	for _, b := range in.bindings {
		f.bytes -= b.bytes(in.plan)
	}
	f.garbage += in.cols.Len()
	in.release(f.store)
	delete(f.instances, in.name)
	if b := in.pool; b != nil {
		b.left = max(b.left, in.last)
	} else {
		f.left.Note(in.name, in.last)
	}
	for _, b := range f.balancers {
		b.Forget(in)
	}
}

// forgetTargets drops addresses that lead to no instance any more and are not
// expected. f.names is held.
func (f *Fleet) forgetTargets(now int64) {
	reach := f.reach()
	for name, x := range f.known() {
		if x.Forgotten(now, reach) {
			f.forgetTarget(name)
		}
	}
}

// known returns what is known of each target.
func (f *Fleet) known() map[string]roster.Target {
	list := make(map[string]roster.Target, len(f.targets))
	for name, t := range f.targets {
		list[name] = roster.Target{
			Tried: t.tried.Load(), Failure: t.failure(), Told: t.told, Given: f.expected[name], Gone: t.gone, Balanced: f.balancers[name] != nil,
		}
	}
	for _, in := range f.ordered {
		for _, name := range in.targets {
			x := list[name]
			x.Reached = true
			list[name] = x
		}
	}
	return list
}

// maxStrangers bounds the number of targets that are remembered although they
// never answered and nobody described them.
const maxStrangers = 10_000

// meetStranger makes room for a target that failed before it ever answered, so
// that failures at ever new addresses do not fill the fleet.
func (f *Fleet) meetStranger(now int64) {
	if f.tidied == 0 {
		f.tidied = now
	}
	if f.strangers++; f.strangers <= maxStrangers && now-f.tidied <= roster.Learnt {
		return
	}
	f.tidied = now
	f.names.Lock()
	defer f.names.Unlock()
	f.forgetTargets(now)
	var list []string
	known := f.known()
	for name, x := range known {
		if x.Stranger() {
			list = append(list, name)
		}
	}
	f.strangers = min(len(list), maxStrangers/2)
	for _, name := range roster.Oldest(list, len(list)-f.strangers, func(name string) int64 { return known[name].Tried }) {
		f.forgetTarget(name)
	}
}

func (f *Fleet) forgetTarget(name string) {
	delete(f.targets, name)
	delete(f.spelled, name)
}
