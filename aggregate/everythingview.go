package aggregate

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/histogram"
	"github.com/promfold/promfold/internal/growth"
)

// EverythingView holds all families of the fleet as one instance would expose
// them.
type EverythingView struct{ counters, gauges, histograms, rest *view }

// Everything declares a view of all families that v selects, under their own
// names, as if the fleet were one instance: ByAllLabels is the default. It keeps
// totals, and costs about 250 bytes for each instance and series, of a histogram
// 24 more for each bucket.
//
// View.Combine says what a gauge of several instances is; times and _info have
// the greatest value in any case. Without Combine, a gauge has a value while one
// instance alone has it.
func (f *Fleet) Everything(v View) (*EverythingView, error) {
	if len(v.By)+len(v.Without) == 0 {
		v.ByAllLabels = true
	}
	s, _, err := f.spec(v, everything)
	if err != nil {
		return nil, err
	}
	if !s.Every() {
		s.Where = append(s.Where, labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, s.Metric))
		s.Metric = ""
	}
	counters, gauges, histograms := s, s, s
	counters.Combine, counters.Sentinels, counters.Signed = 0, nil, false
	histograms.Combine, histograms.Sentinels = 0, nil
	gauges.Owner, gauges.BoundBirths, gauges.Signed, gauges.Window = 0, false, false, 0
	views, err := f.declare(declaration{counters, growth.Counter, declared}, declaration{gauges, growth.Gauge, declared},
		declaration{histograms, growth.Histogram, declared}, declaration{gauges, growth.Gauge, unmergeable})
	if err != nil {
		return nil, err
	}
	return &EverythingView{views[0], views[1], views[2], views[3]}, nil
}

// Families returns the families by name, each series without the name; no counter
// or histogram in them ever falls. There are none of a part of the fleet.
//
// A counter is the sum of what it grew by, and so are a summary's count and sum. A
// series without a type and the quantiles of a summary have a value while one
// instance alone has them. Of several types for one name, that of the most
// instances counts.
func (v *EverythingView) Families(s Snapshot) []Family {
	if v == nil {
		return nil
	}
	f := wholeFleet(s, v.counters)
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	q, err := f.question(s.SinceStart(), v.gauges)
	if err != nil {
		return nil
	}
	defer q.release()
	w := newWhole(q.families())
	w.broken(q, v.histograms)
	for _, t := range v.histograms.histogramTotals(s.m) {
		if f := w.family(t.Labels, model.MetricTypeHistogram); f != nil {
			f.add(t)
		}
	}
	for _, t := range v.counters.counterTotals(s.m) {
		w.counter(t)
	}
	a := q.gauges()
	a.read()
	for _, g := range a.finish() {
		w.gauge(g, f.combining(g, v.gauges.Combine))
	}
	for _, x := range q.readLoose(v.rest) {
		w.loose(x)
	}
	w.date()
	return w.sorted()
}

// whole gathers the families of a fleet.
type whole struct {
	declared  map[string]declaredSeries // by series name
	families  map[string]*wholeFamily
	summaries map[string]*Series // by name and labels
}

// declaredSeries is the family of a series name, and the suffix of the series.
type declaredSeries struct {
	*Family
	suffix string
}

type wholeFamily struct {
	Family
	series []*Series
	why    map[string]int
}

func newWhole(families []Family) *whole {
	w := &whole{declared: map[string]declaredSeries{}, families: map[string]*wholeFamily{}, summaries: map[string]*Series{}}
	for i := range families {
		w.declared[families[i].Name] = declaredSeries{&families[i], ""}
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
			if _, taken := w.declared[f.Name+s]; !taken {
				w.declared[f.Name+s] = declaredSeries{f, s}
			}
		}
	}
	return w
}

// broken leaves out the histograms that cannot be one.
func (w *whole) broken(q *question, v *view) {
	seen := map[uint64]bool{}
	for i := range q.states {
		in := q.states[i].member.in
		in.plan.Broken(v.index, func(pos uint32) {
			l := q.f.store.Line(in.cols.ID(int(pos)))
			name, series := l.Family.Name, growth.HistogramHash(l)
			if seen[series] {
				return
			}
			seen[series] = true
			if f := w.family(labels.FromStrings(model.MetricNameLabel, name), model.MetricTypeHistogram); f != nil {
				f.leave("its buckets cannot be those of a histogram")
			}
		})
	}
}

// shownType returns the type with which a family is exposed.
func shownType(t model.MetricType) model.MetricType {
	switch t {
	case model.MetricTypeCounter, model.MetricTypeSummary, model.MetricTypeHistogram:
		return t
	case model.MetricTypeGauge, model.MetricTypeInfo, model.MetricTypeStateset:
		return model.MetricTypeGauge
	}
	return model.MetricTypeUnknown
}

// family returns the family of a group, or nil if most instances declare
// another type.
func (w *whole) family(group labels.Labels, t model.MetricType) *wholeFamily {
	name := group.Get(model.MetricNameLabel)
	d, ok := w.declared[name]
	if ok && t == model.MetricTypeSummary {
		name = d.Name
	}
	f := w.families[name]
	if f == nil {
		f = &wholeFamily{Family: Family{Name: name, Type: t}, why: map[string]int{}}
		if ok {
			f.Family = *d.Family
			f.Name = name
		}
		w.families[name] = f
	}
	if shownType(f.Type) != t {
		f.leave("most instances declare another type")
		return nil
	}
	return f
}

func (f *wholeFamily) leave(why string) {
	f.LeftOut++
	f.why[why]++
}

