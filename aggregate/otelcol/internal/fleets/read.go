package fleets

import (
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/promfold/promfold/histogram"
	"github.com/promfold/promfold/parse"
)

// The reasons for which points are refused, besides those of a fleet.
const (
	refusedEmpty     = "no_temporality" // of a sum or histogram; or a metric without a type
	refusedHistogram = "not_a_histogram"
	refusedDelta     = "delta_out_of_order"
	refusedValue     = "no_number"
)

// A point is one data point of a request.
type point struct {
	parse.Sample
	entry *entry
	at    int64 // Unix milliseconds
	late  bool  // a delta that is not counted

	extremes  extremes               // of a histogram
	exemplars *pmetric.ExemplarSlice // nil if there are none
}

// An entry is what the reader knows of the series at a position. Successive
// requests of a resource have the same series in the same order, so that
// comparing is all that is left to do.
type entry struct {
	name, scope, part string
	kind              string
	bound             float64
	attributes        []attribute
	labels            labels.Labels
	key               string // of the series, within the instance
	series            string // of the answers: see seriesKey
}

type attribute struct{ key, value string }

// reader reads the points of one resource's requests.
type reader struct {
	shapes  *shapes
	order   order
	entries []*entry // by position, of the latest request
	n       int      // position
	points  []point
	refused map[string]int
}

// read reads a request, and forgets the series that it lacks.
func (r *reader) read(resources []pmetric.ResourceMetrics, wanted func(metric string) bool) {
	r.n, r.points, r.refused = 0, r.points[:0], nil
	for _, m := range r.order.of(resources, wanted) {
		r.metric(m.scope, m.Metric)
	}
	r.entries = slices.Delete(r.entries, r.n, len(r.entries))
}

func (r *reader) refuse(reason string, n int) {
	if n == 0 {
		return
	}
	if r.refused == nil {
		r.refused = map[string]int{}
	}
	r.refused[reason] += n
}

// metric reads the points of a metric.
func (r *reader) metric(scope string, m pmetric.Metric) {
	switch m.Type() {
	case pmetric.MetricTypeGauge:
		r.numbers(&series{r: r, scope: scope, f: r.family(m, model.MetricTypeGauge)}, m.Gauge().DataPoints(), false)
	case pmetric.MetricTypeSum:
		r.sum(scope, m)
	case pmetric.MetricTypeHistogram:
		delta, ok := r.temporality(m.Histogram().AggregationTemporality(), m.Histogram().DataPoints().Len())
		s := series{r: r, scope: scope, f: r.family(m, model.MetricTypeHistogram)}
		for _, p := range m.Histogram().DataPoints().All() {
			if ok && !p.Flags().NoRecordedValue() {
				h, err := classic(p)
				s.histogram(p.Attributes(), p.StartTimestamp(), p.Timestamp(), h, err, delta, extremesOf(p), p.Exemplars())
			}
		}
	case pmetric.MetricTypeExponentialHistogram:
		delta, ok := r.temporality(m.ExponentialHistogram().AggregationTemporality(), m.ExponentialHistogram().DataPoints().Len())
		s := series{r: r, scope: scope, f: r.family(m, model.MetricTypeHistogram)}
		for _, p := range m.ExponentialHistogram().DataPoints().All() {
			if ok && !p.Flags().NoRecordedValue() {
				h, err := exponential(p)
				s.histogram(p.Attributes(), p.StartTimestamp(), p.Timestamp(), h, err, delta, extremesOf(p), p.Exemplars())
			}
		}
	case pmetric.MetricTypeSummary:
		r.summary(scope, m)
	default:
		r.refuse(refusedEmpty, 1)
	}
}

func (r *reader) family(m pmetric.Metric, kind model.MetricType) *parse.Family {
	return r.shapes.family(familyKey{m.Name(), m.Unit(), m.Description(), kind})
}

// temporality reports whether points are deltas. Points without a temporality
// mean nothing.
func (r *reader) temporality(t pmetric.AggregationTemporality, points int) (delta, ok bool) {
	switch t {
	case pmetric.AggregationTemporalityCumulative:
		return false, true
	case pmetric.AggregationTemporalityDelta:
		return true, true
	}
	r.refuse(refusedEmpty, points)
	return false, false
}

func (r *reader) sum(scope string, m pmetric.Metric) {
	delta, ok := r.temporality(m.Sum().AggregationTemporality(), m.Sum().DataPoints().Len())
	if !ok {
		return
	}
	s := &series{r: r, scope: scope, f: r.family(m, model.MetricTypeCounter)}
	if !m.Sum().IsMonotonic() {
		s.f, s.kind = r.family(m, model.MetricTypeGauge), upDown
	}
	r.numbers(s, m.Sum().DataPoints(), delta)
}

