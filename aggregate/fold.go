package aggregate

import (
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/rate"
	"github.com/promfold/promfold/internal/window"
)

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
