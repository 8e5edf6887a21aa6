package growth

import (
	"math"
	"slices"

	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/layout"
)

// hist judges a histogram as one object, by its count: sum and all buckets
// restart with it or not at all.
func (w *walk) hist(object uint32) {
	o := &w.objects[object]
	h := &w.hists[o.hist]
	t := turn{walk: w, object: object, o: o, h: h}
	if h.form == formless {
		w.unformed(object)
		return
	}
	if !t.read() || o.double != 0 && w.Plan.contradicts(o, w.value) {
		w.refused(object, t.was())
		return
	}
	t.watch()
	before := t.was()
	if w.First || before == nil || before.missed() {
		t.appear(before.missed())
		return
	}
	if t.now.Time <= before.Last.Time {
		return // nothing is newer than what was judged
	}
	w.judgeHist(&t, before)
}

// unformed leaves a histogram of which lines are missing, such as of a body that was
// cut, at the reading it had; one that is just coming back, at its tombstone.
func (w *walk) unformed(object uint32) {
	w.refused(object, w.Plan.was[object])
	x := w.heldOf(object)
	if !x.missed() || w.Process || len(w.tombs) == 0 {
		return
	}
	for _, e := range w.entries {
		if e.object == object && w.buried(&w.objects[object], w.Store.Line(w.Reader.ID(int(e.pos)))) != nil {
			w.free(object)
			return
		}
	}
}

// turn is one histogram while its step is judged: what was read of it.
type turn struct {
	*walk
	object uint32
	o      *object
	h      *hist
	pos    int // of the line that has the count

	now    judge.Point
	counts []float64      // of classic buckets
	nat    *layout.Native // of native ones
	sum    float64        // NaN if there is none
	mixed  bool           // its process restarted, and it may have begun again
}

// read reads the histogram; false if it cannot be one.
func (t *turn) read() bool {
	t.sum = math.NaN()
	if t.h.form == native {
		t.pos = int(t.h.native)
		t.now = t.Scraped.point(t.pos)
		if t.nat = t.Body.Native(t.pos); t.nat == nil {
			return false
		}
		t.sum = t.nat.Sum
		return true
	}
	positions := t.buckets[t.h.from:t.h.to]
	t.pos = int(positions[len(positions)-1])
	t.now = t.Scraped.point(t.pos)
	t.counts = t.out.room(len(positions))
	for i, pos := range positions {
		t.counts[i] = t.Reader.Value(int(pos))
	}
	if t.h.sum >= 0 {
		t.sum = t.Reader.Value(int(t.h.sum))
	}
	return t.h.layout.Check(t.counts) == nil
}

// watch takes the growth of the line of the count into what is usual.
func (t *turn) watch() {
	pos := max(t.h.count, t.h.native)
	if pos < 0 || t.First {
		return
	}
	if old, _, _ := t.Reader.At(int(pos)); old >= 0 {
		t.walk.watch(t.o, t.Store.Line(t.Reader.ID(int(pos))), columnPoint(t.Scraped.Before, old, t.LastTime), t.Scraped.point(int(pos)))
	}
}

// was returns what the histogram grows from; nil if there is nothing.
func (t *turn) was() *point {
	if x := t.heldOf(t.object); x != nil || t.First {
		return x
	}
	if x := t.direct(); x != nil {
		return x
	}
	return t.Plan.was[t.object]
}

// direct returns what the lines read before, if all of them were there.
func (t *turn) direct() *point {
	x := &t.out.before
	*x = point{sum: math.NaN()}
	old, _, _ := t.Reader.At(t.pos)
	if old < 0 {
		return nil
	}
	x.Series = judge.Series{Last: columnPoint(t.Scraped.Before, old, t.LastTime)}
	if t.h.form == native {
		if x.native = nativeOf(t.Scraped.Before.Native(old)); x.native == nil {
			return nil
		}
		x.sum = x.native.Sum
		return x
	}
	x.layout, x.buckets = t.h.layout, t.out.room(len(t.counts))
	if !t.Reader.Before(x.buckets, t.buckets[t.h.from:t.h.to]) {
		return nil
	}
	if t.h.sum >= 0 {
		if old, _, _ := t.Reader.At(int(t.h.sum)); old >= 0 {
			x.sum = t.Scraped.Before.Value(old)
		}
	}
	return x
}

