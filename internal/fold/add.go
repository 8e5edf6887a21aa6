package fold

import (
	"github.com/promfold/promfold/internal/gauge"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/window"
)

// Scrape is an accepted scrape whose steps are added.
type Scrape struct {
	At, Last    int64 // of it, and of the one before; 0: there is none
	Start       int64 // of the process; 0: not known
	Opens       bool  // it is the first one of a process that bindings follow
	Provisional bool  // what it grew by may be another process'
	Restarted   bool  // another process answers than before
	First       bool  // no scrape of this process came before
	Window      int64 // the longest one that can be asked about
	Gap         bool  // a process began, and the time before it is known
	Late        int64 // by how much starts may have been later than they tell
}

// Counts says how many objects did what.
type Counts struct{ Grown, Births, Resets int }

func (c *Counts) add(v judge.Verdict) {
	switch v {
	case judge.Born:
		c.Births++
	case judge.Reset:
		c.Resets++
	case judge.Grew:
		c.Grown++
	}
}

// Add adds the steps of a scrape to the bindings of an instance, which are in the
// order of their views. Each object was judged once. pruned says that events moved
// which no window reaches any more.
func Add(bound []*Binding, h *window.History, p *growth.Plan, steps *growth.Steps, s *Scrape) (_ Counts, pruned bool) {
	a := adder{Scrape: s, bound: bound, plan: p}
	last := s.Last
	if last == 0 {
		last = s.At
	}
	for i := range steps.Hists {
		a.place(&steps.Hists[i])
	}
	for _, b := range bound {
		b.Begin(s.At, last, s.Window, s.Gap, s.Late)
		pruned = b.Prune(h) || pruned
		if s.Restarted && !s.Opens && b.Met != nil {
			b.Met.AllLess()
		}
	}
	a.plain(steps.Plain)
	for i := range steps.Odd {
		a.odd(&steps.Odd[i])
	}
	for i := range steps.Hists {
		a.hist(&steps.Hists[i])
	}
	for i := range steps.Gone {
		a.gone(&steps.Gone[i])
	}
	for _, b := range bound {
		if len(b.Terms) > 0 {
			cross(b, p, steps, s.Last, s.At)
		}
		b.End()
	}
	for _, g := range steps.Gauges {
		for _, k := range p.Sinks(g.Object) {
			a.touch(&bound[k.View].Tracks[k.Col], g.Moved)
		}
	}
	return a.counts, pruned
}

// adder is one scrape on its way into the bindings.
type adder struct {
	*Scrape
	bound  []*Binding
	plan   *growth.Plan
	counts Counts
}

// plain adds plain growth: nearly all there is.
func (a *adder) plain(list []growth.Plain) {
	for i := range list {
		x := &list[i]
		for _, k := range a.plan.Sinks(x.Object) {
			b := a.bound[k.View]
			b.Plain(k.Col, x.Now, x.Before)
			if !a.Provisional {
				continue
			}
			if step, ok := x.Doubtful(); ok {
				b.Note(a.At, window.Note{Col: k.Col, Verdict: step.Verdict, Doubt: step.Doubt}, &step)
			}
		}
	}
	a.counts.Grown += len(list)
}

// odd adds a counter's step, and notes what is out of the ordinary.
func (a *adder) odd(x *growth.Odd) {
	plain := x.Verdict == judge.Grew && x.Doubt == 0 && x.Quirk == growth.NoQuirk && !a.Provisional
	if plain {
		a.counts.Grown++
	} else {
		a.counts.add(x.Verdict)
	}
	for _, k := range a.plan.Sinks(x.Object) {
		b := a.bound[k.View]
		if b.Met != nil {
			b.Met.Counter(b.Table, k.Col, &x.Step, x.Now, a.meeting(b, k.Col))
		}
		if x.Add != x.Sub {
			b.Add(k.Col, x.Add, x.Sub)
		}
		b.paced(k.Col, &x.Step)
		if !plain || x.Reach < a.Last {
			b.Note(a.At, window.Note{Col: k.Col, Verdict: x.Verdict, Doubt: x.Doubt, Quirk: x.Quirk}, &x.Step)
		}
	}
}

