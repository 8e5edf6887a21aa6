package aggregate

import (
	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/judge"
)

// A fleet that can be joined knows of each process where its counters were when
// it was first seen, besides what they grew by since: so two watchers, of which
// one saw the beginning and the other the end, know what lies between.

// segment is what a binding knows of the process that answers now. Counters that
// outlive processes go on in it from one to the next.
type segment struct {
	start int64 // of the process when it was first seen, Unix ms; 0: not known
	first int64 // the scrape
	dead  bool  // of it something was folded already, see known.mark
	from  row   // what the binding held when it began
	base  row   // what the process had counted before
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
	c.from, c.base = row{}, row{}
	c.from.set(&g.from)
	c.base.set(&g.base)
	c.at = append([]int64(nil), g.at...)
	return &c
}

// fit makes room for the columns of a binding.
func (g *segment) fit(b *binding) {
	for len(g.at) < len(b.cols) {
		g.at = append(g.at, unseenBase)
	}
	for _, r := range []*row{&g.from, &g.base} {
		r.counts.Grow(b.counts)
		if b.view.kind == kindHistogram {
			r.sums.Grow(len(b.cols))
		}
	}
}

// drop leaves the marked columns out, which the binding lost.
func (g *segment) drop(b, old *binding, marks []bool) {
	moved, at := make([]int32, len(marks)), []int64(nil)
	for i := range marks {
		moved[i] = -1
		if !marks[i] {
			moved[i] = int32(len(at))
			at = append(at, g.at[i])
		}
	}
	g.from, g.base, g.at = b.moveRow(old, &g.from, moved), b.moveRow(old, &g.base, moved), at
}

func (b *binding) outlives(col int) bool { return b.view.finals.list[b.cols[col].final].outlives }

// joinable: what is kept for [Fleet.Join].
func (f *Fleet) joinable() bool { return f.cfg.JoinHorizon > 0 }

// openSegments begins to follow the process that the staged scrape found.
func (s *staged) openSegments() {
	s.opens = true
	for _, b := range s.in.bindings {
		if b.view.kind == kindGauge {
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
		g.from.set(&b.live)
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
	for j := range b.cols[i].width() {
		take(&g.from.counts, &old.from.counts, b.cols[i].cell(j))
		take(&g.base.counts, &old.base.counts, b.cols[i].cell(j))
	}
	if b.view.kind == kindHistogram {
		take(&g.from.sums, &old.from.sums, i)
		take(&g.base.sums, &old.base.sums, i)
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
	case step.Add == step.Sub && (step.Verdict == judge.First || step.Verdict == judge.BornByAbsence):
		how = baseline
	case step.Sub == 0 && step.Add == c:
		how = fromZero
	}
	if s.where(b, col, how) == baseline {
		at := b.cols[col].at
		b.seg.base.counts.AddDiff(at, c, 0)
		if how == goesOn && step.Add != step.Sub {
			b.seg.from.counts.AddDiff(at, step.Add, step.Sub)
		}
	}
}

// beginUnknown gives up to know where a column began: what watchers saw of it
// grow is all that can be compared.
func (s *staged) beginUnknown(b *binding, col int32) {
	if b.seg != nil {
		b.seg.at[col] = lostBase
	}
}

// leaveOut makes what a column grew by since no part of the segment.
func (g *segment) leaveOut(b *binding, i int, since *row) {
	var x exact.Sum
	move := func(to, now, before *exact.Vector, at int) {
		x.Reset()
		now.SumDiff(&x, at, before)
		to.AddSum(at, &x)
	}
	col := &b.cols[i]
	for j := range col.width() {
		move(&g.from.counts, &b.live.counts, &since.counts, col.cell(j))
	}
	move(&g.from.sums, &b.live.sums, &since.sums, i)
}

func (r *row) copyOf() (c row) {
	c.set(r)
	return c
}

// beginObject is begin for a histogram; what it grew by was added already.
func (s *staged) beginObject(b *binding, o *object, how beginning, grew func(i int) (c, p float64)) {
	if b.seg == nil || s.where(b, int32(o.col), how) != baseline {
		return
	}
	at := b.cols[o.col].at
	for i, c := range s.c {
		b.seg.base.counts.AddDiff(at+i, c, 0)
		if how == goesOn {
			c, p := grew(i)
			b.seg.from.counts.AddDiff(at+i, c, p)
		}
	}
	if o.sum < 0 {
		return
	}
	_, old, c, _ := s.r.At(int(o.sum))
	if !finite(c) {
		return
	}
	b.seg.base.sums.AddDiff(int(o.col), c, 0)
	if how == goesOn && old >= 0 {
		if p, _ := s.baselineOf(old); finite(p.Value) {
			b.seg.from.sums.AddDiff(int(o.col), c, p.Value)
		}
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
	sumless := b.sumless()
	for i := range g.at {
		c := &b.cols[i]
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
		ls := b.route.labelsOf(c.group, in.labels)
		r := &record{labels: ls, grown: b.between(i, &b.live, &g.from, sumless[int32(i)])}
		if g.at[i] > 0 && in.pool == nil && c.grid == nil {
			base := b.between(i, &g.base, nil, sumless[int32(i)])
			r.met, r.left = []point{{g.at[i], base}}, []point{{g.at[i], base.plus(r.grown)}}
		}
		name := columnName{string(ls.Bytes(nil)), c.layout, c.grid}
		if mine, ok := l.columns[name]; ok { // the target's labels make one group of two
			r = &record{labels: ls, grown: mine.grown.plus(r.grown)}
		}
		l.columns[name] = r
	}
	return lives
}

// between is the difference of two rows in a column; nil is 0.
func (b *binding) between(i int, r, from *row, noSum bool) *retired {
	if from == nil {
		from = &row{}
	}
	col := &b.cols[i]
	x := &retired{layout: col.layout, grid: col.grid, noSum: noSum}
	n := col.width()
	var s exact.Sum
	diff := func(to *exact.Vector, at, j int) {
		s.Reset()
		r.counts.SumDiff(&s, col.cell(j), &from.counts)
		to.AddSum(at, &s)
	}
	if col.grid == nil {
		x.counts.Grow(n)
		for j := range n {
			diff(&x.counts, j, j)
		}
	} else {
		var d exact.Vector // a row with nothing but this column
		d.Grow(b.counts)
		for j := range n {
			diff(&d, col.cell(j), j)
		}
		x.take(&d, col.at, col.places)
	}
	if b.view.kind == kindHistogram {
		r.sums.SumDiff(&x.sum, i, &from.sums)
	}
	return x
}
