package declare

import (
	"cmp"
	"sync"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/selector"
)

// Catalogue knows metrics by name. A nil one knows none. It is safe for concurrent
// use.
type Catalogue struct {
	Lookup func(metric string) (View, bool)
	read   sync.Map // knowledge by metric
}

// knowledge is what is known of a metric to a view that may be of many.
type knowledge struct {
	owner  judge.Owner
	leaves []*labels.Matcher
}

// Of returns what is known of a metric.
func (c *Catalogue) Of(metric string) (View, bool) {
	if c == nil {
		return View{}, false
	}
	return c.Lookup(metric)
}

// knows returns who owns a metric, and what the lines match that are no sums of
// others. A selector that cannot be read says nothing.
func (c *Catalogue) knows(metric string) (judge.Owner, []*labels.Matcher) {
	x, ok := c.read.Load(metric)
	if !ok {
		var k knowledge
		if v, found := c.Lookup(metric); found {
			k.owner = judge.Owner(v.Owner)
			if v.Select != "" {
				if s, err := selector.Parse(v.Select); err == nil {
					k.leaves = s.Where
				}
			}
		}
		x, _ = c.read.LoadOrStore(metric, k)
	}
	k := x.(knowledge)
	return k.owner, k.leaves
}

// completed takes over what is known of the metric. What the view says itself
// stays.
func (c *Catalogue) completed(v View, sel *selector.Selector, k growth.Kind) View {
	if sel.Every() {
		return v
	}
	known, ok := c.Of(sel.Metric)
	if !ok {
		return v
	}
	v.Type = cmp.Or(v.Type, known.Type)
	if k != growth.Gauge {
		v.Owner = cmp.Or(v.Owner, known.Owner)
		v.BoundBirths = v.BoundBirths || known.BoundBirths
		if k == growth.Counter {
			v.WrapBits = cmp.Or(v.WrapBits, known.WrapBits)
		}
		v.Signed = v.Signed || known.Signed && k == growth.Histogram
		return v
	}
	if v.Sentinels == nil {
		v.Sentinels = known.Sentinels
	}
	if v.Combine == 0 && v.Limit == "" {
		v.Combine, v.Limit = known.Combine, known.Limit
		v.Within, v.Leader = cmp.Or(v.Within, known.Within), cmp.Or(v.Leader, known.Leader)
	}
	return v
}
