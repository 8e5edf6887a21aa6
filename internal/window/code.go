package window

import (
	"math"
	"slices"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/saved"
)

// Code writes a checkpoint down, or reads it back.
func (p *Checkpoint) Code(c *saved.Codec) {
	c.Int64(&p.At)
	c.Int64(&p.Span)
	c.Int64(&p.Wall)
	c.Natural(&p.Scrapes)
	c.Natural(&p.Number)
}

// Code writes a history down with the checkpoints it holds, or reads it back.
func (h *History) Code(c *saved.Codec) {
	c.Natural(&h.N)
	c.Natural(&h.room)
	c.Bool(&h.Dropped)
	c.Int64(&h.Span)
	c.Int64(&h.Wall)
	saved.List(c, &h.points, 5, func(p *Checkpoint) { p.Code(c) })
	c.Must(len(h.points) <= h.N && len(h.points) <= h.room && h.room <= 1<<16)
	for i := range h.points {
		p := &h.points[i]
		c.Must(p.Number < h.N && (i == 0 || h.points[i-1].Number < p.Number && h.points[i-1].At <= p.At))
		if c.Reading() {
			p.slot = i
		}
	}
}

// Code writes a packed table down, or reads it back, of an instance with that
// history.
func (p *Packed) Code(c *saved.Codec, set *Set, histograms bool, h *History) {
	c.Natural(&p.Since)
	c.Natural(&p.Floor)
	p.Begun.Code(c)
	codeTerms(c, &p.Terms)
	c.Must(p.Since <= h.N && p.Floor <= h.N)
	saved.List(c, &p.Cols, 3, func(col *PackedColumn) {
		c.Labels(&col.Group)
		col.code(c)
		if c.Reading() && !c.Failed() {
			c.Must(col.valid(set, histograms))
		}
	})
	for i := 1; i < len(p.Cols); i++ {
		c.Must(comparePacked(p.Cols[i-1], p.Cols[i]) < 0)
	}
	p.codeRows(c, h)
	p.codePaces(c)
	seen := map[Note]bool{} // past events are one for each note
	saved.List(c, &p.Events, 8, func(e *Event) { e.code(c, len(p.Cols)) })
	saved.List(c, &p.Past, 8, func(e *Event) {
		e.code(c, len(p.Cols))
		c.Must(!seen[e.Note])
		seen[e.Note] = true
	})
	c.Must(slices.IsSortedFunc(p.Events, compareEvents) && slices.IsSortedFunc(p.Past, compareEvents))
}

func (p *PackedColumn) code(c *saved.Codec) {
	saved.List(c, &p.Bounds, 1, c.Float)
	native := p.Grid != nil
	if c.Bool(&native); !native {
		return
	}
	if c.Reading() {
		p.Grid = &Grid{}
	}
	c.Int32(&p.Grid.Schema)
	c.Float(&p.Grid.Zero)
	for _, side := range []*[]int32{&p.Negative, &p.Positive} {
		saved.List(c, side, 1, c.Int32)
		for i := 1; i < len(*side); i++ {
			c.Must((*side)[i-1] < (*side)[i])
		}
	}
}

func (p *Packed) codePaces(c *saved.Codec) {
	if c.Int64(&p.Spans); c.Reading() {
		p.Paces = make([][3]float64, len(p.Cols))
	}
	for i := range p.Paces {
		for j := range p.Paces[i] {
			c.Float(&p.Paces[i][j])
			c.Must(math.Abs(p.Paces[i][j]) <= math.MaxFloat32)
		}
	}
}

// codeRows goes cell by cell: of most cells all rows are the same.
func (p *Packed) codeRows(c *saved.Codec, h *History) {
	undo, rows := p.Undo != nil, len(p.Rows)
	c.Natural(&rows)
	if c.Bool(&undo); undo {
		if c.Reading() {
			p.Undo = &PackedUndo{}
		}
		c.Natural(&p.Undo.Events)
	}
	c.Must(rows == 1 || rows == 1+len(h.from(max(p.Since, p.Floor))))
	if c.Failed() {
		return
	}
	if c.Reading() {
		p.Rows = make([]Row, rows)
	}
	all := make([]*Row, rows, rows+1)
	for i := range p.Rows {
		all[i] = &p.Rows[i]
	}
	if undo {
		all = append(all, &p.Undo.Row)
	}
	p.cells(func(at int, of func(*Row) *exact.Vector) { codeCell(c, all, at, of) })
}

// CodeRows writes down rows that the caller keeps of a packed table.
func (p *Packed) CodeRows(c *saved.Codec, rows ...*Row) {
	p.cells(func(at int, of func(*Row) *exact.Vector) { codeCell(c, rows, at, of) })
}

// codeCell is one sum in all rows, as runs of equal ones.
func codeCell(c *saved.Codec, rows []*Row, at int, of func(*Row) *exact.Vector) {
	var before exact.Sum
	for i := 0; i < len(rows) && !c.Failed(); {
		var x, y exact.Sum
		n := 1
		if !c.Reading() {
			of(rows[i]).SumDiff(&x, at, nil)
			for ; i+n < len(rows); n++ {
				y.Reset()
				if of(rows[i+n]).SumDiff(&y, at, nil); x.Cmp(&y) != 0 {
					break
				}
			}
		}
		c.Natural(&n)
		c.Sum(&x)
		c.Must(n > 0 && n <= len(rows)-i)
		if c.Must(i == 0 || x.Cmp(&before) != 0); c.Failed() {
			return
		}
		before.Set(&x)
		for _, r := range rows[i : i+n] {
			if c.Reading() && r != nil {
				of(r).Grow(at + 1)
				of(r).AddSum(at, &x)
			}
		}
		i += n
	}
}

func (e *Event) code(c *saved.Codec, cols int) {
	col := int(e.Col)
	c.Natural(&col)
	c.Must(col < cols)
	e.Col = int32(col)
	saved.Small(c, &e.Verdict, judge.Gap)
	saved.Small(c, &e.Doubt, 255)
	saved.Small(c, &e.Quirk, growth.Relabelled)
	c.Int64(&e.At)
	c.Natural(&e.N)
	c.Natural(&e.Open)
	c.Sum(&e.Below)
	c.Sum(&e.Above)
	c.Sum(&e.Back)
	c.Int64(&e.BackAt)
	c.Int64(&e.From)
	c.Sum(&e.Long)
	c.Int64(&e.Reach)
	c.Sum(&e.Early)
	c.Int64(&e.Blind)
}

// CodeClasses writes classes down in order, or reads them back.
func CodeClasses(c *saved.Codec, set *Set, list *[]Class) {
	slices.SortFunc(*list, compareClasses)
	saved.List(c, list, 6, func(x *Class) { x.Code(c, set) })
	c.Must(slices.IsSortedFunc(*list, compareClasses))
}
