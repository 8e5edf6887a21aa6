package main

import (
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/promfold/promfold/parse"
)

// instanceKey is the resource attribute that names an instance.
const instanceKey = "service.instance.id"

// request returns the metrics that the Prometheus receiver makes of a scrape, with
// all times moved. With starts, the points have the start time of the process.
func (s *scrape) request(starts bool, moved time.Duration) pmetric.Metrics {
	md, list := s.resource()
	w := maker{list: list, at: pcommon.NewTimestampFromTime(s.at.Add(moved)), moved: moved}
	if starts && !s.started.IsZero() {
		w.start = pcommon.NewTimestampFromTime(s.started.Add(moved))
	}
	up := list.AppendEmpty()
	up.SetName("up")
	w.number(up.SetEmptyGauge().DataPoints(), labels.EmptyLabels(), 0)
	if s.samples == nil {
		return md
	}
	up.Gauge().DataPoints().At(0).SetDoubleValue(1)
	for i := range s.samples {
		w.sample(&s.samples[i])
	}
	return md
}

// resource returns metrics with the resource of the scrape, and the list that
// its metrics belong in.
func (s *scrape) resource() (pmetric.Metrics, pmetric.MetricSlice) {
	md := pmetric.NewMetrics()
	rm := md.ResourceMetrics().AppendEmpty()
	rm.Resource().Attributes().PutStr("service.name", "apiserver")
	rm.Resource().Attributes().PutStr(instanceKey, s.target)
	sm := rm.ScopeMetrics().AppendEmpty()
	sm.Scope().SetName("prometheusreceiver")
	return md, sm.Metrics()
}

// deltas returns what a counter grew by as deltas: of those series that grew. A
// delta begins where the one before ended.
func (s *scrape) deltas(g *growths, name string, before time.Time, moved time.Duration) pmetric.Metrics {
	md, list := s.resource()
	w := maker{list: list, at: pcommon.NewTimestampFromTime(s.at.Add(moved)), start: pcommon.NewTimestampFromTime(before.Add(moved))}
	_, each := g.of(s, name)
	for i, x := range each {
		if x == 0 {
			continue
		}
		sample := s.samples[i]
		sample.Value = x
		w.sample(&sample)
	}
	if list.Len() > 0 {
		list.At(0).Sum().SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
	}
	return md
}

// maker makes metrics of samples.
type maker struct {
	list      pmetric.MetricSlice
	at, start pcommon.Timestamp
	moved     time.Duration
	family    *parse.Family
	metric    pmetric.Metric
	series    labels.Labels // of the histogram or summary that is being made
	histogram pmetric.HistogramDataPoint
	summary   pmetric.SummaryDataPoint
	below     float64
}

func (w *maker) sample(x *parse.Sample) {
	if x.Family != w.family {
		w.begin(x.Family)
	}
	switch x.Family.Type {
	case model.MetricTypeCounter:
		w.number(w.metric.Sum().DataPoints(), x.Labels, x.Value).SetStartTimestamp(w.start)
	case model.MetricTypeHistogram:
		w.histogramOf(x)
	case model.MetricTypeSummary:
		w.summaryOf(x)
	default:
		value := x.Value
		if x.Name == startName {
			value += w.moved.Seconds()
		}
		w.number(w.metric.Gauge().DataPoints(), x.Labels, value)
	}
}

func (w *maker) begin(f *parse.Family) {
	w.family, w.metric, w.series = f, w.list.AppendEmpty(), labels.EmptyLabels()
	w.metric.SetName(f.Name)
	w.metric.SetDescription(f.Help)
	switch f.Type {
	case model.MetricTypeCounter:
		w.metric.SetEmptySum().SetIsMonotonic(true)
		w.metric.Sum().SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
	case model.MetricTypeHistogram:
		w.metric.SetEmptyHistogram().SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
	case model.MetricTypeSummary:
		w.metric.SetEmptySummary()
	default:
		w.metric.SetEmptyGauge()
	}
}

func (w *maker) number(points pmetric.NumberDataPointSlice, ls labels.Labels, x float64) pmetric.NumberDataPoint {
	p := points.AppendEmpty()
	p.SetTimestamp(w.at)
	p.SetDoubleValue(x)
	attributes(p.Attributes(), ls)
	return p
}

func attributes(to pcommon.Map, ls labels.Labels) {
	ls.Range(func(l labels.Label) {
		if l.Name != labels.MetricName && l.Name != model.BucketLabel && l.Name != model.QuantileLabel {
			to.PutStr(l.Name, l.Value)
		}
	})
}

// begins reports whether a sample belongs to another point than the one before.
func (w *maker) begins(x *parse.Sample) bool {
	ls := labels.NewBuilder(x.Labels).Del(labels.MetricName, model.BucketLabel, model.QuantileLabel).Labels()
	if !w.series.IsEmpty() && labels.Equal(ls, w.series) {
		return false
	}
	w.series = ls
	return true
}

// histogramOf adds a sample to the histogram that it belongs to. The samples of
// one histogram stand together.
func (w *maker) histogramOf(x *parse.Sample) {
	if w.begins(x) || x.Labels.Len() <= 2 && x.Role == parse.Bucket && w.histogramIsWhole() {
		w.histogram, w.below = w.metric.Histogram().DataPoints().AppendEmpty(), 0
		w.histogram.SetTimestamp(w.at)
		w.histogram.SetStartTimestamp(w.start)
		attributes(w.histogram.Attributes(), x.Labels)
	}
	switch x.Role {
	case parse.Bucket:
		if x.Labels.Get(model.BucketLabel) != "+Inf" {
			w.histogram.ExplicitBounds().Append(x.Bound)
		}
		w.histogram.BucketCounts().Append(uint64(x.Value - w.below))
		w.below = x.Value
	case parse.Sum:
		w.histogram.SetSum(x.Value)
	case parse.Count:
		w.histogram.SetCount(uint64(x.Value))
	}
}

// histogramIsWhole reports whether the histogram without labels has all of its
// samples.
func (w *maker) histogramIsWhole() bool {
	n := w.metric.Histogram().DataPoints().Len()
	return n == 0 || w.histogram.BucketCounts().Len() > w.histogram.ExplicitBounds().Len()
}

func (w *maker) summaryOf(x *parse.Sample) {
	if w.begins(x) || w.metric.Summary().DataPoints().Len() == 0 {
		w.summary = w.metric.Summary().DataPoints().AppendEmpty()
		w.summary.SetTimestamp(w.at)
		w.summary.SetStartTimestamp(w.start)
		attributes(w.summary.Attributes(), x.Labels)
	}
	switch x.Role {
	case parse.Quantile:
		q := w.summary.QuantileValues().AppendEmpty()
		q.SetQuantile(x.Bound)
		q.SetValue(x.Value)
	case parse.Sum:
		w.summary.SetSum(x.Value)
	case parse.Count:
		w.summary.SetCount(uint64(x.Value))
	}
}