// paced tells the table of the pace that a step shows. One that is not sure may
// make it too high, which errs to the wide side.
func (b *Binding) paced(col int32, step *judge.Step) {
	b.Grew(col, step.Value()+step.Seen, step.To-step.From, step.Verdict != judge.Born || step.Lo >= step.Value())
}

// meeting describes the scrape for a column of a binding.
func (a *adder) meeting(b *Binding, col int32) window.Meeting {
	return window.Meeting{At: a.At, Start: a.Start, First: a.Opens, Outlives: b.Outlives(int(col))}
}

// gone notes what may have been counted of an object that vanished, since it was
// seen last.
func (a *adder) gone(x *growth.Gone) {
	for _, k := range x.Sinks {
		b := a.bound[k.View]
		if k.Col >= 0 {
			b.Note(a.At, window.Note{Col: k.Col, Verdict: x.Step.Verdict, Doubt: x.Step.Doubt}, &x.Step)
		}
		if b.Met != nil {
			b.Met.Less(k.Group)
		}
	}
}

// place makes the columns of a histogram's growth that is not plain, where they are
// missing: it may be in buckets that only two readings together have.
func (a *adder) place(x *growth.Hist) {
	if len(x.Notes) == 0 || x.Increase == nil && x.Now == nil {
		return
	}
	for _, k := range a.plan.Sinks(x.Object) {
		b := a.bound[k.View]
		if k.Part != growth.Whole || b.placed(k, x) >= 0 {
			continue
		}
		d := b.Draft()
		if x.Increase != nil {
			d.Native(b.View.Set, k.Group, x.Increase)
		} else {
			d.Column(window.Key{Group: k.Group, Layout: b.View.layout(x.Layout)})
		}
		d.Adopt()
		b.Fit()
	}
}

// placed returns the column of a histogram's growth; −1 if there is none.
func (b *Binding) placed(k growth.Sink, x *growth.Hist) int32 {
	switch {
	case x.Increase != nil:
		return b.Placed(b.View.Set, k.Group, x.Increase)
	case k.Col >= 0 && x.Layout == b.Cols[k.Col].Layout:
		return k.Col
	}
	return b.Of(window.Key{Group: k.Group, Layout: b.View.layout(x.Layout)})
}

// hist adds a histogram's step to the views of its distribution, of its count and
// of its sum.
func (a *adder) hist(x *growth.Hist) {
	for i := range x.Notes {
		a.counts.add(x.Notes[i].Verdict)
	}
	if len(x.Notes) == 0 {
		a.counts.Grown++
	}
	for _, k := range a.plan.Sinks(x.Object) {
		b, col := a.bound[k.View], k.Col
		switch {
		case k.Part != growth.Whole:
			a.part(b, col, k.Part, x)
			continue
		case x.Increase != nil:
			col = b.placed(k, x)
			a.meet(b, k.Group, col, x)
			b.AddNative(col, x.Increase, x.Count[1], x.Count[0])
			a.sum(b, col, x)
		case x.Now != nil:
			col = b.placed(k, x)
			a.meet(b, k.Group, col, x)
			a.classic(b, col, x)
		default:
			a.meet(b, k.Group, col, x)
		}
		if col < 0 {
			continue // it never was a histogram: see growth.Presence.Broken
		}
		a.pace(b, col, x)
		for i := range x.Notes {
			n := &x.Notes[i]
			b.Note(a.At, window.Note{Col: col, Verdict: n.Verdict, Doubt: n.Doubt, Quirk: n.Quirk}, &n.Step)
		}
	}
}

