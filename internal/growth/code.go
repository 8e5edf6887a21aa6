package growth

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/saved"
)

// Lines writes lines down, or reads them back.
type Lines interface {
	Line(*lines.ID)
	// Sort brings lines into an order that is the same in every store.
	Sort([]lines.ID)
	// Layout returns the layout of a set of bounds, or nil if they cannot be one.
	Layout(bounds []float64) *layout.Layout
}

// kept is a point that is held, or a tombstone, as it is written down: by one of
// the object's lines and its rules.
type kept struct {
	id    lines.ID
	hist  bool
	rules judge.Rules
	since int64
	point point
}

// Code writes the state down, or reads it back. What objects grow from is read
// before there are any: Adopt gives it to them.
func (st *State) Code(c *saved.Codec, to Lines, r *Router, p *Plan, cols *lines.Columns) {
	held := st.heldList(p, cols.ID)
	saved.List(c, &held, 8, func(k *kept) { k.code(c, to) })
	tombs := st.tombList(to, r)
	saved.List(c, &tombs, 8, func(k *kept) { k.code(c, to) })
	st.gone.code(c)
	c.Bool(&st.Lost)
	c.Bool(&st.vanished[0])
	c.Bool(&st.vanished[1])
	st.codeHabits(c)
	st.codeUsuals(c)
	st.codePaces(c, cols)
	st.codeOthers(c, cols)
	st.codeBuckets(c, to, p, cols)
	if !c.Reading() || c.Failed() {
		return
	}
	st.loaded = held
	for _, k := range tombs {
		t := &tomb{k.point, k.id, tombKey{class: r.classLike(&k), hist: k.hist, since: k.since}}
		l := r.store.Line(k.id)
		if t.key.hash = l.Labels().Hash(); k.hist {
			t.key.hash = HistogramHash(l)
		}
		if c.Must(st.tombs[t.key] == nil); c.Failed() {
			return
		}
		if st.tombs == nil {
			st.tombs = map[tombKey]*tomb{}
		}
		st.tombs[t.key] = t
		r.store.Retain(k.id)
	}
}

// codeHabits writes down what the families showed, by name.
func (sh *shown) codeHabits(c *saved.Codec) {
	saved.Map(c, &sh.habits, 1, func(h *judge.Habits) { saved.Small(c, h, 255) })
}

// codeUsuals writes down what is usual for metrics, where that is known.
func (sh *shown) codeUsuals(c *saved.Codec) {
	var keys []usualKey
	for key, x := range sh.usuals {
		if x.top >= 0 {
			keys = append(keys, key)
		}
	}
	order := func(a, b usualKey) int { return cmp.Or(cmp.Compare(a.metric, b.metric), cmp.Compare(a.since, b.since)) }
	slices.SortFunc(keys, order)
	saved.List(c, &keys, 3, func(key *usualKey) {
		c.Text(&key.metric)
		c.Int64(&key.since)
		x := sh.usuals[*key]
		if c.Reading() {
			x = sh.note(*key)
		}
		c.Float(&x.top)
		c.Must(x.top >= 0)
	})
	for i := 1; i < len(keys); i++ {
		c.Must(order(keys[i-1], keys[i]) < 0)
	}
}

func (sh *shown) codePaces(c *saved.Codec, cols *lines.Columns) {
	saved.List(c, &sh.paces, 1, func(x *float32) {
		wide := float64(*x)
		c.Float(&wide)
		c.Must(math.Float64bits(float64(float32(wide))) == math.Float64bits(wide))
		*x = float32(wide)
	})
	c.Must(len(sh.paces) == 0 || len(sh.paces) == cols.Len())
}

func (sh *shown) codeOthers(c *saved.Codec, cols *lines.Columns) {
	list, next := slices.Sorted(maps.Keys(sh.others)), 0
	saved.List(c, &list, 2, func(pos *uint32) {
		at, x := int(*pos), sh.others[*pos]
		c.Natural(&at)
		c.Float(&x)
		if c.Must(at < cols.Len() && at >= next); c.Reading() && !c.Failed() {
			if sh.others == nil {
				sh.others = map[uint32]float64{}
			}
			*pos, sh.others[uint32(at)], next = uint32(at), x, at+1
		}
	})
}

