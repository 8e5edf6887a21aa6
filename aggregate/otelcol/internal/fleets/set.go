package fleets

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/promfold/promfold/aggregate"
)

// Set is all fleets of a component. It is safe for concurrent use.
type Set struct {
	cfg     Config
	views   views
	began   time.Time
	horizon time.Duration // of fleets that can be joined; 0 otherwise

	mu        sync.RWMutex
	fleets    map[string]*fleet
	instances map[string]*instance

	opening sync.Mutex // of a root: a fleet begins with the first state that is taken in
}

// New returns an empty set of a valid configuration. With a horizon its fleets
// can be parts of others, and have parts; the totals of ended processes are
// kept apart for so long.
func New(cfg Config, began time.Time, horizon time.Duration) (*Set, error) {
	s := &Set{cfg: cfg, views: viewsOf(cfg.Views), began: began, horizon: horizon, fleets: map[string]*fleet{}, instances: map[string]*instance{}}
	probe, err := aggregate.NewFleet(s.fleetConfig())
	if err != nil {
		return nil, err
	}
	_, err = s.views.declare(probe)
	return s, err
}

// Began returns when the component began.
func (s *Set) Began() time.Time { return s.began }

// BeganAt says that the component began earlier, before it was started again. It
// is called before anything is taken in.
func (s *Set) BeganAt(t time.Time) { s.began = t }

func (s *Set) fleetConfig() aggregate.Config {
	return aggregate.Config{MaxBytes: s.cfg.MaxBytes, MaxInstances: s.cfg.MaxInstances, JoinHorizon: s.horizon}
}

// Wants reports whether a view has the metric.
func (s *Set) Wants(metric string) bool { return s.views.wanted.MatchString(metric) }

// reads reports whether points of the metric are taken in: those that views
// want, and those that say of an instance when it started and whether it
// answered.
func (s *Set) reads(metric string) bool {
	return s.Wants(metric) || metric == upMetric || isStart(metric)
}

// Ingest takes in the metrics that views want, and leaves md as it is.
func (s *Set) Ingest(md pmetric.Metrics, now time.Time) (r Report) {
	var order []*instance
	resources := map[*instance][]pmetric.ResourceMetrics{}
	for _, rm := range md.ResourceMetrics().All() {
		if !s.wantsAny(rm) && !s.follows(rm) {
			continue
		}
		in := s.instance(rm.Resource().Attributes())
		if in == nil {
			r.refuse("limit", s.wanted(rm))
			continue
		}
		if resources[in] == nil {
			order = append(order, in)
		}
		resources[in] = append(resources[in], rm)
	}
	for _, in := range order {
		in.ingest(resources[in], now, &r)
	}
	return r
}

// RemoveWanted leaves in md what no view wants, and returns how many points
// that is.
func (s *Set) RemoveWanted(md pmetric.Metrics) int {
	md.ResourceMetrics().RemoveIf(func(rm pmetric.ResourceMetrics) bool {
		rm.ScopeMetrics().RemoveIf(func(sm pmetric.ScopeMetrics) bool {
			sm.Metrics().RemoveIf(func(m pmetric.Metric) bool { return s.Wants(m.Name()) })
			return sm.Metrics().Len() == 0
		})
		return rm.ScopeMetrics().Len() == 0
	})
	return md.DataPointCount()
}

func (s *Set) wantsAny(rm pmetric.ResourceMetrics) bool {
	for _, sm := range rm.ScopeMetrics().All() {
		for _, m := range sm.Metrics().All() {
			if s.Wants(m.Name()) {
				return true
			}
		}
	}
	return false
}

// follows reports whether a resource is an instance that is known: what it says
// of itself counts, though there is nothing else that a view wants.
func (s *Set) follows(rm pmetric.ResourceMetrics) bool {
	resource := rm.Resource().Attributes()
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.instances[keyOf(some(resource, s.cfg.FleetBy))+"\xff"+s.nameOf(resource)] != nil
}

// wanted returns the number of points that views want.
func (s *Set) wanted(rm pmetric.ResourceMetrics) (n int) {
	for _, sm := range rm.ScopeMetrics().All() {
		for _, m := range sm.Metrics().All() {
			if s.Wants(m.Name()) {
				n += pointsOf(m)
			}
		}
	}
	return n
}

