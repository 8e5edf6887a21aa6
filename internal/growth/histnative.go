package growth

import (
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/layout"
)

// native judges a histogram by its native buckets.
func (w *walk) native(object uint32, o *object, h *hist) {
	pos := int(h.native)
	now, _ := w.reading(h, pos)
	c := w.Body.Native(pos)
	id, old, _, _ := w.Reader.At(pos)
	if c == nil {
		var before *point
		if old >= 0 {
			before = w.nativeBefore(object, old)
		}
		w.refused(object, before)
		return
	}
	if old < 0 || w.First {
		w.appearNative(object, o, h, c, now)
		return
	}
	before := w.nativeBefore(object, old)
	life := w.rules(o).Life(before.Point, now, w.life(w.Store.Line(id)))
	if before.native == nil && life != judge.LifeReset {
		w.relayout(object, now.Value)
		return
	}
	w.takeNative(object, before, c, now, life)
}

// nativeBefore returns what a histogram whose native line stood at old grows
// from; its native part is nil if there was none that could be read.
func (w *walk) nativeBefore(object uint32, old int) *point {
	if len(w.held) > 0 {
		if x := w.held[object]; x != nil {
			return x
		}
	}
	return &point{Point: ColumnPoint(w.Scraped.Before, old, w.LastTime), native: NativeOf(w.Scraped.Before.Native(old))}
}

// takeNative adds the step from before, whose native part may be nil after a
// restart, to c. It returns nil if the buckets say nothing of those before.
func (w *walk) takeNative(object uint32, before *point, c *layout.Native, now judge.Point, life judge.Life) *Hist {
	increase := &layout.Native{}
	v := layout.JudgeNative(increase, before.native, c, life == judge.LifeReset)
	switch v {
	case layout.Changed:
		w.relayout(object, now.Value)
		return nil
	case layout.Invalid:
		w.refused(object, before)
		return nil
	}
	p := before.native
	origin := Reading
	if v == layout.Reset || p == nil {
		p, origin = &layout.Native{}, Zero
	}
	x := w.add(Hist{Object: object, Origin: origin, Increase: increase, Count: [2]float64{p.Count, c.Count}, CountRead: c.Count})
	x.addSum(p.Sum, c.Sum, v)
	w.step(x, v, life, before.Point, now)
	w.free(object)
	return x
}

// appearNative judges a native histogram without a reading before it.
func (w *walk) appearNative(object uint32, o *object, h *hist, c *layout.Native, now judge.Point) {
	id, _, _, _ := w.Reader.At(int(h.native))
	l := w.Store.Line(id)
	if h.carried && !w.First { // it was there before, in buckets that say nothing of these
		life := w.rules(o).Life(judge.Point{}, now, w.life(l))
		if life != judge.LifeReset {
			w.relayout(object, now.Value)
			return
		}
		w.takeNative(object, &point{}, c, now, life)
		return
	}
	step, t := w.appear(o, l, now)
	if step.Verdict == judge.Returned {
		if t.native == nil {
			w.relayout(object, now.Value)
		} else if x := w.takeNative(object, &t.point, c, now, judge.LifeUnknown); x != nil {
			x.note(judge.Step{Verdict: judge.Returned, Doubt: step.Doubt}, NoQuirk)
		}
		return
	}
	x := w.add(Hist{Object: object, Origin: Baseline, CountRead: c.Count, SumRead: c.Sum})
	if step.Add != step.Sub {
		x.Origin, x.Increase, x.Count = Zero, c, [2]float64{0, c.Count}
		x.addSum(0, c.Sum, layout.Reset)
	}
	x.note(step, NoQuirk)
}
