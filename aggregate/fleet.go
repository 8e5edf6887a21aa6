package aggregate

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/roster"
	"github.com/promfold/promfold/internal/window"
)

// Fleet is all instances of one job. It is safe for concurrent use and reads no
// clock.
type Fleet struct {
	cfg       settings
	catalogue func(metric string) (View, bool)
	store     *lines.Store

	// mu: scrapes that find their lines in place share it; what changes the
	// set of lines, views, instances or groups, and questions, have it alone.
	mu        fleetLock
	views     []*view
	ordered   []*instance // those that were ever accepted, by name
	targets   map[string]*target
	expected  map[string]bool // nil: learnt
	router    *growth.Router
	set       window.Set
	signed    window.Set // of views whose values may be negative
	balancers map[string]*balanced
	since     int64 // 0: no scrape yet
	bytes     int64 // what the bindings may hold
	garbage   int   // lines that vanished since the store was swept
	unclaimed []*savedView
	book      addressBook
	opened    int64 // when some retired instance was scraped for the second time; 0: none
	newcomers int   // since it was looked who departed
	strangers int   // targets that failed before they ever answered, at most
	tidied    int64 // when those that are forgotten were looked for

	snapshots uint64  // how many were taken
	looked    moment  // its slices are room for the next one
	moment    *moment // the latest
	states    []state // scratch of questions

	latest, awake     atomic.Int64 // the latest scrape; the first one after a lull
	accepted, refused atomic.Int64 // scrapes

	// reading is shared by those that read a body; they hold no other lock but
	// their instance's, and wait for none.
	reading sync.RWMutex

	// names guards the instances that exist, accepted or not, and the scratch.
	names         sync.Mutex
	instances     map[string]*instance
	left          roster.Left       // of instances that were retired
	spelled       map[string]string // targets, as given, to their canonical spelling
	scratch       []*staged
	decompressors []*lines.Decompressor
}

// NewFleet returns an empty fleet.
func NewFleet(c Config) (*Fleet, error) {
	s, err := c.settings()
	if err != nil {
		return nil, err
	}
	f := &Fleet{
		cfg:       s,
		catalogue: c.Catalogue,
		store:     lines.NewStore(),
		targets:   map[string]*target{},
		balancers: map[string]*balanced{},
		instances: map[string]*instance{},
		spelled:   map[string]string{},
	}
	f.router = growth.NewRouter(f.store)
	f.router.Tolerance = judge.Rules{StartTolerance: s.StartTolerance.Milliseconds(), ClockSkew: s.ClockSkew.Milliseconds()}
	f.signed.Signed = true
	if !s.Since.IsZero() {
		f.since = s.Since.UnixMilli()
	}
	return f, nil
}

// Counter declares a view of a counter.
func (f *Fleet) Counter(v View) (*CounterView, error) {
	d, err := f.declareOne(v, growth.Counter)
	if err != nil {
		return nil, err
	}
	return &CounterView{d}, nil
}

// Gauge declares a view of a gauge.
func (f *Fleet) Gauge(v View) (*GaugeView, error) {
	d, err := f.declareOne(v, growth.Gauge)
	if err != nil {
		return nil, err
	}
	return &GaugeView{d}, nil
}

// Histogram declares a view of a histogram.
func (f *Fleet) Histogram(v View) (*HistogramView, error) {
	d, err := f.declareOne(v, growth.Histogram)
	if err != nil {
		return nil, err
	}
	return &HistogramView{d}, nil
}

// declareOne declares a view, with those that it needs.
func (f *Fleet) declareOne(v View, k growth.Kind) (*view, error) {
	s, v, err := f.spec(v, k)
	if err != nil {
		return nil, err
	}
	list := []declaration{{s, k, declared}}
	for _, x := range []struct {
		role     role
		selector string
	}{{electoral, v.Leader}, {limiting, v.Limit}} {
		if x.role == electoral && v.Combine == Leader {
			x.selector = cmp.Or(x.selector, electionMetric)
		}
		if x.selector == "" {
			continue
		}
		sel, err := parseSelector(x.selector)
		if err != nil {
			return nil, err
		}
		if sel.Every() {
			return nil, fmt.Errorf("%w: selector %q names no metric", errView, x.selector)
		}
		need := spec{Selector: sel}
		if x.role == limiting {
			need.By, need.Without = s.By, s.Without
		}
		list = append(list, declaration{need, growth.Gauge, x.role})
	}
	views, err := f.declare(list...)
	if err != nil {
		return nil, err
	}
	return views[0], nil
}

