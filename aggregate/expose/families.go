package expose

import (
	"math"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/exemplar"
	"github.com/prometheus/prometheus/model/labels"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/promfold/promfold/histogram"
	"github.com/promfold/promfold/parse"
)

// familiesOf are samples as protobuf has them: a histogram's or summary's are
// one metric.
func familiesOf(list []*grouped) []*dto.MetricFamily {
	var families []*dto.MetricFamily
	for _, g := range list {
		families = append(families, familyOf(g)...)
	}
	return families
}

// familyOf is a family, and those of its samples that are no part of it.
func familyOf(g *grouped) (list []*dto.MetricFamily) {
	typ := protoType(g.Type)
	f := &dto.MetricFamily{Name: &g.Name, Type: &typ}
	if g.Help != "" {
		f.Help = &g.Help
	}
	if g.Unit != "" {
		f.Unit = &g.Unit
	}
	metrics, others := map[string]*dto.Metric{}, map[string]*dto.MetricFamily{}
	for _, s := range g.samples {
		if !belongs(s, typ) {
			name := nameOf(s)
			x := others[name]
			if x == nil {
				x = &dto.MetricFamily{Name: &name, Type: dto.MetricType_UNTYPED.Enum()}
				others[name], list = x, append(list, x)
			}
			x.Metric = append(x.Metric, stamped(&dto.Metric{Label: pairs(s.Labels), Untyped: &dto.Untyped{Value: &s.Value}}, s))
			continue
		}
		key := seriesOf(s).String()
		m := metrics[key]
		if m == nil || s.Role == parse.Value {
			m = newMetric(seriesOf(s), typ)
			metrics[key], f.Metric = m, append(f.Metric, m)
		}
		put(m, s)
	}
	if len(f.Metric) > 0 {
		list = append([]*dto.MetricFamily{f}, list...)
	}
	return list
}

func protoType(t model.MetricType) dto.MetricType {
	switch t {
	case model.MetricTypeCounter:
		return dto.MetricType_COUNTER
	case model.MetricTypeGauge, model.MetricTypeInfo, model.MetricTypeStateset:
		return dto.MetricType_GAUGE
	case model.MetricTypeHistogram:
		return dto.MetricType_HISTOGRAM
	case model.MetricTypeGaugeHistogram:
		return dto.MetricType_GAUGE_HISTOGRAM
	case model.MetricTypeSummary:
		return dto.MetricType_SUMMARY
	}
	return dto.MetricType_UNTYPED
}

// belongs reports whether a family of the type has a place for the sample.
func belongs(s *parse.Sample, t dto.MetricType) bool {
	switch t {
	case dto.MetricType_HISTOGRAM, dto.MetricType_GAUGE_HISTOGRAM:
		return s.Role != parse.Value && s.Role != parse.Quantile
	case dto.MetricType_SUMMARY:
		return s.Role == parse.Quantile || s.Role == parse.Count || s.Role == parse.Sum || s.Role == parse.Created
	case dto.MetricType_COUNTER:
		return s.Role == parse.Value || s.Role == parse.Created
	}
	return s.Role == parse.Value
}

func newMetric(series labels.Labels, t dto.MetricType) *dto.Metric {
	m := &dto.Metric{Label: pairs(series)}
	switch t {
	case dto.MetricType_COUNTER:
		m.Counter = &dto.Counter{}
	case dto.MetricType_GAUGE:
		m.Gauge = &dto.Gauge{}
	case dto.MetricType_HISTOGRAM, dto.MetricType_GAUGE_HISTOGRAM:
		m.Histogram = &dto.Histogram{SampleSum: ptr(math.NaN())}
	case dto.MetricType_SUMMARY:
		m.Summary = &dto.Summary{SampleSum: ptr(math.NaN())}
	default:
		m.Untyped = &dto.Untyped{}
	}
	return m
}

const maxSeconds = 1e11 // a time that protobuf has

