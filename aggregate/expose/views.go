package expose

import (
	"math"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/promfold/promfold/aggregate"
)

// Counter exposes the totals of a view as a counter, whose name should end in
// _total.
func (e *Exposition) Counter(name, help string, v *aggregate.CounterView) error {
	return e.add(name, func(now time.Time) ([]*dto.MetricFamily, error) {
		f := family(name, help, dto.MetricType_COUNTER)
		for _, t := range v.Totals(now) {
			f.Metric = append(f.Metric, counterOf(t))
		}
		return []*dto.MetricFamily{f}, nil
	})
}

// Gauge exposes a number of each group of a view: value makes it; without one
// it is the [aggregate.GaugeGroup.Value] that the view's meaning gives. A group
// without a number is not there.
func (e *Exposition) Gauge(name, help string, v *aggregate.GaugeView, value func(*aggregate.GaugeGroup) (float64, bool)) error {
	if value == nil {
		value = func(g *aggregate.GaugeGroup) (float64, bool) {
			x, _, ok := g.Value()
			return x, ok
		}
	}
	return e.add(name, func(now time.Time) ([]*dto.MetricFamily, error) {
		f := family(name, help, dto.MetricType_GAUGE)
		groups, err := e.gauges(v, now)
		for _, g := range groups {
			if x, ok := value(g); ok {
				f.Metric = append(f.Metric, gaugeOf(g.Labels, x))
			}
		}
		return []*dto.MetricFamily{f}, err
	})
}

// gauges are as of now, or of the last scrape where the clock is behind it.
func (e *Exposition) gauges(v *aggregate.GaugeView, now time.Time) ([]*aggregate.GaugeGroup, error) {
	groups, err := v.At(now)
	if err == nil {
		return groups, nil
	}
	for _, in := range e.fleet.Instances(now, aggregate.All) {
		if in.Last.After(now) {
			now = in.Last
		}
	}
	return v.At(now)
}

// Histogram exposes the totals of a view as a histogram, with the buckets that
// all instances have: native ones if all have native ones, else the classic ones
// of those that have them (see [aggregate.HistogramTotal]). Native buckets are
// shown in protobuf; elsewhere such a histogram has its count and sum. Where the
// sum is not known of all it is NaN.
func (e *Exposition) Histogram(name, help string, v *aggregate.HistogramView) error {
	return e.add(name, func(now time.Time) ([]*dto.MetricFamily, error) {
		f := family(name, help, dto.MetricType_HISTOGRAM)
		for _, t := range v.Totals(now) {
			f.Metric = append(f.Metric, histogramOf(t))
		}
		return []*dto.MetricFamily{f}, nil
	})
}

func counterOf(t aggregate.Total) *dto.Metric {
	return &dto.Metric{Label: pairs(t.Labels), Counter: &dto.Counter{Value: &t.Value, CreatedTimestamp: timestamppb.New(t.Created)}}
}

func gaugeOf(ls labels.Labels, x float64) *dto.Metric {
	return &dto.Metric{Label: pairs(ls), Gauge: &dto.Gauge{Value: &x}}
}

func histogramOf(t aggregate.HistogramTotal) *dto.Metric {
	h := &dto.Histogram{SampleSum: ptr(math.NaN()), CreatedTimestamp: timestamppb.New(t.Created)}
	if t.HasSum {
		h.SampleSum = &t.Sum
	}
	if t.Native != nil {
		putNative(h, t.Native)
		return &dto.Metric{Label: pairs(t.Labels), Histogram: h}
	}
	for i, bound := range t.Bounds {
		n := whole(t.Counts[i])
		h.Bucket = append(h.Bucket, &dto.Bucket{UpperBound: ptr(bound), CumulativeCount: &n})
		h.SampleCount = &n
	}
	return &dto.Metric{Label: pairs(t.Labels), Histogram: h}
}

// whole is a count as the formats have it: without a fraction, which only
// counts of counts that are none have.
func whole(x float64) uint64 {
	if x >= 1<<63 {
		return 1 << 63
	}
	return uint64(max(0, x))
}

// pairs are the labels but for the metric's name, in their order.
func pairs(ls labels.Labels) []*dto.LabelPair {
	var list []*dto.LabelPair
	ls.Range(func(l labels.Label) {
		if l.Name != model.MetricNameLabel {
			list = append(list, &dto.LabelPair{Name: ptr(l.Name), Value: ptr(l.Value)})
		}
	})
	return list
}
