package growth

import (
	"math"

	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/layout"
)

// hist judges a histogram as one object: count, sum and all buckets restart
// together or not at all.
func (w *walk) hist(object uint32) {
	o := &w.objects[object]
	h := &w.hists[o.hist]
	switch h.form {
	case classic:
		w.classic(object, o, h)
	case native:
		w.native(object, o, h)
	case formless:
		if h.carried {
			w.free(object)
		}
	}
}

// add appends a step to those of the scrape.
func (w *walk) add(x Hist) *Hist {
	w.out.Hists = append(w.out.Hists, x)
	return &w.out.Hists[len(w.out.Hists)-1]
}

func (x *Hist) note(step judge.Step, q Quirk) { x.Notes = append(x.Notes, HistNote{step, q}) }

// relayout starts a histogram anew at this reading: its buckets say nothing of
// those before.
func (w *walk) relayout(object uint32, count float64) {
	w.free(object)
	x := w.add(Hist{Object: object, Origin: Nowhere})
	x.note(judge.Step{Verdict: judge.First, Hi: count}, NewLayout)
}

// refused leaves a histogram that cannot be one (counts that fall with le, NaN)
// at the reading it had.
func (w *walk) refused(object uint32, before *point) {
	w.out.Refused++
	x := w.add(Hist{Object: object, Origin: Nowhere})
	x.note(judge.Step{Verdict: judge.Gap}, Malformed)
	if before != nil {
		w.hold(object, before)
	}
}

// reading is a histogram's count, as a point, and its sum.
func (w *walk) reading(h *hist, pos int) (now judge.Point, sum float64) {
	_, _, count, _ := w.Reader.At(pos)
	sum = math.NaN()
	if h.native >= 0 && h.form == native {
		if n := w.Body.Native(int(h.native)); n != nil {
			sum = n.Sum
		}
	} else if h.sum >= 0 {
		_, _, sum, _ = w.Reader.At(int(h.sum))
	}
	return judge.Point{Time: w.At, Value: count, Start: w.Reader.Start(pos)}, sum
}

// step makes the histogram's step of the layouts' verdict, life and count.
func (w *walk) step(x *Hist, v layout.Verdict, life judge.Life, before, now judge.Point) {
	s := judge.Step{Verdict: judge.Grew, Add: now.Value, Sub: before.Value}
	quirk := NoQuirk
	switch v {
	case layout.Reset:
		s.Sub, s.Verdict = 0, judge.Reset
		if life != judge.LifeReset {
			s.Doubt = judge.Unproven
		}
	case layout.Torn:
		quirk = Torn
	case layout.Grew:
		if !judge.Plain(before, now, life) {
			rules := w.rules(&w.objects[x.Object])
			s.Doubt = rules.Next(before, now, life, 0).Doubt & judge.Masked
		}
	}
	if s.Verdict == judge.Grew && s.Doubt == 0 && quirk == NoQuirk {
		return
	}
	s.Lo, s.Hi = s.Value(), math.Inf(1)
	switch {
	case v == layout.Torn:
		s.Hi = s.Lo
	case s.Doubt&judge.Unproven != 0:
		s.Lo = 0
	}
	x.note(s, quirk)
}

