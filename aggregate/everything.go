package aggregate

import (
	"errors"

	"github.com/prometheus/common/model"

	"github.com/promfold/promfold/internal/gauge"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/whole"
)

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

// declared returns the families that the instances of a question expose; those that were shown keep their type.
func declaredOf(q *question, shown map[string]model.MetricType) []whole.Declared {
	var d whole.Declarations
	for i := range q.states {
		d.Add(q.f.store, &q.states[i].member.in.Columns)
	}
	return d.Families(shown)
}

// EverythingView holds all families of the fleet as one instance would expose them.
type EverythingView struct {
	counters, gauges, histograms, rest *view
}

// Families returns the families by name, each series without the name; no counter or histogram in them ever falls.
//
// A counter is the sum of what it grew by, and so are a summary's count and sum. A series without a type and the
// quantiles of a summary have a value while one instance alone has them. Of several types for one name, that of the
// most instances counts, and stays while one has it; a histogram or summary stays, and counts what instances observed
// as the other one, too.
func (v *EverythingView) Families(s Snapshot) []Family {
	return v.gather(s, func(q *question, w *whole.Whole) {
		q.addBroken(w, v.histograms)
		for _, t := range v.histograms.histogramTotals(s.m) {
			w.Histogram(whole.Series(t))
		}
		for _, t := range v.counters.counterTotals(s.m) {
			w.Counter(whole.Series(t))
		}
		a := gaugesOf(q)
		a.read()
		for _, g := range a.finish() {
			w.Gauges(g.labels, &g.gauge, combining(q.f, g, v.gauges.Combine))
		}
		for _, x := range looseOf(q, v.rest) {
			w.Loose(x)
		}
	})
}

// Deltas returns what counters, histograms and summaries grew by since the call before, their Start, or since the
// beginning. Saved, joined and merged fleets know what was given out. A crash loses what was saved but not yet sent,
// and repeats what was sent but not saved.
func (v *EverythingView) Deltas(s Snapshot) []Family {
	return v.gather(s, func(q *question, w *whole.Whole) {
		for _, t := range v.histograms.deltas(s.m, (*view).histogramTotals) {
			w.Histogram(whole.Series(t))
		}
		for _, t := range v.counters.deltas(s.m, (*view).counterTotals) {
			w.Counter(whole.Series(t))
		}
	})
}

// gather returns the families to which add adds series.
func (v *EverythingView) gather(s Snapshot, add func(q *question, w *whole.Whole)) []Family {
	if v == nil {
		return nil
	}
	f := wholeFleet(s, v.counters)
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	q, err := s.SinceStart().question(f, v.gauges)
	if errors.Is(err, ErrWindow) { // the moment is gone, since others asked: totals go on
		s.m = f.look(s.m.e)
		q, err = s.SinceStart().question(f, v.gauges)
	}
	if err != nil {
		return nil
	}
	defer q.release()
	if l := &v.histograms.ledger; l.Types == nil {
		l.Types = map[string]model.MetricType{}
	}
	w := whole.New(declaredOf(q, v.histograms.ledger.Types), v.histograms.ledger.Types)
	add(q, w)
	var list []Family
	for _, x := range w.Families() {
		list = append(list, familyOf(&x))
	}
	return list
}

// addBroken leaves out the histograms that cannot be one.
func (q *question) addBroken(w *whole.Whole, v *view) {
	for i := range q.states {
		in := q.states[i].member.in
		in.Plan.Broken(v.index, func(pos uint32) {
			l := q.f.store.Line(in.Columns.ID(int(pos)))
			w.Broken(l.Family.Name, growth.HistogramHash(l))
		})
	}
}

// combining returns how a gauge's instances make one number; c is for those that the catalogue does not know.
func combining(f *Fleet, g *GaugeGroup, c gauge.Combine) gauge.Combine {
	known := f.catalogue.Known(g.labels.Get(model.MetricNameLabel))
	return c.Known(known.Combine, known.Limit != "")
}

// loose returns the series of a view that have no sum over instances.
func looseOf(q *question, v *view) []*whole.Loose {
	list := whole.LooseSeries{Exact: len(v.Without) > 0}
	for in, b := range q.present(v) {
		for i, e := range b.Lines(in.Plan) {
			r := b.reading(in, i)
			list.Add(in.name, b.labelsOf(int(e.Col)), r.Line, r.Value)
		}
	}
	return list.Sorted()
}

// Families returns what the instances exposed last, by name, without series.
func (s Snapshot) Families() []Family {
	q, err := anyQuestion(s)
	if err != nil {
		return nil
	}
	defer q.close()
	var list []Family
	for _, x := range declaredOf(q, nil) {
		list = append(list, familyOf(&whole.Family{Declared: x}))
	}
	return list
}
