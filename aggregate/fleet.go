package aggregate

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/window"
)

// Fleet is all instances of one job. It is safe for concurrent use: scrapes of
// different instances are read in parallel, and each question sees the fleet
// between two scrapes. It never reads a clock.
type Fleet struct {
	cfg   Config
	store *lines.Store

	// mu: scrapes that find their lines in place share it; what changes the
	// set of lines, views, instances or groups, and questions, have it alone.
	mu        fleetLock
	views     []*view
	ordered   []*instance // those that were ever accepted, by name
	targets   map[string]*target
	expected  map[string]bool // nil: learnt
	router    *growth.Router
	set       window.Set
	balancers map[string]*balanced
	since     int64 // 0: no scrape yet
	bytes     int64 // what the bindings may hold
	garbage   int   // lines that vanished since the store was swept
	unclaimed []*savedView
	book      addressBook
	opened    int64 // when some retired instance was scraped for the second time; 0: none
	newcomers int   // since it was looked who departed

	latest, awake atomic.Int64 // the latest scrape; the first one after a lull

	// reading is shared by those that read a body; they hold no other lock but
	// their instance's, and wait for none.
	reading sync.RWMutex

	// names guards the instances that exist, accepted or not, and the scratch.
	names         sync.Mutex
	instances     map[string]*instance
	leftAt        map[string]int64  // of instances that were retired: until when they were watched
	leftBefore    int64             // until when any may have been that leftAt had to forget
	spelled       map[string]string // targets, as given, to their canonical spelling
	scratch       []*staged
	decompressors []*lines.Decompressor
}

// target is what is known of an address. A steady scrape writes it while others
// are read in parallel, hence the atomics.
type target struct {
	tried  atomic.Int64 // latest scrape or failure
	failed atomic.Bool
	gone   bool // written under the fleet's lock, like what follows
	err    error
	info   TargetInfo
}

func (t *target) seen(at int64) {
	if at > t.tried.Load() {
		t.tried.Store(at)
	}
	t.failed.Store(false)
}

// NewFleet makes an empty fleet.
func NewFleet(c Config) (*Fleet, error) {
	c = c.withDefaults()
	if err := c.validate(); err != nil {
		return nil, err
	}
	f := &Fleet{
		cfg:       c,
		store:     lines.NewStore(),
		targets:   map[string]*target{},
		balancers: map[string]*balanced{},
		instances: map[string]*instance{},
		spelled:   map[string]string{},
	}
	f.router = growth.NewRouter(f.store)
	if !c.Since.IsZero() {
		f.since = c.Since.UnixMilli()
	}
	return f, nil
}

// Counter declares a view of a counter.
func (f *Fleet) Counter(v View) (*CounterView, error) {
	d, err := f.declare(v, growth.Counter)
	if err != nil {
		return nil, err
	}
	return &CounterView{d}, nil
}

// Gauge declares a view of a gauge.
func (f *Fleet) Gauge(v View) (*GaugeView, error) {
	d, err := f.declare(v, growth.Gauge)
	if err != nil {
		return nil, err
	}
	return &GaugeView{d}, nil
}

// Histogram declares a view of a histogram.
func (f *Fleet) Histogram(v View) (*HistogramView, error) {
	d, err := f.declare(v, growth.Histogram)
	if err != nil {
		return nil, err
	}
	return &HistogramView{d}, nil
}

// declare adds a view. One that is declared late starts from what the
// instances exposed last. Over MaxBytes it is refused.
func (f *Fleet) declare(v View, k growth.Kind) (*view, error) {
	if err := v.validate(k); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	d := f.newView(v, k)
	added := []*view{d}
	if v.Meaning == MeaningLeader && v.Election.Ask == nil {
		if d.elects = f.companion(&v.Election); !slices.Contains(f.views, d.elects) {
			added = append(added, d.elects)
		}
	}
	kept := make([]*savedView, len(added))
	for i, a := range added {
		kept[i] = f.claim(a)
		a.index = len(f.views)
		f.views = append(f.views, a)
		f.router.Add(&a.selection)
	}
	plans, drafts, need := f.rebind(func(v, i int) *savedBinding {
		if s := kept[v-(len(f.views)-len(added))]; s != nil {
			return s.rows[i]
		}
		return nil
	})
	if need > f.cfg.MaxBytes {
		f.views = f.views[:len(f.views)-len(added)]
		f.router.Only(len(f.views))
		return nil, &LimitError{What: "bytes", Limit: f.cfg.MaxBytes, Need: need}
	}
	for i, in := range f.ordered {
		drafts[i].adopt()
		if in.plan != nil {
			in.state.Moved(in.plan.Succeed(plans[i]))
		}
		plans[i].Remember(in.plan)
		in.plan = plans[i]
		in.state.Adopt(in.plan, &in.cols)
		for j, a := range added {
			if kept[j] != nil && kept[j].rows[i].exposes {
				in.plan.Presence(a.index).Exposes = true
			}
		}
	}
	for i, a := range added {
		if kept[i] == nil {
			for _, in := range f.ordered {
				a.ledger.created = max(a.ledger.created, in.last)
			}
		}
		f.claimed(a, kept[i])
	}
	f.bytes = need
	return d, nil
}

