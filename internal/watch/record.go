package watch

import (
	"cmp"
	"math"
	"slices"

	"github.com/promfold/promfold/internal/exact"
)

// Reading is what a group of a process had at a time, as one watcher counts.
type Reading struct {
	At int64 // Unix ms
	Value
}

// Growth is what one watcher knows of a group of a process.
type Growth struct {
	Group string
	// Met is what the watcher found at its first scrape. Where all of the group
	// began at 0 with its process, after the watcher's Since, Met is 0 at that
	// start, which is before the first scrape. Left is Met and all that the watcher
	// saw grow since. It compares with what others met until Left.At: that is the
	// time of the latest scrape where nothing was reset in between, else that of the
	// first one. Without both, which Left.At = 0 says, the watcher cannot tell where
	// the group began.
	Met, Left Reading
	// Grown is what the watcher saw grow, where it cannot tell from where.
	Grown *Value
}

// never is the time of a reading that was not made.
const never = math.MaxInt64

// record is what is known of a group of a process. Records are never written to.
//
// Of readings where a process was met those are kept that are of use: earlier
// than others or less. Of those where it was left the later ones or greater.
// Each is nearly always one.
type record struct {
	group     string
	met, left Reading // the first of each; met.At is never if there are none
	more      *more
}

// more is what few records need.
type more struct {
	mets, lefts []Reading // the others, in order
	own         []Reading // see owned; of what is loose
	grown       *Value
	base        *base
}

// base is what is known of a group since begin, until when its growth is counted
// elsewhere, too.
type base struct {
	begin int64
	met   Reading // the earliest since then; At is never if there is none
	grown *Value  // without a reading to compare
}

// join returns what is of use of both: that of the later begin.
func (b *base) join(o *base) *base {
	switch {
	case o == nil || b != nil && b.begin > o.begin:
		return b
	case b == nil || b.begin < o.begin:
		return o
	}
	j := &base{b.begin, b.met, greater(b.grown, o.grown)}
	if o.met.compareTo(&b.met) < 0 {
		j.met = o.met
	}
	return j
}

func (b *base) equal(o *base) bool {
	return b == o || b != nil && o != nil && b.begin == o.begin && b.met.compareTo(&o.met) == 0 && equalValue(b.grown, o.grown)
}

func (p *Reading) compareTo(q *Reading) int {
	return cmp.Or(cmp.Compare(p.At, q.At), p.Value.compare(&q.Value))
}

func newRecord(g *Growth, begin int64, loose bool) record {
	r := record{group: g.Group, met: Reading{At: never}}
	if g.Left.At != 0 {
		r.met, r.left = g.Met, g.Left
	}
	if g.Grown != nil || begin > 0 {
		r.more = &more{grown: g.Grown}
	}
	if begin > 0 {
		r.more.base = &base{begin, Reading{At: never}, g.Grown}
		if r.met.At >= begin {
			r.more.base.met = r.met
		}
	}
	if r.more != nil && loose {
		r.more.own = r.difference()
	}
	return r
}

// points are all readings of a record.
func (r *record) points() (mets, lefts []Reading) {
	if r.met.At != never {
		mets, lefts = []Reading{r.met}, []Reading{r.left}
	}
	if r.more != nil {
		mets, lefts = append(mets, r.more.mets...), append(lefts, r.more.lefts...)
	}
	return mets, lefts
}

// owned is what single watchers saw grow of what is loose, each at the time at which
// it met the group; those that are later than others, or more. Of one met and left
// that are one watcher's it goes without saying.
func (r *record) owned() []Reading {
	if r.more == nil {
		return r.difference()
	}
	return r.more.own
}

// difference is what the watcher of the first met and left saw grow.
func (r *record) difference() []Reading {
	if r.met.At == never || r.met.Count.Cmp(&r.left.Count) > 0 {
		return nil
	}
	return []Reading{{r.met.At, growth(&r.left.Value, &r.met.Value)}}
}

// each calls do with every value in a record.
func (r *record) each(do func(*Value)) {
	do(&r.met.Value)
	do(&r.left.Value)
	if r.more == nil {
		return
	}
	for _, list := range [][]Reading{r.more.mets, r.more.lefts, r.more.own} {
		for i := range list {
			do(&list[i].Value)
		}
	}
	list := []*Value{r.more.grown}
	if b := r.more.base; b != nil {
		list = append(list, &b.met.Value, b.grown)
	}
	for _, v := range list {
		if v != nil {
			do(v)
		}
	}
}

