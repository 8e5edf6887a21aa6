package aggregate

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/promfold/promfold/internal/declare"
	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/kept"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/lock"
	"github.com/promfold/promfold/internal/parts"
	"github.com/promfold/promfold/internal/process"
	"github.com/promfold/promfold/internal/room"
	"github.com/promfold/promfold/internal/roster"
	"github.com/promfold/promfold/internal/window"
)

// Fleet is all instances of one job. It is safe for concurrent use.
type Fleet struct {
	cfg       declare.Settings
	catalogue *declare.Catalogue // nil: none
	store     *lines.Store

	// mu: scrapes that find their lines in place share it; what changes the
	// set of lines, views, instances or groups, and questions, have it alone.
	mu        lock.Lock
	views     []*view     // to which all instances are bound
	declared  []*view     // these, and those to which instances are being bound
	brought   int64       // by these to what instances hold
	ordered   []*instance // those that were ever accepted, by name
	book      roster.Book[*balanced, *instance]
	router    *growth.Router
	set       window.Set
	signed    window.Set // of views whose values may be negative
	since     int64      // 0: no scrape yet
	bytes     int64      // what the rows of bindings may take
	garbage   int        // lines that vanished since the store was swept
	unclaimed []*kept.View
	parts     *parts.Set  // of a root; nil: it is none
	sought    room.Search // below MaxBytes
	crowded   room.Search // below MaxInstances
	newcomers int         // since it was looked who departed
	pasts     bool        // a view of gauges has a window

	snapshots uint64  // how many were taken
	looked    moment  // its slices are room for the next one
	moment    *moment // the latest
	states    []state // scratch of questions

	held     room.Sums                      // by instances, see weigh
	taken    atomic.Int64                   // all that is held, about
	pulse    roster.Pulse                   // of scrapes
	accepted atomic.Int64                   // scrapes
	refused  [explain.Refusals]atomic.Int64 // by reason

	// reading is shared by those that read a body; they hold no other lock but their instance's, and wait for none.
	reading sync.RWMutex

	packed lines.Decompressors

	declares sync.Mutex // held while views are declared, before mu
	saves    sync.Mutex // held while a state is saved: until then no line is swept

	// names guards the instances that exist, accepted or not, and the starts of these.
	names     sync.RWMutex
	instances map[string]*instance
	starts    identity.Starts[*instance] // of those that were accepted
	left      roster.Left                // of instances that were retired
	spelled   identity.Spellings         // of targets
	scratch   lock.Spare[*staged]
	orphans   lines.Orphans // of bodies that were refused
}

// opening returns when the first round of scrapes was over: some instance had been scraped twice. What those of the
// first round counted before their first scrape is no part of an answer; of later ones it may have been missed growth.
func (f *Fleet) opening() int64 {
	return roster.Earliest(f.ordered, cmp.Or(f.left.Opened, farFuture), func(in *instance) int64 { return in.Second })
}

// firstOf returns the first scrape of any of the instances.
func firstOf(list []*instance) int64 {
	return roster.Earliest(list, farFuture, func(in *instance) int64 { return in.First })
}

// reach returns how far the longest window goes back, with the step before it.
func (f *Fleet) reach() int64 {
	return (f.longest() + f.cfg.Window/time.Duration(f.cfg.Checkpoints)).Milliseconds()
}

// NewFleet returns an empty fleet.
func NewFleet(c Config) (*Fleet, error) {
	s, err := c.settings()
	if err != nil {
		return nil, err
	}
	f := &Fleet{
		cfg:       s,
		store:     lines.NewStore(),
		instances: map[string]*instance{},
	}
	if c.Catalogue != nil {
		f.catalogue = &declare.Catalogue{Lookup: func(metric string) (declare.View, bool) {
			v, ok := c.Catalogue(metric)
			return v.said(), ok
		}}
	}
	f.store.Relabel = c.Parse.Relabel
	f.router = growth.NewRouter(f.store)
	f.router.Tolerance = judge.Rules{StartTolerance: s.StartTolerance.Milliseconds(), ClockSkew: s.ClockSkew.Milliseconds()}
	f.signed.Signed = true
	if !s.Since.IsZero() {
		f.since = s.Since.UnixMilli()
	}
	return f, nil
}

