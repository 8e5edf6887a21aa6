package aggregate

import (
	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/window"
)

// A fleet that can be joined knows of each process where its counters were when
// it was first seen, besides what they grew by since: so two watchers, of which
// one saw the beginning and the other the end, know what lies between.

// segment is what a binding knows of the process that answers now. Counters that
// outlive processes go on in it from one to the next.
type segment struct {
	start int64      // of the process when it was first seen, Unix ms; 0: not known
	first int64      // the scrape
	dead  bool       // of it something was folded already, see known.mark
	from  window.Row // what the binding held when it began
	base  window.Row // what the process had counted before
	at    []int64
}

// Where a column of a segment stands, besides the time of its base: what lies
// before some of its series is not known.
const (
	unseenBase = 0
	lostBase   = -1
)

func (g *segment) clone() *segment {
	if g == nil {
		return nil
	}
	c := *g
	c.from, c.base = window.Row{}, window.Row{}
	c.from.Set(&g.from)
	c.base.Set(&g.base)
	c.at = append([]int64(nil), g.at...)
	return &c
}

// fit makes room for the columns of a binding.
func (g *segment) fit(b *binding) {
	for len(g.at) < len(b.Cols) {
		g.at = append(g.at, unseenBase)
	}
	for _, r := range []*window.Row{&g.from, &g.base} {
		r.Counts.Grow(b.Counts())
		if b.view.kind == growth.Histogram {
			r.Sums.Grow(len(b.Cols))
		}
	}
}

// drop leaves out the columns that the binding lost; moved says where the others
// went.
func (g *segment) drop(moved []int32, move func(*window.Row) window.Row) {
	var at []int64
	for i, to := range moved {
		if to >= 0 && i < len(g.at) {
			at = append(at, g.at[i])
		}
	}
	g.from, g.base, g.at = move(&g.from), move(&g.base), at
}

// joinable: what is kept for [Fleet.Join].
func (f *Fleet) joinable() bool { return f.cfg.JoinHorizon > 0 }

// openSegments begins to follow the process that the staged scrape found.
func (s *staged) openSegments() {
	s.opens = true
	for _, b := range s.in.bindings {
		if b.view.kind == growth.Gauge {
			continue
		}
		old := b.seg
		if old != nil {
			b.view.ledger.known.note(s.in, b)
		}
		g := &segment{first: s.at}
		if s.start.Known() {
			g.start = s.start.At
		}
		g.from.Set(&b.Live)
		g.fit(b)
		if old != nil {
			for i := range old.at {
				if b.outlives(i) {
					g.keep(b, i, old)
				}
			}
		}
		b.seg = g
		g.dead = b.view.ledger.known.isDead(s.in, g)
	}
}

// keep takes over a column that outlives processes.
func (g *segment) keep(b *binding, i int, old *segment) {
	var x exact.Sum
	take := func(dst, src *exact.Vector, at int) {
		x.Reset()
		src.SumDiff(&x, at, dst)
		dst.AddSum(at, &x)
	}
	for j := range b.Cols[i].Width() {
		take(&g.from.Counts, &old.from.Counts, b.Cols[i].Cell(j))
		take(&g.base.Counts, &old.base.Counts, b.Cols[i].Cell(j))
	}
	if b.view.kind == growth.Histogram {
		take(&g.from.Sums, &old.from.Sums, i)
		take(&g.base.Sums, &old.base.Sums, i)
	}
	g.at[i], g.first = old.at[i], min(g.first, old.first)
}

// beginning is how a step relates to what a process counted before.
type beginning uint8

const (
	goesOn   beginning = iota
	fromZero           // the series began at 0: all of it is counted
	baseline           // nothing is counted of what it had
)

// where tells what a step means for the segment's base.
func (s *staged) where(b *binding, col int32, how beginning) beginning {
	g := b.seg
	switch at := &g.at[col]; how {
	case fromZero:
		t := s.at
		if s.opens && s.start.Known() {
			t = min(t, s.start.At)
		}
		if *at == unseenBase || *at > 0 && s.opens {
			*at = max(*at, t)
		}
	case goesOn:
		if s.opens && !b.outlives(int(col)) {
			// It went on while its process changed. That is growth, but of
			// neither process alone: another watcher may have seen more of it.
			*at = s.at
			return baseline
		}
		if *at == unseenBase {
			*at = lostBase
		}
	case baseline:
		if *at != unseenBase && *at != s.at && !(s.opens && *at > 0) {
			*at = lostBase
			return goesOn
		}
		*at = s.at
		return baseline
	}
	return how
}

