package aggregate

import (
	"math"
	"slices"

	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/lines"
)

// A series may be exposed with native buckets, with classic ones, or with both,
// which are one histogram: each step counts in one of the two. Native buckets
// are preferred. Where they are not there, as in a text between two bodies in
// protobuf, the classic ones are followed from then on until the process ends:
// they were in every body, so that nothing is lost at the change.

// series are lines of which it is known what they were before.
type series interface {
	lineSet
	native(pos int) *layout.Native
	// followsBuckets: of an object with both, the classic buckets are followed.
	followsBuckets(pieces []piece) bool
	// reworded: the object was there before, but none of its lines was.
	reworded(old *binding, r *route, pieces []piece) bool
}

// stagedSeries are those of a scrape on its way in.
type stagedSeries struct {
	stagedLines
	s *staged
}

func (l stagedSeries) native(pos int) *layout.Native { return l.s.native(uint32(pos)) }

func (l stagedSeries) followsBuckets(pieces []piece) bool {
	s := l.s
	unfit, chosen := false, false
	var native, buckets int64 // when the lines were last seen
	for _, p := range pieces {
		seen := s.lastSeen(p.pos)
		if p.role != lines.Native {
			buckets = max(buckets, seen)
			continue
		}
		_, old, _, _ := s.r.At(int(p.pos))
		native, unfit = seen, s.native(p.pos) == nil
		chosen = old >= 0 && s.restart == NoRestart && s.in.byBuckets[s.in.cols.ID(old)]
	}
	return unfit || chosen || native < buckets
}

func (l stagedSeries) reworded(old *binding, r *route, pieces []piece) bool {
	s, seen := l.s, int64(0)
	for _, p := range pieces {
		seen = max(seen, s.lastSeen(p.pos))
	}
	if s.baseline || old == nil || seen == math.MaxInt64 {
		return false
	}
	if slices.ContainsFunc(old.objects, func(o object) bool { return o.series == pieces[0].object }) {
		return true
	}
	if s.restart != NoRestart {
		return false
	}
	for id, t := range s.in.tombs {
		if t.Time > seen && r.way(s.f.store, id) == pieces[0].object {
			return true
		}
	}
	return false
}

// lastSeen is when what the line was before was seen: the greatest time if the
// scrape before held it, 0 if never by the same process.
func (s *staged) lastSeen(pos uint32) int64 {
	id, old, _, _ := s.r.At(int(pos))
	switch {
	case s.baseline:
		return 0
	case old >= 0:
		return math.MaxInt64
	case s.restart != NoRestart:
		return 0
	}
	return s.in.tombs[id].Time
}

// continues: the series of a native histogram that is gone is there still, in
// classic buckets.
func (s *staged) continues(native lines.ID) bool {
	if s.f.store.Line(native).Role != lines.Native {
		return false
	}
	for _, b := range s.in.bindings {
		if b.view.kind != kindHistogram {
			continue
		}
		if w := b.route.way(s.f.store, native); slices.ContainsFunc(b.objects, func(o object) bool { return o.series == w }) {
			return true
		}
	}
	return false
}

// native is the native histogram at a position; nil if it cannot be one.
func (s *staged) native(pos uint32) *layout.Native {
	n, ok := s.natives[pos]
	if !ok {
		n = nativeOf(s.r.Native(int(pos)))
		if s.natives == nil {
			s.natives = map[uint32]*layout.Native{}
		}
		s.natives[pos] = n
	}
	return n
}

// nativeBefore is what the native histogram that stood at a position grows from;
// nil if there was none.
func (s *staged) nativeBefore(old int) *layout.Native {
	id := s.in.cols.ID(old)
	if s.f.store.Line(id).Role != lines.Native {
		return nil
	}
	if h, ok := s.in.held[id]; ok {
		return h.native
	}
	return nativeOf(s.in.cols.Native(old))
}

// roomy: the native histograms that changed have places for all of their
// buckets. They are decoded on the way.
func (s *staged) roomy() bool {
	for _, b := range s.in.bindings {
		for _, i := range b.natives {
			o := &b.objects[i]
			if _, changed := slices.BinarySearch(s.r.Changed(), uint32(o.native)); !changed {
				continue
			}
			if n := s.native(uint32(o.native)); n != nil {
				if _, ok := b.placed(b.cols[o.col].group, n); !ok {
					return false
				}
			}
		}
	}
	return true
}