func pointsOf(m pmetric.Metric) int {
	switch m.Type() {
	case pmetric.MetricTypeGauge:
		return m.Gauge().DataPoints().Len()
	case pmetric.MetricTypeSum:
		return m.Sum().DataPoints().Len()
	case pmetric.MetricTypeHistogram:
		return m.Histogram().DataPoints().Len()
	case pmetric.MetricTypeExponentialHistogram:
		return m.ExponentialHistogram().DataPoints().Len()
	case pmetric.MetricTypeSummary:
		return m.Summary().DataPoints().Len()
	}
	return 0
}

// Unwanted returns the number of points that no view wants.
func (s *Set) Unwanted(md pmetric.Metrics) int {
	n := md.DataPointCount()
	for _, rm := range md.ResourceMetrics().All() {
		n -= s.wanted(rm)
	}
	return n
}

// instance returns the instance that a resource is, or nil where a new one is
// beyond the limit.
func (s *Set) instance(resource pcommon.Map) *instance {
	named := some(resource, s.cfg.FleetBy)
	fleetKey, name := keyOf(named), s.nameOf(resource)
	key := fleetKey + "\xff" + name
	s.mu.RLock()
	in := s.instances[key]
	s.mu.RUnlock()
	if in != nil {
		return in
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if in = s.instances[key]; in != nil {
		return in
	}
	if len(s.instances) >= s.cfg.MaxInstances {
		return nil
	}
	f := s.fleets[fleetKey]
	if f == nil {
		f = &fleet{set: s, key: fleetKey, resource: named, shapes: newShapes()}
		s.fleets[fleetKey] = f
	}
	return s.newInstance(f, name)
}

// newInstance adds an instance; mu is held.
func (s *Set) newInstance(f *fleet, name string) *instance {
	in := &instance{fleet: f, name: name, reader: reader{shapes: f.shapes}}
	s.instances[f.key+"\xff"+name] = in
	return in
}

// nameOf returns the name of the instance that a resource is.
func (s *Set) nameOf(resource pcommon.Map) string {
	list := some(resource, s.cfg.InstanceBy)
	if len(list) == 1 {
		return list[0].value
	}
	if len(list) == 0 {
		list = some(resource, slices.Sorted(maps.Keys(resource.AsRaw())))
	}
	if name := keyOf(list); name != "" {
		return name
	}
	return "(no attributes)"
}

// some returns those of the attributes that are there, in the order of the
// names.
func some(m pcommon.Map, names []string) (list []attribute) {
	for _, name := range names {
		if v, ok := m.Get(name); ok {
			list = append(list, attribute{name, v.AsString()})
		}
	}
	return list
}

func keyOf(list []attribute) string {
	var b strings.Builder
	for i, a := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(a.key + "=" + a.value)
	}
	return b.String()
}

// labelsOf returns what views can group an instance by.
func (s *Set) labelsOf(resource pcommon.Map) labels.Labels {
	b := labels.NewScratchBuilder(0)
	for _, a := range some(resource, s.cfg.ResourceAttributes) {
		b.Add(a.key, a.value)
	}
	b.Sort()
	return b.Labels()
}

func (s *Set) balanced(resource pcommon.Map) *Balanced {
	for i := range s.cfg.Balanced {
		b := &s.cfg.Balanced[i]
		fits := true
		for key, want := range b.Attributes {
			v, ok := resource.Get(key)
			fits = fits && ok && v.AsString() == want
		}
		if fits {
			return b
		}
	}
	return nil
}

// Instances returns how many instances are known, those of leaves too.
func (s *Set) Instances() int {
	s.mu.RLock()
	n := len(s.instances)
	s.mu.RUnlock()
	for _, f := range s.list() {
		for _, leaf := range f.leaves.saved() {
			n += leaf.Size
		}
	}
	return n
}

// list returns the fleets that have begun, in the order of their names.
func (s *Set) list() (list []*fleet) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, key := range slices.Sorted(maps.Keys(s.fleets)) {
		if f := s.fleets[key]; f.opened() {
			list = append(list, f)
		}
	}
	return list
}

// opened reports whether the fleet has begun.
func (f *fleet) opened() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.known != nil
}

// Forget tells the fleets which instances were silent for too long, and drops
// what is kept of them here.
func (s *Set) Forget(now time.Time) error {
	before := now.Add(-s.cfg.ForgetAfter).UnixMilli()
	var errs []error
	for _, f := range s.list() {
		errs = append(errs, f.forgetLeaves(before, now))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, in := range s.instances {
		if in.forget(before); in.seen() >= before {
			continue
		}
		if in.fleet.opened() {
			in.fleet.known.Remove(now, in.name)
		}
		delete(s.instances, key)
	}
	return errors.Join(errs...)
}
