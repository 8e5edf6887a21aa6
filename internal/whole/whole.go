package whole

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/exemplar"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/histogram"
	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/gauge"
)

// Series is one series of the fleet.
type Series struct {
	Labels    labels.Labels
	Value     float64
	Start     time.Time            // when a counter or histogram was 0
	Histogram *histogram.Histogram // of a summary its count and sum
	Quantiles map[float64]float64
	Exemplars []exemplar.Exemplar
}

// Family is a family as one instance would expose it, its series without the
// name.
type Family struct {
	Declared
	Series  []Series
	LeftOut int    // series for which the fleet has no value
	Why     string // they are left out, in words
}

// Whole gathers the families of a fleet.
type Whole struct {
	declared      map[string]declaredSeries // by series name
	families      map[string]*family
	distributions map[string]*Series // summaries and histograms by name and labels
	broken        map[uint64]bool    // histograms by hash
}

// declaredSeries is the family of a series name, and the suffix of the series.
type declaredSeries struct {
	*Declared
	suffix string
}

type family struct {
	Family
	series []*Series
	why    map[string]int
}

// New returns a Whole of the families that the instances declare. Those of
// distributions, summaries or histograms, keep the type as which they were shown
// first, which shown remembers.
func New(families []Declared, shown map[string]model.MetricType) *Whole {
	w := &Whole{declared: map[string]declaredSeries{}, families: map[string]*family{}, distributions: map[string]*Series{}, broken: map[uint64]bool{}}
	if shown == nil {
		shown = map[string]model.MetricType{}
	}
	for i := range families {
		f := &families[i]
		if distribution(f.Type) && distribution(shown[f.Name]) {
			f.Type = shown[f.Name]
		}
		shown[f.Name] = f.Type
	}
	for i := range families {
		w.declared[families[i].Name] = declaredSeries{&families[i], ""}
	}
	for i := range families {
		f := &families[i]
		var suffixes []string
		switch f.Type {
		case model.MetricTypeSummary, model.MetricTypeHistogram:
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
func (w *Whole) family(group labels.Labels, t model.MetricType) *family {
	name := group.Get(model.MetricNameLabel)
	d, ok := w.declared[name]
	if ok && (t == model.MetricTypeSummary || t == model.MetricTypeHistogram) {
		name = d.Name
	}
	f := w.families[name]
	if f == nil {
		f = &family{Family: Family{Declared: Declared{Name: name, Type: t}}, why: map[string]int{}}
		if ok {
			f.Declared = *d.Declared
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

func (f *family) leave(why string) {
	f.LeftOut++
	f.why[why]++
}

func (f *family) add(s Series) *Series {
	s.Labels = withoutName(s.Labels)
	f.series = append(f.series, &s)
	return &s
}

// Histogram adds a histogram, whose labels have the name. In a family that is
// shown as a summary it counts as one.
func (w *Whole) Histogram(t Series) {
	if d := w.declared[t.Labels.Get(model.MetricNameLabel)]; d.Declared != nil && d.Type == model.MetricTypeSummary {
		s := w.distribution(w.family(t.Labels, model.MetricTypeSummary), t)
		s.observed(t.Histogram.Count)
		s.Histogram.Sum += t.Histogram.Sum
		return
	}
	if f := w.family(t.Labels, model.MetricTypeHistogram); f != nil {
		w.distributions[distributionKey(f.Name, t.Labels)] = f.add(t)
	}
}

// Counter adds a counter, or a part of a summary. In a family that is shown as a
// histogram that is of observations in no known bucket.
func (w *Whole) Counter(t Series) {
	d := w.declared[t.Labels.Get(model.MetricNameLabel)]
	if d.Declared == nil || d.suffix == "" || d.Type == model.MetricTypeCounter {
		if f := w.family(t.Labels, model.MetricTypeCounter); f != nil {
			f.add(t)
		}
		return
	}
	s := w.distribution(w.family(t.Labels, d.Type), t)
	if d.suffix == "_sum" {
		s.Histogram.Sum += t.Value
		return
	}
	s.observed(t.Value)
}

// distribution returns the series of a summary or histogram, which it adds if it
// is new.
func (w *Whole) distribution(f *family, t Series) *Series {
	key := distributionKey(f.Name, t.Labels)
	s := w.distributions[key]
	if s == nil {
		h := &histogram.Histogram{}
		if f.Type == model.MetricTypeHistogram {
			h.Bounds, h.Counts = []float64{math.Inf(1)}, []float64{0}
		}
		s = f.add(Series{Labels: t.Labels, Start: t.Start, Histogram: h})
		w.distributions[key] = s
	}
	return s
}

// observed adds observations of which no bucket is known.
func (s *Series) observed(n float64) {
	h := s.Histogram
	if n == 0 {
		return
	}
	s.Value, h.Count = s.Value+n, h.Count+n
	if last := len(h.Counts) - 1; last >= 0 {
		h.Counts[last] += n
		h.Exponential, h.Positive, h.Negative, h.ZeroCount = false, nil, nil, 0 // they do not add up to the count
	}
}

func distributionKey(family string, ls labels.Labels) string {
	return family + string(withoutName(ls).Bytes(nil))
}

// Broken leaves out a histogram that cannot be one, known by a hash of its labels;
// each counts once, of however many instances.
func (w *Whole) Broken(name string, hash uint64) {
	if w.broken[hash] {
		return
	}
	w.broken[hash] = true
	if f := w.family(labels.FromStrings(model.MetricNameLabel, name), model.MetricTypeHistogram); f != nil {
		f.leave("its buckets cannot be those of a histogram")
	}
}

// Why a gauge has no value.
const (
	Undecided = "several instances have the gauge, and the view does not say how to combine them"
	Unsaid    = "an instance has several series of it, and View.Within does not say how to combine them"
	// Unreadable are NaN, sentinels, and what adds up to no number.
	Unreadable = "no instance has a value that is a number and known"
)

func distribution(t model.MetricType) bool {
	return t == model.MetricTypeSummary || t == model.MetricTypeHistogram
}

// Gauges adds what a view of gauges that says c of all makes of the values of the
// members in a group.
func (w *Whole) Gauges(ls labels.Labels, g *gauge.Group, c gauge.Combine) {
	if (c == 0 || c == gauge.Sum) && SaysSomething(ls.Get(model.MetricNameLabel)) || c == 0 && len(g.Parts) == 1 {
		c = gauge.Max
	}
	x, _, ok := g.All.Combined(c)
	why := ""
	switch {
	case c == 0 && len(g.Parts) > 0:
		why = Undecided
	case g.Excluded[explain.Unsaid] != nil:
		why = Unsaid
	case len(g.Excluded) > 0 || len(g.All.List) > 0:
		why = Unreadable
	}
	w.Gauge(ls, x.Value, ok, why)
}

// Gauge adds a gauge; if it has no value, why says so, or is empty if nobody has
// it.
func (w *Whole) Gauge(ls labels.Labels, value float64, ok bool, why string) {
	f := w.family(ls, model.MetricTypeGauge)
	switch {
	case f == nil:
	case ok:
		f.add(Series{Labels: ls, Value: value})
	case why != "":
		f.leave(why)
	}
}

// SaysSomething reports whether the value of a gauge is a time, or always 1, so
// that no sum of it means anything.
func SaysSomething(name string) bool {
	return slices.ContainsFunc([]string{"_info", "_timestamp_seconds", "_time_seconds", "_timestamp", "_created"},
		func(suffix string) bool { return strings.HasSuffix(name, suffix) })
}

// Loose adds what has no sum over instances, if one instance alone has it.
func (w *Whole) Loose(x *Loose) {
	if x.typ == model.MetricTypeSummary {
		name := x.labels.Get(model.MetricNameLabel)
		s, f := w.distributions[distributionKey(name, x.labels)], w.families[name]
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
	case x.typ == model.MetricTypeGaugeHistogram:
		f.leave("a gauge histogram has no sum over time or instances")
	case x.several:
		f.leave("several instances have the series, and it has no type")
	case x.ok:
		f.add(Series{Labels: x.labels, Value: x.value})
	default:
		f.leave(Unreadable)
	}
}

// date corrects the gauges in which client libraries expose, in the text
// format, when a series began: c_created of c_total. For a total of the fleet
// that is when the total was 0, not the latest start of an instance, which
// would look like a reset of the total.
func (w *Whole) date() {
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

// Families returns all that was added, by name. It may be called once.
func (w *Whole) Families() []Family {
	w.date()
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

func withoutName(l labels.Labels) labels.Labels {
	return labels.NewBuilder(l).Del(model.MetricNameLabel).Labels()
}
