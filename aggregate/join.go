package aggregate

import (
	"cmp"
	"slices"
	"time"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/ledger"
	"github.com/promfold/promfold/internal/watch"
	"github.com/promfold/promfold/internal/window"
)

// Join adds to f's totals what another watcher of the same instances knows, as
// of a highly available pair; o is left as it is. Windows, rates and gauges stay
// those of f.
//
// Joined totals are never more than was counted, and the same in any order. They
// are exact for a process that said when it started, if that was after Since, and
// for any other whose series neither reset nor came later unseen; else as good as
// the watcher who saw most of it. Once exposed, a total never falls; but what a
// watcher takes back, it takes back from all.
//
// A pair that tells each other more often than Config.JoinHorizon loses nothing.
// Of processes that ended longer ago, what only one of two saw may be lost, and
// nothing is counted twice. The series that a pair exposes agree only after a
// join: do not read them alternately as one.
//
// Both fleets have one configuration with a JoinHorizon, and equal views, declared
// on f and saved in or declared on o: else the error is ErrIncompatible. Of
// different Since the later one counts.
func (f *Fleet) Join(o *Fleet) error {
	if f == o {
		return incompatible("joining", "one fleet with itself")
	}
	mine, other := f.cfg, o.cfg
	mine.Since, other.Since = time.Time{}, time.Time{}
	switch {
	case mine != other:
		return incompatible("joining", "of different configurations")
	case !f.joinable():
		return incompatible("joining", "without a JoinHorizon")
	}
	state := o.state() // before f is locked: o may be joining f
	f.mu.Lock()
	defer f.mu.Unlock()
	l, err := f.decode(stateContent(state))
	if err != nil {
		return err
	}
	defer l.release(f)
	m := &merger{f: f, l: l, since: max(f.since, l.since)}
	if err := m.pairViews("joining"); err != nil {
		return err
	}
	if l.since == 0 {
		return nil // it saw nothing
	}
	m.bindParts()
	for j, v := range f.views {
		if v.kind == growth.Gauge {
			continue
		}
		theirs := &m.views[j].ledger
		k := v.watched()
		k.Join(v.tell(theirs.known, l.instances, func(i int) *binding { return m.bound[i][j] }))
		v.heard(k)
		v.ledger.Created = m.created(v, j)
		v.ledger.Remember(&theirs.Ledger)
	}
	f.since = m.since
	return nil
}

// joinable reports whether the fleet keeps what [Fleet.Join] needs.
func (f *Fleet) joinable() bool { return f.cfg.JoinHorizon > 0 }

// watched returns what a view knows of processes, and other watchers told it.
func (v *view) watched() *watch.State {
	ordered := v.fleet.ordered
	return v.tell(v.ledger.known, ordered, func(i int) *binding { return ordered[i].bindings[v.index] })
}

// tell adds to what is known what bindings know of the processes that answer.
// It leaves known as it is.
func (v *view) tell(known *watch.State, list []*instance, of func(i int) *binding) *watch.State {
	k := watch.New(v.fleet.cfg.StartTolerance.Milliseconds())
	if known != nil {
		k = known.Clone()
	}
	pool := watch.Pool{}
	for i, in := range list {
		for _, p := range of(i).processes(v, in, 0) {
			if in.pool != nil {
				pool.Add(p)
			} else {
				_ = k.Tell(p)
			}
		}
	}
	for _, p := range pool {
		_ = k.Tell(*p)
	}
	return k
}

// heard makes k what the view knows. Processes of which it says that they were
// taken back, or are counted elsewhere, are followed anew.
func (v *view) heard(k *watch.State) {
	v.ledger.known = k
	for _, in := range v.fleet.ordered {
		b := in.bindings[v.index]
		if b.met == nil {
			continue
		}
		if version, begin := b.standing(in); version > b.met.Version || begin > b.met.Begin {
			b.met.Again(b.Table, in.last, version, begin)
		}
	}
}

// mergeKnown adds what a part of the fleet knows.
func (v *view) mergeKnown(k *watch.State) {
	switch {
	case k == nil:
		return
	case v.ledger.known != nil:
		k.Join(v.ledger.known)
	}
	v.heard(k)
}

// standing returns the least version that counts of the process at hand, and
// until when it is counted elsewhere.
func (b *binding) standing(in *instance) (version, begin int64) {
	k := b.view.ledger.known
	if k == nil {
		return 0, 0
	}
	version, begin = k.Standing(in.keys(watch.Unknown, b.met.Starts...)...)
	_, outliving := k.Standing(in.keys(watch.External)...)
	return version, max(begin, outliving)
}

