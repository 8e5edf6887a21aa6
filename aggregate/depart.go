package aggregate

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/window"
)

// Instances that left are kept for as long as a window reaches them. Then
// nobody asks for them one by one any more, and what they counted moves into
// the ledgers: a fleet of short-lived workers holds those of a window, not of a
// year. Questions since the start treat both alike, so that answers depend on
// who departed, and not on when it was tidied up.

// lull is the least fleet-wide gap that counts as a pause of the watcher, not
// of its instances.
const lull = learnt / 2

// rememberedLeft is the number of departed instances of which the last scrape
// is remembered, see watchedSince.
const rememberedLeft = 10_000

// departed reports whether the instance left and no window reaches it. It was
// removed, or silent for an hour in which the fleet was watched.
func (f *Fleet) departed(in *instance, e int64) bool {
	if !f.left(in, e) {
		return false
	}
	if in.twins == nil {
		return true
	}
	// One of them stands for all, so they depart together.
	return !slices.ContainsFunc(in.twins.members, func(m *instance) bool { return !f.left(m, e) })
}

func (f *Fleet) left(in *instance, e int64) bool {
	silent := e - in.last
	if silent <= f.cfg.Window.Milliseconds() { // nearly all of them
		return false
	}
	reach := f.reach()
	if silent <= reach {
		return false
	}
	if in.gone {
		return true
	}
	return !f.live(in, e) && e-max(in.last, f.awake.Load()) > max(reach, learnt.Milliseconds())
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
			if before != 0 && at-before > lull.Milliseconds() {
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
			f.foldKnown(now)
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
			b.note(in, in.last)
		}
		if f.counts(in, now) {
			for _, b := range in.bindings {
				f.depart(in, b, func(ls labels.Labels) *departures { return &b.view.account(ls).left })
			}
		}
	}
	opening := f.opening()
	for _, v := range f.views {
		for _, a := range v.ledger.accounts {
			a.left.open(opening)
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
	f.forgetLeft()
	return true
}

// wholeTwins removes instances of which a twin could not be locked.
func (f *Fleet) wholeTwins(list []*instance) []*instance {
	return slices.DeleteFunc(list, func(in *instance) bool {
		if in.twins == nil {
			return false
		}
		for _, m := range in.twins.members {
			if !slices.Contains(list, m) {
				in.mu.Unlock()
				return true
			}
		}
		return false
	})
}

// depart adds what a view has of an instance to the departures of its groups.
func (f *Fleet) depart(in *instance, b *binding, of func(labels.Labels) *departures) {
	if b.view.kind == growth.Gauge {
		return
	}
	bounds, unseen := make([]window.Bounds, len(b.Cols)), make([]exact.Sum, len(b.Cols))
	each := func(e *window.Event) {
		if e.Verdict == judge.First && e.At == in.first {
			unseen[e.Col].Merge(&e.Above)
			return
		}
		bounds[e.Col].Add(e)
	}
	for _, e := range b.Past {
		each(e)
	}
	for i := range b.Events {
		each(&b.Events[i])
	}
	sumless := b.Sumless()
	alive := float64(in.alive(max(f.since, b.Begun.At), math.MaxInt64, false))
	for i := range b.Cols {
		d := of(b.labelsOf(i))
		window.ClassOf(&d.classes, b.Cols[i].Layout, b.Cols[i].Grid).AddColumn(b.Table, i, sumless[int32(i)])
		d.bounds.Merge(&bounds[i])
		d.n++
		begun := opened{at: in.first}
		begun.above.Set(&unseen[i])
		span := in.history.Span - b.Begun.Span
		if b.outlives(i) {
			span = in.history.Wall - b.Begun.Wall
		}
		if span > 0 {
			d.weigh(b, i, &bounds[i], alive/float64(span))
			begun.highest.Add(begun.above.Float64() * (alive / float64(span)))
		}
		if begun.above.Sign() != 0 {
			d.begun = append(d.begun, begun)
		}
	}
}

// weigh adds a column's rate times the time its instance lived, per is the time
// it lived to the time it was observed.
func (d *departures) weigh(b *binding, col int, x *window.Bounds, per float64) {
	var grown exact.Sum
	b.Grown(&grown, col, nil)
	a := x.Around(&grown)
	d.stepped = true
	d.weighted.Add(a.Value * per)
	d.lowest.Add(a.Lo * per)
	if !math.IsInf(a.Hi, 1) {
		d.highest.Add(a.Hi * per)
	}
}

// departures are what departed instances leave in a group.
type departures struct {
	labels  labels.Labels // of the group, in an answer
	n       int           // columns
	classes []window.Class
	bounds  window.Bounds
	stepped bool // some were observed for a time
	// Σ of rate times ms lived: a mean over a window is that over its length.
	weighted, lowest, highest exact.Sum
	begun                     []opened
}

// opened is what members may have counted before their first scrape: growth
// that was missed, unless they were there from the beginning, see
// [Fleet.opening]. For a part of a fleet that is known only when it is merged.
type opened struct {
	at             int64
	above, highest exact.Sum
}

// open adds what was missed after the beginning to the bounds.
func (d *departures) open(opening int64) {
	d.begun = slices.DeleteFunc(d.begun, func(x opened) bool {
		if x.at < opening {
			return false
		}
		d.bounds.Above.Merge(&x.above)
		d.highest.Merge(&x.highest)
		return true
	})
}

func (d *departures) merge(o *departures) {
	window.MergeClasses(&d.classes, o.classes)
	d.n += o.n
	d.stepped = d.stepped || o.stepped
	for i := range o.begun {
		x := opened{at: o.begun[i].at}
		x.above.Set(&o.begun[i].above)
		x.highest.Set(&o.begun[i].highest)
		d.begun = append(d.begun, x)
	}
	d.bounds.Merge(&o.bounds)
	d.weighted.Merge(&o.weighted)
	d.lowest.Merge(&o.lowest)
	d.highest.Merge(&o.highest)
}

// addTotal adds what they counted to sum.
func (d *departures) addTotal(sum *exact.Sum) {
	for i := range d.classes {
		c := &d.classes[i]
		c.Counts.SumDiff(sum, c.Count(), nil)
	}
}

// departures returns the departures of the groups by their labels, for a
// question since the start.
func (q *question) departures() map[string]*departures {
	list := map[string]*departures{}
	of := func(ls labels.Labels) *departures {
		key := string(ls.Bytes(nil))
		d, ok := list[key]
		if !ok {
			d = &departures{labels: ls}
			list[key] = d
		}
		return d
	}
	for _, a := range q.v.ledger.accounts {
		switch {
		case a.left.n == 0:
		case len(q.scope.only) > 0: // the labels of their targets are not kept
			q.apart = true
		default:
			of(a.labels).merge(&a.left)
		}
	}
	for i := range q.states {
		if x := &q.states[i]; x.departed {
			q.f.depart(x.in, x.in.bindings[q.v.index], of)
		}
	}
	for _, d := range list {
		d.open(q.m.opening)
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
		g := q.nothing(d.labels)
		g.leave(d)
		groups = append(groups, g)
	}
	slices.SortFunc(groups, func(a, b *CounterGroup) int { return labels.Compare(a.labels, b.labels) })
	return groups
}

// rate returns their part of a mean rate over a window in ms.
func (d *departures) rate(window int64) estimate {
	per := func(s *exact.Sum) float64 { return s.Float64() / float64(window) * 1000 }
	a := estimate{Value: per(&d.weighted), Lo: per(&d.lowest), Hi: math.Inf(1)}
	if d.bounds.Open == 0 {
		a.Hi = per(&d.highest)
	}
	return a
}

// forget removes an instance; its lock and f.names are held.
func (f *Fleet) forget(in *instance) {
	in.retired = true
	f.forgetTwins(in)
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
		if f.leftAt == nil {
			f.leftAt = map[string]int64{}
		}
		f.leftAt[in.name] = in.last
	}
	for _, b := range f.balancers {
		b.members = slices.DeleteFunc(b.members, func(m *instance) bool { return m == in })
		if b.guess == in {
			b.guess = nil
		}
	}
}