// judgeHist judges the step from before.
func (w *walk) judgeHist(t *turn, before *point) {
	old, _, _ := w.Reader.At(t.pos)
	l := w.Store.Line(w.Reader.ID(t.pos))
	ev := w.evidenceOf(t.o, l)
	t.mixed = ev.Fate == judge.FateMixed
	var next judge.Series
	var step judge.Step
	plain := before.Ordinary() && ev.plain && judge.Rise(before.Last, t.now)
	if plain {
		d := t.now.Value - before.Last.Value
		next = judge.Series{Last: t.now}
		step = judge.Step{Verdict: judge.Grew, Add: t.now.Value, Sub: before.Last.Value, Lo: d, Hi: d, From: before.Last.Time, To: t.now.Time}
	} else {
		next, step = w.next(t.o, l, before.Series, t.now, ev, old)
		if t.strays(before, &step) {
			before = before.unmarked()
			next, step = w.next(t.o, l, before.Series, t.now, ev, old)
			step.Lo, step.Hi, step.Doubt = min(step.Lo, 0), math.Inf(1), step.Doubt|judge.Unproven
		}
	}
	x := t.step(before, &step)
	if t.noteUneven(x, &step, before) || !plain || step.Doubt != 0 || step.Lo != step.Hi || step.Verdict != judge.Grew {
		x.note(step, NoQuirk)
	}
	w.keep(t, before, next, &step)
}

// keep remembers the state of a histogram where it is not what was just read.
func (w *walk) keep(t *turn, before *point, next judge.Series, step *judge.Step) {
	if next.Ordinary() && next.Last == t.now {
		w.free(t.object)
		return
	}
	x := &point{Series: next, buckets: slices.Clone(t.counts), native: t.nat, sum: t.sum}
	if t.counts != nil {
		x.layout = t.h.layout
	}
	if next.Last != t.now { // a gap
		x.buckets, x.native, x.sum, x.layout = slices.Clone(before.buckets), before.native, before.sum, before.layout
	}
	if next.Mark > 0 || next.Other > 0 {
		if x.mark = before.mark; x.mark == nil || max(next.Mark, next.Other) != max(before.Mark, before.Other) {
			x.mark = &point{layout: before.layout, buckets: slices.Clone(before.buckets), native: before.native, sum: before.sum}
		}
	}
	w.hold(t.object, x)
}

// add appends a step to those of the scrape.
func (w *walk) add(x Hist) *Hist {
	w.out.Hists = append(w.out.Hists, x)
	return &w.out.Hists[len(w.out.Hists)-1]
}

func (x *Hist) note(step judge.Step, q Quirk) { x.Notes = append(x.Notes, HistNote{step, q}) }

// quirk notes what is out of the ordinary besides the step; what the step itself
// leaves open is noted once, after it.
func (x *Hist) quirk(q Quirk, s *judge.Step) {
	x.note(judge.Step{Verdict: judge.Grew, From: s.From, To: s.To, Reach: s.Reach}, q)
}

// refused leaves a histogram that cannot be one (bounds that occur twice, counts
// that fall with le, NaN) at the reading it had before, unless another process shows
// it: that has not been read yet.
func (w *walk) refused(object uint32, before *point) {
	w.out.Refused++
	x := w.add(Hist{Object: object, Origin: Nowhere})
	x.note(judge.Step{Verdict: judge.Gap}, Malformed)
	held := point{sum: math.NaN()} // never read
	if x := w.heldOf(object); x != nil {
		before = x
	}
	r := w.Decision.Restart
	another := w.First || (r == judge.RestartProven || r == judge.RestartOther) && w.rules(&w.objects[object]).Owner != judge.OwnerExternal
	if before != nil && !another {
		held = *before
		held.buckets = slices.Clone(before.buckets)
	}
	held.Gapped = true
	w.hold(object, &held)
}

