package fleets

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/promfold/promfold/aggregate"
)

// Scope is the name of the scope in which the components say something of the
// fleets themselves.
const Scope = "github.com/promfold/promfold/aggregate/otelcol"

// Metrics returns what the fleets know, as of now. Deltas are given out once:
// the next call has what came since.
func (s *Set) Metrics(now time.Time, delta bool) pmetric.Metrics {
	md := pmetric.NewMetrics()
	for _, f := range s.list() {
		f.write(md.ResourceMetrics().AppendEmpty(), now, delta)
	}
	return md
}

func (f *fleet) write(rm pmetric.ResourceMetrics, now time.Time, delta bool) {
	for _, a := range f.resource {
		rm.Resource().Attributes().PutStr(a.key, a.value)
	}
	snapshot := f.known.Snapshot(now)
	w := writer{f: f, rm: rm, at: pcommon.NewTimestampFromTime(snapshot.Time()), delta: delta, scopes: map[string]pmetric.MetricSlice{}, left: map[string]int{}}
	for _, v := range f.views {
		for _, x := range v.Families(snapshot) {
			w.left[x.Name] += x.LeftOut
			if !delta || !hasDelta(x.Type) {
				w.family(&x)
			}
		}
		if !delta {
			continue
		}
		for _, x := range v.Deltas(snapshot) {
			if hasDelta(x.Type) {
				w.family(&x)
			}
		}
	}
	w.self(snapshot)
}

// hasDelta reports whether metrics of a type can be deltas. OpenTelemetry has no
// delta of a summary.
func hasDelta(t model.MetricType) bool {
	return t == model.MetricTypeCounter || t == model.MetricTypeHistogram
}

// writer writes the families of one fleet.
type writer struct {
	f      *fleet
	rm     pmetric.ResourceMetrics
	at     pcommon.Timestamp
	delta  bool
	scopes map[string]pmetric.MetricSlice
	left   map[string]int // series without a value, by metric
}

// scope returns the metrics of a scope.
func (w *writer) scope(name string) pmetric.MetricSlice {
	list, ok := w.scopes[name]
	if !ok {
		sm := w.rm.ScopeMetrics().AppendEmpty()
		sm.Scope().SetName(name)
		list = sm.Metrics()
		w.scopes[name] = list
	}
	return list
}

// The forms that one family may have as metrics, by instance.
type form struct {
	scope, kind string
	is          pmetric.MetricType
}

func (w *writer) family(x *aggregate.Family) {
	metrics := map[form]pmetric.Metric{}
	for i := range x.Series {
		s := &x.Series[i]
		key := form{s.Labels.Get(scopeLabel), s.Labels.Get(kindLabel), typeOf(x, s)}
		m, ok := metrics[key]
		if !ok {
			m = w.scope(key.scope).AppendEmpty()
			m.SetName(x.Name)
			m.SetDescription(x.Help)
			m.SetUnit(x.Unit)
			w.setType(m, key)
			metrics[key] = m
		}
		w.point(m, x.Name, s)
	}
}

// typeOf returns the type of the metric that a series is a point of.
func typeOf(x *aggregate.Family, s *aggregate.Series) pmetric.MetricType {
	switch {
	case x.Type == model.MetricTypeSummary:
		return pmetric.MetricTypeSummary
	case s.Histogram != nil && s.Histogram.Exponential:
		return pmetric.MetricTypeExponentialHistogram
	case s.Histogram != nil:
		return pmetric.MetricTypeHistogram
	case x.Type == model.MetricTypeCounter:
		return pmetric.MetricTypeSum
	case s.Labels.Get(kindLabel) == upDown:
		return pmetric.MetricTypeSum
	}
	return pmetric.MetricTypeGauge
}

func (w *writer) setType(m pmetric.Metric, key form) {
	temporality := pmetric.AggregationTemporalityCumulative
	if w.delta && key.kind != upDown {
		temporality = pmetric.AggregationTemporalityDelta
	}
	switch key.is {
	case pmetric.MetricTypeSum:
		m.SetEmptySum().SetAggregationTemporality(temporality)
		m.Sum().SetIsMonotonic(key.kind != upDown)
	case pmetric.MetricTypeHistogram:
		m.SetEmptyHistogram().SetAggregationTemporality(temporality)
	case pmetric.MetricTypeExponentialHistogram:
		m.SetEmptyExponentialHistogram().SetAggregationTemporality(temporality)
	case pmetric.MetricTypeSummary:
		m.SetEmptySummary()
	default:
		m.SetEmptyGauge()
	}
}

