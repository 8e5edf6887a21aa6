package declare

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/gauge"
	"github.com/promfold/promfold/internal/growth"
)

// electionMetric is a gauge that is 1 at the leader, in the same scrape as the
// value; Kubernetes' components expose it. Its label [Election] tells elections
// apart: that of a view is the one in which the instances that expose its metric
// take part.
const (
	electionMetric = "leader_election_master_status"
	Election       = "name"
)

// One declares a view of one kind; those that it needs stand behind it.
func One(v View, k growth.Kind, c *Catalogue) ([]Spec, error) {
	s, v, err := specOf(v, k, c)
	if err != nil {
		return nil, err
	}
	list := []Spec{s}
	for _, x := range []struct {
		role     Role
		selector string
	}{{Electoral, v.Leader}, {Limiting, v.Limit}} {
		if x.role == Electoral && v.Combine == gauge.Leader {
			x.selector = cmp.Or(x.selector, electionMetric)
		}
		if x.selector == "" {
			continue
		}
		sel, err := parse(x.selector)
		if err != nil {
			return nil, err
		}
		if sel.Every() {
			return nil, fmt.Errorf("%w: selector %q names no metric", errView, x.selector)
		}
		need := Spec{Selector: sel, Kind: growth.Gauge, Role: x.role, By: []string{Election}}
		if x.role == Limiting {
			need.By, need.Without = s.By, s.Without
		}
		list = append(list, need)
	}
	return list, nil
}

// Ratio declares a numerator and a denominator, which group alike.
func Ratio(numerator, denominator View, c *Catalogue) ([]Spec, error) {
	var list []Spec
	for _, v := range []View{numerator, denominator} {
		s, _, err := specOf(v, growth.Counter, c)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	n, d := &list[0], &list[1]
	switch {
	case !slices.Equal(n.By, d.By) || !slices.Equal(n.Without, d.Without):
		return nil, fmt.Errorf("%w: a ratio of views that group differently", errView)
	case n.Every() != d.Every():
		return nil, fmt.Errorf("%w: a ratio of one metric and all", errView)
	}
	return list, nil
}

// Everything declares the four views of which one of all kinds consists: of
// counters, gauges, histograms, and what has no sum over instances. Without a
// selector it is of all families.
func Everything(v View, c *Catalogue) ([]Spec, error) {
	v.Select = cmp.Or(v.Select, `{__name__=~".+"}`)
	if len(v.By)+len(v.Without) == 0 {
		v.ByAllLabels = true
	}
	s, _, err := specOf(v, AllKinds, c)
	if err != nil {
		return nil, err
	}
	if !s.Every() {
		s.Where = append(s.Where, labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, s.Metric))
		s.Metric = ""
	}
	counters, gauges, histograms := s, s, s
	counters.Kind, gauges.Kind, histograms.Kind = growth.Counter, growth.Gauge, growth.Histogram
	counters.Combine, counters.Within, counters.Sentinels, counters.Signed = 0, 0, nil, false
	histograms.Combine, histograms.Within, histograms.Sentinels = 0, 0, nil
	gauges.Owner, gauges.BoundBirths, gauges.Signed, gauges.Window = 0, false, false, 0
	rest := gauges
	rest.Role = Unmergeable
	return []Spec{counters, gauges, histograms, rest}, nil
}
