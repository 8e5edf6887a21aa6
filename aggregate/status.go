package aggregate

import (
	"fmt"
	"maps"
	"slices"

	"github.com/prometheus/common/model"

	"github.com/promfold/promfold/counter"
	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/growth"
)

// Status says what a view selects, and so why it is silent: a typo, a type that
// lies, a selector that matches nothing, or simply no scrape yet.
type Status struct {
	View                                          string
	Kind                                          string
	Instances, Exposing, Selected, Series, Groups int                     // scraped; of them exposing the metric; with a series selected
	Types                                         []model.MetricType      // that bodies declare
	Excluded                                      []string                // instances of another type
	Verdicts                                      map[counter.Verdict]int // of series since the beginning, other than plain growth
	Bytes                                         int64                   // that it may hold
}

// String returns the status as one sentence.
func (s Status) String() string {
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
	return fmt.Sprintf("%d series in %d groups, of %d instances", s.Series, s.Groups, s.Selected)
}

// statusAt returns the status of a view at a snapshot, from what the instances
// exposed last.
func statusAt(s Snapshot, v *view) Status {
	s.scope.least = 0
	q, err := s.SinceStart().ask(v)
	if err != nil {
		return Status{}
	}
	defer q.close()
	return q.status(v, true)
}

// status reads the bindings alone; if thorough, it looks at every line for the
// types that bodies declare.
func (q *question) status(v *view, thorough bool) Status {
	s := Status{View: v.String(), Kind: v.kind.String(), Instances: len(q.states), Verdicts: map[counter.Verdict]int{}}
	types := map[model.MetricType]bool{}
	groups := map[string]bool{}
	for i := range q.states {
		in := q.states[i].member.in
		b := in.bindings[v.index]
		p := in.plan.Presence(v.index)
		named, refused := p.Now(), p.Refused > 0
		for pos := range in.cols.Len() {
			if !thorough {
				break
			}
			switch l := q.f.store.Line(in.cols.ID(pos)); v.selection.Takes(l) {
			case growth.OfAnotherType:
				types[l.Family.Type], refused = true, true
			case growth.OfTheMetric:
				types[l.Family.Type], named = true, true
			}
		}
		if named || refused {
			s.Exposing++
		}
		if refused && !named {
			s.Excluded = append(s.Excluded, in.name)
		}
		n := p.Series - p.Broken
		if n > 0 {
			s.Selected++
		}
		s.Series += n
		b.countGroups(in, groups)
		b.countVerdicts(s.Verdicts)
		s.Bytes += b.bytes(in.plan)
	}
	s.Groups = len(groups)
	s.Types = slices.Sorted(maps.Keys(types))
	return s
}

// countGroups adds the groups in which the instance has a series.
func (b *binding) countGroups(in *instance, groups map[string]bool) {
	used := make([]bool, len(b.Cols))
	if b.view.kind == growth.Gauge {
		in.plan.Used(int32(b.view.index), used)
	}
	for c := range b.Cols {
		if b.view.kind != growth.Gauge || used[c] {
			groups[string(b.labelsOf(c).Bytes(nil))] = true
		}
	}
}

func (b *binding) countVerdicts(n map[counter.Verdict]int) {
	for i := range b.Events {
		v, _ := explain.Verdict(b.Events[i].Note)
		n[v] += b.Events[i].N
	}
	for _, e := range b.Past {
		v, _ := explain.Verdict(e.Note)
		n[v] += e.N
	}
}

// Health says what the fleet holds.
type Health struct {
	Instances, Gone, Lines int   // those that left, too; distinct lines
	LineBytes, ViewBytes   int64 // ViewBytes is what the views may hold, see Config.MaxBytes
	Accepted, Refused      int   // scrapes since the program began
	Views                  []Status
}

// Health returns what the fleet holds.
func (s Snapshot) Health() Health {
	q, err := anyQuestion(s)
	if err != nil {
		return Health{}
	}
	defer q.close()
	f := q.f
	h := Health{
		Instances: len(f.ordered), Lines: f.store.Len(), LineBytes: int64(f.store.Bytes()), ViewBytes: f.bytes,
		Accepted: int(f.accepted.Load()), Refused: int(f.refused.Load()),
	}
	for _, in := range f.ordered {
		h.LineBytes += int64(in.cols.Bytes())
		if in.gone {
			h.Gone++
		}
	}
	for _, v := range f.views {
		if v.role == declared {
			h.Views = append(h.Views, q.status(v, false))
		}
	}
	return h
}