// declare adds views, all or none; the first one needs those that are electoral or limiting. A view that is declared
// late starts from what the instances exposed last. Over MaxBytes it is refused.
func (f *Fleet) declare(list []declare.Spec, err error) ([]*view, error) {
	if err != nil {
		return nil, err
	}
	for i := range list {
		if w := list[i].Window; w > f.cfg.Window {
			return nil, fmt.Errorf("%w: %s, of Config.Window %s", ErrWindow, w, f.cfg.Window)
		}
	}
	f.catalogue.LookUp(func() []string { return metricsOf(f) })
	f.declares.Lock()
	defer f.declares.Unlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	first, pasts, all := len(f.views), f.pasts, f.announce(list)
	if need := f.bindAll(); need > f.cfg.MaxBytes {
		f.views, f.declared, f.pasts = f.declared[:first], f.declared[:first], pasts
		f.router.Only(first)
		for _, in := range f.ordered {
			in.unbind(f)
		}
		return nil, limitError("bytes held", f.cfg.MaxBytes, need)
	}
	f.router.Settled()
	for _, v := range f.views[first:] {
		v.claimed(f)
	}
	return all, nil
}

// announce adds views to which nobody is bound yet.
func (f *Fleet) announce(list []declare.Spec) (all []*view) {
	var kinds []*kept.View
	for _, s := range list {
		v := &view{Spec: s, fleet: f, selection: s.Selection(f.catalogue)}
		v.groups.Selection = &v.selection
		switch s.Role {
		case declare.Electoral: // like any gauge's, it keeps when the value last changed; views share it
			if i := slices.IndexFunc(f.views, func(x *view) bool { return x.Key() == v.Key() }); i >= 0 {
				v = f.views[i]
			}
			all[0].elects = v
		case declare.Limiting:
			all[0].limit = v
		}
		if all = append(all, v); slices.Contains(f.views, v) {
			continue
		}
		v.kept, v.index = kept.Claim(f.unclaimed, v.Key(), kinds), len(f.declared)
		v.own, kinds = bindingsOf(v), append(kinds, v.kept)
		f.declared = append(f.declared, v)
		f.router.Add(&v.selection)
		for _, in := range f.ordered {
			v.ledger.Created = max(v.ledger.Created, in.Last)
		}
	}
	f.pasts = slices.ContainsFunc(f.declared, func(v *view) bool { return v.Kind == growth.Gauge && v.Window > 0 })
	return all
}

// bindAll binds all instances to the views that were announced, and returns what is held. It gives up the fleet's lock
// after each, unless a state or parts kept something; see [saveFirst]. No question sees a view before all are bound.
func (f *Fleet) bindAll() (need int64) {
	late := f.parts == nil && !slices.ContainsFunc(f.declared[len(f.views):], func(v *view) bool { return v.kept != nil })
	list := slices.Clone(f.ordered)
	all := make([]*drafts, len(list))
	for i, in := range list {
		if in.lacks = f; !late {
			all[i] = in.extend(f, i)
			need += all[i].Need(all[i].next, in.Plan, len(in.bindings))
		}
	}
	if !late {
		f.views = f.declared
		if need += heldBy(f).Sum(); need > f.cfg.MaxBytes {
			return need
		}
	}
	f.brought = 0
	for i, in := range list {
		if in.bindFirst(all[i]); late {
			f.mu.Unlock()
			f.mu.Lock()
		}
	}
	f.views = f.declared
	return heldBy(f).Sum() - f.brought
}

