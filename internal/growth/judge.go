package growth

import (
	"math"
	"slices"

	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/lines"
)

// allPlain reports whether all growth of all families is simply growth.
func (w *walk) allPlain() bool {
	for i := range w.Scratch.list {
		x := &w.Scratch.list[i]
		if e := w.Decision.Of(&x.Family); e.Plain() {
			continue
		}
		for _, since := range w.epochs {
			f := x.Usually(w.usual(x.metric, since))
			if e := w.Decision.Of(&f); !e.Plain() {
				return false
			}
		}
	}
	return true
}

// walk is one scrape on its way along a plan.
type walk struct {
	*State
	*Plan
	*Scraped
	out   *Steps
	dirty []uint32 // histograms to judge
	// doubled are counters to judge that stand in several lines.
	doubled []uint32
	calm    *evidence
	known   map[evidenceKey]*evidence
	ms      float64
}

// run judges what a scrape says something new about. A scrape in which all growth
// is plain has one evidence for all families, which is w.calm.
func (w *walk) run(gone []dying) {
	if !w.weighed && !w.First {
		w.calm = w.Scratch.evidence()
		w.calm.Evidence, w.calm.plain = w.Decision.Of(&judge.Family{}), true
		w.calm.Interval = w.interval()
	} else {
		w.known = w.Scratch.known
	}
	if w.Process || w.calm == nil && !w.allPlain() {
		for _, e := range w.entries {
			w.touch(e)
		}
	} else {
		w.changed()
		w.dirty = append(w.dirty, w.fresh...)
		w.unusual()
	}
	w.fresh = w.fresh[:0]
	slices.Sort(w.dirty)
	for _, i := range slices.Compact(w.dirty) {
		w.hist(i)
	}
	w.out.dirty = w.dirty
	w.judgeDoubled()
	w.bury(gone)
	for _, f := range w.tops {
		f.top, f.next = max(f.top, f.next), -1
	}
	w.was = nil
}

// changed touches the lines that changed and are followed.
func (w *walk) changed() {
	for e := range w.entriesAt(w.Reader.Changed()) {
		w.touch(e)
	}
}

// unusual touches the objects in an unusual state whose lines did not change: a
// scrape has passed for them, too.
func (w *walk) unusual() {
	if len(w.held) == 0 {
		return
	}
	list := make([]uint32, 0, len(w.held))
	for object := range w.held {
		list = append(list, object)
	}
	slices.Sort(list)
	changed := w.Reader.Changed()
	for _, object := range list {
		o := &w.objects[object]
		if o.kind == Histogram {
			w.dirty = append(w.dirty, object)
		} else if _, found := slices.BinarySearch(changed, o.line); !found && o.kind == Counter {
			w.touch(entry{o.line, object})
		}
	}
}

// touch takes in the new value of one followed line.
func (w *walk) touch(e entry) {
	switch w.objects[e.object].kind {
	case Counter:
		if w.objects[e.object].double != 0 {
			w.doubled = append(w.doubled, e.object)
		} else {
			w.counter(e)
		}
	case Gauge:
		old, v, _ := w.Reader.At(int(e.pos))
		w.out.Gauges = append(w.out.Gauges, Gauged{e.object, old < 0 || v != w.Before.Value(old)})
	case Histogram:
		if n := len(w.dirty); n == 0 || w.dirty[n-1] != e.object {
			w.dirty = append(w.dirty, e.object)
		}
	case watched:
		if old, _, _ := w.Reader.At(int(e.pos)); old >= 0 && !w.First {
			w.watch(&w.objects[e.object], w.Store.Line(w.Reader.ID(int(e.pos))), columnPoint(w.Before, old, w.LastTime), w.Scraped.point(int(e.pos)))
		}
	}
}

// watch takes the growth of a line into what is usual for its metric. Whether a
// view follows the line, and what is remembered of it, does not matter here.
func (w *walk) watch(o *object, l *lines.Line, p, c judge.Point) {
	if !judge.Rise(p, c) || c.Value == p.Value || c.Time <= p.Time || !w.plainly(o, l) {
		return
	}
	f := w.tops[o.family]
	f.next = max(f.next, (c.Value-p.Value)/float64(c.Time-p.Time))
}

// plainly reports whether all growth of the family of an object's line is simply
// growth, whatever a view says of its owner.
func (w *walk) plainly(o *object, l *lines.Line) bool {
	if w.calm != nil {
		return w.calm.plain
	}
	key := evidenceKey{l.Family, ofNoView, o.epoch}
	e := w.known[key]
	if e == nil {
		e = w.Scratch.evidence()
		f := w.seen(l, o.epoch)
		e.Evidence = w.Decision.Of(&f)
		e.plain = e.Plain()
		w.known[key] = e
	}
	return e.plain
}

