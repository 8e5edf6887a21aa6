package aggregate

import (
	"fmt"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/selector"
)

// view is a declared View and what the fleet keeps for it, under the fleet's
// lock.
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

	ledger totals // that were shown

	elects *view // says who leads, if the view asks for it
	limit  *view // the limit of which values are shares, if any

	moved uint64 // the last snapshot before new labels of a target moved an instance to other groups
}

// role is what a view is needed for.
type role uint8

const (
	declared    role = iota // a program declared it
	electoral               // says who leads; the election is named in the body
	limiting                // is the limit of another one
	unmergeable             // selects what has no sum over instances: series without a type, quantiles of summaries
)

// newView returns a view that is not the fleet's yet.
func (f *Fleet) newView(s spec, k growth.Kind, r role) *view {
	d := &view{spec: s, fleet: f, kind: k, role: r}
	d.selection = growth.Selection{
		Kind: k, Metric: s.Metric, Every: s.Every(), Loose: r == unmergeable, Type: s.Type, Where: s.Where,
		By: s.By, Without: s.Without, Rules: judge.Rules{Owner: s.Owner, BoundBirths: s.BoundBirths, WrapBits: s.WrapBits}, Body: r == electoral,
	}
	if f.catalogue != nil && r != electoral {
		d.selection.Known = f.knowledge
	}
	return d
}

// knowledge is what the catalogue says of a metric to a view that may be of many.
type knowledge struct {
	owner  judge.Owner
	leaves []*labels.Matcher
}

// knowledge returns it. A selector that cannot be read says nothing.
func (f *Fleet) knowledge(metric string) (judge.Owner, []*labels.Matcher) {
	x, ok := f.lookups.Load(metric)
	if !ok {
		var k knowledge
		if v, found := f.catalogue(metric); found {
			k.owner = judge.Owner(v.Owner)
			if v.Select != "" {
				if s, err := selector.Parse(v.Select); err == nil {
					k.leaves = s.Where
				}
			}
		}
		x, _ = f.lookups.LoadOrStore(metric, k)
	}
	k := x.(knowledge)
	return k.owner, k.leaves
}

func (s *spec) String() string {
	text := s.Selector.String()
	if len(s.By) > 0 {
		text += fmt.Sprintf(" by (%s)", strings.Join(s.By, ", "))
	}
	if len(s.Without) > 0 {
		text += fmt.Sprintf(" without (%s)", strings.Join(s.Without, ", "))
	}
	return text
}
