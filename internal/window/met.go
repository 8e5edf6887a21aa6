package window

import (
	"cmp"
	"math"
	"slices"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/saved"
	"github.com/promfold/promfold/internal/watch"
)

// Met is where the groups of a process stood when it was met, beside the table
// of what they grew by since: so two watchers, of which one saw the beginning of
// a process and the other one the end, know what lies between.
//
// Invariant: of a group that has a time, base + (table − from) is what one
// reading at that time had, and all that was seen to grow since.
type Met struct {
	Starts         []int64 // of the process, Unix ms, each that it told; empty: it told none
	Version, Begin int64   // see watch.Process
	from           Row     // what the table held when the process was met
	base           Row     // what the process had counted before
	at             map[int32]int64
}

// lost is the time of a group of which nobody can say what it had when it was met. A
// time below it is one with the sign turned, of a group that is less than what was seen
// of it since: something in it fell or vanished. So no later reading compares with it.
const lost = -1

// metAt returns when a group was met, 0 or less if that is not known.
func (g *Met) metAt(group int32) int64 {
	if at := g.at[group]; at >= lost {
		return at
	}
	return -g.at[group]
}

// Less notes that a group may be less now than what was seen of it.
func (g *Met) Less(group int32) {
	if at := g.at[group]; at > 0 {
		g.at[group] = -at
	}
}

// AllLess notes that of all groups.
func (g *Met) AllLess() {
	for group := range g.at {
		g.Less(group)
	}
}

// Clone returns a copy of g, or nil if g is nil.
func (g *Met) Clone() *Met {
	if g == nil {
		return nil
	}
	c := &Met{Starts: slices.Clone(g.Starts), Version: g.Version, Begin: g.Begin, from: g.from.Clone(), base: g.base.Clone(), at: map[int32]int64{}}
	for group, at := range g.at {
		c.at[group] = at
	}
	return c
}

// Fit makes room for the columns of the table.
func (g *Met) Fit(t *Table) {
	for _, r := range []*Row{&g.from, &g.base} {
		r.Counts.Grow(t.counts)
		if t.Histograms {
			r.Sums.Grow(len(t.Cols))
		}
	}
}

// Name adds a start that the process tells now.
func (g *Met) Name(start int64) {
	if !slices.Contains(g.Starts, start) {
		g.Starts = append(slices.Clip(g.Starts), start)
	}
}

// Keep takes over the columns that outlive processes from the process before.
func (g *Met) Keep(t *Table, old *Met, outlives func(col int) bool) {
	set := func(to, from *exact.Vector, i int) {
		var x exact.Sum
		from.SumDiff(&x, i, to)
		to.AddSum(i, &x)
	}
	for i := range t.Cols {
		col := &t.Cols[i]
		if !outlives(i) {
			continue
		}
		if at, ok := old.at[col.Group]; ok {
			g.at[col.Group] = at
		}
		for _, rows := range [][2]*Row{{&g.from, &old.from}, {&g.base, &old.base}} {
			for j := range col.Width() {
				set(&rows[0].Counts, &rows[1].Counts, col.Cell(j))
			}
			if t.Histograms {
				set(&rows[0].Sums, &rows[1].Sums, i)
			}
		}
	}
}

// Of returns what g is for the process of a start, or of none if that is 0, that
// goes on from a scrape that was taken in already.
func (g *Met) Of(t *Table, at, start int64) *Met {
	c := g.Clone()
	c.Again(t, at, 0, 0)
	if c.Starts = nil; start != 0 {
		c.Name(start)
	}
	return c
}

// Again makes g begin at a scrape that was taken in already: what it knew until
// then was told, and is void or counted elsewhere, see watch.State.Standing.
func (g *Met) Again(t *Table, at, version, begin int64) {
	add := func(to, now, before *exact.Vector) {
		var x exact.Sum
		for i := range to.Len() {
			x.Reset()
			now.SumDiff(&x, i, before)
			to.AddSum(i, &x)
		}
	}
	add(&g.base.Counts, &t.Live.Counts, &g.from.Counts)
	add(&g.base.Sums, &t.Live.Sums, &g.from.Sums)
	g.from.Set(&t.Live)
	g.Version, g.Begin = version, begin
	for group, was := range g.at {
		if was > 0 {
			g.at[group] = at
		} else {
			g.at[group] = lost
		}
	}
}

