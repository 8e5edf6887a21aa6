package aggregate

import (
	"math"
	"slices"

	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/lines"
)

// foldObjects judges each histogram that a changed line belongs to as one
// object: count, sum and all buckets restart together or not at all.
func (s *staged) foldObjects(b *binding) {
	if !slices.IsSorted(s.dirty) {
		slices.Sort(s.dirty)
		s.dirty = slices.Compact(s.dirty)
	}
	for _, i := range s.dirty {
		s.foldObject(b, &b.objects[i])
	}
}

func (s *staged) foldObject(b *binding, o *object) {
	if !o.classic {
		s.foldNative(b, o)
		return
	}
	positions := b.buckets[o.from:o.to]
	known := s.gather(positions)
	last := int(positions[len(positions)-1])
	id, old, count, _ := s.r.At(last)
	now := judge.Point{Time: s.at, Value: count, Start: s.r.Start(last)}
	if known == 0 && !o.reworded || s.baseline {
		s.appearObject(b, o, id, now)
		return
	}
	var before judge.Point
	if old >= 0 {
		before, _ = s.baselineOf(old)
	}
	life := b.view.rulesOf(s.f.store, id).Life(before, now, s.life(id))
	if known < len(positions) && life != judge.LifeReset {
		s.relayout(b, o, int32(o.col), count)
		return
	}
	v := layout.Judge(s.growth, s.p, s.c, life == judge.LifeReset, life == judge.LifeUnmoved)
	s.addObject(b, o, v)
	s.takeObject(b, o, int32(o.col), v, life, before, now)
}

// relayout: the buckets changed under way. The new ones start at their own
// first point.
func (s *staged) relayout(b *binding, o *object, col int32, count float64) {
	s.freeObject(b, o)
	s.beginUnknown(b, col)
	s.note(b, noteKey{col: col, verdict: judge.First, quirk: newLayout}, judge.Step{Verdict: judge.First, Hi: count})
}

// gather reads the buckets before and now, and tells for how many there is a
// value before.
func (s *staged) gather(positions []uint32) (known int) {
	s.p, s.c, s.growth = s.p[:0], s.c[:0], s.growth[:0]
	for _, pos := range positions {
		_, old, v, _ := s.r.At(int(pos))
		p := math.NaN()
		if old >= 0 {
			base, _ := s.baselineOf(old)
			p = base.Value
			known++
		}
		s.p, s.c, s.growth = append(s.p, p), append(s.c, v), append(s.growth, 0)
	}
	return known
}

// appearObject: a histogram without a point before it, judged by its count.
func (s *staged) appearObject(b *binding, o *object, id lines.ID, now judge.Point) {
	if layout.Judge(s.growth, s.c, s.c, false, true) == layout.Invalid {
		s.refuseObject(b, o, false)
		return
	}
	step := s.appear(b.view, id, now)
	if step.Verdict == judge.Returned && s.unbury(b.buckets[o.from:o.to]) {
		v := layout.Judge(s.growth, s.p, s.c, false, s.start.Known())
		s.addObject(b, o, v)
		s.takeObject(b, o, int32(o.col), v, judge.LifeUnknown, s.in.tombs[id].Point, now)
		s.note(b, noteKey{col: int32(o.col), verdict: judge.Returned, flags: step.Flags}, judge.Step{})
		return
	}
	switch {
	case step.Add != step.Sub:
		s.addObject(b, o, layout.Reset)
	case step.Verdict != judge.Gap:
		s.beginObject(b, o, baseline, nil)
	}
	s.note(b, noteKey{col: int32(o.col), verdict: step.Verdict, flags: step.Flags}, step)
}

// unbury puts the tombstones of an object's buckets before; false if some lack.
func (s *staged) unbury(positions []uint32) bool {
	for i, pos := range positions {
		id, _, _, _ := s.r.At(int(pos))
		t, ok := s.in.tombs[id]
		if !ok {
			return false
		}
		s.p[i] = t.Value
	}
	return true
}

