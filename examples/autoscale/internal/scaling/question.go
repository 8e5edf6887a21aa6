package scaling

import (
	"fmt"

	"github.com/prometheus/prometheus/model/labels"

	promfold "github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
)

// question asks a view. It calls yield for each group, with false where nothing
// is known of it.
type question func(s aggregate.Snapshot, yield func(labels.Labels, promfold.Estimate, bool)) error

// combines are the words of Metric.Combine.
var combines = map[string]aggregate.Combine{"": aggregate.Sum, "sum": aggregate.Sum, "max": aggregate.Max, "min": aggregate.Min, "mean": aggregate.Mean}

// declare declares the view of a metric.
func declare(f *aggregate.Fleet, m Metric) (question, error) {
	v := aggregate.View{Select: m.Select, By: m.By, Window: m.Window}
	switch m.ScaleBy {
	case Rate, WorstQuantile, ShareOver:
		v.Owner = counter.Process // all that a restarted process shows is growth
		if m.External {
			v.Owner = counter.External
		}
	}
	switch m.ScaleBy {
	case Rate:
		return rate(f, v, m)
	case Largest, Mean:
		combine, ok := combines[m.Combine]
		if !ok {
			return nil, fmt.Errorf("combine is sum, max, min or mean, not %q", m.Combine)
		}
		v.Combine = combine
		return over(f, v, m)
	case WorstQuantile, ShareOver:
		return distribution(f, v, m)
	case Saturation:
		v.Window, v.Combine, v.Limit, v.Within = 0, aggregate.Max, m.Limit, aggregate.Sum
		return saturation(f, v)
	}
	return nil, fmt.Errorf("scaleBy is rate, largest, mean, worstQuantile, shareOver or saturation, not %q", m.ScaleBy)
}

func rate(f *aggregate.Fleet, v aggregate.View, m Metric) (question, error) {
	view, err := f.Counter(v)
	return func(s aggregate.Snapshot, yield func(labels.Labels, promfold.Estimate, bool)) error {
		groups, err := view.In(s.Last(m.Window))
		for _, g := range groups {
			e, ok := g.RateNow()
			yield(g.Labels(), e, ok)
		}
		return err
	}, err
}

func over(f *aggregate.Fleet, v aggregate.View, m Metric) (question, error) {
	view, err := f.Gauge(v)
	return func(s aggregate.Snapshot, yield func(labels.Labels, promfold.Estimate, bool)) error {
		groups, err := view.Over(s.Last(m.Window))
		for _, g := range groups {
			e, ok := g.Max()
			if m.ScaleBy == Mean {
				e, ok = g.Mean()
			}
			yield(g.Labels(), e, ok)
		}
		return err
	}, err
}

func distribution(f *aggregate.Fleet, v aggregate.View, m Metric) (question, error) {
	view, err := f.Histogram(v)
	return func(s aggregate.Snapshot, yield func(labels.Labels, promfold.Estimate, bool)) error {
		groups, err := view.In(s.Last(m.Window))
		for _, g := range groups {
			if m.ScaleBy == ShareOver {
				e, ok := g.Over(m.Threshold)
				yield(g.Labels(), e, ok)
				continue
			}
			worst, ok := g.WorstQuantile(m.Quantile)
			yield(g.Labels(), worst.Estimate, ok)
		}
		return err
	}, err
}

func saturation(f *aggregate.Fleet, v aggregate.View) (question, error) {
	view, err := f.Gauge(v)
	return func(s aggregate.Snapshot, yield func(labels.Labels, promfold.Estimate, bool)) error {
		groups, err := view.At(s)
		for _, g := range groups {
			e, ok := g.Value()
			yield(g.Labels(), e, ok)
		}
		return err
	}, err
}
