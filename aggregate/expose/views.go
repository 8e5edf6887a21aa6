package expose

import (
	"fmt"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/model"

	"github.com/promfold/promfold/aggregate"
)

// Counter exposes the totals of a view; the name should end in _total.
func (e *Exposition) Counter(name, help string, v *aggregate.CounterView) error {
	return e.addSeries(name, help, dto.MetricType_COUNTER, func(s aggregate.Snapshot) ([]aggregate.Series, error) {
		return v.Totals(s), nil
	})
}

// Gauge exposes the value of each group; a group without one is not there.
func (e *Exposition) Gauge(name, help string, v *aggregate.GaugeView) error {
	return e.addSeries(name, help, dto.MetricType_GAUGE, func(s aggregate.Snapshot) ([]aggregate.Series, error) {
		groups, err := v.At(s)
		var list []aggregate.Series
		for _, g := range groups {
			if x, ok := g.Value(); ok {
				list = append(list, aggregate.Series{Labels: g.Labels(), Value: x.Value})
			}
		}
		return list, err
	})
}

// Histogram exposes the totals of a view, with the buckets that all instances
// have: native ones if all have native ones, else the classic ones. Native
// buckets are shown in protobuf; elsewhere such a histogram has its count and
// sum.
func (e *Exposition) Histogram(name, help string, v *aggregate.HistogramView) error {
	return e.addSeries(name, help, dto.MetricType_HISTOGRAM, func(s aggregate.Snapshot) ([]aggregate.Series, error) {
		return v.Totals(s), nil
	})
}

// Func exposes a gauge of the caller's own questions, such as a quantile with
// its bounds.
func (e *Exposition) Func(name, help string, ask func(aggregate.Snapshot) ([]aggregate.Series, error)) error {
	return e.addSeries(name, help, dto.MetricType_GAUGE, ask)
}

func (e *Exposition) addSeries(name, help string, t dto.MetricType, ask func(aggregate.Snapshot) ([]aggregate.Series, error)) error {
	return e.add(name, func(s aggregate.Snapshot, _ map[string]int) ([]*dto.MetricFamily, error) {
		f := family(name, help, t)
		list, err := ask(s)
		for i := range list {
			f.Metric = append(f.Metric, metric(&list[i], t))
		}
		return []*dto.MetricFamily{f}, err
	})
}

// Everything exposes all families of a view under their own names. A name that
// another view has stays that view's, if it was added before.
func (e *Exposition) Everything(v *aggregate.EverythingView) error {
	if v == nil || e.whole {
		return fmt.Errorf("%w: one view of everything", errSource)
	}
	e.whole = true
	e.sources = append(e.sources, func(s aggregate.Snapshot, left map[string]int) ([]*dto.MetricFamily, error) {
		var list []*dto.MetricFamily
		for _, x := range v.Families(s) {
			t := typeOf(x.Type)
			f := family(x.Name, x.Help, t)
			if x.Unit != "" {
				f.Unit = &x.Unit
			}
			for i := range x.Series {
				f.Metric = append(f.Metric, metric(&x.Series[i], t))
			}
			if x.LeftOut > 0 {
				left[leftOutSeries+x.Name+"\xff"+x.Why] += x.LeftOut
			}
			if x.Others > 0 {
				left[typeConflict]++
			} else if x.LeftOut > 0 {
				left[notMerged]++
			}
			list = append(list, f)
		}
		return list, nil
	})
	return nil
}

// Self exposes coverage, health and what was left out, as promfold_ metrics.
func (e *Exposition) Self() error {
	if e.self {
		return fmt.Errorf("%w: the fleet itself, twice", errSource)
	}
	e.self = true
	return nil
}

// Also exposes the families of another gatherer, such as a Scraper or a
// registry.
func (e *Exposition) Also(g interface {
	Gather() ([]*dto.MetricFamily, error)
}) error {
	if g == nil {
		return fmt.Errorf("%w: no gatherer", errSource)
	}
	e.sources = append(e.sources, func(aggregate.Snapshot, map[string]int) ([]*dto.MetricFamily, error) { return g.Gather() })
	return nil
}

// typeOf is the type as which a family is exposed.
func typeOf(t model.MetricType) dto.MetricType {
	switch t {
	case model.MetricTypeCounter:
		return dto.MetricType_COUNTER
	case model.MetricTypeSummary:
		return dto.MetricType_SUMMARY
	case model.MetricTypeHistogram:
		return dto.MetricType_HISTOGRAM
	case model.MetricTypeGauge, model.MetricTypeInfo, model.MetricTypeStateset:
		return dto.MetricType_GAUGE
	}
	return dto.MetricType_UNTYPED
}
