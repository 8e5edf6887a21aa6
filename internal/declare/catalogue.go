package declare

import (
	"cmp"
	"sync"
	"sync/atomic"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/selector"
)

// Catalogue knows metrics by name. A nil one knows none. It is safe for concurrent
// use.
type Catalogue struct {
	Lookup  func(metric string) (View, bool)
	read    sync.Map     // *knowledge by metric that was asked about
	strange atomic.Int64 // of them, those that nothing is known of
}

// knowledge is what is known of a metric to a view that may be of many.
type knowledge struct {
	View
	found  bool
	leaves []*labels.Matcher
}

// Of returns what is known of a metric.
func (c *Catalogue) Of(metric string) (View, bool) {
	if c == nil {
		return View{}, false
	}
	k := c.knowledge(metric)
	return k.View, k.found
}

// LookUp asks about metrics, unless it did. What is known then is not asked again.
func (c *Catalogue) LookUp(metrics func() []string) {
	if c == nil {
		return
	}
	for _, name := range metrics() {
		c.knowledge(name)
	}
}

// Unasked are metrics that a catalogue was not asked about. As an error it says
// that a scrape waits for that.
type Unasked []string

func (Unasked) Error() string { return "metrics that were not looked up" }

// Check returns the metrics of a body's new lines that it was not asked about, as
// an error.
func (c *Catalogue) Check(s *lines.Store, r *lines.Reader) error {
	if c == nil {
		return nil
	}
	var names Unasked
	before := ""
	for _, pos := range r.Came() {
		l := s.Line(r.ID(int(pos)))
		if l.Name == before {
			continue
		}
		before = l.Name
		for _, name := range []string{l.Name, l.Family.Name} {
			if _, asked := c.read.Load(name); !asked {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	return names
}

// Known is Of for a metric that was looked up, which asks nobody.
func (c *Catalogue) Known(metric string) View {
	if c == nil {
		return View{}
	}
	return c.knowledge(metric).View
}

// knowledge returns what is known of a metric. A selector that cannot be read
// says nothing.
func (c *Catalogue) knowledge(metric string) *knowledge {
	x, ok := c.read.Load(metric)
	if !ok {
		var k knowledge
		if v, found := c.Lookup(metric); found {
			if k.View, k.found = v, true; v.Select != "" {
				if s, err := selector.Parse(v.Select); err == nil {
					k.leaves = s.Where
				}
			}
		}
		var before bool
		if x, before = c.read.LoadOrStore(metric, &k); !before && !k.found {
			c.strange.Add(1)
		}
	}
	return x.(*knowledge)
}

// knows returns who owns a metric, and what the lines match that are no sums of
// others. It asks nobody: a metric that was not looked up is not known.
func (c *Catalogue) knows(metric string) (judge.Owner, []*labels.Matcher) {
	x, ok := c.read.Load(metric)
	if !ok {
		return judge.OwnerUnknown, nil
	}
	k := x.(*knowledge)
	return judge.Owner(k.Owner), k.leaves
}

// mostStrange is how many metrics are remembered of which nothing is known.
const mostStrange = 100_000

// Forget forgets, where there are very many, of which metrics nothing is known:
// names that come and go leave nothing.
func (c *Catalogue) Forget() {
	if c == nil || c.strange.Load() < mostStrange {
		return
	}
	c.strange.Store(0)
	c.read.Range(func(metric, x any) bool {
		if !x.(*knowledge).found {
			c.read.Delete(metric)
		}
		return true
	})
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