// addSum follows the sum along from the one before; a reset begins at 0.
func (x *Hist) addSum(before, now float64, v layout.Verdict) {
	x.SumRead = now
	if v == layout.Reset {
		before = 0
	}
	if x.NoSum = !finite(before) || !finite(now); !x.NoSum {
		x.Sum = [2]float64{before, now}
	}
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// classic judges a histogram by its classic buckets.
func (w *walk) classic(object uint32, o *object, h *hist) {
	positions := w.buckets[h.from:h.to]
	last := int(positions[len(positions)-1])
	now, sum := w.reading(h, last)
	c, p, known := w.gather(object, h, positions)
	if w.First || known == 0 && !h.carried {
		w.appearClassic(object, o, h, c, now, sum)
		return
	}
	before := w.before(object, h, last)
	id, _, _, _ := w.Reader.At(last)
	life := w.rules(o).Life(before.Point, now, w.life(w.Store.Line(id)))
	if known < len(positions) && life != judge.LifeReset {
		w.relayout(object, now.Value)
		return
	}
	growth := w.out.room(len(c))
	v := layout.Judge(growth, p, c, life == judge.LifeReset, life == judge.LifeUnmoved)
	if v == layout.Invalid {
		held := before
		held.layout, held.buckets = h.layout, append([]float64(nil), p...)
		w.refused(object, &held)
		return
	}
	w.takeClassic(object, h, v, p, c, growth, &before, now, sum, life)
}

// takeClassic adds the step from p to c: the difference, all of c after a reset,
// or what the layouts made of a torn scrape.
func (w *walk) takeClassic(object uint32, h *hist, v layout.Verdict, p, c, growth []float64, before *point, now judge.Point, sum float64, life judge.Life) *Hist {
	x := w.add(Hist{Object: object, Origin: Reading, Layout: h.layout, Before: p, Now: c, Read: c, CountRead: now.Value})
	switch v {
	case layout.Reset:
		x.Origin, x.Before = Zero, w.out.room(len(c))
	case layout.Torn:
		x.Before, x.Now = w.out.room(len(c)), growth
	}
	x.addSum(before.sum, sum, v)
	w.step(x, v, life, before.Point, now)
	w.free(object)
	return x
}

// gather reads the buckets now and before, and counts those that have a value
// before.
func (w *walk) gather(object uint32, h *hist, positions []uint32) (c, p []float64, known int) {
	c, p = w.out.room(len(positions)), w.out.room(len(positions))
	held := w.heldBuckets(object, h)
	for i, pos := range positions {
		_, old, v, _ := w.Reader.At(int(pos))
		c[i], p[i] = v, math.NaN()
		if old < 0 {
			continue
		}
		known++
		if p[i] = w.Before.Value(old); held != nil {
			p[i] = held[i]
		}
	}
	return c, p, known
}

func (w *walk) heldBuckets(object uint32, h *hist) []float64 {
	if len(w.held) == 0 {
		return nil
	}
	if x := w.held[object]; x != nil && x.layout == h.layout {
		return x.buckets
	}
	return nil
}

// before returns what a histogram whose count stands at pos grows from.
func (w *walk) before(object uint32, h *hist, pos int) point {
	if len(w.held) > 0 {
		if x := w.held[object]; x != nil {
			return *x
		}
	}
	x := point{sum: math.NaN()}
	if _, old, _, _ := w.Reader.At(pos); old >= 0 {
		x.Point = ColumnPoint(w.Scraped.Before, old, w.LastTime)
	}
	if h.sum >= 0 {
		if _, old, _, _ := w.Reader.At(int(h.sum)); old >= 0 {
			x.sum = w.Scraped.Before.Value(old)
		}
	}
	return x
}

// appearClassic judges a histogram without a reading before it, by its count.
func (w *walk) appearClassic(object uint32, o *object, h *hist, c []float64, now judge.Point, sum float64) {
	if layout.Judge(nil, c, c, false, true) == layout.Invalid {
		w.refused(object, nil)
		return
	}
	id, _, _, _ := w.Reader.At(int(w.buckets[h.to-1]))
	step, t := w.appear(o, w.Store.Line(id), now)
	if step.Verdict == judge.Returned {
		if t.layout != h.layout {
			w.relayout(object, now.Value)
			return
		}
		growth := w.out.room(len(c))
		v := layout.Judge(growth, t.buckets, c, false, w.Start != 0)
		x := w.takeClassic(object, h, v, t.buckets, c, growth, &t.point, now, sum, judge.LifeUnknown)
		x.note(judge.Step{Verdict: judge.Returned, Doubt: step.Doubt}, NoQuirk)
		return
	}
	x := w.add(Hist{Object: object, Origin: Baseline, Layout: h.layout, Read: c, CountRead: now.Value, SumRead: sum})
	switch {
	case step.Add != step.Sub:
		x.Origin, x.Before, x.Now = Zero, w.out.room(len(c)), c
		x.addSum(0, sum, layout.Reset)
	case step.Verdict == judge.Gap:
		x.Origin = Nowhere
	}
	x.note(step, NoQuirk)
}

// room returns n numbers of scratch, all 0.
func (s *Steps) room(n int) []float64 {
	if len(s.scratch)+n > cap(s.scratch) {
		s.scratch = make([]float64, 0, max(2*cap(s.scratch), n, 1024))
	}
	from := len(s.scratch)
	s.scratch = s.scratch[:from+n]
	list := s.scratch[from : from+n : from+n]
	clear(list)
	return list
}
