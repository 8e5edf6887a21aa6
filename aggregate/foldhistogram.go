package aggregate

import (
	"math"
	"slices"

	"github.com/promfold/promfold/counter"
	"github.com/promfold/promfold/histogram"
	"github.com/promfold/promfold/parse"
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
	positions := b.buckets[o.from:o.to]
	known := s.gather(positions)
	id, _, _, _ := s.r.At(int(positions[len(positions)-1]))
	n := len(s.c) - 1
	life := s.life(id)
	if life == counter.LifeMasked && b.view.Owner == counter.OwnerProcess {
		life = counter.LifeReset
	}
	switch {
	case known == len(positions) && !s.baseline:
		v := histogram.Judge(s.growth, s.p, s.c, life == counter.LifeReset, life == counter.LifeUnmoved)
		s.takeObject(b, o, v, life)
	case known > 0 && !s.baseline:
		// The bounds changed under way: the new layout starts at its own first point.
		s.note(b, noteKey{col: int32(o.col), verdict: counter.First, quirk: newLayout}, counter.Step{Verdict: counter.First, Hi: s.c[n]})
	default:
		s.appearObject(b, o, id, s.c[n])
	}
}

// gather reads the buckets before and now, and tells for how many there is a
// value before.
func (s *staged) gather(positions []uint32) (known int) {
	s.p, s.c, s.growth = s.p[:0], s.c[:0], s.growth[:0]
	for _, pos := range positions {
		id, old, v, _ := s.r.At(int(pos))
		p := math.NaN()
		if old >= 0 {
			base, _ := s.baselineOf(id, old)
			p = base.Value
			known++
		}
		s.p, s.c, s.growth = append(s.p, p), append(s.c, v), append(s.growth, 0)
	}
	return known
}

// appearObject: a histogram without a point before it, judged by its count.
func (s *staged) appearObject(b *binding, o *object, id parse.ID, count float64) {
	if histogram.Judge(s.growth, s.c, s.c, false, true) == histogram.Invalid {
		s.refuseObject(b, o, false)
		return
	}
	step := s.appear(b.view, id, counter.Point{Time: s.at, Value: count})
	if step.Verdict == counter.Returned && s.unbury(b.buckets[o.from:o.to]) {
		v := histogram.Judge(s.growth, s.p, s.c, false, s.start.known())
		s.takeObject(b, o, v, counter.LifeUnknown)
		s.note(b, noteKey{col: int32(o.col), verdict: counter.Returned, flags: step.Flags}, counter.Step{})
		return
	}
	if step.Add != step.Sub {
		s.addObject(b, o, histogram.Reset)
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

func (s *staged) takeObject(b *binding, o *object, v histogram.Verdict, life counter.Life) {
	n := len(s.c) - 1
	step := counter.Step{Verdict: counter.Grew, Add: s.c[n], Sub: s.p[n]}
	quirk := noQuirk
	switch v {
	case histogram.Invalid:
		s.refuseObject(b, o, true)
		return
	case histogram.Reset:
		step.Sub, step.Verdict = 0, counter.ResetDropped
		if life == counter.LifeReset {
			step.Verdict = counter.ResetProven
		}
	case histogram.Torn:
		quirk = torn
	case histogram.Grew:
		if life == counter.LifeMasked {
			step.Flags = counter.MaskedResetPossible
		}
	}
	s.addObject(b, o, v)
	s.freeObject(b, o)
	if step.Verdict == counter.Grew && step.Flags == 0 && quirk == noQuirk {
		s.report.Grown++
		return
	}
	step.Lo, step.Hi = step.Value(), math.Inf(1)
	switch {
	case v == histogram.Torn:
		step.Hi = step.Lo
	case step.Verdict == counter.ResetDropped:
		step.Lo = 0
	}
	s.note(b, noteKey{int32(o.col), step.Verdict, step.Flags, quirk}, step)
}

// addObject adds the increments: c − p, c after a reset, or what Judge made of
// a torn scrape.
func (s *staged) addObject(b *binding, o *object, v histogram.Verdict) {
	at := b.cols[o.col].at
	for i, c := range s.c {
		p := s.p[i]
		switch v {
		case histogram.Reset:
			p = 0
		case histogram.Torn:
			c, p = s.growth[i], 0
		}
		if c != p {
			b.live.counts.AddDiff(at+i, c, p)
		}
	}
	if !s.addSum(b, o, v) {
		s.note(b, noteKey{col: int32(o.col), verdict: counter.Gap, quirk: noSum}, counter.Step{Verdict: counter.Gap})
	}
}

// addSum follows the sum along; false if it can't be followed.
func (s *staged) addSum(b *binding, o *object, v histogram.Verdict) bool {
	if o.sum < 0 {
		return false
	}
	id, old, c, _ := s.r.At(int(o.sum))
	p := 0.0
	if v != histogram.Reset {
		if old < 0 {
			return false
		}
		base, _ := s.baselineOf(id, old)
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
	s.note(b, noteKey{col: int32(o.col), verdict: counter.Gap, quirk: malformed}, counter.Step{Verdict: counter.Gap})
	if !keep {
		return
	}
	for _, pos := range b.buckets[o.from:o.to] {
		s.holdAt(int(pos))
	}
	if o.sum >= 0 {
		s.holdAt(int(o.sum))
	}
}

func (s *staged) holdAt(pos int) {
	if id, old, _, _ := s.r.At(pos); old >= 0 {
		p, _ := s.baselineOf(id, old)
		s.hold(id, held{Point: p})
	}
}

func (s *staged) freeObject(b *binding, o *object) {
	if len(s.in.held) == 0 {
		return
	}
	for _, pos := range b.buckets[o.from:o.to] {
		s.free(stagedLines{s.r}.ID(int(pos)))
	}
	if o.sum >= 0 {
		s.free(stagedLines{s.r}.ID(int(o.sum)))
	}
}
