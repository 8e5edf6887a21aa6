package aggregate

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/lines"
)

// Fleet is all instances of one job. It is safe for concurrent use: scrapes of
// different instances are read in parallel, and each question sees the fleet
// between two scrapes. It reads no clock.
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
	layouts   map[string]*layout.Layout
	grids     map[grid]*grid
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
	leftAt        map[string]int64  // of instances that were retired: until when they were watched
	leftBefore    int64             // until when any may have been that leftAt had to forget
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
		layouts:   map[string]*layout.Layout{},
		grids:     map[grid]*grid{},
		balancers: map[string]*balanced{},
		instances: map[string]*instance{},
		spelled:   map[string]string{},
	}
	if !s.Since.IsZero() {
		f.since = s.Since.UnixMilli()
	}
	return f, nil
}

// Counter declares a view of a counter.
func (f *Fleet) Counter(v View) (*CounterView, error) {
	d, err := f.declareOne(v, kindCounter)
	if err != nil {
		return nil, err
	}
	return &CounterView{d}, nil
}

// Gauge declares a view of a gauge.
func (f *Fleet) Gauge(v View) (*GaugeView, error) {
	d, err := f.declareOne(v, kindGauge)
	if err != nil {
		return nil, err
	}
	return &GaugeView{d}, nil
}

// Histogram declares a view of a histogram or summary.
func (f *Fleet) Histogram(v View) (*HistogramView, error) {
	d, err := f.declareOne(v, kindHistogram)
	if err != nil {
		return nil, err
	}
	return &HistogramView{d}, nil
}

// declareOne declares a view, with those that it needs.
func (f *Fleet) declareOne(v View, k kind) (*view, error) {
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
		metric, where, err := parseSelector(x.selector)
		if err != nil {
			return nil, err
		}
		if metric == everyFamily {
			return nil, fmt.Errorf("%w: selector %q names no metric", errView, x.selector)
		}
		need := spec{Metric: metric, Where: where}
		if x.role == limiting {
			need.By, need.Without = s.By, s.Without
		}
		list = append(list, declaration{need, kindGauge, x.role})
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
	kind kind
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
	}
	bound, need := f.bindLate(added, kept)
	if need > f.cfg.MaxBytes {
		return nil, limitError("bytes of views", f.cfg.MaxBytes, need)
	}
	for i, in := range f.ordered {
		for _, b := range bound[i] {
			b.fit()
		}
		in.bindings = append(in.bindings, bound[i]...)
	}
	for i, a := range added {
		a.index = len(f.views)
		f.views = append(f.views, a)
		f.claimed(a, kept[i])
	}
	f.bytes = need
	return all, nil
}

// bindLate leads what the instances exposed last to new views, or to what was
// kept for them, and says what all views may hold then.
func (f *Fleet) bindLate(added []*view, kept []*savedView) (bound [][]*binding, need int64) {
	bound, need = make([][]*binding, len(f.ordered)), f.bytes
	for i, in := range f.ordered {
		lines := knownSeries{knownLines{&in.cols}, in}
		for j, a := range added {
			var b *binding
			if s := kept[j]; s != nil {
				b = bind(a, in, s.rows[i].unpack(a, in), lines)
			} else {
				b = bind(a, in, nil, lines)
				b.begun = in.present()
				a.ledger.created = max(a.ledger.created, in.last)
			}
			bound[i] = append(bound[i], b)
			need += b.bytes()
		}
	}
	return bound, need
}

// layout interns a set of bounds; nil if they are none.
func (f *Fleet) layout(bounds []float64, signed bool) *layout.Layout {
	key := layoutKey(bounds, signed)
	l, ok := f.layouts[key]
	if !ok {
		if signed {
			l, _ = layout.NewSignedLayout(bounds)
		} else {
			l, _ = layout.NewLayout(bounds)
		}
		f.layouts[key] = l
	}
	return l
}

func (v *view) layout(bounds []float64) *layout.Layout { return v.fleet.layout(bounds, v.Signed) }

func layoutKey(bounds []float64, signed bool) string {
	key := make([]byte, 0, 8*len(bounds)+1)
	if signed {
		key = append(key, 's')
	}
	for _, b := range bounds {
		key = binary.LittleEndian.AppendUint64(key, math.Float64bits(b+0)) // −0 is 0
	}
	return string(key)
}

// admit makes an accepted instance part of the fleet.
func (f *Fleet) admit(in *instance) {
	i, _ := slices.BinarySearchFunc(f.ordered, in.name, func(x *instance, name string) int { return cmp.Compare(x.name, name) })
	f.ordered = slices.Insert(f.ordered, i, in)
}

// knownLines are those of an instance's columns.
type knownLines struct{ *lines.Columns }

func (l knownLines) Duplicate(pos int) bool {
	_, twice := slices.BinarySearch(l.Duplicates(), uint32(pos))
	return twice
}

// knownSeries are those of an instance.
type knownSeries struct {
	knownLines
	in *instance
}

func (l knownSeries) native(pos int) *layout.Native { return nativeOf(l.Native(pos)) }

func (l knownSeries) followsBuckets(pieces []piece) bool {
	return slices.ContainsFunc(pieces, func(p piece) bool {
		return p.role == lines.Native && (l.in.byBuckets[l.ID(int(p.pos))] || l.native(int(p.pos)) == nil)
	})
}

func (knownSeries) reworded(*binding, *route, []piece) bool { return false }