// noteBuckets notes which native histograms are followed by their buckets.
func (s *staged) noteBuckets() {
	in := s.in
	clear(in.byBuckets)
	for _, b := range in.bindings {
		for i := range b.objects {
			if o := &b.objects[i]; o.classic && o.native >= 0 {
				if in.byBuckets == nil {
					in.byBuckets = map[lines.ID]bool{}
				}
				in.byBuckets[stagedLines{s.r}.ID(int(o.native))] = true
			}
		}
	}
}

// foldNative judges a histogram by its native buckets.
func (s *staged) foldNative(b *binding, o *object) {
	c := s.native(uint32(o.native))
	id, old, count, _ := s.r.At(int(o.native))
	now := judge.Point{Time: s.at, Value: count, Start: s.r.Start(int(o.native))}
	if c == nil {
		s.refuseObject(b, o, old >= 0)
		return
	}
	col, _ := b.placed(b.cols[o.col].group, c)
	if old < 0 || s.baseline {
		s.appearNative(b, o, col, id, c, now)
		return
	}
	before, _ := s.baselineOf(old)
	life := b.view.rulesOf(s.f.store, id).Life(before, now, s.life(id))
	p := s.nativeBefore(old)
	if p == nil && life != judge.LifeReset {
		s.relayout(b, o, col, count)
		return
	}
	s.takeNative(b, o, col, p, c, before, now, life)
}

// takeNative takes in the step from p to c, of which p may be nil after a
// restart.
func (s *staged) takeNative(b *binding, o *object, col int32, p, c *layout.Native, before, now judge.Point, life judge.Life) (grew bool) {
	v := layout.JudgeNative(&s.increase, p, c, life == judge.LifeReset)
	if v == layout.Changed {
		s.relayout(b, o, col, now.Value)
		return false
	}
	if v == layout.Reset {
		p = nil
	}
	s.addNative(b, o, col, p, c, &s.increase)
	s.takeObject(b, o, col, v, life, before, now)
	return true
}

// addNative adds what a native histogram grew by from p, nil if from 0, to c.
func (s *staged) addNative(b *binding, o *object, col int32, p, c, increase *layout.Native) {
	if p == nil {
		p = &layout.Native{}
	} else if s.opens && b.seg != nil && !b.outlives(int(col)) {
		// It went on while its process changed: of neither process alone.
		defer func(before row) { b.seg.leaveOut(b, int(col), &before) }(b.live.copyOf())
	}
	s.beginUnknown(b, col)
	at := &b.cols[col]
	if c.Custom != nil {
		total, next := 0.0, 0
		for i := range c.Custom.Len() - 1 {
			if next < len(increase.Positive) && int(increase.Positive[next].Index) == i {
				total += increase.Positive[next].Count
				next++
			}
			b.live.counts.Add(at.at+i, total)
		}
	} else {
		at.places.add(&b.live.counts, at.at, increase)
	}
	b.live.counts.AddDiff(at.count(), c.Count, p.Count)
	if finite(c.Sum) && finite(p.Sum) {
		b.live.sums.AddDiff(int(col), c.Sum, p.Sum)
	} else {
		s.noteNoSum(b, col)
	}
}

// appearNative: a native histogram without a point before it.
func (s *staged) appearNative(b *binding, o *object, col int32, id lines.ID, c *layout.Native, now judge.Point) {
	if o.reworded {
		life := b.view.rulesOf(s.f.store, id).Life(judge.Point{}, now, s.life(id))
		if life != judge.LifeReset {
			s.relayout(b, o, col, now.Value)
			return
		}
		s.takeNative(b, o, col, nil, c, judge.Point{}, now, life)
		return
	}
	step := s.appear(b.view, id, now)
	if t := s.in.tombs[id]; step.Verdict == judge.Returned {
		if t.native == nil {
			s.relayout(b, o, col, now.Value)
		} else if s.takeNative(b, o, col, t.native, c, t.Point, now, judge.LifeUnknown) {
			s.note(b, noteKey{col: col, verdict: judge.Returned, flags: step.Doubt}, judge.Step{})
		}
		return
	}
	if step.Add != step.Sub {
		s.addNative(b, o, col, nil, c, c)
	}
	s.note(b, noteKey{col: col, verdict: step.Verdict, flags: step.Doubt}, step)
}