// rebind makes new plans for all instances, and drafts of their bindings: a view
// was added. restore returns what was saved of a view of an instance.
func (f *Fleet) rebind(restore func(view, instance int) *savedBinding) (plans []*growth.Plan, all []*drafts, need int64) {
	need = f.bytes
	for i, in := range f.ordered {
		route := f.router.For(in.labels)
		d := &drafts{f: f, in: in, route: route, bound: append([]*binding(nil), in.bindings...)}
		for v := len(d.bound); v < len(f.views); v++ {
			d.bound = append(d.bound, f.bindingOf(f.views[v], in, restore(v, i)))
		}
		for _, b := range d.bound {
			d.list = append(d.list, b.Draft())
		}
		plan := growth.NewPlan(route, f.admitted(in), growth.KnownBody{Columns: &in.cols}, d, in.followsBuckets)
		plans, all = append(plans, plan), append(all, d)
		need += d.need(plan)
	}
	return plans, all, need
}

// bindingOf returns what was saved of a view of an instance, or a binding that
// begins with what the instance exposed last.
func (f *Fleet) bindingOf(v *view, in *instance, p *savedBinding) *binding {
	if p != nil {
		return p.unpack(v, in)
	}
	b := newBinding(v, in.history.N)
	b.Begun = in.present()
	return b
}

// admitted says of each view whether the instance's target labels let it in.
func (f *Fleet) admitted(in *instance) []bool {
	list := make([]bool, len(f.views))
	for i, v := range f.views {
		list[i] = v.selection.Admits(in.labels)
	}
	return list
}

// newView makes a view of a question, not yet the fleet's.
func (f *Fleet) newView(v View, k growth.Kind) *view {
	v = v.settled()
	d := &view{View: v, fleet: f, kind: k}
	d.By, d.Without, d.Where = slices.Clone(v.By), slices.Clone(v.Without), slices.Clone(v.Where)
	d.selection = growth.Selection{
		Kind: k, Metric: v.Metric, Every: v.Metric == Every, Type: v.Type, Where: d.Where, By: d.By, Without: d.Without,
		Rules: judge.Rules{Owner: v.Owner, Births: v.Births},
	}
	return d
}

// Expect says of which targets the fleet consists: what coverage is measured
// against. Without it, every target seen within the last hour and not said to
// be gone is expected.
func (f *Fleet) Expect(targets ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.expected = make(map[string]bool, len(targets))
	for _, t := range targets {
		f.expected[f.address(t)] = true
	}
}

// Fail tells of a scrape that failed: no answer, an error status, a body that
// was refused.
func (f *Fleet) Fail(name string, at time.Time, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := f.target(f.address(name))
	if ms := at.UnixMilli(); ms >= t.tried.Load() {
		t.tried.Store(ms)
		t.failed.Store(true)
		t.err = err
	}
}

// Gone tells that a target has left: its steps stay in the window, its gauges
// and its coverage end; when no window reaches it any more, it is retired.
// [ErrUnknown] where it was never seen, or is retired already. A later scrape
// brings it back.
func (f *Fleet) Gone(name string, at time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	name = f.address(name)
	t, ok := f.targets[name]
	if !ok {
		return ErrUnknown
	}
	if at.UnixMilli() < t.tried.Load() {
		return ErrLate
	}
	t.gone = true
	for _, in := range f.ordered {
		if slices.Contains(in.targets, name) {
			in.gone = !slices.ContainsFunc(in.targets, func(n string) bool { return !f.targets[n].gone })
		}
	}
	return nil
}

func (f *Fleet) target(name string) *target {
	t, ok := f.targets[name]
	if !ok {
		t = &target{}
		f.targets[name] = t
	}
	return t
}

// admit makes an accepted instance part of the fleet.
func (f *Fleet) admit(in *instance) {
	i, _ := slices.BinarySearchFunc(f.ordered, in.name, func(x *instance, name string) int { return cmp.Compare(x.name, name) })
	f.ordered = slices.Insert(f.ordered, i, in)
}