// forgetTargets drops addresses that lead to no instance any more and are not
// expected. f.names is held.
func (f *Fleet) forgetTargets(now int64) {
	used := f.reachedTargets()
	for name, t := range f.targets {
		tried, horizon := t.tried.Load(), max(f.reach(), learnt.Milliseconds())
		if t.gone {
			horizon = f.reach()
		}
		if tried != 0 && now-tried > horizon && !used[name] && !t.told && f.balancers[name] == nil {
			f.forgetTarget(name)
		}
	}
}

// reachedTargets returns the targets that lead to an instance.
func (f *Fleet) reachedTargets() map[string]bool {
	used := map[string]bool{}
	for _, in := range f.ordered {
		for _, name := range in.targets {
			used[name] = true
		}
	}
	return used
}

// forgetLeft bounds the number of departed instances that are remembered.
// f.names is held.
func (f *Fleet) forgetLeft() {
	if len(f.leftAt) <= rememberedLeft {
		return
	}
	names := slices.SortedFunc(maps.Keys(f.leftAt), func(a, b string) int {
		return cmp.Or(cmp.Compare(f.leftAt[a], f.leftAt[b]), strings.Compare(a, b))
	})
	for _, name := range names[:len(names)/2] {
		f.leftBefore = max(f.leftBefore, f.leftAt[name])
		delete(f.leftAt, name)
	}
}

// watchedSince returns until when an instance that appears may have been
// watched before: what it counted until then is in the ledgers, or never will
// be. For an instance of which nothing is remembered it is 0, or the latest
// time of those that were dropped from memory. f.names is held.
func (f *Fleet) watchedSince(name string) int64 {
	if at, ok := f.leftAt[name]; ok {
		return at
	}
	return f.leftBefore
}