func (f *wholeFamily) add(s Series) *Series {
	s.Labels = withoutName(s.Labels)
	f.series = append(f.series, &s)
	return &s
}

// counter adds a counter, or a part of a summary.
func (w *whole) counter(t Series) {
	d := w.declared[t.Labels.Get(model.MetricNameLabel)]
	if d.Family == nil || d.Type != model.MetricTypeSummary || d.suffix == "" {
		if f := w.family(t.Labels, model.MetricTypeCounter); f != nil {
			f.add(t)
		}
		return
	}
	f := w.family(t.Labels, model.MetricTypeSummary)
	key := summaryKey(f.Name, t.Labels)
	s := w.summaries[key]
	if s == nil {
		s = f.add(Series{Labels: t.Labels, Start: t.Start, Histogram: &histogram.Histogram{}})
		w.summaries[key] = s
	}
	if d.suffix == "_count" {
		s.Value, s.Histogram.Count = t.Value, t.Value
	} else {
		s.Histogram.Sum = t.Value
	}
}

func summaryKey(family string, ls labels.Labels) string {
	return family + string(withoutName(ls).Bytes(nil))
}

// combining returns how a gauge's instances make one number in a view that says c
// of all gauges. What the catalogue knows stands before a sum: adding a fact up that
// each instance repeats is never right. Readings that stand for "not known" are
// taken out of the group.
func (f *Fleet) combining(g *GaugeGroup, c Combine) Combine {
	if f.catalogue == nil || c != 0 && c != Sum {
		return c
	}
	known, ok := f.catalogue(g.labels.Get(model.MetricNameLabel))
	if !ok {
		return c
	}
	g.members = slices.DeleteFunc(g.members, func(m gaugeMember) bool { return slices.Contains(known.Sentinels, m.value) })
	switch known.Combine {
	case Consensus:
		return Consensus
	case Max, Min, Sum:
		if c == 0 && known.Limit == "" {
			return known.Combine
		}
	case Leader:
		return 0
	}
	return c
}

// gauge adds what the view makes of the values of the members.
func (w *whole) gauge(g *GaugeGroup, c Combine) {
	f := w.family(g.labels, model.MetricTypeGauge)
	if f == nil {
		return
	}
	if (c == 0 || c == Sum) && saysSomething(g.labels.Get(model.MetricNameLabel)) || c == 0 && len(g.members) == 1 {
		c = Max
	}
	x, _, ok := g.combined(c)
	switch {
	case ok:
		f.add(Series{Labels: g.labels, Value: x.Value})
	case c == 0 && len(g.members) > 0:
		f.leave("several instances have the gauge, and the view does not say how to combine them")
	}
}

// saysSomething reports whether the value is a time, or always 1.
func saysSomething(name string) bool {
	return slices.ContainsFunc([]string{"_info", "_timestamp_seconds", "_time_seconds", "_timestamp", "_created"},
		func(suffix string) bool { return strings.HasSuffix(name, suffix) })
}

// loose adds what has no sum over instances, if one instance alone has it.
func (w *whole) loose(x *looseSeries) {
	if x.typ == model.MetricTypeSummary {
		name := x.labels.Get(model.MetricNameLabel)
		s, f := w.summaries[summaryKey(name, x.labels)], w.families[name]
		switch {
		case s == nil: // its counts are left out
		case x.several:
			f.leave("quantiles of several instances have no sum")
		default:
			s.Quantiles = x.quantiles
		}
		return
	}
	f := w.family(x.labels, model.MetricTypeUnknown)
	switch {
	case f == nil:
	case x.several:
		f.leave("several instances have the series, and it has no type")
	case x.ok:
		f.add(Series{Labels: x.labels, Value: x.value})
	}
}

// date corrects the gauges in which client libraries expose, in the text
// format, when a series began: c_created of c_total. For a total of the fleet
// that is when the total was 0, not the latest start of an instance, which
// would look like a reset of the total.
func (w *whole) date() {
	for name, f := range w.families {
		base, ok := name, false
		switch shownType(f.Type) {
		case model.MetricTypeCounter:
			base, ok = strings.CutSuffix(name, "_total")
		case model.MetricTypeHistogram, model.MetricTypeSummary:
			ok = true
		}
		created := w.families[base+"_created"]
		if !ok || created == nil || shownType(created.Type) != model.MetricTypeGauge {
			continue
		}
		began := map[string]time.Time{}
		for _, s := range f.series {
			began[string(s.Labels.Bytes(nil))] = s.Start
		}
		for _, s := range created.series {
			if t, ok := began[string(s.Labels.Bytes(nil))]; ok {
				s.Value = float64(t.UnixMilli()) / 1000
			}
		}
	}
}

func (w *whole) sorted() []Family {
	var list []Family
	for _, name := range slices.Sorted(maps.Keys(w.families)) {
		f := w.families[name]
		if len(f.series)+f.LeftOut == 0 {
			continue
		}
		slices.SortFunc(f.series, func(a, b *Series) int { return labels.Compare(a.Labels, b.Labels) })
		for _, s := range f.series {
			f.Series = append(f.Series, *s)
		}
		var why []string
		for _, text := range slices.SortedFunc(maps.Keys(f.why), func(a, b string) int { return cmp.Or(f.why[b]-f.why[a], cmp.Compare(a, b)) }) {
			why = append(why, fmt.Sprintf("%d: %s", f.why[text], text))
		}
		f.Why = strings.Join(why, "; ")
		list = append(list, f.Family)
	}
	return list
}