// begin notes a counter's step that is not plain growth.
func (s *staged) begin(b *binding, col int32, step *judge.Step, c float64) {
	if b.seg == nil || step.Verdict == judge.Gap {
		return
	}
	how := goesOn
	switch {
	case step.Add == step.Sub && (step.Verdict == judge.First || step.Verdict == judge.Born && step.Doubt&judge.Unproven != 0):
		how = baseline
	case step.Sub == 0 && step.Add == c:
		how = fromZero
	}
	if s.where(b, col, how) == baseline {
		at := b.Cols[col].At()
		b.seg.base.Counts.AddDiff(at, c, 0)
		if how == goesOn && step.Add != step.Sub {
			b.seg.from.Counts.AddDiff(at, step.Add, step.Sub)
		}
	}
}

// leaveOut makes what a column grew by since no part of the segment.
func (g *segment) leaveOut(b *binding, i int, since *window.Row) {
	var x exact.Sum
	move := func(to, now, before *exact.Vector, at int) {
		x.Reset()
		now.SumDiff(&x, at, before)
		to.AddSum(at, &x)
	}
	col := &b.Cols[i]
	for j := range col.Width() {
		move(&g.from.Counts, &b.Live.Counts, &since.Counts, col.Cell(j))
	}
	move(&g.from.Sums, &b.Live.Sums, &since.Sums, i)
}

// beginHist is begin for a histogram; what it grew by was added already.
func (s *staged) beginHist(b *binding, col int32, x *growth.Hist) {
	switch {
	case b.seg == nil:
		return
	case x.Increase != nil || x.Origin == growth.Nowhere && x.Notes[0].Quirk == growth.NewLayout:
		b.seg.at[col] = lostBase // what watchers saw of it grow is all that can be compared
		return
	case x.Origin == growth.Nowhere || x.Layout == nil:
		return
	}
	how := map[growth.Origin]beginning{growth.Reading: goesOn, growth.Zero: fromZero, growth.Baseline: baseline}[x.Origin]
	if s.where(b, col, how) != baseline {
		return
	}
	at := b.Cols[col].At()
	for i, c := range x.Read {
		b.seg.base.Counts.AddDiff(at+i, c, 0)
		if how == goesOn {
			b.seg.from.Counts.AddDiff(at+i, x.Now[i], x.Before[i])
		}
	}
	if !finite(x.SumRead) {
		return
	}
	b.seg.base.Sums.AddDiff(int(col), x.SumRead, 0)
	if how == goesOn && !x.NoSum {
		b.seg.from.Sums.AddDiff(int(col), x.Sum[1], x.Sum[0])
	}
}

// livesOf is what a binding knows of the process that answers, under its
// start, and of what outlives processes.
func livesOf(in *instance, b *binding) map[lifeKey]*life {
	g := b.seg
	if g == nil || g.dead {
		return nil
	}
	lives := map[lifeKey]*life{}
	sumless := b.Sumless()
	for i := range g.at {
		c := &b.Cols[i]
		start := g.start
		if b.outlives(i) {
			start = 0
		}
		key := in.lifeKey(start)
		l := lives[key]
		if l == nil {
			l = &life{first: g.first, last: in.last, columns: map[columnName]*record{}}
			lives[key] = l
		}
		ls := b.labelsOf(i)
		r := &record{labels: ls, grown: b.Between(i, &b.Live, &g.from, sumless[int32(i)])}
		if g.at[i] > 0 && in.pool == nil && c.Grid == nil {
			base := b.Between(i, &g.base, nil, sumless[int32(i)])
			r.met, r.left = []point{{g.at[i], base}}, []point{{g.at[i], plus(base, r.grown)}}
		}
		name := columnName{string(ls.Bytes(nil)), c.Layout, c.Grid}
		if mine, ok := l.columns[name]; ok { // the target's labels make one group of two
			r = &record{labels: ls, grown: plus(mine.grown, r.grown)}
		}
		l.columns[name] = r
	}
	return lives
}
