package aggregate

import (
	"iter"
	"math"
	"sync"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/histogram"
	"github.com/promfold/promfold/internal/layout"
)

// HistogramGroup is one group's answer. It is not for concurrent use.
type HistogramGroup struct {
	counter *CounterGroup
	pieces  []buckets
	all     *merged // nil: of no question
}

// merged is what all members of a group observed, added up when it is first asked
// for. Answers with the same counts share it. Asking needs the lock.
type merged struct {
	sync.Mutex
	layout.Distribution
	done bool
}

// Labels returns the group's labels.
func (g *HistogramGroup) Labels() labels.Labels { return g.Observations().Labels() }

// Coverage returns how much of the fleet the answer rests on.
func (g *HistogramGroup) Coverage() Coverage { return g.Observations().Coverage() }

// Warnings returns what a reader of the numbers should know, in words.
func (g *HistogramGroup) Warnings() []string { return g.Observations().Warnings() }

// Explain tells how the answer came about, member by member, as text.
func (g *HistogramGroup) Explain() string { return g.Observations().Explain() }

// String returns the group as one line.
func (g *HistogramGroup) String() string {
	x, ok := g.Observations().Increase()
	return summary(g, "observations", x, ok)
}

// Observations returns the number of observations as a counter: growth, rates,
// members.
func (g *HistogramGroup) Observations() *CounterGroup { return orNone(g.counter) }

// Quantile returns the q-quantile of all observations; false without any or for
// a q outside [0, 1].
func (g *HistogramGroup) Quantile(q float64) (promfold.Estimate, bool) {
	d := g.merge()
	defer d.Unlock()
	return d.Quantile(q)
}

// WorstQuantile returns the member with the greatest q-quantile, which the
// merged one hides; Lo and Hi hold the greatest of all members'. Its Share is that
// of the members' observations, 0 where that is not known.
func (g *HistogramGroup) WorstQuantile(q float64) (Member, bool) {
	worst, ok := layout.Worst(q, g.distributions())
	if !ok {
		return Member{}, false
	}
	for _, m := range g.Observations().Increases() {
		if m.Instance == worst.Name {
			m.Estimate = g.counter.answer.open(estimate{Value: worst.Estimate.Value, Lo: worst.Lo, Hi: worst.Hi})
			if m.Share = 0; worst.Share > 0 { // NaN: nobody is known to have observed anything
				m.Share = worst.Share
			}
			return m, true
		}
	}
	return Member{}, false
}

// Over returns the share of observations above x.
func (g *HistogramGroup) Over(x float64) (promfold.Estimate, bool) {
	d := g.merge()
	defer d.Unlock()
	return d.Over(x)
}

// Sum returns the sum of the observations; false if a member's is not known.
// Observations that may have been missed have any value.
func (g *HistogramGroup) Sum() (promfold.Estimate, bool) {
	d := g.merge()
	defer d.Unlock()
	sum, ok := d.Sum()
	e := g.allowing(sum)
	if least, most, known := g.sums(); known && !e.Exact() {
		e.Lo, e.Hi = min(least, sum), max(most, sum)
	}
	return e, ok
}

// Mean returns the mean observation.
func (g *HistogramGroup) Mean() (promfold.Estimate, bool) {
	d := g.merge()
	defer d.Unlock()
	mean, ok := d.Mean()
	e := g.allowing(mean)
	if least, most, known := g.sums(); known && !e.Exact() {
		n, _ := g.Observations().Increase()
		if e.Lo = min(least/n.Hi, mean); n.Lo > 0 {
			e.Hi = max(most/n.Lo, mean)
		}
	}
	return e, ok
}

// sums returns the least and the greatest sum of what was observed, if nothing
// is open but where between two checkpoints the window begins.
func (g *HistogramGroup) sums() (least, most float64, known bool) {
	if g.counter == nil || g.signed() || g.counter.left() != nil {
		return 0, 0, false
	}
	_, parts := g.counter.parts()
	for i := range parts {
		if parts[i].loose {
			return 0, 0, false
		}
	}
	for i := range g.pieces {
		lo, hi := &g.pieces[i], &g.pieces[i]
		if lo.most != nil {
			lo, hi = lo.least, lo.most
		}
		least, most = least+lo.sum, most+hi.sum
	}
	return least, most, true
}

// allowing widens what is known of the observations that were counted to what
// those may be that were missed, or may not have been.
func (g *HistogramGroup) allowing(x float64) estimate {
	e := exactly(x)
	if n, _ := g.Observations().Increase(); !n.Exact() {
		if e.Lo, e.Hi = 0, math.Inf(1); g.signed() {
			e.Lo = math.Inf(-1)
		}
	}
	return e
}

// signed: an observation may be negative.
func (g *HistogramGroup) signed() bool {
	for i := range g.pieces {
		p := &g.pieces[i]
		if p.layout != nil && p.layout.Floor() < 0 || p.native != nil && len(p.native.Negative) > 0 {
			return true
		}
	}
	return false
}

// Distribution returns all observations, for heatmaps and further questions; the
// caller owns it.
func (g *HistogramGroup) Distribution() *histogram.Distribution {
	d := &histogram.Distribution{Signed: g.signed()}
	all := g.merge()
	defer all.Unlock()
	d.Engine.Merge(&all.Distribution)
	return d
}

// Distributions yields the observations of each member, by name; the caller owns
// them.
func (g *HistogramGroup) Distributions() iter.Seq2[string, *histogram.Distribution] {
	return func(yield func(string, *histogram.Distribution) bool) {
		for _, m := range g.distributions() {
			d := &histogram.Distribution{Signed: g.signed()}
			d.Engine.Merge(m.Distribution)
			if !yield(m.Name, d) {
				return
			}
		}
	}
}

// merge adds up what the members observed, when it is first asked for, and locks
// it.
func (g *HistogramGroup) merge() *merged {
	if g.all == nil {
		g.all = &merged{}
	}
	g.all.Lock()
	if !g.all.done {
		g.all.done = true
		for i := range g.pieces {
			g.pieces[i].addTo(&g.all.Distribution)
		}
	}
	return g.all
}

// distributions are the members that observed something, by name. Departed ones
// are none.
func (g *HistogramGroup) distributions() []layout.Member {
	var list []layout.Member
	last := int32(-1)
	for i := range g.pieces {
		p := &g.pieces[i]
		if p.share == departedShare {
			continue
		}
		if p.share != last {
			list = append(list, layout.Member{Name: g.counter.answer.shares[p.share].name, Distribution: &layout.Distribution{}})
			last = p.share
		}
		p.addTo(list[len(list)-1].Distribution)
	}
	return list
}
