package expose

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/model"

	"github.com/promfold/promfold/aggregate"
)

// Exposition is what is shown of a fleet. It is set up first and then used, by
// any number of goroutines.
type Exposition struct {
	fleet *aggregate.Fleet
	now   func() time.Time

	sources []source
	names   map[string]bool // of the views' families

	mu      sync.Mutex
	leftOut map[string]int // by reason, when gathered last
	shown   map[string]float64
}

// source makes families for a moment.
type source func(now time.Time) ([]*dto.MetricFamily, error)

// New makes an exposition of a fleet that shows nothing yet. What it shows is
// as of now, most often time.Now.
func New(f *aggregate.Fleet, now func() time.Time) *Exposition {
	return &Exposition{fleet: f, now: now, names: map[string]bool{}, leftOut: map[string]int{}, shown: map[string]float64{}}
}

var errName = errors.New("expose: invalid name")

// add registers the family of a view.
func (e *Exposition) add(name string, s source) error {
	switch {
	case !model.UTF8Validation.IsValidMetricName(name):
		return fmt.Errorf("%w: %q", errName, name)
	case e.names[name]:
		return fmt.Errorf("%w: %q is taken", errName, name)
	}
	e.names[name] = true
	e.sources = append(e.sources, s)
	return nil
}

// Gather makes the families, sorted by name, their metrics by labels. It
// satisfies the Gatherer interface of client_golang. Of two families that would
// show one series twice the one whose source was added first stands; all that
// is the fleet's own comes last. An error is that of a view; the other families
// are there.
func (e *Exposition) Gather() ([]*dto.MetricFamily, error) {
	now := e.now()
	var families []*dto.MetricFamily
	var errs []error
	taken := map[string]string{} // sample name → family
	left := map[string]int{}
	for _, s := range e.sources {
		list, err := s(now)
		if err != nil {
			errs = append(errs, err)
		}
		for _, f := range list {
			if len(f.Metric) == 0 {
				continue
			}
			names := sampleNames(f)
			if slices.ContainsFunc(names, func(n string) bool { return taken[n] != "" }) {
				left["name taken"]++
				continue
			}
			for _, n := range names {
				taken[n] = f.GetName()
			}
			families = append(families, f)
		}
	}
	e.mu.Lock()
	left[typeConflict], left[notMerged] = e.leftOut[typeConflict], e.leftOut[notMerged]
	e.leftOut = left
	e.mu.Unlock()
	slices.SortFunc(families, func(a, b *dto.MetricFamily) int { return cmp.Compare(a.GetName(), b.GetName()) })
	return families, errors.Join(errs...)
}

// sampleNames are the names that a family's samples have, in any of the formats.
// That the comments on x_total and on x read alike in OpenMetrics is so wherever
// Go programs are scraped (go_memstats_alloc_bytes), and no series is there
// twice for it.
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
