package growth

import (
	"cmp"
	"math"
	"slices"

	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/lines"
)

// Two lines of one body with one name and label set are one series: the first
// counts. Where their values differ, which is right is not known: a page may be
// put together from two processes. So the growth is between the least that any
// of the lines grew by and what all of them grew by.

// double finds the counters of the plan whose series stands in the body once
// more.
func (b *builder) double() {
	dups := b.body.Duplicates()
	if len(dups) == 0 {
		return
	}
	store := b.route.router.store
	more := map[lines.ID][]uint32{}
	for _, pos := range dups {
		series := store.Series(b.body.ID(int(pos)))
		more[series] = append(more[series], pos)
	}
	for _, e := range b.entries { // those added are not looked at
		o := &b.objects[e.object]
		list := more[store.Series(b.body.ID(int(e.pos)))]
		if o.kind != Counter || list == nil {
			continue
		}
		b.doubles = append(b.doubles, list)
		o.double = uint32(len(b.doubles))
		for _, pos := range list {
			b.entries = append(b.entries, entry{pos, e.object})
		}
	}
}

// doubleHists finds the histograms of which a bucket stands in the body once more.
// Another h_count may be a counter of that name, and the +Inf bucket says the same.
// Their lists have the position of the first line before that of each other one.
func (b *builder) doubleHists() {
	dups := b.body.Duplicates()
	if len(dups) == 0 {
		return
	}
	store := b.route.router.store
	first := map[lines.ID]uint32{}
	lists := map[uint32][]uint32{} // by object
	of := map[lines.ID][]uint32{}
	for _, e := range b.entries {
		id := b.body.ID(int(e.pos))
		if b.objects[e.object].kind == Histogram && store.Line(id).Role == lines.Bucket {
			series := store.Series(id)
			first[series], of[series] = e.pos, append(of[series], e.object)
		}
	}
	for _, pos := range dups {
		series := store.Series(b.body.ID(int(pos)))
		for _, object := range of[series] {
			lists[object] = append(lists[object], first[series], pos)
			b.entries = append(b.entries, entry{pos, object})
		}
	}
	for object := range uint32(len(b.objects)) {
		if list := lists[object]; list != nil {
			b.doubles = append(b.doubles, list)
			b.objects[object].double = uint32(len(b.doubles))
		}
	}
	inOrder(b.entries, 0, func(x, y entry) int { return cmp.Compare(x.pos, y.pos) })
}

// contradicts reports whether a line of a histogram stands in the body once more
// with another value: it is not known which of them is a bucket's count.
func (p *Plan) contradicts(o *object, value func(pos uint32) float64) bool {
	list := p.doubles[o.double-1]
	for i := 0; i < len(list); i += 2 {
		if math.Float64bits(value(list[i])) != math.Float64bits(value(list[i+1])) {
			return true
		}
	}
	return false
}

// judgeDoubled judges the counters that stand in several lines of which one may
// have changed.
func (w *walk) judgeDoubled() {
	slices.Sort(w.doubled)
	for _, object := range slices.Compact(w.doubled) {
		plain, odd := len(w.out.Plain), len(w.out.Odd)
		o := &w.objects[object]
		w.counter(entry{o.line, object})
		x := w.readDoubles(o)
		if !x.differ {
			continue
		}
		if len(w.out.Plain) > plain {
			p := w.out.Plain[plain]
			w.out.Plain = w.out.Plain[:plain]
			d := p.Now - p.Before
			w.out.Odd = append(w.out.Odd, Odd{Object: object, Now: p.Now, Step: judge.Step{
				Verdict: judge.Grew, Add: p.Now, Sub: p.Before, Lo: d, Hi: d, From: w.LastTime, To: w.At, Reach: w.LastTime,
			}})
		}
		if len(w.out.Odd) > odd {
			x.widen(&w.out.Odd[odd])
		}
	}
}

// doubles is what the other lines of a series say.
type doubles struct {
	differ bool    // one of them has another value, now or before
	known  bool    // each was there before
	least  float64 // that one of them grew by
	grown  float64 // that all of them grew by
	now    float64 // that all of them have
}

func (w *walk) readDoubles(o *object) doubles {
	x := doubles{known: true, least: math.Inf(1)}
	list := w.Plan.doubles[o.double-1]
	id := w.Reader.ID(int(o.line))
	old, now, _ := w.Reader.At(int(o.line))
	x.differ = slices.ContainsFunc(list, func(pos uint32) bool { _, v, _ := w.Reader.At(int(pos)); return v != now })
	before := w.doublesBefore(w.Store.Series(id))
	x.known = old >= 0 && len(before) == len(list)
	for i, pos := range list {
		_, v, _ := w.Reader.At(int(pos))
		if v >= 0 && !math.IsInf(v, 1) {
			x.now += v
		}
		if !x.known {
			continue
		}
		x.differ = x.differ || before[i] != w.Before.Value(old)
		if d := v - before[i]; d >= 0 && before[i] >= 0 && !math.IsInf(d, 1) {
			x.grown += d
			x.least = min(x.least, d)
		} else {
			x.known = false
		}
	}
	return x
}

// doublesBefore returns what the other lines of a series said in the scrape
// before.
func (w *walk) doublesBefore(series lines.ID) (list []float64) {
	for _, pos := range w.Before.Duplicates() {
		if w.Store.Series(w.Before.ID(int(pos))) == series {
			list = append(list, w.Before.Value(int(pos)))
		}
	}
	return list
}

// widen makes the bounds of a step hold what any of the lines, or all of them,
// may have counted.
func (x *doubles) widen(odd *Odd) {
	s := &odd.Step
	odd.Quirk = Doubled
	switch {
	case s.Verdict == judge.Gap:
	case s.Verdict == judge.First || s.Verdict == judge.Born:
		if s.Lo = 0; s.Hi > 0 {
			s.Hi += x.now
		}
	case s.Verdict == judge.Grew && x.known:
		s.Lo = min(s.Lo, x.least)
		s.Hi += x.grown
	default:
		s.Lo, s.Hi = 0, math.Inf(1)
	}
}
