package aggregate

import (
	"cmp"
	"errors"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/counter"
	"github.com/promfold/promfold/internal/declare"
	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/roster"
)

// Status says what the view selects.
func (v *CounterView) Status(s Snapshot) Status { return statusAt(s, behind(v)) }

// Status says what the view selects.
func (v *GaugeView) Status(s Snapshot) Status { return statusAt(s, behind(v)) }

// Status says what the view selects.
func (v *HistogramView) Status(s Snapshot) Status { return statusAt(s, behind(v)) }

// Instance is what the fleet knows of one instance.
type Instance struct {
	Name         string
	Targets      []string // also those of its duplicates
	Labels       labels.Labels
	By           string // behind a balancer: the evidence for its latest scrape
	Incarnations int
	Scrapes      int
	First, Last  time.Time // accepted scrapes
	Start        time.Time // of the process; zero if unknown
	Stale, Gone  bool
	Failed       error // of its latest scrape
	Alternating  bool  // its address is
	Provisional  bool  // the growth of its latest scrape is
}

// String returns one line.
func (i Instance) String() string { return (*explain.Instance)(&i).String() }

// errSavedFailure stands for an error that a state does not keep.
var errSavedFailure = errors.New("failed before the state was saved")

// String returns the moment and the coverage.
func (s Snapshot) String() string {
	if s.m == nil {
		return "no snapshot"
	}
	return explain.Clock(s.Time()) + ": " + s.Coverage().String()
}

// Instances returns the instances that are live or were seen in the longest window, by name.
func (s Snapshot) Instances() []Instance {
	s.scope.least = 0
	q, err := anyQuestion(s)
	if err != nil {
		return nil
	}
	defer q.close()
	since := q.e - q.f.longest().Milliseconds()
	var list []Instance
	for i := range q.states {
		if x := &q.states[i]; x.standing.Possible() || x.in.Last > since {
			list = append(list, x.told(q.f))
		}
	}
	return list
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
		Accepted: int(f.accepted.Load()), Exemplars: exemplarsLeft(f),
	}
	held := heldBy(f)
	h.Held = held.ByWord()
	h.Refused, h.Refusals = explain.Refused(func(i int) int64 { return f.refused[i].Load() })
	most := int64(0)
	for _, in := range f.ordered {
		if n, _ := in.own(f, 0); n > most {
			most, h.Largest = n, in.name
		}
		h.LineBytes += int64(in.Columns.Bytes())
		if in.gone {
			h.Gone++
		}
	}
	for _, v := range f.views {
		if v.ledger.Known != nil {
			h.GivenUp = max(h.GivenUp, v.ledger.Known.Size().GaveUp)
		}
		if v.Role == declare.Declared {
			h.Views = append(h.Views, statusOf(q, v, false))
		}
	}
	return h
}

func (x *state) told(f *Fleet) Instance {
	in := x.in
	i := Instance{
		Name: in.name, Targets: in.addresses(), Labels: in.labels, By: in.By.String(), Incarnations: in.Incarnation, Scrapes: in.Version,
		First: time.UnixMilli(in.First), Last: time.UnixMilli(in.Last),
		Stale: !x.gone && x.standing == roster.Absent, Gone: x.gone, Alternating: in.Alternates, Provisional: in.Provisional,
	}
	if in.Start.Known() {
		i.Start = time.UnixMilli(in.Start.At)
	}
	if t := f.book.Failed(in.targets, in.Last); t != nil {
		i.Failed = cmp.Or(t.Err, errSavedFailure)
	}
	return i
}

// Status says what a view selects, and so why it is silent.
type Status struct {
	View                                          string
	Kind                                          string
	Instances, Exposing, Selected, Series, Groups int                     // scraped; of them exposing the metric; with a series selected
	Types                                         []model.MetricType      // that bodies declare
	Excluded                                      []string                // instances of another type
	Verdicts                                      map[counter.Verdict]int // of series since the beginning, other than plain growth
	Bytes                                         int64                   // that it may hold
}

// String returns one sentence.
func (s Status) String() string { return (*explain.Status)(&s).String() }

// statusAt returns the status of a view at a snapshot, from what the instances exposed last.
func statusAt(s Snapshot, v *view) Status {
	s.scope.least = 0
	q, err := s.SinceStart().ask(v)
	if err != nil {
		return Status{}
	}
	defer q.close()
	return statusOf(q, v, true)
}

// statusOf reads the bindings alone; if thorough, it looks at every line for the types that bodies declare.
func statusOf(q *question, v *view, thorough bool) Status {
	return Status(explain.StatusOf(v.String(), v.Kind.String(), func(yield func(explain.Exposure) bool) {
		for i := range q.states {
			in := q.states[i].member.in
			b := in.bindings[v.index]
			x := explain.Exposure{Name: in.name, View: in.Plan.Presence(v.index), Groups: b.Groups(in.Plan, b.labelsOf), Table: b.Table, Bytes: b.Bytes(in.Plan)}
			if thorough {
				x.Lines = v.selection.Fits(q.f.store, &in.Columns)
			}
			if !yield(x) {
				return
			}
		}
	}))
}

// Health says what the fleet holds.
type Health struct {
	Instances, Gone, Lines int              // those that left, too; distinct lines
	LineBytes, ViewBytes   int64            // ViewBytes is what views may hold
	Held                   map[string]int64 // bytes, by use
	Largest                string           // instance
	Accepted, Refused      int              // scrapes since the program began
	GivenUp                int              // processes that joined totals lack something of
	Refusals               map[string]int   // of these scrapes, by reason
	Exemplars              map[string]int   // left out of the latest scrapes, by reason
	Views                  []Status
}