// first returns since when something of what is known grew.
func (r *record) first() int64 {
	switch b := r.base(); {
	case r.grown() == nil:
		return r.met.At
	case b != nil && equalValue(b.grown, r.grown()):
		return min(b.begin, r.met.At)
	}
	return 0 // nobody can tell since when
}

// join reports whether r, or o, is what both know; if neither is, it makes j that.
func (r *record) join(o, j *record, loose bool) (isR, isO bool) {
	if r.more != nil || o.more != nil || loose && (r.met.At != o.met.At || r.left.Histogram != nil || o.left.Histogram != nil) {
		return r.joinAll(o, j, loose)
	}
	metR, metO := r.met.order(&o.met)
	leftO, leftR := r.left.order(&o.left)
	switch {
	case metR && leftR || metO && leftO:
		return metR && leftR, metO && leftO
	case loose, !metR && !metO, !leftR && !leftO:
		return r.joinAll(o, j, loose)
	}
	j.group, j.met, j.left, j.more = r.group, r.met, r.left, nil
	if metO {
		j.met = o.met
	}
	if leftO {
		j.left = o.left
	}
	return false, false
}

// order reports whether p is below q, and q below p: made no later, and with
// nowhere more. It is a partial order.
func (p *Reading) order(q *Reading) (below, above bool) {
	if p.Histogram == q.Histogram {
		c := p.Count.Cmp(&q.Count)
		return p.At <= q.At && c <= 0, p.At >= q.At && c >= 0
	}
	return p.At <= q.At && p.within(&q.Value), q.At <= p.At && q.within(&p.Value)
}

func (r *record) joinAll(o, j *record, loose bool) (isR, isO bool) {
	rm, rl := r.points()
	om, ol := o.points()
	mets, lefts := useful(1, rm, om), useful(-1, rl, ol)
	*j = record{group: r.group, met: Reading{At: never}}
	x := more{grown: greater(r.grown(), o.grown()), base: r.base().join(o.base())}
	if len(mets) > 0 {
		j.met, j.left, x.mets, x.lefts = mets[0], lefts[0], mets[1:], lefts[1:]
	}
	if len(x.mets)+len(x.lefts) > 0 || x.grown != nil || x.base != nil {
		j.more = &x
	}
	if own := useful(-1, r.owned(), o.owned()); loose && (j.more != nil || !sameReadings(own, j.difference())) {
		x.own, j.more = own, &x
	}
	return j.equal(r), j.equal(o)
}

func (r *record) grown() *Value {
	if r.more == nil {
		return nil
	}
	return r.more.grown
}

func (r *record) base() *base {
	if r.more == nil {
		return nil
	}
	return r.more.base
}

// greater returns the greater of two values; nil is less than any.
func greater(a, b *Value) *Value {
	if a == nil || b != nil && a != b && a.compare(b) < 0 {
		return b
	}
	return a
}

// useful keeps of two lists the readings that no other one is below; above,
// where sign is −1. They stand in order.
func useful(sign int, a, b []Reading) (list []Reading) {
	all := slices.Concat(a, b)
	slices.SortFunc(all, func(p, q Reading) int { return sign * p.compareTo(&q) })
	for i := range all {
		beaten := false
		for j := range all {
			below, above := all[i].order(&all[j])
			if sign < 0 {
				below, above = above, below
			}
			beaten = beaten || above && (!below || j < i)
		}
		if !beaten {
			list = append(list, all[i])
		}
	}
	return list
}

func (r *record) equal(o *record) bool {
	if r.group != o.group || r.met.compareTo(&o.met) != 0 || r.left.compareTo(&o.left) != 0 {
		return false
	}
	if r.more == nil || o.more == nil {
		return r.more == o.more
	}
	return sameReadings(r.more.mets, o.more.mets) && sameReadings(r.more.lefts, o.more.lefts) && sameReadings(r.more.own, o.more.own) &&
		equalValue(r.grown(), o.grown()) && r.base().equal(o.base())
}

func sameReadings(a, b []Reading) bool {
	return slices.EqualFunc(a, b, func(p, q Reading) bool { return p.compareTo(&q) == 0 })
}

func equalValue(a, b *Value) bool {
	return a == b || a != nil && b != nil && a.compare(b) == 0
}

