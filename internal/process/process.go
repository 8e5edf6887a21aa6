package process

import (
	"github.com/promfold/promfold/internal/evidence"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/life"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/saved"
)

// Process is what the latest scrape left of the process at a place, and of those
// that answered there before. The zero value has met none.
type Process struct {
	life.Life
	Columns    lines.Columns
	Plan       *growth.Plan     // of what is followed; nil: of nothing yet
	State      growth.State     // what the followed objects grow from
	Starts     []identity.Start // of the processes that answered here
	Alternates bool             // several of them at a time
	Undo       *Undo            // nil: nothing that was given to it is in doubt
}

// Seen reports whether a scrape was accepted.
func (p *Process) Seen() bool { return p.Incarnation > 0 }

// Sketch returns a copy without what was exposed.
func (p *Process) Sketch() Process {
	c := Process{Life: p.Life, Plan: p.Plan, Starts: p.Starts, Alternates: p.Alternates}
	c.History = p.History.Clone()
	return c
}

// Whole returns a copy for a save.
func (p *Process) Whole() Process {
	c := p.Sketch()
	c.Columns, c.State, c.Undo = p.Columns.Clone(nil), p.State.Clone(nil), p.Undo.clone()
	return c
}

// Adopt makes a plan of the lines that were exposed last the process' own.
func (p *Process) Adopt(next *growth.Plan) {
	if p.Plan != nil {
		p.State.Moved(p.Plan.Succeed(next))
	}
	next.Remember(p.Plan)
	p.Plan = next
	p.State.Adopt(next, &p.Columns)
}

// Exposed returns what the process exposed last.
func (p *Process) Exposed() evidence.Exposed {
	return evidence.Exposed{At: p.Last, Start: p.Start, Columns: &p.Columns}
}

// Release lets go of the lines that are held.
func (p *Process) Release(s *lines.Store) {
	p.Columns.Release(s)
	p.State.Release(s)
	p.Settle(s)
}

// Codec writes lines down, or reads them back.
type Codec interface {
	growth.Lines
	Columns(*lines.Columns)
}

// CodeLatest writes down what the latest scrape left, or reads it back.
func (p *Process) CodeLatest(to *saved.Codec, c Codec, r *growth.Router) {
	codeScrape(to, c, r, &p.Columns, &p.State, p.Plan, &p.Clocks)
}

func codeScrape(to *saved.Codec, c Codec, r *growth.Router, cols *lines.Columns, state *growth.State, plan *growth.Plan, clocks *life.Clocks) {
	c.Columns(cols)
	state.Code(to, c, r, plan, cols)
	clocks.Code(to, cols.Len())
}

// CodeStarts codes the processes that answered before.
func (p *Process) CodeStarts(to *saved.Codec) {
	saved.List(to, &p.Starts, 2, func(x *identity.Start) { x.Code(to) })
	to.Bool(&p.Alternates)
}
