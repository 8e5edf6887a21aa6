package aggregate

import (
	"fmt"
	"maps"
	"slices"

	"github.com/promfold/promfold/internal/gauge"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/rate"
	"github.com/promfold/promfold/internal/roster"
	"github.com/promfold/promfold/internal/window"
)

// noteShrunk finds families that lost most of their lines, or have them back,
// in a scrape that is accepted but not committed yet.
func (s *staged) noteShrunk() {
	in := s.in
	if !s.alone || !s.r.Structural() && s.restart == noRestart {
		return
	}
	oldest := in.history.Oldest()
	if s.baseline || s.restart != noRestart {
		in.shrunk = roster.Recover(in.shrunk, s.at, oldest, func(*roster.Shrunk) bool { return true })
		return
	}
	lost := s.lost()
	if len(lost)+len(in.shrunk) == 0 {
		return
	}
	before, now := s.countFamilies(&in.cols), s.countFamilies(&s.body)
	in.shrunk = roster.Recover(in.shrunk, s.at, oldest, func(x *roster.Shrunk) bool { return !roster.LostMost(x.Before, now[x.Family.Name]) })
	for _, name := range slices.Sorted(maps.Keys(lost)) {
		if b, n := before[name], now[name]; roster.LostMost(b, n) {
			in.shrunk = roster.Shrink(in.shrunk, roster.Shrunk{Family: lost[name], At: s.at, Before: b, Lines: n})
			s.report.Partial = append(s.report.Partial, name)
			s.report.Warnings = append(s.report.Warnings, fmt.Sprintf("only %d of %d lines of %s are left, of the same process: it may be partial", n, b, name))
		}
	}
}

// lost returns the families of the lines that vanished, if enough did.
func (s *staged) lost() map[string]*lines.Family {
	gone := s.r.Gone()
	if !roster.Enough(len(gone)) {
		return nil
	}
	lost := map[string]*lines.Family{}
	for _, old := range gone {
		f := s.f.store.Line(s.in.cols.ID(int(old))).Family
		lost[f.Name] = f
	}
	return lost
}

func (s *staged) countFamilies(in interface {
	Len() int
	ID(pos int) lines.ID
}) map[string]int {
	lines := map[string]int{}
	for pos := range in.Len() {
		lines[s.f.store.Line(in.ID(pos)).Family.Name]++
	}
	return lines
}

// partialNow reports whether the instance answers the family of the view only
// in part. Views of many families do not ask: some family always is partial,
// which says nothing of the others.
func partialNow(q *question, in *instance) bool {
	return !q.v.every() && (in.broken(q.v) > 0 || in.bindings[q.v.index].malformed(in.last) ||
		slices.ContainsFunc(in.shrunk, func(x roster.Shrunk) bool { return q.v.selection.About(x.Family) && x.Open(q.e) }))
}

// partials returns the families of which members may miss lines in the window,
// of a gauge those that miss them now.
func partialsOf(q *question) (list partials) {
	from := q.s
	if q.v.kind == growth.Gauge {
		from = farFuture
	}
	for i := range q.states {
		in := q.states[i].in
		for i := range in.shrunk {
			if x := &in.shrunk[i]; q.v.selection.About(x.Family) && x.In(from, q.e) {
				list = append(list, partial{x.Family, x.Text(in.name)})
			}
		}
	}
	return list
}

// fold adds what the instance's series did in the scrape to all views that
// follow them. Each object was judged once.
func (s *staged) fold() {
	in := s.in
	last := in.last
	if last == 0 {
		last = s.at
	}
	longest, gap := s.f.longest().Milliseconds(), s.gap() != rate.Gap{}
	for _, b := range in.bindings {
		b.Begin(s.at, last, longest, gap)
		if b.Prune(&in.history) {
			in.settle(s.f.store) // what was given to it so long ago stands
		}
	}
	dying := in.state.Follow(&in.plan, s.next, s.moved, &s.scraped)
	in.state.Judge(in.plan, &s.scraped, dying, &s.steps)
	if s.provisional {
		s.steps.Doubt()
	}
	s.report.Refused += s.steps.Refused
	s.addPlain()
	for i := range s.steps.Odd {
		s.addOdd(&s.steps.Odd[i])
	}
	for i := range s.steps.Hists {
		s.addHist(&s.steps.Hists[i])
	}
	for i := range s.steps.Gone {
		s.addGone(&s.steps.Gone[i])
	}
	for _, b := range in.bindings {
		b.End()
	}
	s.touchGauges()
	if s.alone {
		in.state.Exhume(in.plan, &s.scraped, s.f.store)
		in.shed()
	}
}

