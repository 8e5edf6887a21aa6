package aggregate

import (
	"math"
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/lines"
)

// event is what was out of the ordinary in one scrape and column: everything
// but plain growth. Lo and Hi of an answer, its resets and its warnings come
// from the events of its window.
type event struct {
	noteKey
	at    int64
	n     int       // series
	open  int       // of them, those whose growth has no upper bound
	below exact.Sum // Σ Value − Lo
	above exact.Sum // Σ Hi − Value, where bounded
}

// copy shares no storage with the event.
func (e *event) copy() *event {
	c := *e
	c.below, c.above = exact.Sum{}, exact.Sum{}
	c.below.Set(&e.below)
	c.above.Set(&e.above)
	return &c
}

type noteKey struct {
	col     int32
	verdict judge.Verdict
	flags   judge.Flags
	quirk   quirk
}

// quirk is what can be out of the ordinary with histograms alone.
type quirk uint8

const (
	noQuirk   quirk = iota
	noSum           // the sum is missing or not finite
	torn            // buckets were read while the client was writing them
	newLayout       // the bounds are others than before
	malformed       // counts that fall with le, or are no counts
)

// fold adds what the scrape says to what a view keeps: only the lines that
// changed, unless the set of lines did, or the process.
func (s *staged) fold(b *binding) {
	clear(s.noted)
	if b.prune(&s.in.history) {
		s.in.undo = nil // what a restart of so long ago counted stands
	}
	s.dirty = s.dirty[:0]
	if s.alone {
		for _, e := range b.entries {
			s.touch(b, e)
		}
		if b.view.kind == kindGauge {
			s.touchGone(b)
		}
	} else {
		s.foldChanged(b)
	}
	if b.view.kind == kindHistogram {
		s.foldObjects(b)
	}
}

// foldChanged walks two ascending lists: lines that changed, lines wanted.
func (s *staged) foldChanged(b *binding) {
	entries := b.entries
	for _, pos := range s.r.Changed() {
		for len(entries) > 0 && entries[0].pos < pos {
			entries = entries[1:]
		}
		if len(entries) == 0 {
			return
		}
		if entries[0].pos == pos {
			s.touch(b, entries[0])
		}
	}
}

// touch takes in the new value of one wanted line.
func (s *staged) touch(b *binding, e entry) {
	switch b.view.kind {
	case kindCounter:
		s.step(b, e)
	case kindGauge:
		s.touchGauge(b, e)
	case kindHistogram:
		if n := len(s.dirty); n == 0 || s.dirty[n-1] != e.ref {
			s.dirty = append(s.dirty, e.ref)
		}
	}
}

// step is one counter's: from the point before to the one just read.
func (s *staged) step(b *binding, e entry) {
	id, old, value, own := s.r.At(int(e.pos))
	c := judge.Point{Time: s.at, Value: value, Start: s.r.Start(int(e.pos))}
	col := int32(e.ref)
	if own != lines.NoTime {
		c.Time = own
	}
	if old < 0 || s.baseline {
		step := s.appear(b.view, id, c)
		s.begin(b, col, &step, c.Value)
		s.take(b, col, int(e.pos), step, c)
		return
	}
	p, zero := s.baselineOf(old)
	if own != lines.NoTime && s.in.cols.Time(old) != lines.NoTime && own <= s.in.cols.Time(old) {
		s.refuse(id, c, p)
		return
	}
	life := s.life(id)
	if !zero && !s.opens && judge.Plain(p, c, life) { // nearly every step
		s.free(old)
		b.live.counts.AddDiff(b.cols[col].at, c.Value, p.Value)
		s.report.Grown++
		return
	}
	next := (*judge.Rules).Next
	if zero {
		next = (*judge.Rules).AfterZero
	}
	step := next(b.view.rulesOf(s.f.store, id), p, c, life, s.start.At)
	s.begin(b, col, &step, c.Value)
	s.take(b, col, int(e.pos), step, step.Baseline(p, c))
}

// refuse leaves a line at the point it had: its own timestamp did not move on.
func (s *staged) refuse(id lines.ID, c, p judge.Point) {
	if c == p {
		return // the same point once more
	}
	s.report.Refused++
	s.hold(id, held{Point: p})
}