// value returns what the group grew by, at least, after a time until when its
// growth is counted elsewhere, 0 if it is not. The readings of two watchers compare
// if they lie so far apart: a process that began between them unnoticed would else
// be taken for the one before, where the clocks differ.
func (r *record) value(after, apart int64) Value {
	mets, lefts := r.points()
	grown := r.grown()
	if after > 0 {
		grown = nil
		if b := r.base(); b != nil && b.begin >= after {
			mets, grown = append(mets, b.met), b.grown
		}
		mets = slices.DeleteFunc(mets, func(m Reading) bool { return m.At < after || m.At == never })
	}
	var list []Value
	for i := range mets {
		for j := range lefts {
			if m, l := &mets[i], &lefts[j]; m.At+apart <= l.At && m.Count.Cmp(&l.Count) <= 0 {
				list = append(list, growth(&l.Value, &m.Value))
			}
		}
	}
	if apart > 0 {
		for _, x := range r.owned() {
			if x.At >= after {
				list = append(list, x.Value)
			}
		}
	}
	if grown != nil {
		list = append(list, *grown)
	}
	return fullest(list)
}

// growth is left less met, where met.Count ≤ left.Count. Its buckets are known
// where those of both compare.
func growth(left, met *Value) (v Value) {
	v.Count.Set(&left.Count)
	v.Count.Sub(&met.Count)
	h := left.Histogram
	if h == nil {
		return v
	}
	m := met.Histogram
	if m == nil {
		if met.Count.Sign() == 0 {
			v.Histogram = h // from birth
			return v
		}
		m = &Histogram{NoSum: true}
	}
	d := &Histogram{NoSum: h.NoSum || m.NoSum}
	if !d.NoSum {
		d.Sum.Set(&h.Sum)
		d.Sum.Sub(&m.Sum)
	}
	if parts, ok := partsMinus(h.Parts, m.Parts); ok {
		if n := refined(parts); n.Cmp(&v.Count) <= 0 {
			d.Parts = parts
		}
	}
	v.Histogram = d
	return v
}

// fullest returns the greatest of several accounts of one growth, with the
// buckets of the one that knows most of them.
func fullest(list []Value) (v Value) {
	if len(list) == 0 {
		return v
	}
	v = list[0]
	for i := range list[1:] {
		if list[i+1].compare(&v) > 0 {
			v = list[i+1]
		}
	}
	if v.Histogram == nil {
		return v
	}
	var most exact.Sum
	for i := range list {
		if n := refined(list[i].parts()); n.Cmp(&most) > 0 {
			most = n
		}
	}
	best := v.Histogram.Parts
	for i := range list {
		parts := list[i].parts()
		if prefer(parts, best, &most) {
			best = parts
		}
	}
	h := *v.Histogram
	h.Parts = best
	v.Histogram = &h
	if len(best) == 1 && best[0].Class.positive() {
		h.raise(list)
	}
	return v
}

// raise makes a histogram of one classic layout nowhere less than other accounts
// of the same observations: each of their counts is at most the truth.
func (h *Histogram) raise(list []Value) {
	p := Part{Class: h.Parts[0].Class}
	p.Count.Set(&h.Parts[0].Count)
	p.Counts.Set(&h.Parts[0].Counts)
	var x, more exact.Sum
	for i := range list {
		o := list[i].Histogram
		if o == nil {
			continue
		}
		if !h.NoSum && list[i].rising().compare((*sumOf)(&h.Sum)) > 0 {
			h.Sum = o.Sum
		}
		for j := range o.Parts {
			q := &o.Parts[j]
			if q.Class.compare(&p.Class) != 0 {
				continue
			}
			for k := range p.Counts.Len() {
				p.cell(&x, k)
				q.cell(&more, k)
				if more.Cmp(&x) > 0 {
					more.Sub(&x)
					p.Counts.AddSum(k, &more)
				}
			}
			if q.Count.Cmp(&p.Count) > 0 {
				p.Count.Set(&q.Count)
			}
		}
	}
	h.Parts = []Part{p}
}

// prefer reports whether the buckets of a are better than those of b. One form
// is kept while it holds half of what the fullest does, so that two watchers
// that read different forms do not take turns.
func prefer(a, b []Part, most *exact.Sum) bool {
	if len(a) == 0 || len(b) == 0 {
		return len(b) == 0 && len(a) > 0
	}
	enough := func(parts []Part) bool {
		n := refined(parts)
		n.Merge(&n)
		return n.Cmp(most) >= 0
	}
	exponential := func(parts []Part) bool {
		return !slices.ContainsFunc(parts, func(p Part) bool { return p.Class.Layout != nil })
	}
	if x, y := enough(a), enough(b); x != y {
		return x
	}
	if x, y := exponential(a), exponential(b); x != y {
		return x
	}
	n, m := refined(a), refined(b)
	return cmp.Or(n.Cmp(&m), cmp.Compare(len(b), len(a)),
		slices.CompareFunc(a, b, func(p, q Part) int { return p.compare(&q) })) > 0
}
