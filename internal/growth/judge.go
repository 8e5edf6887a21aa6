package growth

import (
	"slices"

	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/lines"
)

// Judge judges every object that a staged scrape, which is accepted, says
// something new about: those with lines that changed or, of another process,
// all. It writes the steps to out.
func (st *State) Judge(p *Plan, s *Scraped, out *Steps) {
	out.reset()
	w := walk{State: st, Plan: p, Scraped: s, out: out, dirty: out.dirty[:0]}
	if s.Process {
		for _, e := range p.entries {
			w.touch(e)
		}
	} else {
		w.changed()
		w.dirty = append(w.dirty, p.fresh...)
	}
	p.fresh = p.fresh[:0]
	slices.Sort(w.dirty)
	for _, i := range slices.Compact(w.dirty) {
		w.hist(i)
	}
	out.dirty = w.dirty
}

// walk is one scrape on its way along a plan.
type walk struct {
	*State
	*Plan
	*Scraped
	out   *Steps
	dirty []uint32 // histograms to judge
}

// changed walks two ascending lists: lines that changed, and lines followed.
func (w *walk) changed() {
	entries := w.entries
	for _, pos := range w.Reader.Changed() {
		for len(entries) > 0 && entries[0].pos < pos {
			entries = entries[1:]
		}
		for len(entries) > 0 && entries[0].pos == pos {
			w.touch(entries[0])
			entries = entries[1:]
		}
		if len(entries) == 0 {
			return
		}
	}
}

// touch takes in the new value of one followed line.
func (w *walk) touch(e entry) {
	switch w.objects[e.object].kind {
	case Counter:
		w.counter(e)
	case Gauge:
		_, old, v, _ := w.Reader.At(int(e.pos))
		w.out.Gauges = append(w.out.Gauges, Gauged{e.object, old < 0 || v != w.Before.Value(old)})
	case Histogram:
		if n := len(w.dirty); n == 0 || w.dirty[n-1] != e.object {
			w.dirty = append(w.dirty, e.object)
		}
	}
}

// counter judges a counter from the point before to the one just read.
func (w *walk) counter(e entry) {
	id, old, value, own := w.Reader.At(int(e.pos))
	c := judge.Point{Time: w.At, Value: value, Start: w.Reader.Start(int(e.pos))}
	if own != lines.NoTime {
		c.Time = own
	}
	o := &w.objects[e.object]
	if old < 0 || w.First {
		step, _ := w.appear(o, w.Store.Line(id), c)
		w.take(e.object, step, c, c)
		return
	}
	p, zero := w.baseline(e.object, old)
	if own != lines.NoTime && w.Before.Time(old) != lines.NoTime && own <= w.Before.Time(old) {
		w.refuse(e.object, c, p)
		return
	}
	life := w.life(w.Store.Line(id))
	if !zero && !w.Whole && judge.Plain(p, c, life) { // nearly every step
		w.free(e.object)
		w.out.Plain = append(w.out.Plain, Plain{e.object, p.Value, c.Value})
		return
	}
	next := (*judge.Rules).Next
	if zero {
		next = (*judge.Rules).AfterZero
	}
	step := next(w.rules(o), p, c, life, w.Start)
	w.take(e.object, step, step.Baseline(p, c), c)
}

// take holds the point to grow from where that is not the value just read.
func (w *walk) take(object uint32, step judge.Step, baseline, c judge.Point) {
	w.free(object)
	if step.Keep {
		w.hold(object, &point{Point: baseline, zero: step.Doubt&judge.FellToZero != 0})
	}
	w.out.Odd = append(w.out.Odd, Odd{object, step, c.Value})
}

// refuse leaves a line at the point it had: its own timestamp did not move on.
func (w *walk) refuse(object uint32, c, p judge.Point) {
	if c == p {
		return // the same point once more
	}
	w.out.Refused++
	w.hold(object, &point{Point: p})
}

// appear judges an object without a point before it.
func (w *walk) appear(o *object, l *lines.Line, c judge.Point) (judge.Step, *tomb) {
	a := judge.Appearance{Since: w.Since, Start: w.Start, Churned: w.Churned, Evicted: w.Lost}
	var t *tomb
	if !w.Process {
		a.Previous = w.LastTime
		if len(w.tombs) > 0 {
			if t = w.tombs[w.tombOf(o, l)]; t != nil {
				a.Tombstone, a.Life = &t.Point, w.Verdict.Life(false)
			}
		}
	}
	return w.rules(o).Appear(c, a), t
}

// baseline returns the point that a counter whose line stood at old grows from;
// zero says that it is from before a fall to 0.
func (w *walk) baseline(object uint32, old int) (p judge.Point, zero bool) {
	if len(w.held) > 0 {
		if h := w.held[object]; h != nil {
			return h.Point, h.zero
		}
	}
	return ColumnPoint(w.Before, old, w.LastTime), false
}

// free ends the baseline that is held for an object: it was judged from it.
func (w *walk) free(object uint32) {
	if len(w.held) > 0 {
		delete(w.held, object)
	}
}