// blank is a step of the histogram with what was read of it.
func (t *turn) blank(origin Origin) Hist {
	return Hist{Object: t.object, Origin: origin, Layout: t.h.layout, Read: t.counts, Native: t.nat, CountRead: t.now.Value, SumRead: t.sum}
}

// step makes the histogram's step of that of its count: the same for all of its
// buckets and its sum.
func (t *turn) step(before *point, s *judge.Step) *Hist {
	base := before
	switch {
	case s.Add == 0 && s.Sub == 0 && t.now.Value == 0 && s.Verdict == judge.Reset:
		return t.add(t.blank(Zero)) // a new process that has observed nothing yet
	case s.Add == s.Sub && s.Value() == 0 && s.Verdict != judge.Grew:
		return t.add(t.blank(Nowhere))
	case s.Sub == 0 && s.Add != 0 && s.Verdict != judge.Grew:
		return t.fromZero()
	case s.Sub != before.Last.Value:
		if base = before.mark; base == nil || t.count(base) != s.Sub {
			// What stood in the buckets there is not known.
			s.Seen += max(0, s.Value())
			s.Add, s.Sub, s.Lo = 0, 0, 0
			return t.add(t.blank(Nowhere))
		}
	}
	if t.h.form == native {
		return t.growNative(base, s)
	}
	return t.growClassic(base, s)
}

func (t *turn) count(x *point) float64 {
	if x.native != nil {
		return x.native.Count
	}
	if n := len(x.buckets); n > 0 {
		return x.buckets[n-1]
	}
	return math.NaN()
}

// fromZero adds all that was read.
func (t *turn) fromZero() *Hist {
	x := t.blank(Zero)
	x.Before, x.Now = nil, t.counts
	if t.nat != nil {
		x.Increase, x.Count = t.nat, [2]float64{0, t.nat.Count}
	} else {
		x.Before = t.out.room(len(t.counts))
	}
	x.addSum(0, t.sum)
	return t.add(x)
}

// addSum follows the sum along.
func (x *Hist) addSum(before, now float64) {
	if x.NoSum = !finite(before) || !finite(now); !x.NoSum {
		x.Sum = [2]float64{before, now}
	}
}

// growClassic adds the growth of each bucket. Where the bounds are others than
// before, it is known at those that both have.
func (t *turn) growClassic(base *point, s *judge.Step) *Hist {
	if base.layout != t.h.layout {
		return t.coarse(base, s)
	}
	x := t.blank(Reading)
	x.Before, x.Now = base.buckets, t.counts
	x.addSum(base.sum, t.sum)
	if s.Verdict != judge.Grew && s.Verdict != judge.Returned {
		return t.add(x)
	}
	fell := fallen(base.buckets, t.counts)
	if fell == 0 {
		return t.add(x)
	}
	// A bucket fell while the count did not: the client was read while it was
	// writing, or the vector began again and outgrew itself.
	top := t.tops[t.o.family].top
	if again := t.mixed || t.sumFell(base); !again && (top < 0 || fell <= s.Value()+top*float64(s.To-s.From)) {
		s.Hi = max(s.Hi, t.now.Value)
		h := t.add(x)
		h.quirk(Torn, s)
		return h
	}
	*s = judge.Step{Verdict: judge.Reset, Doubt: judge.Unproven, Add: s.Add, Lo: s.Lo, Hi: math.Inf(1), From: s.From, To: s.To, Reach: s.From}
	return t.fromZero()
}

// fallen returns by how much buckets, each by itself, fell.
func fallen(p, c []float64) float64 {
	var fell, p1, c1 float64
	for i := range c {
		fell += max(0, (p[i]-p1)-(c[i]-c1))
		p1, c1 = p[i], c[i]
	}
	return fell
}

