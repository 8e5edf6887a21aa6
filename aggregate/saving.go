package aggregate

import (
	"maps"
	"slices"

	"github.com/promfold/promfold/internal/kept"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/tally"
)

// A state is that of one moment, and nobody waits for the whole of it. With the fleet's lock, a save notes who is there
// and writes down what is not of a single instance. Then the instances are copied one by one: each when its turn comes,
// or by whoever is about to change it. The copies are written down without a lock.

// saving is a state on its way out.
type saving struct {
	*codec                   // of the instances
	list, copies []*instance // a copy is nil where there is none now
	head, tail   []byte      // before and after the instances
	rows         *kept.Writer
	views        []savedView
}

// savedView is a view with its groups, whose numbers stay as no line is swept.
type savedView struct {
	*kept.View
	index  int
	groups tally.Groups
}

// stateOf returns the saved state of a fleet.
func stateOf(f *Fleet) []byte {
	f.saves.Lock()
	defer f.saves.Unlock()
	return beginSave(f).finish()
}

// beginSave notes the moment.
func beginSave(f *Fleet) *saving {
	f.mu.Ask()
	defer f.mu.Unlock()
	x := &saving{codec: &codec{lines.Writing(f.store), f}, list: slices.Clone(f.ordered), copies: make([]*instance, len(f.ordered))}
	l := &loaded{
		since: f.since, expected: f.book.Expected, targets: f.book.Entries, instances: x.list, views: slices.Clone(f.unclaimed),
		left: f.left,
	}
	l.pulse.Set(&f.pulse)
	l.balancers = converted(slices.Sorted(maps.Keys(f.book.Balancers)), func(name string) *balanced { return f.book.Balancers[name] })
	for _, v := range f.views {
		s := &kept.View{Key: v.Key(), Ledger: v.ledger}
		if f.parts != nil {
			s.Ledger = v.ledger.Vacant()
		}
		l.views, x.views = append(l.views, s), append(x.views, savedView{s, v.index, v.groups})
	}
	kept.Sort(l.views)
	if f.parts != nil { // all else is theirs
		x.list, x.copies = nil, nil
		l = &loaded{since: f.parts.Since, views: l.views, parts: f.parts}
	}
	head, tail := &codec{&lines.Codec{}, f}, &codec{&lines.Codec{}, f}
	head.before(l)
	head.Count(len(x.list), leastInstance)
	tail.after(l)
	x.head, x.tail, x.rows = head.Out, tail.Out, head.rows(l).Writer(l.views)
	for i, in := range x.list {
		in.due = &x.copies[i]
	}
	return x
}

// finish writes the instances down, and returns the state.
func (x *saving) finish() []byte {
	for i, in := range x.list {
		in.mu.Lock()
		x.fleet.mu.RLock()
		copyDue(in)
		x.fleet.mu.RUnlock()
		in.mu.Unlock()
		c := x.copies[i]
		x.copies[i] = nil
		x.instance(c)
		for j := range x.views {
			v := &x.views[j]
			x.rows.Add(v.View, c.bindings[v.index].pack(c, &v.groups), &c.History)
		}
	}
	x.Out = slices.Concat(x.head, x.Out, x.tail)
	return stateFrame.Wrap(func(b []byte) []byte { return x.rows.AppendTo(x.AppendTo(b)) })
}

// saveFirst is called before an instance changes: views that are being declared begin with it as it is, and a save gets
// its copy. The fleet's lock is held, or, if it lacks no view, shared together with the instance's own.
func saveFirst(in *instance) {
	in.bindFirst(nil)
	copyDue(in)
}

// copyDue makes the copy that a save wants.
func copyDue(in *instance) {
	if in.due == nil {
		return
	}
	c := in.sketch(in.Whole())
	for _, b := range in.bindings {
		c.bindings = append(c.bindings, &binding{b.Whole(&in.History), b.view})
	}
	*in.due, in.due = c, nil
}