// appear judges a series without a point before it.
func (s *staged) appear(v *view, id lines.ID, c judge.Point) judge.Step {
	a := judge.Appearance{Since: max(s.f.since, s.in.since), Start: s.start.At, Churned: s.churned, Evicted: s.in.tombsLost}
	if s.restart == AnotherInstance && s.returned() {
		a.Since = s.at // what was born while it answered before was counted then
	}
	if !s.baseline && s.restart == NoRestart {
		a.Previous = s.in.last
		if t, ok := s.in.tombs[id]; ok {
			a.Tombstone, a.Life = &t.Point, s.verdict.Life(false)
		}
	}
	return v.rulesOf(s.f.store, id).Appear(c, a)
}

// take adds a step to its column, holds the point to grow from where that is
// not the value just read, and notes what is out of the ordinary.
func (s *staged) take(b *binding, col int32, pos int, step judge.Step, baseline judge.Point) {
	id, old, _, _ := s.r.At(pos)
	s.free(old)
	if step.Keep {
		s.hold(id, held{Point: baseline, zero: step.Flags&judge.FellToZero != 0})
	}
	if step.Add != step.Sub {
		b.live.counts.AddDiff(b.cols[col].at, step.Add, step.Sub)
	}
	if step.Verdict == judge.Grew && step.Flags == 0 {
		s.report.Grown++
		return
	}
	s.note(b, noteKey{col: col, verdict: step.Verdict, flags: step.Flags}, step)
}

func (s *staged) note(b *binding, k noteKey, step judge.Step) {
	s.report.count(step.Verdict)
	i, ok := s.noted[k]
	if !ok {
		i = len(b.events)
		b.events = append(b.events, event{noteKey: k, at: s.at})
		s.noted[k] = i
	}
	e := &b.events[i]
	e.n++
	if step.Verdict == judge.Gap {
		return // the step that ends the gap holds what it hid
	}
	growth := step.Value()
	e.below.AddDiff(growth, step.Lo)
	if math.IsInf(step.Hi, 1) {
		e.open++
	} else {
		e.above.AddDiff(step.Hi, growth)
	}
}

func (r *Report) count(v judge.Verdict) {
	switch v {
	case judge.BornProven, judge.BornByAbsence:
		r.Births++
	case judge.ResetProven, judge.ResetDropped:
		r.Resets++
	case judge.Grew:
		r.Grown++
	}
}

// baselineOf is the point that the line that stood at a position grows from:
// the column's last value, unless a verdict holds another; zero if that is from
// before it fell to 0.
func (s *staged) baselineOf(old int) (p judge.Point, zero bool) {
	cols := &s.in.cols
	if len(s.in.held) > 0 {
		if h, ok := s.in.held[cols.ID(old)]; ok {
			return h.Point, h.zero
		}
	}
	p = judge.Point{Time: cols.Time(old), Value: cols.Value(old), Start: cols.Start(old)}
	if p.Time == lines.NoTime {
		p.Time = s.in.last
	}
	return p, false
}

// held is a baseline that is not the column's last value.
type held struct {
	judge.Point
	zero   bool           // the series fell to 0 since
	native *layout.Native // of a line that is one
}

// hold is applied when all views have seen the scrape.
func (s *staged) hold(id lines.ID, h held) {
	s.holds = append(s.holds, hold{id, h})
}

type hold struct {
	id lines.ID
	held
}

// free ends the baseline that is held for the line that stood at a position, if
// there is one: it was judged from it.
func (s *staged) free(old int) {
	if len(s.in.held) > 0 && old >= 0 {
		s.frees = append(s.frees, s.in.cols.ID(old))
	}
}

func (s *staged) settle() {
	in := s.in
	for _, id := range s.frees {
		delete(in.held, id)
	}
	if len(in.held) > 0 && s.alone {
		s.rename()
	}
	for _, h := range s.holds {
		if in.held == nil {
			in.held = map[lines.ID]held{}
		}
		in.held[h.id] = h.held
	}
}

// reworded: lines are written otherwise than in the scrape before.
func (s *staged) reworded() bool {
	for pos := range s.r.Len() {
		if id, old, _, _ := s.r.At(pos); old >= 0 && s.in.cols.ID(old) != id {
			return true
		}
	}
	return false
}

