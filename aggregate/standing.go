package aggregate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
)

// view is a declared View and what belongs to it fleet-wide. The fleet's lock
// guards all of it.
type view struct {
	spec
	fleet  *Fleet
	kind   growth.Kind
	role   role
	index  int // in Fleet.views and instance.bindings
	finals finals

	selection growth.Selection

	// Of the latest question:
	plan    *plan
	latest  latest
	scratch []share

	ledger ledger // what was shown of its totals

	elects *view // says who leads, if the view asks for it
	limit  *view // what values are shares of, if they are

	moved uint64 // the last snapshot before a target's labels moved what it counts to other groups
}

// role is what a view is there for.
type role uint8

const (
	declared    role = iota // a program declared it
	electoral               // says who leads; the election is named in the body
	limiting                // is the limit of another one
	unmergeable             // has what has no sum over instances: series without a type, quantiles of summaries
)

// newView makes a view of a question, not yet the fleet's.
func (f *Fleet) newView(s spec, k growth.Kind, r role) *view {
	d := &view{spec: s, fleet: f, kind: k, role: r}
	d.selection = growth.Selection{
		Kind: k, Metric: s.Metric, Every: s.Metric == everyFamily, Loose: r == unmergeable, Type: s.Type, Where: s.Where,
		By: s.By, Without: s.Without, Rules: judge.Rules{Owner: s.Owner, BoundBirths: s.BoundBirths}, Body: r == electoral,
	}
	return d
}

func (s *spec) String() string {
	text := s.selector()
	if len(s.By) > 0 {
		text += fmt.Sprintf(" by (%s)", strings.Join(s.By, ", "))
	}
	if len(s.Without) > 0 {
		text += fmt.Sprintf(" without (%s)", strings.Join(s.Without, ", "))
	}
	return text
}

// selector is what the view selects, as PromQL.
func (s *spec) selector() string {
	name, list := s.Metric, make([]string, 0, len(s.Where)+1)
	named := func(m *labels.Matcher) bool { return m.Name == model.MetricNameLabel }
	if !model.LegacyValidation.IsValidMetricName(name) || notMetrics[strings.ToLower(name)] || slices.ContainsFunc(s.Where, named) {
		if name = ""; s.Metric != everyFamily {
			list = append(list, model.MetricNameLabel+"="+strconv.Quote(s.Metric))
		}
	}
	for _, m := range s.Where {
		list = append(list, m.String())
	}
	if len(list) == 0 {
		return name
	}
	return name + "{" + strings.Join(list, ",") + "}"
}