// bindFirst binds an instance to the views that it lacks, by drafts if they were made.
func (in *instance) bindFirst(d *drafts) {
	f := in.lacks
	if f == nil {
		return
	}
	if in.lacks = nil; d == nil {
		d = in.extend(f, 0)
	}
	copyDue(in)
	held := in.held.Sum()
	f.bytes += d.Need(d.next, in.Plan, len(in.bindings))
	d.adopt(in)
	in.weigh(f)
	f.brought += in.held.Sum() - held
}

// unbind undoes that an instance was bound to views that are not declared any more.
func (in *instance) unbind(f *Fleet) {
	in.lacks = nil
	n := min(len(f.views), len(in.bindings))
	gone := in.bindings[n:]
	if in.bindings = in.bindings[:n]; len(gone) > 0 {
		for _, b := range gone {
			f.bytes -= b.Bytes(in.Plan)
		}
		in.replan(f)
		in.weigh(f)
	}
}

// longest is the longest window that can be asked about.
func (f *Fleet) longest() time.Duration {
	longest := f.cfg.Window
	for _, v := range f.views {
		longest = max(longest, v.Window)
	}
	return longest
}

// joinable reports whether the fleet keeps what [Fleet.Join] needs.
func (f *Fleet) joinable() bool { return f.cfg.JoinHorizon > 0 }

// spacing says how steps of the past are kept.
func (f *Fleet) spacing() window.Spacing {
	return window.Spacing{Window: f.longest().Milliseconds(), Precision: f.cfg.Checkpoints}
}

// look returns the moment of the present, or the latest one if nothing changed since. The fleet's lock is held.
func (f *Fleet) look(now int64) *moment {
	e, late := presentOf(f, now)
	changes := f.mu.Changes()
	if m := f.moment; m != nil && m.e == e && m.changes == changes {
		return m
	}
	f.snapshots++
	if m := f.moment; m != nil && late == nil && m.goesOn(e) {
		next := *m
		next.number, next.changes, next.e, next.opening = f.snapshots, changes, e, f.opening()
		f.moment = &next
		return f.moment
	}
	f.moment = f.survey(e, late).kept(f.moment)
	return f.moment
}

// survey finds who is there at a moment, in room that the next one takes.
func (f *Fleet) survey(e int64, late *instance) *moment {
	m, changes := &f.looked, f.mu.Changes()
	*m = moment{
		f: f, changes: changes, number: f.snapshots, e: e, since: f.since, first: f.left.Began(f.since), opening: f.opening(),
		members: m.members[:0], targets: m.targets[:0], doubles: m.doubles[:0],
		moves: f.mu.Alone(), calm: late == nil && len(f.book.Balancers) == 0,
	}
	elects := slices.ContainsFunc(f.views, func(v *view) bool { return v.Role == declare.Electoral })
	for _, in := range f.ordered {
		if !in.counts(f, e) {
			m.doubles = append(m.doubles, in.labels)
			continue
		}
		x := member{in: in, labels: in.labels, gone: in.gone, silent: elects && f.book.Unheard(in.targets, in.Last, in.pool != nil)}
		then := in.until(e)
		if then == nil {
			continue
		}
		if then != in {
			x.held = in.before
		}
		m.first = min(m.first, in.First)
		x.standing, x.departed = then.standing(f, e), then.departed(f, e)
		x.end = then.ending(f, e, x.standing)
		m.calm = m.calm && len(in.targets) == 1 && x == member{in: in, labels: in.labels, standing: roster.Present}
		m.members = append(m.members, x)
	}
	m.aim()
	m.note(late)
	m.calm = m.calm && len(m.notes) == 0 && len(m.members) == len(f.ordered) && len(m.targets) == len(f.ordered) &&
		!slices.ContainsFunc(m.targets, func(a roster.Aim) bool { return !a.Answers() })
	return m
}

// scratch returns one that no other scrape uses.
func scratch(f *Fleet) *staged {
	return f.scratch.Take(func() *staged {
		return &staged{f: f, Staged: process.New(process.Setting{Store: f.store, Limits: f.cfg.Limits, Router: f.router, Layouts: &f.set})}
	})
}
