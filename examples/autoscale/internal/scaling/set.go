package scaling

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	promfold "github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
)

// The errors of a question, besides a *aggregate.CoverageError.
var (
	ErrNoMetric = errors.New("there is no such metric")
	ErrUnknown  = errors.New("nothing is known of it")
	ErrBound    = errors.New("nothing bounds it")
	ErrSeveral  = errors.New("several groups, of which no sum is right: choose one by its labels")
)

// Number is a number to scale by.
type Number struct {
	Labels labels.Labels
	Value  float64 // of the name that was asked for: the value, or a bound
	All    promfold.Estimate
	Time   time.Time     // the end of the window
	Window time.Duration // 0 of what is so at that moment
}

// Set is all metrics of a fleet. It is safe for concurrent use.
type Set struct {
	fleet   *aggregate.Fleet
	metrics map[string]metric
	names   []string
}

type metric struct {
	Metric
	ask question
}

// New declares the views of all metrics, before the first scrape.
func New(f *aggregate.Fleet, c Config) (*Set, error) {
	s := &Set{fleet: f, metrics: map[string]metric{}}
	for _, m := range c.Metrics {
		ask, err := declare(f, m)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.Name, err)
		}
		s.metrics[m.Name] = metric{m, ask}
		s.names = append(s.names, m.Name, m.Name+".lo", m.Name+".hi")
	}
	return s, nil
}

// Names returns all names in the order of the file.
func (s *Set) Names() []string { return s.names }

// Metric returns the metric of a name, which may be that of a bound.
func (s *Set) Metric(name string) (Metric, error) {
	m, _, err := s.find(name)
	return m.Metric, err
}

// find returns a metric, and which of its three numbers is meant.
func (s *Set) find(name string) (metric, func(promfold.Estimate) float64, error) {
	of := func(e promfold.Estimate) float64 { return e.Value }
	m, ok := s.metrics[name]
	if base, cut := strings.CutSuffix(name, ".lo"); !ok && cut {
		m, ok = s.metrics[base]
		of = func(e promfold.Estimate) float64 { return e.Lo }
	}
	if base, cut := strings.CutSuffix(name, ".hi"); !ok && cut {
		m, ok = s.metrics[base]
		of = func(e promfold.Estimate) float64 { return e.Hi }
	}
	if !ok {
		return metric{}, nil, fmt.Errorf("%s: %w", name, ErrNoMetric)
	}
	return m, of, nil
}

// All returns the numbers of the groups that match, all of them or an error: none
// where the part of the fleet that they are of answers too little.
func (s *Set) All(now time.Time, name string, of ...*labels.Matcher) ([]Number, error) {
	m, pick, err := s.find(name)
	if err != nil {
		return nil, err
	}
	var list []Number
	var wrong error
	snapshot := s.fleet.Snapshot(now)
	err = m.among(snapshot, of, func(group labels.Labels, e promfold.Estimate, ok bool) {
		if !ok && left(snapshot, group) {
			return
		}
		n := Number{Labels: group, Value: pick(e), All: e, Time: now, Window: m.covers()}
		switch {
		case !ok || math.IsNaN(n.Value):
			wrong = fmt.Errorf("%s: %w", title(name, group), ErrUnknown)
		case math.IsInf(n.Value, 0):
			wrong = fmt.Errorf("%s: %w", title(name, group), ErrBound)
		}
		list = append(list, n)
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", name, err)
	case wrong != nil:
		return nil, wrong
	case len(list) == 0:
		return nil, fmt.Errorf("%s: %w", name, ErrUnknown)
	}
	return list, nil
}

// Groups returns the groups of a metric, of which some may have no number, but
// not those of targets that left.
func (s *Set) Groups(now time.Time, name string) ([]labels.Labels, error) {
	m, _, err := s.find(name)
	if err != nil {
		return nil, err
	}
	var list []labels.Labels
	snapshot := s.fleet.Snapshot(now)
	err = m.ask(snapshot, func(group labels.Labels, _ promfold.Estimate, _ bool) {
		if !left(snapshot, group) {
			list = append(list, group)
		}
	})
	return list, err
}

// title names a group of a metric.
func title(name string, group labels.Labels) string {
	if group.IsEmpty() {
		return name
	}
	return name + group.String()
}

// Items returns the numbers of the groups that match, as items that are added up:
// several only where their sum is right, that is, of rates.
func (s *Set) Items(now time.Time, name string, of ...*labels.Matcher) ([]Number, error) {
	list, err := s.All(now, name, of...)
	if m, _ := s.Metric(name); err == nil && len(list) > 1 && m.ScaleBy != Rate {
		return nil, fmt.Errorf("%s: %d: %w", name, len(list), ErrSeveral)
	}
	return list, err
}

// One returns one number, the sum of Items.
func (s *Set) One(now time.Time, name string, of ...*labels.Matcher) (Number, error) {
	list, err := s.Items(now, name, of...)
	if err != nil {
		return Number{}, err
	}
	sum := list[0]
	for _, n := range list[1:] {
		sum.Labels = labels.EmptyLabels()
		sum.Value += n.Value
		sum.All.Value, sum.All.Lo, sum.All.Hi = sum.All.Value+n.All.Value, sum.All.Lo+n.All.Lo, sum.All.Hi+n.All.Hi
	}
	return sum, nil
}