// Drop leaves out the columns that the table lost, see [Table.Drop]; old are
// those it had.
func (g *Met) Drop(old []Column, moved []int32, move func(*Row) Row) {
	left, gone := map[int32]bool{}, map[int32]bool{}
	for i, to := range moved {
		if to >= 0 {
			left[old[i].Group] = true
		} else {
			gone[old[i].Group] = true
		}
	}
	for group := range gone {
		if delete(g.at, group); left[group] {
			g.at[group] = lost
		}
	}
	g.from, g.base = move(&g.from), move(&g.base)
}

// Meeting is what a Met must know of the scrape at hand, and of the column.
type Meeting struct {
	At       int64
	Start    int64 // of the process; 0: not known
	First    bool  // the scrape is the first one of the process
	Outlives bool  // the column counts on when the process ends
}

// beginning is how a step relates to what its process counted before.
type beginning uint8

const (
	goesOn   beginning = iota
	fromZero           // the series began at 0: all of it grew
	fromHere           // what it had is no growth of the process
)

// begin notes how a step of a group begins, and from when it is. It reports
// whether the base is to take what was read. The group had no more than its base
// at its time: who has some of the growth until another time counted already must
// not count it again, so that of several beginnings in a scrape the earliest one
// is the group's.
func (g *Met) begin(group int32, how beginning, from int64, m *Meeting) (take bool) {
	_, met := g.at[group]
	at := g.metAt(group)
	opens := m.First && !m.Outlives
	first := m.At
	if opens && met {
		first = min(first, at)
	}
	switch {
	case at == lost:
		return false
	case how == goesOn && opens, how == fromZero && g.Begin > 0 && !met:
		// It went on while its process changed, which is growth, but of neither
		// process alone; or it is known elsewhere by what it had before.
		g.at[group] = first
		return true
	case how == goesOn:
		if !met {
			g.at[group] = lost
		}
	case how == fromZero:
		if m.First && m.Start > 0 {
			from = min(cmp.Or(from, m.Start), m.Start)
		}
		if from > 0 {
			first = min(first, max(from, g.Begin))
		}
		if !met || opens {
			g.at[group] = first
		}
	case met && at != m.At && !opens:
		g.at[group] = lost
	default:
		g.at[group] = first
		return true
	}
	return false
}

// Counter notes a step of a counter that is not plain growth, before the table
// takes it; read is what the series had.
func (g *Met) Counter(t *Table, col int32, step *judge.Step, read float64, m Meeting) {
	switch {
	case step.Verdict == judge.Gap:
		return
	case step.Verdict >= judge.Reset && !(m.First && !m.Outlives):
		g.Less(t.Cols[col].Group)
	}
	how := goesOn
	switch {
	case step.Add == step.Sub && (step.Verdict == judge.First || step.Verdict == judge.Born && step.Doubt&judge.Unproven != 0):
		how = fromHere
	case step.Sub == 0 && step.Add == read:
		how = fromZero
	}
	if g.begin(t.Cols[col].Group, how, step.From, &m) {
		at := t.Cols[col].at
		g.base.Counts.AddDiff(at, read, 0)
		if how != fromHere {
			g.from.Counts.AddDiff(at, step.Add, step.Sub) // the table takes it, and the base holds it
		}
	}
}

// Histogram notes a step of a histogram in a column; −1 if the table has none
// for what was read.
func (g *Met) Histogram(t *Table, group, col int32, x *growth.Hist, m Meeting) {
	if !(m.First && !m.Outlives) && slices.ContainsFunc(x.Notes, func(n growth.HistNote) bool { return n.Verdict == judge.Reset || n.Verdict == judge.Jitter }) {
		g.Less(group)
	}
	how := goesOn
	switch x.Origin {
	case growth.Nowhere:
		return
	case growth.Zero:
		how = fromZero
	case growth.Baseline:
		how = fromHere
	default:
		if _, met := g.at[group]; met && !(m.First && !m.Outlives) {
			return // also where its buckets are others now
		}
		if before, _, _ := x.Of(growth.CountOf); before == 0 && m.First && !m.Outlives {
			how = fromZero // the process before had observed nothing
		}
	}
	from := int64(0)
	if len(x.Notes) > 0 {
		from = x.Notes[0].From
	}
	switch {
	case !g.begin(group, how, from, &m):
	case col < 0 || x.Native == nil && x.Read == nil:
		g.at[group] = lost // in which buckets it was is not known
	default:
		g.take(t, col, x, how != fromHere)
	}
}