// coarse adds the growth at the bounds that the reading and the one before have
// in common; that of the count is always one.
func (t *turn) coarse(base *point, s *judge.Step) *Hist {
	common := t.common(base)
	x := t.blank(Reading)
	x.Layout, x.Read, x.Native = common, nil, nil
	x.Before, x.Now = at(t.out, common, base.layout, base.buckets, t.count(base)), at(t.out, common, t.h.layout, t.counts, t.now.Value)
	x.addSum(base.sum, t.sum)
	h := t.add(x)
	h.quirk(NewLayout, s)
	return h
}

// at returns the counts up to the bounds of common, which l has, too.
func at(out *Steps, common, l *layout.Layout, counts []float64, total float64) []float64 {
	list := out.room(common.Len())
	for i := range list {
		list[i] = total
		if l == nil || len(counts) == 0 { // of native buckets, only the count
			continue
		}
		for j := range l.Len() {
			if l.Bound(j) == common.Bound(i) {
				list[i] = counts[j]
			}
		}
	}
	return list
}

// common returns the layout of the bounds that a reading before has in common
// with the histogram's.
func (t *turn) common(base *point) *layout.Layout {
	return t.Layouts.Layout(commonBounds(base.layout, t.h.layout))
}

func commonBounds(a, b *layout.Layout) []float64 {
	if a == nil || b == nil {
		return []float64{math.Inf(1)}
	}
	return slices.DeleteFunc(a.Bounds(), func(x float64) bool { return !slices.Contains(b.Bounds(), x) })
}

// growNative adds the growth of each native bucket.
func (t *turn) growNative(base *point, s *judge.Step) *Hist {
	if base.native == nil {
		return t.coarse(base, s)
	}
	increase := &layout.Native{}
	verdict := layout.JudgeNative(increase, base.native, t.nat, false)
	finer := verdict == layout.Changed && base.native.Custom == nil && t.nat.Custom == nil
	if finer {
		// The buckets are finer than before: the growth is known in those that both have.
		was, now := layout.Alike(base.native, t.nat)
		verdict = layout.JudgeNative(increase, was, now, false)
	}
	switch verdict {
	case layout.Grew:
	case layout.Reset:
		*s = judge.Step{Verdict: judge.Reset, Doubt: judge.Unproven, Add: s.Add, Lo: s.Lo, Hi: math.Inf(1), From: s.From, To: s.To, Reach: s.From}
		return t.fromZero()
	default:
		return t.coarse(base, s)
	}
	x := t.blank(Reading)
	x.Increase, x.Count = increase, [2]float64{base.native.Count, t.nat.Count}
	x.addSum(base.sum, t.sum)
	h := t.add(x)
	if finer {
		h.quirk(NewLayout, s)
	}
	return h
}

// appear judges a histogram without a reading before it, by its count, or one
// that is back. missed says that it was there before and could not be read.
func (t *turn) appear(missed bool) {
	l := t.Store.Line(t.Reader.ID(t.pos))
	tomb := t.buried(t.o, l)
	next, step := t.begin(t.o, l, t.now, tomb, missed)
	if tomb != nil && step.Doubt&judge.HandedOver != 0 && !t.follows(&tomb.point) {
		tomb = nil
		next, step = t.begin(t.o, l, t.now, nil, missed)
	}
	before := &point{sum: math.NaN()}
	if tomb != nil {
		before = &tomb.point
	}
	var x *Hist
	switch {
	case tomb != nil && step.Verdict != judge.First && step.Verdict != judge.Born && step.Verdict != judge.Gap:
		x = t.step(before, &step)
	case step.Add != 0:
		x = t.fromZero()
	case step.Verdict == judge.Gap:
		x = t.add(t.blank(Nowhere))
	default:
		x = t.add(t.blank(Baseline))
	}
	t.noteUneven(x, &step, nil)
	x.note(step, NoQuirk)
	t.keep(t, before, next, &step)
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
