package explain

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/counter"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/window"
)

// Instance is what a fleet knows of one instance. Package aggregate shows it.
type Instance struct {
	Name         string
	Targets      []string
	Labels       labels.Labels
	By           string
	Incarnations int
	Scrapes      int
	First, Last  time.Time
	Start        time.Time
	Stale, Gone  bool
	Failed       error
	Alternating  bool
	Provisional  bool
}

// String returns the instance as one line.
func (i *Instance) String() string {
	var b strings.Builder
	b.WriteString(i.Name)
	if !slices.Equal(i.Targets, []string{i.Name}) {
		fmt.Fprintf(&b, " at %s", strings.Join(i.Targets, ", "))
	}
	if !i.Labels.IsEmpty() {
		fmt.Fprintf(&b, " %s", i.Labels)
	}
	fmt.Fprintf(&b, ": %s from %s to %s", Count(i.Scrapes, "scrape"), Clock(i.First), Clock(i.Last))
	if !i.Start.IsZero() {
		fmt.Fprintf(&b, ", started %s", Clock(i.Start))
	}
	if i.Incarnations > 1 {
		fmt.Fprintf(&b, ", process %d", i.Incarnations)
	}
	for _, x := range []struct {
		ok   bool
		what string
	}{
		{i.By != "", "told by its " + i.By}, {i.Stale, "stale"}, {i.Gone, "gone"}, {i.Alternating, "alternating"}, {i.Provisional, "provisional"},
	} {
		if x.ok {
			b.WriteString(", " + x.what)
		}
	}
	if i.Failed != nil {
		fmt.Fprintf(&b, "; failed: %v", i.Failed)
	}
	return b.String()
}

// Status says what a view selects. Package aggregate shows it.
type Status struct {
	View                                          string
	Kind                                          string
	Instances, Exposing, Selected, Series, Groups int
	Types                                         []model.MetricType
	Excluded                                      []string
	Verdicts                                      map[counter.Verdict]int
	Bytes                                         int64
}

// String returns the status as one sentence.
func (s *Status) String() string {
	switch {
	case s.Instances == 0:
		return "nothing scraped yet"
	case s.Exposing == 0:
		return "no instance exposes the metric"
	case s.Selected == 0 && len(s.Excluded) > 0:
		return fmt.Sprintf("the metric is of another type: %v", s.Types)
	case s.Selected == 0:
		return "the metric is there, but no series is selected"
	}
	return fmt.Sprintf("%d series in %s, of %s", s.Series, Count(s.Groups, "group"), Count(s.Selected, "instance"))
}

// Exposure is what one instance has of a view.
type Exposure struct {
	Name   string
	View   *growth.Presence
	Lines  iter.Seq2[model.MetricType, growth.Fit] // how its lines fit the view; nil: not looked at
	Groups iter.Seq[labels.Labels]                 // in which it has a series
	Table  *window.Table
	Bytes  int64
}

func (x *Exposure) lines() iter.Seq2[model.MetricType, growth.Fit] {
	if x.Lines == nil {
		return func(func(model.MetricType, growth.Fit) bool) {}
	}
	return x.Lines
}

// StatusOf adds up what instances have of a view.
func StatusOf(view, kind string, list iter.Seq[Exposure]) Status {
	s := Status{View: view, Kind: kind, Verdicts: map[counter.Verdict]int{}}
	types, groups := map[model.MetricType]bool{}, map[string]bool{}
	for x := range list {
		s.Instances++
		named, refused := x.View.Now(), x.View.Refused > 0
		for typ, fit := range x.lines() {
			if fit != growth.OfAnother {
				types[typ] = true
				named, refused = named || fit == growth.OfTheMetric, refused || fit == growth.OfAnotherType
			}
		}
		if named || refused {
			s.Exposing++
		}
		if refused && !named {
			s.Excluded = append(s.Excluded, x.Name)
		}
		if n := x.View.Series - x.View.Broken; n > 0 {
			s.Selected++
			s.Series += n
		}
		for ls := range x.Groups {
			groups[string(ls.Bytes(nil))] = true
		}
		s.count(x.Table)
		s.Bytes += x.Bytes
	}
	s.Groups, s.Types = len(groups), slices.Sorted(maps.Keys(types))
	return s
}

func (s *Status) count(t *window.Table) {
	for i := range t.Events {
		v, _ := verdict(t.Events[i].Note)
		s.Verdicts[v] += t.Events[i].N
	}
	for note, e := range t.Past {
		v, _ := verdict(note)
		s.Verdicts[v] += e.N
	}
}
