package tally

import (
	"math"
	"slices"
	"sync"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/window"
)

// Distribution is what the members of one group observed. The zero value is of no answer. It is not for concurrent use.
type Distribution struct {
	Growth Growth
	pieces []piece
	all    *merged // nil: of no question
}

// merged is what all members of a group observed, added up when it is first asked for. Answers with the same counts share
// it. Asking needs the lock.
type merged struct {
	sync.Mutex
	layout.Distribution
	done    bool
	summed  bool  // the sums of plain pieces are in it, too: few questions need them
	refused []int // pieces that could not be added
}

// departed is the share of departed instances.
const departed = -1

// Distribution returns what the members observed. The rows of the shares are read when it is first called.
func (g Growth) Distribution() Distribution {
	d := Distribution{Growth: g}
	if len(g.of) > 0 { // else only departed instances are in the group
		g.read()
		d.pieces, d.all = g.pieces[g.Number], &g.merged[g.Number]
	}
	d.addDepartures()
	return d
}

// addDepartures adds what departed instances observed, which belongs to no member.
func (d *Distribution) addDepartures() {
	left := d.Growth.Left()
	if left == nil {
		return
	}
	for i := range left.Classes {
		c := &left.Classes[i]
		p := piece{share: departed, layout: c.Layout, sum: c.Sum.Float64()}
		if c.Grid != nil {
			p.native = c.Native()
		} else {
			p.counts = c.Counts.AppendDiff(nil, 0, c.Layout.Len(), &exact.Vector{})
		}
		if c.NoSum {
			p.sum = math.NaN()
		}
		d.pieces, d.all = append(slices.Clip(d.pieces), p), nil // other answers share the list
	}
}

// Merge adds up what the members observed, when it is first asked for, and hands it to do.
func (d *Distribution) Merge(do func(*layout.Distribution)) { d.merge(true, do) }

// merge is Merge; without sums their sum does not matter.
func (d *Distribution) merge(sums bool, do func(*layout.Distribution)) {
	if d.all == nil {
		d.all = &merged{}
	}
	d.all.Lock()
	defer d.all.Unlock()
	if !d.all.done {
		d.all.done = true
		d.addTo(d.all)
		if d.Growth.unseen() {
			d.all.AddUnknown(math.Inf(1), d.Signed())
		}
	}
	if sums && !d.all.summed {
		d.all.summed = true
		for i := range d.pieces {
			if p := &d.pieces[i]; p.plain() && !slices.Contains(d.all.refused, i) {
				d.all.AddSum(p.sum)
			}
		}
	}
	do(&d.all.Distribution)
}

// addTo adds the pieces. What is not known of how many observations there were is not known of their buckets either.
// Counts that are as they are come first, without their sums: then their bounds are copies of their sum.
func (d *Distribution) addTo(all *merged) {
	signed := d.Signed()
	for i := range d.pieces {
		if p := &d.pieces[i]; p.plain() && !p.addCounts(&all.Distribution, signed) {
			all.refused = append(all.refused, i)
		}
	}
	share, below, above := int32(departed-1), 0.0, 0.0
	for i := range d.pieces {
		p := &d.pieces[i]
		if p.share != share {
			share = p.share
			below, above = d.unsure(p)
			all.AddUnknown(above, signed)
		}
		if p.doubt(&all.Distribution, below, signed); !p.plain() {
			p.add(&all.Distribution, below, signed)
		}
	}
}

// unsure returns how many of an instance's observations may not have been, and how many more there may have been. What was
// lost at a proven end is not in it: the warnings say so.
func (d *Distribution) unsure(of *piece) (below, above float64) {
	var x window.Bounds
	if of.share == departed {
		x.Merge(&d.Growth.Left().Bounds)
		return x.Below.Float64(), x.Above.Float64()
	}
	p := &d.Growth.parts[of.part]
	if !p.loose && !p.spare {
		return 0, 0
	}
	lost := 0
	d.Growth.happenings(p, func(e *happening) {
		e.bound(&x, d.Growth.asked.Start)
		if e.Doubt&judge.Unproven == 0 && (e.Verdict == judge.Reset || e.Verdict == judge.Gap && d.Growth.shares[of.share].ended(e.At)) {
			lost += e.Open
		}
	})
	if above = x.Above.Float64(); x.Open > lost || p.open {
		above = math.Inf(1)
	}
	if p.spare {
		return p.grown, above
	}
	return x.Below.Float64(), above
}

// Quantile returns the q-quantile of all observations.
func (d *Distribution) Quantile(q float64) (e estimate, ok bool) {
	d.merge(false, func(all *layout.Distribution) { e, ok = all.Quantile(q) })
	return e, ok
}

// Over returns the share of observations above x.
func (d *Distribution) Over(x float64) (e estimate, ok bool) {
	d.merge(false, func(all *layout.Distribution) { e, ok = all.Over(x) })
	return e, ok
}