// counter judges a counter from the point before to the one just read.
func (w *walk) counter(e entry) {
	old, value, own := w.Reader.At(int(e.pos))
	c := judge.Point{Time: w.At, Value: value, Start: w.Reader.Start(int(e.pos))}
	o := &w.objects[e.object]
	if w.calm != nil && old >= 0 && own == lines.NoTime && !w.First && w.heldOf(e.object) == nil {
		p := judge.Point{Time: w.LastTime, Value: w.Before.Value(old), Start: w.Before.Start(old)}
		if judge.Rise(p, c) { // nearly every step
			w.plain(e.object, o, p.Value, value)
			return
		}
	}
	l := w.Store.Line(w.Reader.ID(int(e.pos)))
	if own == lines.NoTime {
		w.counterAt(e.object, o, l, c, old)
		return
	}
	c.Time = own
	plain, odd := len(w.out.Plain), len(w.out.Odd)
	w.counterAt(e.object, o, l, c, old)
	w.readTimed(e.object, plain, odd)
}

// counterAt judges a counter whose line is l, and stood at the position old.
func (w *walk) counterAt(i uint32, o *object, l *lines.Line, c judge.Point, old int) {
	held := w.heldOf(i)
	if old < 0 || w.First || held.missed() {
		next, step := w.begin(o, l, c, w.buried(o, l), held.missed())
		w.take(i, next, step, c)
		return
	}
	s := judge.Series{Last: columnPoint(w.Before, old, w.LastTime)}
	w.watch(o, l, s.Last, c)
	if held != nil {
		s = held.Series
	}
	if c.Time <= s.Last.Time {
		w.refuse(i, s, c)
		return
	}
	ev := w.evidenceOf(o, l)
	if held == nil && ev.plain && judge.Rise(s.Last, c) {
		w.out.Plain = append(w.out.Plain, Plain{i, s.Last.Value, c.Value})
		return
	}
	next, step := w.next(o, l, s, c, ev, old)
	w.take(i, next, step, c)
}

// plain passes growth on that is simply growth.
func (w *walk) plain(object uint32, o *object, before, now float64) {
	w.out.Plain = append(w.out.Plain, Plain{object, before, now})
	if now > before {
		f := w.tops[o.family]
		f.next = max(f.next, (now-before)/w.ms)
	}
}

// next judges the step of a series; the evidence gets its own pace.
func (w *walk) next(o *object, l *lines.Line, s judge.Series, c judge.Point, ev *evidence, old int) (judge.Series, judge.Step) {
	e := ev.Evidence
	e.Pace = w.paceAt(o, old)
	next, step := s.Next(w.rules(o), c, &e)
	if step.Verdict == judge.Gap && e.Restarted() {
		// Of the new process nothing was read, and how far the old one counted is not known.
		next, step.Hi = judge.Series{Memory: judge.Memory{Gapped: true}}, math.Inf(1)
	}
	return next, step
}

// take keeps the state of a series where it is not the value just read.
func (w *walk) take(object uint32, next judge.Series, step judge.Step, c judge.Point) {
	if next.Ordinary() && next.Last == c {
		w.free(object)
	} else {
		w.hold(object, &point{Series: next})
	}
	w.out.Odd = append(w.out.Odd, Odd{Object: object, Step: step, Now: c.Value})
}

// refuse leaves a series at the point it had: its own timestamp did not move on.
func (w *walk) refuse(object uint32, s judge.Series, c judge.Point) {
	if c == s.Last {
		return // the same point once more
	}
	w.out.Refused++
	w.hold(object, &point{Series: s})
}

// buried returns the tombstone of an object; nil if there is none.
func (w *walk) buried(o *object, l *lines.Line) *tomb {
	if len(w.tombs) == 0 || w.First {
		return nil
	}
	return w.tombs[w.tombOf(o, l)]
}

// begin judges an object without a point before it, or one that is back, of
// which before is the tombstone. One that was there and was missed is not born
// before its views were declared; a line that is back and has no tombstone went
// before they were.
func (w *walk) begin(o *object, l *lines.Line, c judge.Point, before *tomb, missed bool) (judge.Series, judge.Step) {
	a := judge.Arrival{
		Since: w.Since, Start: w.Start, Interval: w.interval(), Clock: w.Clock, Unmoved: w.Decision.Restart == judge.RestartUnmoved,
		Restarted: w.Process && !w.First, Vanishing: w.Vanishing || w.vanished[0] || w.vanished[1],
		Evicted: w.Lost || before == nil && w.gone.has(l),
	}
	if missed {
		a.Since = max(a.Since, w.epochs[o.epoch])
	}
	var e judge.Evidence
	if w.First {
		e.Own = w.rules(o).Owner == judge.OwnerProcess
	} else {
		e = w.evidenceOf(o, l).Evidence
		e.Pace = w.tops[o.family].pace()
	}
	a.Evidence = &e
	switch {
	case !w.Process && !missed:
		a.Previous = w.LastTime
	case w.Process && !w.First && w.Decision.Restart == judge.RestartProven:
		a.After = w.LastTime
	}
	if before != nil {
		a.Before = &before.Series
		if missed && judge.Countable(c.Value) {
			w.unearth(before.key, w.Store) // it was back before, and could not be read
		}
	}
	return judge.Begin(w.rules(o), c, &a)
}