// addPlain adds plain growth: nearly all there is.
func (s *staged) addPlain() {
	in := s.in
	for i := range s.steps.Plain {
		x := &s.steps.Plain[i]
		for _, k := range in.plan.Sinks(x.Object) {
			b := in.bindings[k.View]
			if b.Plain(k.Col, x.Now, x.Before); s.provisional && x.Now != x.Before {
				step := x.Doubtful()
				b.Note(s.at, window.Note{Col: k.Col, Verdict: step.Verdict, Doubt: step.Doubt}, &step)
			}
		}
	}
	s.report.Grown += len(s.steps.Plain)
}

// addOdd adds a counter's step, and notes what is out of the ordinary.
func (s *staged) addOdd(x *growth.Odd) {
	plain := x.Verdict == judge.Grew && x.Doubt == 0 && x.Quirk == growth.NoQuirk && !s.provisional
	if plain {
		s.report.Grown++
	} else {
		s.report.count(x.Verdict)
	}
	for _, k := range s.in.plan.Sinks(x.Object) {
		b := s.in.bindings[k.View]
		if b.met != nil {
			b.met.Counter(b.Table, k.Col, &x.Step, x.Now, s.meeting(b, k.Col))
		}
		if x.Add != x.Sub {
			b.Add(k.Col, x.Add, x.Sub)
		}
		paced(b, k.Col, &x.Step)
		if !plain || x.Reach < s.in.last {
			b.Note(s.at, window.Note{Col: k.Col, Verdict: x.Verdict, Doubt: x.Doubt, Quirk: x.Quirk}, &x.Step)
		}
	}
}

// paced tells a table of the pace that a step shows. One that is not sure may
// make it too high, which errs to the wide side.
func paced(b *binding, col int32, step *judge.Step) { b.Grew(col, step.Value(), step.To-step.From) }

// addGone notes what may have been counted of an object that vanished, since it
// was seen last.
func (s *staged) addGone(x *growth.Gone) {
	for _, k := range x.Sinks {
		if k.Col >= 0 {
			s.in.bindings[k.View].Note(s.at, window.Note{Col: k.Col, Verdict: x.Step.Verdict, Doubt: x.Step.Doubt}, &x.Step)
		}
	}
}

// addHist adds a histogram's step to the views of its distribution, of its
// count and of its sum.
func (s *staged) addHist(x *growth.Hist) {
	counted := false
	for i := range x.Notes {
		s.report.count(x.Notes[i].Verdict)
		counted = true
	}
	if !counted {
		s.report.Grown++
	}
	for _, k := range s.in.plan.Sinks(x.Object) {
		b, col := s.in.bindings[k.View], k.Col
		switch {
		case k.Part != growth.Whole:
			s.addPart(b, col, k.Part, x)
			continue
		case x.Increase != nil:
			col = b.Placed(b.view.set(), k.Group, x.Increase)
			s.meetHist(b, k.Group, col, x)
			s.addNative(b, col, x)
		case x.Now != nil:
			if x.Layout != b.Cols[col].Layout {
				col = b.Of(window.Key{Group: k.Group, Layout: b.view.layout(x.Layout)})
			}
			s.meetHist(b, k.Group, col, x)
			s.addClassic(b, col, x)
		default:
			s.meetHist(b, k.Group, col, x)
		}
		if col < 0 {
			continue // it never was a histogram: see growth.Presence.Broken
		}
		s.pacedHist(b, col, x)
		for i := range x.Notes {
			n := &x.Notes[i]
			b.Note(s.at, window.Note{Col: col, Verdict: n.Verdict, Doubt: n.Doubt, Quirk: n.Quirk}, &n.Step)
		}
	}
}

// meetHist notes how a histogram's step begins, where the process is followed.
// col is −1, or of other buckets, if what was read has no column.
func (s *staged) meetHist(b *binding, group, col int32, x *growth.Hist) {
	if b.met == nil {
		return
	}
	m := s.meeting(b, max(0, col))
	if x.Native != nil {
		if at := b.Placed(b.view.set(), group, x.Native); x.Increase == nil {
			col = at
		} else if at != col {
			col = -1
		}
	}
	b.met.Histogram(b.Table, group, col, x, m)
}

// pacedHist tells a table of the pace that a histogram's step shows.
func (s *staged) pacedHist(b *binding, col int32, x *growth.Hist) {
	if len(x.Notes) == 0 {
		from, to, _ := x.Of(growth.CountOf)
		b.Grew(col, to-from, s.at-s.in.last)
		return
	}
	for i := range x.Notes {
		paced(b, col, &x.Notes[i].Step)
	}
}