// put gives a metric what a sample says of it.
func put(m *dto.Metric, s *parse.Sample) {
	var created *timestamppb.Timestamp
	switch {
	case s.Role == parse.Created && s.Value > 0 && s.Value < maxSeconds:
		created = timestamppb.New(time.UnixMilli(int64(math.Round(s.Value * 1000))))
	case !s.Start.IsZero():
		created = timestamppb.New(s.Start)
	}
	stamped(m, s)
	switch {
	case m.Gauge != nil:
		m.Gauge.Value = &s.Value
	case m.Untyped != nil:
		m.Untyped.Value = &s.Value
	case m.Counter != nil:
		putCounter(m.Counter, s, created)
	case m.Summary != nil:
		putSummary(m.Summary, s, created)
	default:
		putHistogram(m.Histogram, s, created)
	}
}

// stamped gives a metric the sample's own time.
func stamped(m *dto.Metric, s *parse.Sample) *dto.Metric {
	if !s.Time.IsZero() {
		m.TimestampMs = ptr(s.Time.UnixMilli())
	}
	return m
}

func putCounter(c *dto.Counter, s *parse.Sample, created *timestamppb.Timestamp) {
	if created != nil {
		c.CreatedTimestamp = created
	}
	if s.Role == parse.Value {
		c.Value, c.Exemplar = &s.Value, exemplarOf(s.Exemplar)
	}
}

func putSummary(x *dto.Summary, s *parse.Sample, created *timestamppb.Timestamp) {
	if created != nil {
		x.CreatedTimestamp = created
	}
	switch s.Role {
	case parse.Quantile:
		x.Quantile = append(x.Quantile, &dto.Quantile{Quantile: &s.Bound, Value: &s.Value})
	case parse.Count:
		x.SampleCount = ptr(whole(s.Value))
	case parse.Sum:
		x.SampleSum = &s.Value
	}
}

func putHistogram(x *dto.Histogram, s *parse.Sample, created *timestamppb.Timestamp) {
	if created != nil {
		x.CreatedTimestamp = created
	}
	switch s.Role {
	case parse.Bucket:
		x.Bucket = append(x.Bucket, bucket(s.Bound, s.Value, s.Exemplar))
	case parse.Count:
		x.SampleCount, x.SampleCountFloat = counts(s.Value)
	case parse.Sum:
		x.SampleSum = &s.Value
	case parse.Histogram:
		putWhole(x, s)
	}
}

// putWhole puts both kinds of buckets: those who read one know the other one,
// too.
func putWhole(x *dto.Histogram, s *parse.Sample) {
	h := s.Histogram
	if h == nil {
		h = &histogram.Histogram{Count: s.Value, Sum: math.NaN()}
	}
	if h.Exponential {
		putNative(x, h)
		if e := exemplarOf(s.Exemplar); e != nil {
			x.Exemplars = append(x.Exemplars, e)
		}
	}
	before := math.Inf(-1)
	for i, bound := range h.Bounds {
		var e *exemplar.Exemplar
		if !h.Exponential && s.Exemplar != nil && before < s.Exemplar.Value && s.Exemplar.Value <= bound {
			e = s.Exemplar
		}
		before = bound
		x.Bucket = append(x.Bucket, bucket(bound, h.Counts[i], e))
	}
	x.SampleSum = &h.Sum
	n := h.Count
	if i := len(h.Bounds) - 1; i >= 0 && math.IsInf(h.Bounds[i], 1) && !(n > 0) {
		n = h.Counts[i]
	}
	x.SampleCount, x.SampleCountFloat = counts(n)
}

func bucket(bound, n float64, e *exemplar.Exemplar) *dto.Bucket {
	b := &dto.Bucket{UpperBound: &bound, Exemplar: exemplarOf(e)}
	b.CumulativeCount, b.CumulativeCountFloat = counts(n)
	return b
}

// counts is a number of observations, as a float only if it has a fraction.
func counts(n float64) (*uint64, *float64) {
	if x := whole(n); float64(x) == n {
		return &x, nil
	}
	return nil, &n
}

func exemplarOf(e *exemplar.Exemplar) *dto.Exemplar {
	if e == nil {
		return nil
	}
	x := &dto.Exemplar{Label: pairs(e.Labels), Value: &e.Value}
	if e.HasTs {
		x.Timestamp = timestamppb.New(model.Time(e.Ts).Time())
	}
	return x
}