// free ends the state that is kept for an object: it is an ordinary one.
func (w *walk) free(object uint32) {
	if len(w.held) > 0 {
		delete(w.held, object)
	}
}

// heldOf returns the state that is kept for an object; nil if there is none.
func (w *walk) heldOf(object uint32) *point {
	if len(w.held) == 0 {
		return nil
	}
	return w.held[object]
}

// bury leaves a tombstone for each object that ends: what comes back is not
// born. It says to those of before, of another process, that they are of the
// past, and forgets those that are of no use any more.
func (w *walk) bury(list []dying) {
	if w.First {
		return
	}
	// The lines of a process that ended are kept for a few scrapes alone.
	if !w.Process && !w.gone.addAll(w.Store, w.Scraped.Before, w.Reader.Gone()) {
		w.Lost = true
	}
	for key, t := range w.tombs {
		epoch := slices.Index(w.epochs, key.since)
		if epoch < 0 { // no view follows it
			delete(w.tombs, key)
			w.Store.Release(t.id)
			continue
		}
		kind := Counter
		if key.hist {
			kind = Histogram
		}
		e := w.evidence(t.id, object{kind: kind, class: key.class, epoch: uint16(epoch)})
		if e.Restarted() && t.Cause == judge.CauseGone {
			t.Series, _ = t.Series.Vanish(w.At, &e)
		}
		if t.Cause == judge.CauseRestart && w.At > t.Until {
			delete(w.tombs, key)
			w.Store.Release(t.id)
		}
	}
	for i := range list {
		x := &list[i]
		e := w.evidence(x.id, object{kind: x.kind, class: x.class, epoch: x.epoch})
		var step judge.Step
		x.Series, step = x.Series.Vanish(w.At, &e)
		w.out.Gone = append(w.out.Gone, Gone{x.sinks, x.kind, step})
		w.buryOne(&x.tomb)
	}
}

func (w *walk) buryOne(t *tomb) {
	old := w.tombs[t.key]
	if w.Lost && !w.Process && !w.gone.has(w.Store.Line(t.id)) {
		return
	}
	if old != nil {
		w.Store.Release(old.id)
	}
	if w.tombs == nil {
		w.tombs = map[tombKey]*tomb{}
	}
	w.Store.Retain(t.id)
	kept := *t
	kept.buckets = slices.Clone(t.buckets)
	w.tombs[t.key] = &kept
}

// evidence returns what the scrape says of a line that is gone.
func (w *walk) evidence(id lines.ID, o object) judge.Evidence {
	l := w.Store.Line(id)
	e := w.evidenceOf(&o, l).Evidence
	e.Pace = w.usual(o.kind.metricOf(l), w.epochs[o.epoch])
	return e
}

// readTimed notes that a line with a timestamp of its own was read, if that led to
// a step.
func (w *walk) readTimed(object uint32, plain, odd int) {
	if len(w.out.Plain) == plain && (len(w.out.Odd) == odd || w.out.Odd[odd].Verdict == judge.Gap) {
		return
	}
	if n := len(w.objects); len(w.reads) < n {
		w.reads = append(w.reads, make([]int64, n-len(w.reads))...)
	}
	w.reads[object] = w.At
}

// evidenceOf returns it, worked out once a scrape.
func (w *walk) evidenceOf(o *object, l *lines.Line) *evidence {
	if w.calm != nil {
		return w.calm
	}
	key := evidenceKey{l.Family, o.class, o.epoch}
	e := w.known[key]
	if e == nil {
		f := w.seen(l, o.epoch)
		if r := w.rules(o); r.Owner != judge.OwnerUnknown {
			f.Owner = r.Owner
		}
		e = w.Scratch.evidence()
		e.Evidence = w.Decision.Of(&f)
		e.Interval = w.interval()
		e.plain = e.Plain()
		w.known[key] = e
	}
	return e
}

// seen returns what the scrape shows of a line's family to the views of an epoch.
func (w *walk) seen(l *lines.Line, epoch uint16) judge.Family {
	x := w.familyOf(w.Scraped, l)
	return x.Usually(w.usual(x.metric, w.epochs[epoch]))
}