// take adds what was read to the base, and leaves out what the table takes.
func (g *Met) take(t *Table, col int32, x *growth.Hist, grown bool) {
	at := &t.Cols[col]
	if x.Native != nil {
		at.addNative(&g.base, x.Native, x.Native.Count, 0)
	}
	for i, c := range x.Read {
		g.base.Counts.AddDiff(at.at+i, c, 0)
	}
	sum := math.Abs(x.SumRead) <= math.MaxFloat64
	if sum {
		g.base.Sums.AddDiff(int(col), x.SumRead, 0)
	}
	if !grown {
		return
	}
	if x.Increase != nil {
		at.addNative(&g.from, x.Increase, x.Count[1], x.Count[0])
	}
	for i, c := range x.Now {
		g.from.Counts.AddDiff(at.at+i, c, x.Before[i])
	}
	if sum && !x.NoSum {
		g.from.Sums.AddDiff(int(col), x.Sum[1], x.Sum[0])
	}
}

// Told returns what other watchers are told of the process, and of what outlives
// it, without keys and times. Without readings it is only what its groups grew by.
func (g *Met) Told(t *Table, readings bool, outlives func(col int) bool, name func(group int32) string) []watch.Process {
	list := []watch.Process{{Version: g.Version, Begin: g.Begin}, {Begin: g.Begin}}
	for i := range list {
		list[i].Groups = g.growths(t, readings, func(col int) bool { return outlives(col) == (i == 1) }, name)
	}
	return list
}

// growths returns what is known of the groups of the columns that want reports,
// sorted by name.
func (g *Met) growths(t *Table, readings bool, want func(col int) bool, name func(group int32) string) []watch.Growth {
	sumless := t.Sumless()
	type known struct{ base, grown Known }
	groups := map[int32]*known{}
	for i := range t.Cols {
		if !want(i) {
			continue
		}
		k := groups[t.Cols[i].Group]
		if k == nil {
			k = &known{}
			groups[t.Cols[i].Group] = k
		}
		k.base.Add(t.Between(i, &g.base, nil, sumless[int32(i)]))
		k.grown.Add(t.Between(i, &t.Live, &g.from, sumless[int32(i)]))
	}
	list := make([]watch.Growth, 0, len(groups))
	for group, k := range groups {
		x := watch.Growth{Group: name(group)}
		if at := g.metAt(group); at > 0 && readings {
			x.Met = watch.Reading{At: at, Value: k.base.Value()}
			k.grown.Merge(&k.base)
			x.Left = watch.Reading{At: at, Value: k.grown.Value()}
		} else {
			v := k.grown.Value()
			x.Grown = &v
		}
		list = append(list, x)
	}
	slices.SortFunc(list, func(a, b watch.Growth) int { return cmp.Compare(a.Group, b.Group) })
	return list
}

// PackedMet is a Met without what depends on the order in which columns came.
type PackedMet struct {
	Met
	times []int64 // by column of its group; 0: it was not met yet
}

// Pack returns g with the columns in the given order; nil if g is nil.
func (g *Met) Pack(t *Table, order []int) *PackedMet {
	if g == nil {
		return nil
	}
	p := &PackedMet{Met: Met{Starts: g.Starts, Version: g.Version, Begin: g.Begin, from: t.PackRow(&g.from, order), base: t.PackRow(&g.base, order)}}
	for _, from := range order {
		p.times = append(p.times, g.at[t.Cols[from].Group])
	}
	return p
}

// Unpack returns what was packed, for the columns of a table that was unpacked
// with it.
func (p *PackedMet) Unpack(t *Table) *Met {
	if p == nil {
		return nil
	}
	g := p.Met.Clone()
	for i, at := range p.times {
		if at != 0 {
			g.at[t.Cols[i].Group] = at
		}
	}
	g.Fit(t)
	return g
}

// Code writes it down beside a packed table, or reads it back.
func (p *PackedMet) Code(c *saved.Codec, of *Packed) {
	saved.List(c, &p.Starts, 1, c.Int64)
	c.Int64(&p.Version)
	c.Int64(&p.Begin)
	saved.List(c, &p.times, 1, c.Int64)
	if c.Must(len(p.times) == len(of.Cols)); !c.Failed() {
		of.CodeRows(c, &p.from, &p.base)
	}
}

// Bytes returns what is held of a process; 0 if none is followed.
func (g *Met) Bytes() int64 {
	if g == nil {
		return 0
	}
	return 8*int64(g.from.Counts.Len()+g.base.Counts.Len()+g.from.Sums.Len()+g.base.Sums.Len()) + 24*int64(len(g.at))
}
