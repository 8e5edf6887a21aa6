package aggregate

import (
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/gauge"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/whole"
)

// A view whose selector fixes no name selects every family of its kind, by
// declared type. Counters include the _count and _sum of summaries; gauges
// include infos and state sets. A family without a TYPE has no kind, nor have
// quantiles of summaries: the role unmergeable selects those.
//
// Each group has the name of its metric as __name__: that of the series, for
// histograms that of the family. Matchers on __name__ compare the same name.
// The answers equal those of views of single metrics, except that a member is
// listed with 0 only if another series of the family is selected.

func (v *view) every() bool { return v.Every() }

// names are the metrics that an instance exposes, for a view of every family:
// it is no member of the groups of others.
func (sh *share) names() map[string]bool {
	if !sh.b.view.every() {
		return nil
	}
	names := map[string]bool{}
	for i := range sh.b.Cols {
		names[sh.b.labelsOf(i).Get(model.MetricNameLabel)] = true
	}
	return names
}

// Family is a metric family of the fleet.
type Family struct {
	Name      string
	Type      model.MetricType // that most instances declare; ties go to the first name
	Help      string           // the first instance's, by name, that has one
	Unit      string
	Instances int // that expose it with this type
	Others    int // that expose it with another one, which are left out
	Series    []Series
	LeftOut   int    // series for which the fleet has no value
	Why       string // they are left out, in words
}

// familyOf returns a family as a caller sees it.
func familyOf(x *whole.Family) Family {
	f := Family{
		Name: x.Name, Type: x.Type, Help: x.Help, Unit: x.Unit, Instances: x.Instances, Others: x.Others, LeftOut: x.LeftOut, Why: x.Why,
	}
	for _, s := range x.Series {
		f.Series = append(f.Series, Series(s))
	}
	return f
}

// declared returns the families that the instances of a question expose.
func (q *question) declared() []whole.Declared {
	var d whole.Declarations
	for i := range q.states {
		d.Add(q.f.store, &q.states[i].member.in.cols)
	}
	return d.Families()
}

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
	counters.Combine, counters.Within, counters.Sentinels, counters.Signed = 0, 0, nil, false
	histograms.Combine, histograms.Within, histograms.Sentinels = 0, 0, nil
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
	w := whole.New(q.declared())
	for _, t := range v.histograms.histogramTotals(s.m) {
		w.Histogram(whole.Series(t))
	}
	for _, t := range v.counters.counterTotals(s.m) {
		w.Counter(whole.Series(t))
	}
	a := q.gauges()
	a.read()
	for _, g := range a.finish() {
		g.addTo(w, v.gauges.Combine)
	}
	for _, x := range q.loose(v.rest) {
		w.Loose(x)
	}
	var list []Family
	for _, x := range w.Families() {
		list = append(list, familyOf(&x))
	}
	return list
}

// addTo adds what the view makes of the values of the members.
func (g *GaugeGroup) addTo(w *whole.Whole, c Combine) {
	if (c == 0 || c == Sum) && whole.SaysSomething(g.labels.Get(model.MetricNameLabel)) || c == 0 && len(g.members) == 1 {
		c = Max
	}
	x, _, ok := g.all.Combined(gauge.Combine(c))
	why := ""
	switch {
	case c == 0 && len(g.members) > 0:
		why = whole.Undecided
	case g.excluded[explain.Unsaid] != nil:
		why = whole.Unsaid
	}
	w.Gauge(g.labels, x.Value, ok, why)
}

// loose returns the series of a view that have no sum over instances.
func (q *question) loose(v *view) []*whole.Loose {
	list := whole.LooseSeries{Exact: len(v.Without) > 0}
	for in, b := range q.presentOf(v) {
		for i, e := range b.lines(in) {
			r := b.reading(in, i)
			list.Add(in.name, b.labelsOf(int(e.Col)), r.line, r.value)
		}
	}
	return list.Sorted()
}
