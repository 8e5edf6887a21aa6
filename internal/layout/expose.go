package layout

import (
	"math"
	"slices"
)

// Native returns d as one native histogram to expose, in the finest exponential buckets that all of it can be brought
// to. It returns false without observations or if any of them is known by classic or custom buckets, or by quantiles.
func (d *Distribution) Native() (Native, bool) {
	if len(d.value.classic)+len(d.summaries) > 0 || d.Count() == 0 {
		return Native{}, false
	}
	all := nativeClass{schema: d.value.native[0].schema} // classes are in order of schema
	for i := range d.value.native {
		c := &d.value.native[i]
		all.zeroThreshold = max(all.zeroThreshold, c.zeroThreshold)
		all.coarsen(c)
	}
	all.widen()
	return *all.native(&Native{Count: d.Count(), Sum: d.sumOrNaN()}), true
}

// Classic is a classic histogram to expose.
type Classic struct {
	Layout *Layout
	Counts []float64 // cumulative, one for each bucket of the layout
	Sum    float64   // NaN if unknown
}

// Classic returns d as one classic histogram to expose: cumulative counts at the bounds that all layouts have, the only
// ones where they are known. It returns false without observations or if d holds exponential buckets alone.
func (d *Distribution) Classic() (Classic, bool) {
	if len(d.value.classic)+len(d.summaries) == 0 || d.Count() == 0 {
		return Classic{}, false
	}
	h := Classic{Layout: d.common(), Sum: d.sumOrNaN()}
	for _, b := range h.Layout.bounds {
		h.Counts = append(h.Counts, d.asked().all.ended(b))
	}
	return h, true
}

// common returns the layout of the bounds that all layouts and schemas have.
func (d *Distribution) common() *Layout {
	l := anywhere(false)
	if len(d.summaries) > 0 {
		return l
	}
	for i := range d.value.classic {
		if own := d.value.classic[i].layout; i == 0 {
			l = own
		} else {
			l = Common(l, own)
		}
	}
	l = &Layout{bounds: slices.Clone(l.bounds), signed: l.signed}
	for i := range d.value.native {
		c := &d.value.native[i]
		l.bounds = slices.DeleteFunc(l.bounds, func(b float64) bool { return !has(b, c.schema, c.zeroThreshold) })
		l.signed = l.signed || len(c.negative.index) > 0
	}
	return l
}

func (d *Distribution) sumOrNaN() float64 {
	if sum, ok := d.Sum(); ok {
		return sum
	}
	return math.NaN()
}
