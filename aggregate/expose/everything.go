package expose

import (
	"slices"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/promfold/promfold/aggregate"
)

// Everything exposes all families of the instances under their own names, by
// their own labels and those of their targets, as if the fleet were one
// instance. The views are of [aggregate.Every] by [aggregate.Every], one of
// each kind that is to be shown; others may be nil. What a gauge of the fleet
// is, value says by name; without one it is [UsualGauge].
//
// A counter is the sum of what it grew by, and so are a summary's count and sum.
//
// What has no sum over instances is shown of an instance that alone has it, as
// it says it: a series without a type, which may be a counter as well as a
// share or a fact; and the quantiles of a summary, which are neither added nor
// averaged. Where a second instance has the series too, it is not there: neither
// a wrong number nor one instance's in place of all. [Exposition.Self] counts
// these families ("not merged"); a view of their own can say what they are, by
// [aggregate.View.Type]. Series without a type are selected as gauges are.
//
// A value that is NaN is a missing answer and not shown, of a histogram's sum
// apart, which the formats ask for.
//
// Where instances declare different types for one name, those with the type of
// the most count, which Self tells. A name that a view has stays that view's.
func (e *Exposition) Everything(c *aggregate.CounterView, g *aggregate.GaugeView, h *aggregate.HistogramView,
	value func(name string, g *aggregate.GaugeGroup) (float64, bool)) {
	if value == nil {
		value = UsualGauge
	}
	e.sources = append(e.sources, func(now time.Time) ([]*dto.MetricFamily, error) {
		a := newAll(e.fleet.Families())
		var err error
		if h != nil {
			for _, t := range h.Totals(now) {
				if f, _ := a.family(t.Labels, dto.MetricType_HISTOGRAM); f != nil {
					f.Metric = append(f.Metric, histogramOf(t))
				}
			}
		}
		if c != nil {
			for _, t := range c.Totals(now) {
				a.counter(t)
			}
		}
		if g != nil {
			var groups []*aggregate.GaugeGroup
			groups, err = e.gauges(g, now)
			for _, x := range groups {
				if f, name := a.family(x.Labels, dto.MetricType_GAUGE); f != nil {
					if v, ok := value(name, x); ok {
						f.Metric = append(f.Metric, gaugeOf(x.Labels, v))
					}
				}
			}
		}
		a.date()
		left := map[string]bool{}
		for _, u := range e.fleet.Unmerged(now) {
			if a.unmerged(u, g) {
				left[u.Labels.Get(model.MetricNameLabel)] = true
			}
		}
		e.mu.Lock()
		e.leftOut[typeConflict], e.leftOut[notMerged] = a.conflicts, len(left)
		e.mu.Unlock()
		return a.list, err
	})
}

// Why [Exposition.Everything] leaves families out.
const (
	typeConflict = "type conflict"
	notMerged    = "not merged"
)

// UsualGauge is the sum over the instances, which is right for what each has a
// share of; but of times and of what only says something (_info), the greatest.
func UsualGauge(name string, g *aggregate.GaugeGroup) (float64, bool) {
	for _, suffix := range []string{"_info", "_timestamp_seconds", "_time_seconds", "_timestamp", "_created"} {
		if strings.HasSuffix(name, suffix) {
			m, ok := g.Max()
			return m.Value, ok
		}
	}
	return g.Sum()
}

// all gathers the families of an exposition of everything.
type all struct {
	declared  map[string]declared // by name of a series
	families  map[string]*dto.MetricFamily
	list      []*dto.MetricFamily
	summaries map[string]*dto.Metric // by name and labels
	conflicts int
}

// declared is the family of a series name, and what the series is to it.
type declared struct {
	*aggregate.Family
	suffix string
}

func newAll(families []aggregate.Family) *all {
	a := &all{declared: map[string]declared{}, families: map[string]*dto.MetricFamily{}, summaries: map[string]*dto.Metric{}}
	for i := range families {
		f := &families[i]
		a.declared[f.Name] = declared{f, ""}
		if f.Others > 0 {
			a.conflicts++
		}
	}
	for i := range families {
		f := &families[i]
		var suffixes []string
		switch f.Type {
		case model.MetricTypeSummary:
			suffixes = []string{"_count", "_sum"}
		case model.MetricTypeCounter:
			suffixes = []string{"_total"}
		}
		for _, s := range suffixes {
			if _, taken := a.declared[f.Name+s]; !taken {
				a.declared[f.Name+s] = declared{f, s}
			}
		}
	}
	return a
}

// family is the one that a group belongs to, nil if the most of the instances
// say it is of another type; and its name.
func (a *all) family(group labels.Labels, t dto.MetricType) (*dto.MetricFamily, string) {
	name := group.Get(model.MetricNameLabel)
	d, ok := a.declared[name]
	if ok && typeOf(d.Type) != t {
		return nil, name
	}
	help := ""
	if ok {
		help = d.Help
		if t == dto.MetricType_SUMMARY {
			name = d.Name
		}
	}
	f := a.families[name]
	if f == nil {
		f = family(name, help, t)
		a.families[name] = f
		a.list = append(a.list, f)
	}
	return f, name
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

// counter is one, or a part of a summary.
func (a *all) counter(t aggregate.Total) {
	d := a.declared[t.Labels.Get(model.MetricNameLabel)]
	if d.Family == nil || d.Type != model.MetricTypeSummary || d.suffix == "" {
		if f, _ := a.family(t.Labels, dto.MetricType_COUNTER); f != nil {
			f.Metric = append(f.Metric, counterOf(t))
		}
		return
	}
	f, name := a.family(t.Labels, dto.MetricType_SUMMARY)
	key := summaryKey(name, t.Labels)
	m := a.summaries[key]
	if m == nil {
		m = &dto.Metric{Label: pairs(t.Labels), Summary: &dto.Summary{
			SampleCount: ptr(uint64(0)), SampleSum: ptr(0.0), CreatedTimestamp: timestamppb.New(t.Created)}}
		a.summaries[key] = m
		f.Metric = append(f.Metric, m)
	}
	if d.suffix == "_count" {
		m.Summary.SampleCount = ptr(whole(t.Value))
	} else {
		m.Summary.SampleSum = &t.Value
	}
}

// unmerged shows what has no sum over instances, if one alone has it, and says
// whether it is left out.
func (a *all) unmerged(u aggregate.Unmerged, g *aggregate.GaugeView) (left bool) {
	name := u.Labels.Get(model.MetricNameLabel)
	if u.Type == model.MetricTypeSummary {
		m := a.summaries[summaryKey(name, u.Labels)]
		if m == nil {
			return false // its counts are not shown
		}
		for _, q := range u.Quantiles {
			m.Summary.Quantile = append(m.Summary.Quantile, &dto.Quantile{Quantile: ptr(q.Level), Value: ptr(q.Value)})
		}
		return u.Instances > 1
	}
	if g == nil || slices.ContainsFunc(g.Where, func(m *labels.Matcher) bool { return !m.Matches(u.Labels.Get(m.Name)) }) {
		return false
	}
	if f, _ := a.family(u.Labels, dto.MetricType_UNTYPED); f != nil && u.OK {
		f.Metric = append(f.Metric, &dto.Metric{Label: pairs(u.Labels), Untyped: &dto.Untyped{Value: ptr(u.Value)}})
	}
	return u.Instances > 1
}

func summaryKey(family string, ls labels.Labels) string {
	return family + string(labels.NewBuilder(ls).Del(model.MetricNameLabel).Labels().Bytes(nil))
}