// codeBuckets writes down which native histograms are followed by their classic
// buckets.
func (st *State) codeBuckets(c *saved.Codec, to Lines, p *Plan, cols *lines.Columns) {
	var list []stay
	if !c.Reading() {
		sinces := map[lines.ID][]int64{}
		for x := range st.byBuckets(p, cols.ID) {
			sinces[x.id] = append(sinces[x.id], x.since)
		}
		ids := slices.Collect(maps.Keys(sinces))
		to.Sort(ids)
		for _, id := range ids {
			for _, since := range slices.Sorted(slices.Values(sinces[id])) {
				list = append(list, stay{id, since})
			}
		}
	}
	saved.List(c, &list, 2, func(x *stay) {
		to.Line(&x.id)
		c.Int64(&x.since)
	})
	for _, x := range list {
		if !c.Reading() {
			return
		}
		if st.stay == nil {
			st.stay = map[stay]bool{}
		}
		c.Must(!st.stay[x])
		st.stay[x] = true
	}
}

// heldList returns what is held, in the order of the body.
func (st *State) heldList(p *Plan, idAt func(pos int) lines.ID) []kept {
	list := slices.Clone(st.loaded)
	seen := map[uint32]bool{}
	if p == nil || len(st.held) == 0 {
		return list
	}
	at := map[lines.ID]uint32{}
	for _, e := range p.entries {
		x := st.held[e.object]
		if x == nil || seen[e.object] {
			continue
		}
		seen[e.object] = true
		o := &p.objects[e.object]
		id := idAt(int(e.pos))
		at[id] = e.pos
		list = append(list, kept{id, o.kind == Histogram, *p.rules(o), p.epochs[o.epoch], *x})
	}
	slices.SortStableFunc(list, func(a, b kept) int { return cmp.Or(cmp.Compare(at[a.id], at[b.id]), a.compare(&b)) })
	return list
}