// addClassic adds what the buckets up to each bound grew by.
func (s *staged) addClassic(b *binding, col int32, x *growth.Hist) {
	for i, c := range x.Now {
		if p := x.Before[i]; c != p {
			b.AddBucket(col, i, c, p)
		}
	}
	s.addSum(b, col, x)
}

func (s *staged) addNative(b *binding, col int32, x *growth.Hist) {
	b.AddNative(col, x.Increase, x.Count[1], x.Count[0])
	s.addSum(b, col, x)
}

func (s *staged) addSum(b *binding, col int32, x *growth.Hist) {
	if x.NoSum {
		b.Note(s.at, window.Note{Col: col, Verdict: judge.Gap, Quirk: growth.NoSum}, &judge.Step{Verdict: judge.Gap})
		return
	}
	b.AddSum(col, x.Sum[1], x.Sum[0])
}

// addPart adds a histogram's step to a view of its count or of its sum alone.
func (s *staged) addPart(b *binding, col int32, part growth.Part, x *growth.Hist) {
	from, to, read := x.Of(part)
	if from != to {
		b.Add(col, to, from)
	}
	step := judge.Step{Verdict: judge.Grew, Add: to, Sub: from, Lo: to - from, Hi: to - from, From: s.in.last, To: s.at, Reach: s.in.last}
	for i := range x.Notes {
		n := x.Notes[i]
		if n.Quirk == growth.Torn {
			continue // its buckets were torn, its count and sum are what they are
		}
		if part == growth.SumOf {
			n.Step = n.OfSum(x.Sum, x.SumRead)
		}
		step = n.Step
		b.Note(s.at, window.Note{Col: col, Verdict: n.Verdict, Doubt: n.Doubt, Quirk: n.Quirk}, &step)
	}
	paced(b, col, &step)
	if b.met != nil {
		b.met.Counter(b.Table, col, &step, read, s.meeting(b, col))
	}
}

// touchGauges notes when the value of a gauge was seen to change.
func (s *staged) touchGauges() {
	for _, g := range s.steps.Gauges {
		for _, k := range s.in.plan.Sinks(g.Object) {
			s.touch(s.in.bindings[k.View], k.Col, g.Moved)
		}
	}
	if s.alone && !s.baseline {
		for _, k := range s.in.plan.Ended() { // the value of a column changes when a part of it ends
			s.in.bindings[k.View].tracks[k.Col].Changed = s.at
		}
	}
}

func (s *staged) touch(b *binding, col int32, moved bool) {
	switch {
	case s.restart != noRestart:
		b.tracks[col].Changed = s.at // the first reading of a process is a change
	case s.baseline:
		b.tracks[col].Changed = 0 // see binding.lastChange
	case moved:
		b.tracks[col].Changed = s.at
	}
}

// recordGauges keeps the values of the scrape that was just taken in.
func (s *staged) recordGauges() {
	for _, b := range s.in.bindings {
		if b.view.kind != growth.Gauge || b.view.Window <= 0 {
			continue
		}
		oldest := s.at - b.view.Window.Milliseconds()
		for col, body := range b.read(s.in, b.view) {
			x, why := body.Value()
			b.tracks[col].Set(s.at, x, why == gauge.Fine, oldest, b.view.steps())
		}
	}
}

// meet begins to follow the process that the staged scrape found, or a view that
// was declared late.
func (s *staged) meet() {
	in := s.in
	s.opens = s.baseline || s.restart == restartProven
	for _, b := range in.bindings {
		old := b.met
		if b.view.kind == growth.Gauge || old != nil && !s.opens {
			continue
		}
		switch {
		case s.restart == restartProven:
			b.note(in, s.at)
		case s.opens:
			b.note(in, 0) // the other one may be there yet
		}
		if b.met = b.Meet(); s.start.Known() {
			b.met.Name(s.start.At)
		}
		b.met.Version, b.met.Begin = b.standing(in)
		if old != nil {
			b.met.Keep(b.Table, old, b.outlives)
		}
	}
}

// meeting describes the scrape for a column of a binding.
func (s *staged) meeting(b *binding, col int32) window.Meeting {
	m := window.Meeting{At: s.at, First: s.opens, Outlives: b.outlives(int(col))}
	if s.start.Known() {
		m.Start = s.start.At
	}
	return m
}

func (r *Report) count(v judge.Verdict) {
	switch v {
	case judge.Born:
		r.Births++
	case judge.Reset:
		r.Resets++
	case judge.Grew:
		r.Grown++
	}
}