func (w *writer) point(m pmetric.Metric, family string, s *aggregate.Series) {
	key := seriesKey(family, s.Labels)
	switch m.Type() {
	case pmetric.MetricTypeSum:
		p := m.Sum().DataPoints().AppendEmpty()
		w.number(m, p, s)
		w.f.extras.write(p, key, w.delta)
	case pmetric.MetricTypeHistogram:
		p := m.Histogram().DataPoints().AppendEmpty()
		writeClassic(p, s.Histogram)
		w.fill(p, s)
		w.f.extras.write(p, key, w.delta)
	case pmetric.MetricTypeExponentialHistogram:
		p := m.ExponentialHistogram().DataPoints().AppendEmpty()
		writeExponential(p, s.Histogram)
		w.fill(p, s)
		w.f.extras.write(p, key, w.delta)
	case pmetric.MetricTypeSummary:
		p := m.Summary().DataPoints().AppendEmpty()
		writeSummary(p, s)
		w.fill(p, s)
	default:
		p := m.Gauge().DataPoints().AppendEmpty()
		w.number(m, p, s)
		w.f.extras.write(p, key, w.delta)
	}
}

func (w *writer) number(m pmetric.Metric, p pmetric.NumberDataPoint, s *aggregate.Series) {
	if x := s.Value; x == math.Trunc(x) && math.Abs(x) <= 1<<53 && !w.f.shapes.isDouble(m.Name()) {
		p.SetIntValue(int64(x))
	} else {
		p.SetDoubleValue(x)
	}
	w.fill(p, s)
}

// written is what points of all types have.
type written interface {
	Attributes() pcommon.Map
	SetStartTimestamp(pcommon.Timestamp)
	SetTimestamp(pcommon.Timestamp)
}

// fill fills in whose point it is, and of which time.
func (w *writer) fill(p written, s *aggregate.Series) {
	if !s.Start.IsZero() {
		p.SetStartTimestamp(pcommon.NewTimestampFromTime(s.Start))
	}
	p.SetTimestamp(w.at)
	w.attributes(p.Attributes(), s.Labels)
}

func (w *writer) attributes(to pcommon.Map, ls labels.Labels) {
	ls.Range(func(l labels.Label) {
		if l.Name != scopeLabel && l.Name != kindLabel {
			w.f.shapes.put(to, l.Name, l.Value)
		}
	})
}

func writeSummary(p pmetric.SummaryDataPoint, s *aggregate.Series) {
	if h := s.Histogram; h != nil {
		p.SetCount(count(h.Count))
		p.SetSum(h.Sum)
	}
	for _, q := range sortedKeys(s.Quantiles) {
		x := p.QuantileValues().AppendEmpty()
		x.SetQuantile(q)
		x.SetValue(s.Quantiles[q])
	}
}

// self writes on how much of the fleet the other metrics rest.
func (w *writer) self(s aggregate.Snapshot) {
	c := s.Coverage()
	m := w.scope(Scope).AppendEmpty()
	m.SetName("promfold.fleet.instances")
	m.SetDescription("Instances of the fleet, by state: those that are expected, and of them those that are missing or failed; those that report, also partially or stale; those left out as duplicates.")
	m.SetUnit("{instance}")
	points := m.SetEmptyGauge().DataPoints()
	for _, x := range []struct {
		state string
		n     int
	}{
		{"duplicate", c.Duplicates}, {"expected", c.Expected}, {"failed", c.Failed}, {"missing", c.Missing}, {"partial", c.Partial},
		{"reporting", c.Reporting}, {"stale", c.Stale},
	} {
		w.count(points, "state", x.state, x.n)
	}
	m = w.scope(Scope).AppendEmpty()
	m.SetName("promfold.fleet.series.left_out")
	m.SetDescription("Series of a metric for which the fleet has no value, such as gauges that several instances have and no view combines.")
	m.SetUnit("{series}")
	points = m.SetEmptyGauge().DataPoints()
	for _, name := range sortedKeys(w.left) {
		if n := w.left[name]; n > 0 {
			w.count(points, "metric", name, n)
		}
	}
	w.scope(Scope).RemoveIf(func(m pmetric.Metric) bool { return m.Gauge().DataPoints().Len() == 0 })
}

func (w *writer) count(to pmetric.NumberDataPointSlice, key, value string, n int) {
	p := to.AppendEmpty()
	p.SetIntValue(int64(n))
	p.SetTimestamp(w.at)
	p.Attributes().PutStr(key, value)
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