// compare orders what is kept of one line.
func (k *kept) compare(o *kept) int {
	switch {
	case k.hist != o.hist && k.hist:
		return 1
	case k.hist != o.hist:
		return -1
	}
	return cmp.Or(cmp.Compare(k.rules.Owner, o.rules.Owner), cmp.Compare(bit(k.rules.BoundBirths), bit(o.rules.BoundBirths)),
		cmp.Compare(k.rules.WrapBits, o.rules.WrapBits), cmp.Compare(k.since, o.since))
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (st *State) tombList(to Lines, r *Router) (list []kept) {
	byID := map[lines.ID][]kept{}
	var ids []lines.ID
	for key, t := range st.tombs {
		if byID[t.id] == nil {
			ids = append(ids, t.id)
		}
		byID[t.id] = append(byID[t.id], kept{t.id, key.hist, r.rules[key.class], key.since, t.point})
	}
	if len(ids) > 0 {
		to.Sort(ids)
	}
	for _, id := range ids {
		slices.SortFunc(byID[id], func(a, b kept) int { return a.compare(&b) })
		list = append(list, byID[id]...)
	}
	return list
}

// Adopt gives the objects of a plan, made of the lines that the instance exposed
// last, what was read for them, and notes which of the others cannot be read.
func (st *State) Adopt(p *Plan, cols *lines.Columns) {
	for _, e := range p.entries {
		o := &p.objects[e.object]
		if len(st.loaded) == 0 {
			break
		}
		if o.kind == watched {
			continue
		}
		id := cols.ID(int(e.pos))
		st.loaded = slices.DeleteFunc(st.loaded, func(k kept) bool {
			if !k.of(p, o, id) {
				return false
			}
			x := k.point
			st.hold(e.object, &x)
			return true
		})
	}
	st.miss(p, KnownBody{cols})
}

// of reports whether it was kept of an object, one line of which is given.
func (k *kept) of(p *Plan, o *object, id lines.ID) bool {
	return k.id == id && k.hist == (o.kind == Histogram) && o.kind != Gauge && k.sameRules(p.rules(o)) && k.since == p.epochs[o.epoch]
}

// sameRules compares what is written down of the rules.
func (k *kept) sameRules(r *judge.Rules) bool {
	return k.rules.Owner == r.Owner && k.rules.BoundBirths == r.BoundBirths && k.rules.WrapBits == r.WrapBits
}

func (k *kept) code(c *saved.Codec, to Lines) {
	to.Line(&k.id)
	c.Bool(&k.hist)
	saved.Small(c, &k.rules.Owner, judge.OwnerExternal)
	c.Bool(&k.rules.BoundBirths)
	saved.Small(c, &k.rules.WrapBits, 64)
	c.Int64(&k.since)
	codeSeries(c, &k.point.Series)
	if k.hist {
		k.point.codeParts(c, to)
		marked := k.point.mark != nil
		if c.Bool(&marked); marked {
			if c.Reading() {
				k.point.mark = &point{}
			}
			k.point.mark.codeParts(c, to)
		}
	}
}

func codeSeries(c *saved.Codec, x *judge.Series) {
	c.Int64(&x.Last.Time)
	c.Float(&x.Last.Value)
	c.Int64(&x.Last.Start)
	saved.Small(c, &x.Cause, judge.CauseGone)
	saved.Small(c, &x.Left, 255)
	c.Bool(&x.Zero)
	c.Bool(&x.Gapped)
	for _, f := range []*float64{&x.Mark, &x.Counted, &x.Fell, &x.Lost, &x.Other} {
		c.Float(f)
	}
	c.Int64(&x.OtherAt)
	c.Int64(&x.Since)
	c.Int64(&x.Until)
	c.Bool(&x.Wary)
	c.Float(&x.Leap)
	c.Float(&x.Peak)
}

// codeParts writes down what the parts of a histogram grow from.
func (x *point) codeParts(c *saved.Codec, to Lines) {
	c.Float(&x.sum)
	saved.List(c, &x.buckets, 1, c.Float)
	bounds := boundsOf(x.layout)
	saved.List(c, &bounds, 1, c.Float)
	if c.Reading() && !c.Failed() && len(bounds) > 0 {
		x.layout = to.Layout(bounds)
		c.Must(x.layout != nil && x.layout.Len() == len(bounds) && len(x.buckets) == len(bounds))
	}
	CodeNative(c, &x.native)
}

func boundsOf(l *layout.Layout) (list []float64) {
	if l == nil {
		return nil
	}
	for i := range l.Len() {
		list = append(list, l.Bound(i))
	}
	return list
}

// CodeNative writes a native histogram down if there is one, or reads back one
// that can be.
func CodeNative(c *saved.Codec, x **layout.Native) {
	there := *x != nil
	if c.Bool(&there); !there {
		return
	}
	if c.Reading() {
		*x = &layout.Native{Sum: math.NaN()}
	}
	n := *x
	c.Int32(&n.Schema)
	for _, f := range []*float64{&n.ZeroThreshold, &n.ZeroCount, &n.Count, &n.Sum} {
		c.Float(f)
	}
	for _, side := range []*[]layout.Bucket{&n.Negative, &n.Positive} {
		saved.List(c, side, 2, func(b *layout.Bucket) {
			c.Int32(&b.Index)
			c.Float(&b.Count)
		})
	}
	bounds := boundsOf(n.Custom)
	saved.List(c, &bounds, 1, c.Float)
	if !c.Reading() || c.Failed() {
		return
	}
	if len(bounds) > 0 {
		l, err := layout.NewLayout(bounds)
		c.Must(err == nil && l.Len() == len(bounds))
		n.Custom = l
	}
	c.Must(n.Validate() == nil)
}
