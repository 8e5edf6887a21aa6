package aggregate

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/roster"
)

// Instance is what the fleet knows of one of its members.
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
	Alternating  bool  // its address reaches several processes
	Provisional  bool  // the growth of its latest scrape may be another process'
}

// String returns the instance as one line.
func (i Instance) String() string {
	var b strings.Builder
	b.WriteString(i.Name)
	if !slices.Equal(i.Targets, []string{i.Name}) {
		fmt.Fprintf(&b, " at %s", strings.Join(i.Targets, ", "))
	}
	if !i.Labels.IsEmpty() {
		fmt.Fprintf(&b, " %s", i.Labels)
	}
	fmt.Fprintf(&b, ": %d scrapes from %s to %s", i.Scrapes, explain.Clock(i.First), explain.Clock(i.Last))
	if !i.Start.IsZero() {
		fmt.Fprintf(&b, ", started %s", explain.Clock(i.Start))
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

// errSavedFailure stands for an error that a state does not keep.
var errSavedFailure = errors.New("failed before the state was saved")

// Instances returns the instances that are live or were seen in the longest
// window, by name.
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
		if x := &q.states[i]; x.standing.Possible() || x.in.last > since {
			list = append(list, q.f.instanceOf(x))
		}
	}
	return list
}

// longest is the longest window that can be asked about.
func (f *Fleet) longest() time.Duration {
	longest := f.cfg.Window
	for _, v := range f.views {
		longest = max(longest, v.Window)
	}
	return longest
}

func (f *Fleet) instanceOf(x *state) Instance {
	in := x.in
	i := Instance{
		Name: in.name, Targets: in.addresses(), Labels: in.labels, By: in.by.String(), Incarnations: in.incarnation, Scrapes: in.version,
		First: time.UnixMilli(in.first), Last: time.UnixMilli(in.last),
		Stale: !x.gone && x.standing == roster.Absent, Gone: x.gone, Alternating: in.alternates, Provisional: in.provisional,
	}
	if in.start.Known() {
		i.Start = time.UnixMilli(in.start.At)
	}
	for _, name := range in.targets {
		if t := f.targets[name]; t != nil && t.failure() != roster.NoFailure && t.tried.Load() >= in.last {
			if i.Failed = t.err; i.Failed == nil {
				i.Failed = errSavedFailure
			}
		}
	}
	return i
}
