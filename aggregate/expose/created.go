package expose

import (
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Client libraries tell in the text format when a series began as a gauge
// beside it: c_created of c_total. Of what is a total of the fleet the begin is
// the total's, not the latest that an instance has: a reader of both would take
// each restart for one of the total.
func (a *all) date() {
	for _, f := range a.list {
		name, ok := createdName(f)
		g := a.families[name]
		if !ok || g == nil || g.GetType() != dto.MetricType_GAUGE {
			continue
		}
		began := map[string]*timestamppb.Timestamp{}
		for _, m := range f.Metric {
			began[keyOfPairs(m)] = createdOf(m)
		}
		for _, m := range g.Metric {
			if t := began[keyOfPairs(m)]; t != nil {
				m.Gauge.Value = ptr(float64(t.AsTime().UnixMilli()) / 1000)
			}
		}
	}
}

// createdOf is when a total was 0; nil of what is none.
func createdOf(m *dto.Metric) *timestamppb.Timestamp {
	switch {
	case m.Counter != nil:
		return m.Counter.CreatedTimestamp
	case m.Histogram != nil:
		return m.Histogram.CreatedTimestamp
	case m.Summary != nil:
		return m.Summary.CreatedTimestamp
	}
	return nil
}

// keyOfPairs tells the metrics of a family apart.
func keyOfPairs(m *dto.Metric) string {
	key := ""
	for _, l := range m.Label {
		key += l.GetName() + "\xff" + l.GetValue() + "\xff"
	}
	return key
}
