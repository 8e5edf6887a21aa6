package process

import (
	"github.com/promfold/promfold/internal/evidence"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/life"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/saved"
	"github.com/promfold/promfold/internal/window"
)

// An address behind which several processes answer, and which nobody declared to
// be balanced, shows itself when a start time comes back that was there before.
// Until then a change of process looked like a restart; if the new process claims
// to have started well before its predecessor's last scrape, what the views held is
// kept for the case that the predecessor returns.

// Undo is what the views of a process held at a scrape to which it can be taken
// back: what came after it may be of another process.
type Undo struct {
	window.Kept
	Past *Past // the rest, of an instance behind a balancer
}

// Past is a process as it was at an earlier scrape.
type Past struct {
	sighting
	Last evidence.Again // the latest scrape that was attributed to the process since
}

// sighting is what a scrape left of a process, besides what its views hold.
type sighting struct {
	life.Clocks
	Columns lines.Columns
	state   growth.State
	plan    *growth.Plan
}

// Exposed returns what the scrape exposed.
func (x *Past) Exposed() evidence.Exposed {
	return evidence.Exposed{At: x.Clocks.Last, Start: x.Start, Columns: &x.Columns}
}

// Tables calls add with what each view holds of the process, in order.
type Tables func(add func(*window.Table, *window.Met))

// Save keeps what the tables of the views hold now, so that they can be taken back
// to it.
func (p *Process) Save(tables Tables) {
	p.Undo = &Undo{Kept: window.Kept{N: p.History.N, At: p.Present()}}
	tables(p.Undo.Add)
}

// Keep is Save, for all that the process is now.
func (p *Process) Keep(s *lines.Store, tables Tables) {
	p.Save(tables)
	p.Undo.Past = &Past{sighting: sighting{p.Clocks, p.Columns.Clone(s), p.State.Clone(s), p.Plan}}
}

// Settle makes what was given final.
func (p *Process) Settle(s *lines.Store) {
	if x := p.Past(); x != nil {
		x.Columns.Release(s)
		x.state.Release(s)
	}
	p.Undo = nil
}

// Past returns what the process can be taken back to; nil if nothing is kept.
func (p *Process) Past() *Past {
	if p.Undo == nil {
		return nil
	}
	return p.Undo.Past
}

// Held returns what the table of a view held at the scrape that the process can be
// taken back to; nil if that is not known.
func (p *Process) Held(view int) *window.Saved {
	if p.Undo == nil {
		return nil
	}
	return p.Undo.Table(view)
}

// Swap exchanges what the latest scrape left for what an earlier one did, or back.
// The tables of the views stay.
func (p *Process) Swap(x *Past) {
	now := sighting{p.Clocks, p.Columns, p.State, p.Plan}
	p.Clocks, p.Columns, p.State, p.Plan = x.Clocks, x.Columns, x.state, x.plan
	x.sighting = now
}

// Retract swaps the process for that of the earlier scrape, and forgets which
// others answered.
func (p *Process) Retract() {
	p.Swap(p.Undo.Past)
	p.Starts = identity.Remember(nil, p.Start)
}

// Recall lets the plan remember what the retracted one followed.
func (p *Process) Recall() { p.Plan.Remember(p.Undo.Past.plan) }

// clone returns a copy for a save.
func (u *Undo) clone() *Undo {
	if u == nil {
		return nil
	}
	c := &Undo{Kept: u.Kept.Clone()}
	if p := u.Past; p != nil {
		c.Past = &Past{sighting{p.Clocks, p.Columns.Clone(nil), p.state.Clone(nil), p.plan}, p.Last.Clone()}
	}
	return c
}

// CodeUndo writes down what the process can be taken back to, besides what its
// views held, or reads it back.
func (p *Process) CodeUndo(to *saved.Codec, c Codec, r *growth.Router) {
	some := p.Undo != nil
	if to.Bool(&some); some && to.Reading() {
		p.Undo = &Undo{}
	}
	if !some || to.Failed() {
		return
	}
	u := p.Undo
	to.Natural(&u.N)
	u.At.Code(to)
	to.Must(u.N <= p.History.N)
	known := u.Past != nil
	if to.Bool(&known); !known {
		return
	}
	if to.Reading() {
		u.Past = &Past{}
	}
	x := u.Past
	codeScrape(to, c, r, &x.Columns, &x.state, x.plan, &x.Clocks)
	x.Last.Code(to)
}
