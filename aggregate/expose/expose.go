package expose

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/model"

	"github.com/promfold/promfold/aggregate"
)

// Exposition is what is shown of a fleet: an http.Handler, and a Gatherer of
// client_golang. It is set up first and then used, by any number of goroutines.
type Exposition struct {
	fleet *aggregate.Fleet
	now   func() time.Time
	door  *door

	sources []source
	names   map[string]bool // of the views' families
	whole   bool            // everything is shown already
	self    bool
	met     highest // of the counters about the fleet itself
}

// source makes families of a snapshot; it may count in left what it leaves out.
type source func(s aggregate.Snapshot, left map[string]int) ([]*dto.MetricFamily, error)

// Why families are left out.
const (
	typeConflict  = "type conflict" // instances declare another type
	leftOutSeries = "series "       // and a family: so many of its series are left out
	notMerged     = "not merged"    // the fleet has no value for some series
	nameTaken     = "name taken"    // another family shows the same series
)

// New returns an exposition that shows nothing yet; now is usually time.Now.
func New(f *aggregate.Fleet, now func() time.Time) *Exposition {
	return &Exposition{fleet: f, now: now, door: newDoor(), names: map[string]bool{}, met: highest{values: map[string]float64{}}}
}

var errSource = errors.New("expose: cannot be added")

// add registers the family of a view.
func (e *Exposition) add(name string, s source) error {
	switch {
	case !model.UTF8Validation.IsValidMetricName(name):
		return fmt.Errorf("%w: invalid name %q", errSource, name)
	case e.names[name]:
		return fmt.Errorf("%w: name %q is taken", errSource, name)
	}
	e.names[name] = true
	e.sources = append(e.sources, s)
	return nil
}

// Gather returns the families, sorted by name. The error is that of views; the
// other families are there.
func (e *Exposition) Gather() ([]*dto.MetricFamily, error) {
	s := e.fleet.Snapshot(e.now())
	g := gathering{taken: map[string]bool{}, left: map[string]int{}}
	var errs []error
	for _, source := range e.sources {
		list, err := source(s, g.left)
		if err != nil {
			errs = append(errs, err)
		}
		g.add(list)
	}
	if e.self {
		g.add(health(s, g.left, &e.met))
	}
	slices.SortFunc(g.families, func(a, b *dto.MetricFamily) int { return cmp.Compare(a.GetName(), b.GetName()) })
	return g.families, errors.Join(errs...)
}

// gathering is what was gathered so far.
type gathering struct {
	families []*dto.MetricFamily
	taken    map[string]bool // names of samples
	left     map[string]int
}

// add adds families that show no series which is there already.
func (g *gathering) add(list []*dto.MetricFamily) {
	for _, f := range list {
		if len(f.Metric) == 0 {
			continue
		}
		names := sampleNames(f)
		if slices.ContainsFunc(names, func(n string) bool { return g.taken[n] }) {
			g.left[nameTaken]++
			continue
		}
		for _, n := range names {
			g.taken[n] = true
		}
		g.families = append(g.families, f)
	}
}

// sampleNames are the names that a family's samples have, in any of the formats.
// That the comments on x_total and on x read alike in OpenMetrics is so wherever
// Go programs are scraped (go_memstats_alloc_bytes), and no series is there
// twice because of it.
func sampleNames(f *dto.MetricFamily) []string {
	name := f.GetName()
	switch f.GetType() {
	case dto.MetricType_HISTOGRAM:
		return []string{name, name + "_bucket", name + "_sum", name + "_count"}
	case dto.MetricType_SUMMARY:
		return []string{name, name + "_sum", name + "_count"}
	}
	return []string{name}
}

func family(name, help string, t dto.MetricType) *dto.MetricFamily {
	f := &dto.MetricFamily{Name: &name, Type: &t}
	if help != "" {
		f.Help = &help
	}
	return f
}

func ptr[T any](x T) *T { return &x }