// renameTombs leads tombstones of lines that are written in other words now to
// what is back of them.
func (s *staged) renameTombs() {
	in, store := s.in, s.f.store
	if len(in.tombs) == 0 {
		return
	}
	if in.reworded = in.reworded || s.reworded(); !in.reworded {
		return
	}
	byLabels := map[uint64]lines.ID{}
	for id := range in.tombs {
		byLabels[store.Line(id).Labels.Hash()] = id
	}
	for pos := range s.r.Len() {
		id, old, _, _ := s.r.At(pos)
		if old >= 0 {
			continue
		}
		l := store.Line(id)
		was, ok := byLabels[l.Labels.Hash()]
		if !ok || was == id || store.Line(was).Role != l.Role || !labels.Equal(store.Line(was).Labels, l.Labels) {
			continue
		}
		if _, ok := in.tombs[id]; ok {
			continue // a later one
		}
		in.tombs[id] = in.tombs[was]
		delete(in.tombs, was)
		store.Retain(id)
		store.Release(was)
	}
}

// rename keeps what is held of lines that are written in other words now.
func (s *staged) rename() {
	in := s.in
	for pos := range s.r.Len() {
		id, old, _, _ := s.r.At(pos)
		if old < 0 || in.cols.ID(old) == id {
			continue
		}
		if h, ok := in.held[in.cols.ID(old)]; ok {
			delete(in.held, in.cols.ID(old))
			in.held[id] = h
		}
	}
}

// bury leaves a tombstone for each wanted line that vanished while its process
// went on: what comes back is not born.
func (s *staged) bury() {
	in, f := s.in, s.f
	for _, old := range s.r.Gone() {
		id := in.cols.ID(int(old))
		p, _ := s.baselineOf(int(old))
		t := held{Point: p, native: s.nativeBefore(int(old))}
		delete(in.held, id)
		if s.baseline || s.restart != NoRestart || !f.remembered(in, id) || s.continues(id) {
			continue
		}
		if len(in.tombs) >= maxTombs(in) {
			in.tombsLost = true
			continue
		}
		if in.tombs == nil {
			in.tombs = map[lines.ID]held{}
		}
		f.store.Retain(id)
		in.tombs[id] = t
	}
	if len(in.tombs) > 0 && s.alone {
		s.exhume()
	}
}

// exhume removes the tombstones of lines that are back.
func (s *staged) exhume() {
	for pos := range s.r.Len() {
		id, old, _, _ := s.r.At(pos)
		if old >= 0 {
			continue
		}
		if _, ok := s.in.tombs[id]; ok {
			delete(s.in.tombs, id)
			s.f.store.Release(id)
		}
	}
}

// maxTombs is a part of the lines, since a tombstone holds its line in the
// store; and some for small bodies.
func maxTombs(in *instance) int { return max(1000, in.cols.Len()/5) }

// remembered: a view follows the line's growth.
func (f *Fleet) remembered(in *instance, id lines.ID) bool {
	for _, b := range in.bindings {
		if b.view.kind != kindGauge && b.route.way(f.store, id) >= 0 {
			return true
		}
	}
	return false
}

// prune drops the events that no window can reach any more into past, which
// questions about everything still see.
func (b *binding) prune(h *history) (pruned bool) {
	if len(h.points) == 0 || h.n <= len(h.points) {
		return false
	}
	oldest := h.at(h.oldest()).at
	n := 0
	for n < len(b.events) && b.events[n].at <= oldest {
		n++
	}
	if n < 16 || n < len(b.events)/2 {
		return false
	}
	for i := range b.events[:n] {
		b.retire(&b.events[i])
	}
	b.events = slices.Clone(b.events[n:])
	return true
}

func (b *binding) retire(e *event) {
	p := b.past[e.noteKey]
	if p == nil {
		if b.past == nil {
			b.past = map[noteKey]*event{}
		}
		p = &event{noteKey: e.noteKey, at: e.at}
		b.past[e.noteKey] = p
	}
	p.n += e.n
	p.open += e.open
	p.below.Merge(&e.below)
	p.above.Merge(&e.above)
}