// declaration is a view on its way into a fleet.
type declaration struct {
	spec
	kind growth.Kind
	role role
}

// declare adds views, all or none; the first one needs those that are electoral
// or limiting. A view that is declared late starts from what the instances
// exposed last. Over MaxBytes it is refused.
func (f *Fleet) declare(list ...declaration) ([]*view, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all, added []*view
	for _, d := range list {
		var v *view
		if d.role == electoral {
			v = f.electorate(d.spec)
			all[0].elects = v
		} else if v = f.newView(d.spec, d.kind, d.role); d.role == limiting {
			all[0].limit = v
		}
		if all = append(all, v); !slices.Contains(f.views, v) {
			added = append(added, v)
		}
	}
	kept := make([]*savedView, len(added))
	for i, a := range added {
		kept[i] = f.claim(a, kept[:i])
		a.index = len(f.views)
		f.views = append(f.views, a)
		f.router.Add(&a.selection)
	}
	plans, drafts, need := f.rebind(len(f.views)-len(added), kept)
	if need > f.cfg.MaxBytes {
		f.views = f.views[:len(f.views)-len(added)]
		f.router.Only(len(f.views))
		return nil, limitError("bytes of views", f.cfg.MaxBytes, need)
	}
	for i, in := range f.ordered {
		drafts[i].adopt()
		f.adopt(in, plans[i])
	}
	for i, a := range added {
		if kept[i] == nil {
			for _, in := range f.ordered {
				a.ledger.Created = max(a.ledger.Created, in.last)
			}
		}
		f.claimed(a, kept[i])
	}
	f.bytes = need
	return all, nil
}

// rebind makes new plans for all instances, and drafts of their bindings: views
// were added, the first of which is number first. kept is what was saved of
// them.
func (f *Fleet) rebind(first int, kept []*savedView) (plans []*growth.Plan, all []*drafts, need int64) {
	need = f.bytes
	for i, in := range f.ordered {
		bound := append([]*binding(nil), in.bindings...)
		exposed := make([]bool, len(f.views))
		for v := len(bound); v < len(f.views); v++ {
			if s := kept[v-first]; s != nil {
				bound = append(bound, s.rows[i].unpack(f.views[v], in))
				exposed[v] = s.rows[i].exposes
				continue
			}
			b := newBinding(f.views[v], &in.history)
			b.Begun = in.present()
			bound = append(bound, b)
		}
		d := f.draftOf(in, f.router.For(in.labels), bound)
		plan := in.state.NewPlan(d.route, f.admitted(in), growth.KnownBody{Columns: &in.cols}, d, in.followsBuckets)
		for v, yes := range exposed {
			if yes {
				plan.Presence(v).Exposes = true
			}
		}
		plans, all = append(plans, plan), append(all, d)
		need += d.need(plan)
	}
	return plans, all, need
}

// adopt makes a plan of the lines that an instance exposed last its own.
func (f *Fleet) adopt(in *instance, next *growth.Plan) {
	if in.plan != nil {
		in.state.Moved(in.plan.Succeed(next))
	}
	next.Remember(in.plan)
	in.plan = next
	in.state.Adopt(in.plan, &in.cols)
}

// replan makes the plan of an instance anew: its target's labels changed.
func (f *Fleet) replan(in *instance) {
	d := f.draftOf(in, f.router.For(in.labels), in.bindings)
	next := in.state.NewPlan(d.route, f.admitted(in), growth.KnownBody{Columns: &in.cols}, d, in.followsBuckets)
	d.adopt()
	f.adopt(in, next)
}

// admitted says of each view whether the instance's target labels let it in.
func (f *Fleet) admitted(in *instance) []bool {
	list := make([]bool, len(f.views))
	for i, v := range f.views {
		list[i] = v.selection.Admits(in.labels)
	}
	return list
}

// admit makes an accepted instance part of the fleet.
func (f *Fleet) admit(in *instance) {
	i, _ := slices.BinarySearchFunc(f.ordered, in.name, func(x *instance, name string) int { return cmp.Compare(x.name, name) })
	f.ordered = slices.Insert(f.ordered, i, in)
}
