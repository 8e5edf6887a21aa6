package aggregate

import (
	"fmt"
	"strings"

	"github.com/prometheus/common/model"

	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/lines"
)

// view is a declared View and what belongs to it fleet-wide. The fleet's lock
// guards all of it.
type view struct {
	spec
	fleet  *Fleet
	kind   kind
	role   role
	index  int // in Fleet.views and instance.bindings
	rules  judge.Rules
	routes map[string]*route // by the target labels' names that matter to the view
	finals finals

	// Of the latest question:
	plan    *plan
	latest  latest
	scratch []share

	base string // Metric without _total, for counters

	external judge.Rules // of every family: for what outlives the process

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
func (f *Fleet) newView(s spec, k kind, r role) *view {
	d := &view{spec: s, fleet: f, kind: k, role: r, routes: map[string]*route{}, base: strings.TrimSuffix(s.Metric, "_total")}
	d.rules = judge.Rules{Owner: s.Owner, Births: s.Births}
	if s.Owner == judge.OwnerUnknown {
		d.rules.Owner = ownerOf(s.Metric)
	}
	d.external = d.rules
	d.external.Owner = judge.OwnerExternal
	return d
}

// fit says how a line relates to a view.
type fit uint8

const (
	fitNone fit = iota // another metric
	fitType            // the metric, with a type that the view does not take
	fitName            // the metric and type; the matchers decide
)

// fits compares name and type alone.
func (v *view) fits(l *lines.Line) fit {
	switch {
	case v.role == unmergeable:
		return fitsNoKind(l)
	case v.every():
		return v.fitsEvery(l)
	}
	switch v.kind {
	case kindHistogram:
		if l.Family.Name != v.Metric {
			return fitNone
		}
		if t := v.typeOf(l); t != model.MetricTypeHistogram {
			return fitType
		}
		switch l.Role {
		case lines.Bucket, lines.Count, lines.Sum, lines.Native:
			return fitName
		}
		return fitNone
	case kindCounter:
		if l.Name != v.base && l.Name != v.base+"_total" || l.Role == lines.Native {
			return fitNone
		}
		switch t := v.typeOf(l); {
		case l.Role == lines.Count || l.Role == lines.Sum:
			return fitName
		case l.Role != lines.Value || t != model.MetricTypeCounter && t != model.MetricTypeUnknown:
			return fitType
		}
		return fitName
	default:
		if l.Name != v.Metric || l.Role == lines.Native {
			return fitNone
		}
		switch v.typeOf(l) {
		case model.MetricTypeCounter, model.MetricTypeHistogram, model.MetricTypeGaugeHistogram, model.MetricTypeSummary:
			return fitType
		}
		return fitName
	}
}

func (v *view) typeOf(l *lines.Line) model.MetricType {
	if v.Type != "" {
		return v.Type
	}
	return l.Family.Type
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

// selector is what the view selects.
func (s *spec) selector() string {
	list := make([]string, len(s.Where))
	for i, m := range s.Where {
		list[i] = m.String()
	}
	if len(list) == 0 {
		return s.Metric
	}
	return s.Metric + "{" + strings.Join(list, ",") + "}"
}