// meet notes how a histogram's step begins, where the process is followed. col is
// −1, or of other buckets, if what was read has no column.
func (a *adder) meet(b *Binding, group, col int32, x *growth.Hist) {
	if b.Met == nil {
		return
	}
	m := a.meeting(b, max(0, col))
	if x.Native != nil {
		if at := b.Placed(b.View.Set, group, x.Native); x.Increase == nil {
			col = at
		} else if at != col {
			col = -1
		}
	}
	b.Met.Histogram(b.Table, group, col, x, m)
}

// pace tells a table of the pace that a histogram's step shows. Growth that may be
// another process' has notes without times.
func (a *adder) pace(b *Binding, col int32, x *growth.Hist) {
	if len(x.Notes) == 0 || a.Provisional {
		from, to, _ := x.Of(growth.CountOf)
		b.Grew(col, to-from, a.At-a.Last, true)
		return
	}
	for i := range x.Notes {
		b.paced(col, &x.Notes[i].Step)
	}
}

// classic adds what the buckets up to each bound grew by.
func (a *adder) classic(b *Binding, col int32, x *growth.Hist) {
	for i, c := range x.Now {
		if p := x.Before[i]; c != p {
			b.AddBucket(col, i, c, p)
		}
	}
	a.sum(b, col, x)
}

func (a *adder) sum(b *Binding, col int32, x *growth.Hist) {
	if x.NoSum {
		b.Note(a.At, window.Note{Col: col, Verdict: judge.Gap, Quirk: growth.NoSum}, &judge.Step{Verdict: judge.Gap})
		return
	}
	if l := b.Cols[col].Layout; l != nil && x.Sum[1] < x.Sum[0] && l.Floor() == 0 {
		b.Note(a.At, window.Note{Col: col, Verdict: judge.Grew, Quirk: growth.Negative}, &judge.Step{Verdict: judge.Grew, From: a.Last, To: a.At, Reach: a.Last})
	}
	b.AddSum(col, x.Sum[1], x.Sum[0])
}

// part adds a histogram's step to a view of its count or of its sum alone.
func (a *adder) part(b *Binding, col int32, part growth.Part, x *growth.Hist) {
	from, to, read := x.Of(part)
	if from != to {
		b.Add(col, to, from)
	}
	step := judge.Step{Verdict: judge.Grew, Add: to, Sub: from, Lo: to - from, Hi: to - from, From: a.Last, To: a.At, Reach: a.Last}
	for i := range x.Notes {
		n := x.Notes[i]
		if n.Quirk == growth.Torn || n.Quirk == growth.Uneven && part == growth.SumOf {
			continue // its buckets were torn, its count and sum are what they are
		}
		if part == growth.SumOf {
			n.Step = n.OfSum(x.Sum, x.SumRead)
		}
		step = n.Step
		b.Note(a.At, window.Note{Col: col, Verdict: n.Verdict, Doubt: n.Doubt, Quirk: n.Quirk}, &n.Step)
	}
	if a.Provisional {
		b.Grew(col, to-from, a.At-a.Last, true)
	} else {
		b.paced(col, &step)
	}
	if b.Met != nil {
		b.Met.Counter(b.Table, col, &step, read, a.meeting(b, col))
	}
}

// touch notes whether the value of a gauge was seen to change.
func (a *adder) touch(t *gauge.Track, moved bool) {
	switch {
	case a.Restarted:
		t.Changed = a.At // the first reading of a process is a change
	case a.First:
		t.Changed = 0 // see Binding.LastChange
	case moved:
		t.Changed = a.At
	}
}

// Ended notes that gauges' lines ended with a scrape of a process that goes on: the
// values of their columns change.
func Ended(bound []*Binding, list []growth.Sink, at int64) {
	for _, k := range list {
		bound[k.View].Tracks[k.Col].Changed = at
	}
}

// Record keeps the values of gauges of the scrape that was taken in last.
func (b *Binding) Record(x *Exposed) {
	v := b.View
	if v.Kind != growth.Gauge || v.Past <= 0 {
		return
	}
	for col, body := range b.Read(x) {
		value, why := body.Value()
		b.Tracks[col].Set(x.Last, value, why == gauge.Fine, x.Last-v.Past, v.Steps)
	}
}