// Worst returns the member with the greatest q-quantile, and the bounds of the greatest of all.
func (d *Distribution) Worst(q float64) (Member, bool) {
	worst, ok := layout.Worst(q, d.Members())
	if !ok {
		return Member{}, false
	}
	for _, m := range d.Growth.Increases() {
		if m.Instance == worst.Name {
			m.Share = d.Growth.counts().shares()(m.Estimate)
			m.Estimate = open(estimate{Value: worst.Estimate.Value, Lo: worst.Lo, Hi: worst.Hi}, d.Growth.unseen())
			return m, true
		}
	}
	return Member{}, false
}

// MetOnce returns the members behind a balancer of which no growth was seen in the window: their observations may have
// any value, and are in the bounds.
func (d *Distribution) MetOnce() (names []string) {
	for sh := range d.Growth.metOnce {
		names = append(names, sh.Name)
	}
	return names
}

// Sum returns the sum of the observations; false if a member's is not known.
func (d *Distribution) Sum() (e estimate, ok bool) {
	if d.Merge(func(all *layout.Distribution) { e.Value, ok = all.Sum() }); !ok {
		return estimate{}, false
	}
	e = d.allowing(e.Value)
	if least, most, known := d.sums(); known && !e.Exact() {
		e.Lo, e.Hi = min(least, e.Value), max(most, e.Value)
	}
	return held(e), ok
}

// Mean returns the mean observation.
func (d *Distribution) Mean() (e estimate, ok bool) {
	if d.Merge(func(all *layout.Distribution) { e.Value, ok = all.Mean() }); !ok {
		return estimate{}, false
	}
	e = d.allowing(e.Value)
	if least, most, known := d.sums(); known && !e.Exact() {
		n, _ := d.Growth.covered(true)
		if e.Lo = min(least/n.Hi, e.Value); n.Lo > 0 {
			e.Hi = max(most/n.Lo, e.Value)
		}
	}
	return held(e), ok
}

// held returns e with its value between its bounds. Part of a sum may be known of other observations than the count.
func held(e estimate) estimate {
	e.Value = min(max(e.Value, e.Lo), e.Hi)
	return e
}

// sums returns the least and the greatest sum of what was observed, if nothing is open but where between two checkpoints
// the window begins.
func (d *Distribution) sums() (least, most float64, known bool) {
	if d.Growth.Answer == nil || d.Signed() || d.Growth.Left() != nil || d.Growth.unseen() {
		return 0, 0, false
	}
	_, parts := d.Growth.own()
	for i := range parts {
		if parts[i].loose {
			return 0, 0, false
		}
	}
	for i := range d.pieces {
		lo, hi := &d.pieces[i], &d.pieces[i]
		if lo.most != nil {
			lo, hi = lo.least, lo.most
		}
		if !d.Growth.parts[d.pieces[i].part].spare {
			least += lo.sum
		}
		most += hi.sum
	}
	return least, most, true
}

// allowing widens what is known of the observations that were counted to what those may be that were missed, or may not
// have been.
func (d *Distribution) allowing(x float64) estimate {
	e := exactly(x)
	if n, _ := d.Growth.covered(true); !n.Exact() || d.Growth.unseen() {
		if e.Lo, e.Hi = 0, math.Inf(1); d.Signed() {
			e.Lo = math.Inf(-1)
		}
	}
	return e
}

// Signed reports whether an observation may be negative.
func (d *Distribution) Signed() bool {
	for i := range d.pieces {
		p := &d.pieces[i]
		if p.signed || p.sum < 0 || p.layout != nil && p.layout.Floor() < 0 || p.native != nil && len(p.native.Negative) > 0 {
			return true
		}
	}
	return false
}

// Shapeless returns how many observations are known by count and sum alone, and whose they are.
func (d *Distribution) Shapeless() (n float64, names []string) {
	for i := range d.pieces {
		p := &d.pieces[i]
		if p.layout == nil || p.layout.Len() > 1 || p.share == departed {
			continue
		}
		if x := p.cumulative(nil)[0]; x > 0 {
			n += x
			names = append(names, d.Growth.shares[p.share].Name)
		}
	}
	return n, names
}

// Members returns the members that observed something, by name. Departed ones are none.
func (d *Distribution) Members() []layout.Member {
	var list []layout.Member
	last, below, above, signed := int32(departed), 0.0, 0.0, d.Signed()
	for i := range d.pieces {
		p := &d.pieces[i]
		if p.share == departed {
			continue
		}
		if p.share != last {
			list = append(list, layout.Member{Name: d.Growth.shares[p.share].Name, Distribution: &layout.Distribution{}})
			last = p.share
			below, above = d.unsure(p)
			list[len(list)-1].Distribution.AddUnknown(above, signed)
		}
		p.doubt(list[len(list)-1].Distribution, below, signed)
		p.add(list[len(list)-1].Distribution, below, signed)
	}
	return list
}