// takeObject takes a histogram's step for made, and notes what was out of the
// ordinary, by its count: p before, c now.
func (s *staged) takeObject(b *binding, o *object, col int32, v layout.Verdict, life judge.Life, p, c judge.Point) {
	step := judge.Step{Verdict: judge.Grew, Add: c.Value, Sub: p.Value}
	quirk := noQuirk
	switch v {
	case layout.Invalid:
		s.refuseObject(b, o, true)
		return
	case layout.Reset:
		step.Sub, step.Verdict = 0, judge.ResetDropped
		if life == judge.LifeReset {
			step.Verdict = judge.ResetProven
		}
	case layout.Torn:
		quirk = torn
	case layout.Grew:
		if !judge.Plain(p, c, life) {
			step.Flags = b.view.rules.Next(p, c, life, 0).Flags & judge.MaskedResetPossible
		}
	}
	s.freeObject(b, o)
	if step.Verdict == judge.Grew && step.Flags == 0 && quirk == noQuirk {
		s.report.Grown++
		return
	}
	step.Lo, step.Hi = step.Value(), math.Inf(1)
	switch {
	case v == layout.Torn:
		step.Hi = step.Lo
	case step.Verdict == judge.ResetDropped:
		step.Lo = 0
	}
	s.note(b, noteKey{col, step.Verdict, step.Flags, quirk}, step)
}

// addObject adds the increments: c − p, c after a reset, or what Judge made of
// a torn scrape.
func (s *staged) addObject(b *binding, o *object, v layout.Verdict) {
	if v == layout.Invalid {
		return
	}
	at := b.cols[o.col].at
	for i, c := range s.c {
		p := s.p[i]
		switch v {
		case layout.Reset:
			p = 0
		case layout.Torn:
			c, p = s.growth[i], 0
		}
		if c != p {
			b.live.counts.AddDiff(at+i, c, p)
		}
	}
	if !s.addSum(b, o, v) {
		s.noteNoSum(b, int32(o.col))
	}
	if v == layout.Reset {
		s.beginObject(b, o, fromZero, nil)
		return
	}
	s.beginObject(b, o, goesOn, func(i int) (c, p float64) {
		if v == layout.Torn {
			return s.growth[i], 0
		}
		return s.c[i], s.p[i]
	})
}

func (s *staged) noteNoSum(b *binding, col int32) {
	s.note(b, noteKey{col: col, verdict: judge.Gap, quirk: noSum}, judge.Step{Verdict: judge.Gap})
}

// addSum follows the sum along; false if it can't be followed.
func (s *staged) addSum(b *binding, o *object, v layout.Verdict) bool {
	if o.sum < 0 {
		return false
	}
	_, old, c, _ := s.r.At(int(o.sum))
	p := 0.0
	if v != layout.Reset {
		if old < 0 {
			return false
		}
		base, _ := s.baselineOf(old)
		p = base.Value
	}
	if !finite(c) || !finite(p) {
		return false
	}
	b.live.sums.AddDiff(int(o.col), c, p)
	return true
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// refuseObject leaves a histogram that is none (counts that fall with le, NaN)
// at the point it had.
func (s *staged) refuseObject(b *binding, o *object, keep bool) {
	s.report.Refused++
	s.note(b, noteKey{col: int32(o.col), verdict: judge.Gap, quirk: malformed}, judge.Step{Verdict: judge.Gap})
	if !keep {
		return
	}
	s.eachLine(b, o, s.holdAt)
}

func (s *staged) holdAt(pos int) {
	if id, old, _, _ := s.r.At(pos); old >= 0 {
		p, _ := s.baselineOf(old)
		s.free(old)
		s.hold(id, held{Point: p, native: s.nativeBefore(old)})
	}
}

func (s *staged) freeObject(b *binding, o *object) {
	if len(s.in.held) == 0 {
		return
	}
	s.eachLine(b, o, func(pos int) {
		_, old, _, _ := s.r.At(pos)
		s.free(old)
	})
}

// eachLine calls do for the lines of an object that are held or freed together,
// those that are not followed, too.
func (s *staged) eachLine(b *binding, o *object, do func(pos int)) {
	for _, pos := range b.buckets[o.from:o.to] {
		do(int(pos))
	}
	for _, pos := range []int32{o.sum, o.native} {
		if pos >= 0 {
			do(int(pos))
		}
	}
}