func (r *reader) numbers(s *series, points pmetric.NumberDataPointSlice, delta bool) {
	doubles := false
	for _, p := range points.All() {
		if p.Flags().NoRecordedValue() {
			continue
		}
		x := float64(p.IntValue())
		if p.ValueType() == pmetric.NumberDataPointValueTypeDouble {
			doubles, x = true, p.DoubleValue()
		}
		if delta && (math.IsNaN(x) || math.IsInf(x, 0) || x < 0 && s.kind != upDown) {
			r.refuse(refusedValue, 1)
			continue
		}
		s.number(p.Attributes(), p.StartTimestamp(), p.Timestamp(), x, delta).exemplars = anyOf(p.Exemplars())
	}
	if doubles {
		r.shapes.double(s.f.Name)
	}
}

func (r *reader) summary(scope string, m pmetric.Metric) {
	f := r.family(m, model.MetricTypeSummary)
	count := series{r: r, scope: scope, f: f, part: "_count"}
	sum := series{r: r, scope: scope, f: f, part: "_sum"}
	quantile := series{r: r, scope: scope, f: f}
	for _, p := range m.Summary().DataPoints().All() {
		if p.Flags().NoRecordedValue() {
			continue
		}
		count.number(p.Attributes(), p.StartTimestamp(), p.Timestamp(), float64(p.Count()), false)
		sum.number(p.Attributes(), p.StartTimestamp(), p.Timestamp(), p.Sum(), false)
		for _, q := range p.QuantileValues().All() {
			quantile.bound = q.Quantile()
			quantile.number(p.Attributes(), p.StartTimestamp(), p.Timestamp(), q.Value(), false)
		}
	}
}

// series makes samples of the points of one metric.
type series struct {
	r     *reader
	f     *parse.Family
	scope string
	kind  string
	part  string  // after the name, of a summary
	bound float64 // of a quantile
}

func (s *series) number(attributes pcommon.Map, start, at pcommon.Timestamp, x float64, delta bool) *point {
	return s.add(attributes, start, at, parse.Sample{Value: x, Delta: delta})
}

func (s *series) histogram(attributes pcommon.Map, start, at pcommon.Timestamp, h *histogram.Histogram, err error, delta bool, e extremes, list pmetric.ExemplarSlice) {
	if err != nil {
		s.r.refuse(refusedHistogram, 1)
		return
	}
	p := s.add(attributes, start, at, parse.Sample{Histogram: h, Value: h.Count, Delta: delta})
	p.extremes, p.exemplars = e, anyOf(list)
}

// add adds a point, which may be changed until the next one is added.
func (s *series) add(attributes pcommon.Map, start, at pcommon.Timestamp, x parse.Sample) *point {
	e := s.entry(attributes)
	x.Family, x.Name, x.Labels = s.f, e.name, e.labels
	if start != 0 && start != at {
		x.Start = start.AsTime()
		if start < at && timeOf(start) == timeOf(at) { // a fleet has milliseconds, and equal ones say nothing
			x.Start = x.Start.Add(-time.Millisecond)
		}
	}
	s.r.points = append(s.r.points, point{Sample: x, entry: e, at: timeOf(at)})
	return &s.r.points[len(s.r.points)-1]
}

// entry returns what is known of the series at the reader's position, and moves
// on.
func (s *series) entry(attributes pcommon.Map) *entry {
	r := s.r
	if r.n == len(r.entries) {
		r.entries = append(r.entries, &entry{})
	}
	e := r.entries[r.n]
	if e.name != s.f.Name || e.scope != s.scope || e.part != s.part || e.kind != s.kind || e.bound != s.bound || !e.has(attributes) {
		e = s.newEntry(attributes)
		r.entries[r.n] = e
	}
	r.n++
	return e
}

// has reports whether the attributes are the entry's, in the same order.
func (e *entry) has(attributes pcommon.Map) bool {
	if attributes.Len() != len(e.attributes) || e.labels.IsEmpty() {
		return false
	}
	i := 0
	for key, v := range attributes.All() {
		a := &e.attributes[i]
		if a.key != key {
			return false
		}
		if v.Type() == pcommon.ValueTypeStr && v.Str() != a.value || v.Type() != pcommon.ValueTypeStr && v.AsString() != a.value {
			return false
		}
		i++
	}
	return true
}

func (s *series) newEntry(attributes pcommon.Map) *entry {
	e := &entry{name: s.f.Name, scope: s.scope, part: s.part, kind: s.kind, bound: s.bound}
	b := labels.NewBuilder(labels.EmptyLabels())
	for key, v := range attributes.All() {
		e.attributes = append(e.attributes, attribute{key, v.AsString()})
		b.Set(key, v.AsString())
		s.r.shapes.attribute(key, v.Type())
	}
	b.Set(model.MetricNameLabel, e.name+e.part)
	b.Set(scopeLabel, s.scope)
	b.Set(kindLabel, s.kind)
	if s.part == "" && s.f.Type == model.MetricTypeSummary {
		b.Set(model.QuantileLabel, strconv.FormatFloat(s.bound, 'g', -1, 64))
	}
	e.labels = b.Labels()
	e.key = string(e.labels.Bytes(nil))
	return e
}