// keys names a process of the instance that told such starts. What told none goes
// by the kind of those.
func (in *instance) keys(kind int64, starts ...int64) (list []watch.Key) {
	first := in
	if in.Twins != nil {
		first = slices.MinFunc(in.Twins.Members, func(a, b *instance) int { return cmp.Compare(a.name, b.name) })
	}
	for _, x := range []*instance{first, in} {
		name := x.name
		if x.pool != nil {
			name = x.pool.target
		}
		if len(starts) == 0 {
			return []watch.Key{{Name: name, Start: kind}}
		}
		for _, start := range starts {
			list = append(list, watch.Key{Name: name, Start: start})
		}
	}
	return list
}

// processes returns what the binding knows of the process that answers, and of
// what outlives processes. ended is when that one ended, 0 if it did not.
func (b *binding) processes(v *view, in *instance, ended int64) []watch.Process {
	if b.met == nil {
		return nil
	}
	t := b.Table
	if u, i := in.undo, v.index; u != nil && in.pool != nil && i < len(u.tables) {
		t = b.As(u.tables[i]) // what came since may be another one's
	}
	list := b.met.Told(t, in.pool == nil, b.outlives, func(group int32) string { return window.GroupName(v.finals.list[group].labels) })
	own, outliving := &list[0], &list[1]
	own.Keys, own.Last, own.Ended = in.keys(watch.Unknown, b.met.Starts...), in.last, ended
	if outliving.Keys, outliving.Last = in.keys(watch.External), in.last; ended <= in.last {
		outliving.Ended = ended // nobody follows the process
	}
	if len(outliving.Groups) == 0 {
		return list[:1]
	}
	return list
}

// note keeps what a binding knows of a process that ends, or is not followed any
// more.
func (b *binding) note(in *instance, ended int64) {
	for _, p := range b.processes(b.view, in, ended) {
		b.view.tellOwn(p)
	}
}

func (v *view) tellOwn(p watch.Process) {
	if v.ledger.known == nil {
		v.ledger.known = watch.New(v.fleet.cfg.StartTolerance.Milliseconds())
	}
	_ = v.ledger.known.Tell(p)
}

// meet begins to follow the process that the staged scrape found, or a view that
// was declared late.
func (s *staged) meet() {
	in := s.in
	s.opens = s.baseline || s.restart == restartProven
	for _, b := range in.bindings {
		old := b.met
		if b.view.kind == growth.Gauge || old != nil && !s.opens {
			continue
		}
		switch {
		case s.restart == restartProven:
			b.note(in, s.at)
		case s.opens:
			b.note(in, 0) // the other one may be there yet
		}
		if b.met = b.Meet(); s.start.Known() {
			b.met.Name(s.start.At)
		}
		b.met.Version, b.met.Begin = b.standing(in)
		if old != nil {
			b.met.Keep(b.Table, old, b.outlives)
		}
	}
}

// renamed notes a start that the process, which goes on, tells now.
func (in *instance) renamed(start int64) {
	for _, b := range in.bindings {
		if b.met != nil && in.pool == nil && len(b.met.Starts) > 0 {
			b.met.Name(start)
		}
	}
}

// meeting describes the scrape for a column of a binding.
func (s *staged) meeting(b *binding, col int32) window.Meeting {
	m := window.Meeting{At: s.at, First: s.opens, Outlives: b.outlives(int(col))}
	if s.start.Known() {
		m.Start = s.start.At
	}
	return m
}

// disown says of the process that a binding follows that it never was.
func (b *binding) disown(in *instance, at int64) {
	if b.met != nil && len(b.met.Starts) > 0 {
		b.view.tellOwn(watch.Process{Keys: in.keys(watch.Unknown, b.met.Starts...), Version: at, Ended: at})
	}
}

// foldKnown keeps of the processes that ended longer ago than the horizon only
// what they counted together.
func (f *Fleet) foldKnown(now int64) {
	for _, v := range f.views {
		if v.ledger.known != nil {
			k := v.watched() // who lives is not folded
			k.Fold(now - f.cfg.JoinHorizon.Milliseconds())
			v.heard(k)
		}
	}
}

// joined returns the settlements as far as all watchers know them: of each group
// what they know together, where that is not less than what the fleet counted.
func (v *view) joined(own []*ledger.Settlement) []*ledger.Settlement {
	all := ledger.Settlements{}
	for _, s := range own {
		all.Of(s.Labels).Classes = s.Classes
	}
	for _, t := range v.watched().Totals() {
		all.Of(window.GroupLabels(t.Group)).Raise(window.ClassesOf(&t.Value, v.set()))
	}
	return all.Sorted()
}
