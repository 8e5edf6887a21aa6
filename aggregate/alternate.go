package aggregate

import (
	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/window"
)

// An address behind which several processes answer, and which nobody declared
// to be balanced, shows itself when a start time comes back that was there
// before. Until then a change of process looked like a restart; if the new
// process claims to have started well before its predecessor's last scrape,
// what it counted is kept apart for the case that the predecessor returns.

// undo is what an instance's views held before a restart that is doubtful.
type undo struct {
	tables []*window.Saved // by view; nil: the view was not there yet
	segs   []*segment      // shorter where it was loaded
}

// saveUndo keeps the rows before a doubtful restart is taken in.
func (s *staged) saveUndo() {
	u := &undo{}
	for _, b := range s.in.bindings {
		u.tables, u.segs = append(u.tables, b.Save()), append(u.segs, b.seg.clone())
	}
	s.in.undo = u
}

// retract takes back what a restart counted that was none. No window reaches
// beyond: what stood in it until now cannot be told apart.
func (s *staged) retract() {
	in, h := s.in, &s.in.history
	for i, b := range in.bindings {
		if b.Slots() == 0 {
			continue
		}
		var before *window.Saved
		if i < len(in.undo.tables) {
			before = in.undo.tables[i]
		}
		if before != nil {
			if b.seg = nil; i < len(in.undo.segs) {
				b.seg = in.undo.segs[i]
			}
		}
		b.Restore(before, h.N)
		b.adopted()
	}
	h.Add(in.present())
	in.undo = nil
}

// succession is the change of the process at the address, if it is one.
func (s *staged) succession() identity.Succession {
	in := s.in
	return identity.Succession{Seen: in.starts, Alternates: in.alternates, Last: in.last, From: in.start, To: s.start,
		Tolerance: s.f.cfg.StartTolerance.Milliseconds(), Skew: s.f.cfg.ClockSkew.Milliseconds()}
}

// returned reports whether the process answered before another one did.
func (s *staged) returned() bool {
	x := s.succession()
	return x.Returned()
}

// alternate notes that the address reaches several processes.
func (s *staged) alternate() {
	in := s.in
	if in.undo != nil {
		s.retract()
	}
	in.alternates, s.report.Alternating = true, true
	if s.f.cfg.SplitAlternating && s.f.balancers[s.target] == nil && in.name == s.target {
		s.f.split(in, s.target, s.at)
	}
}

// split makes a balanced target of an address that proved to be one.
func (f *Fleet) split(in *instance, name string, at int64) {
	b := &balanced{target: name, members: []*instance{in}, guess: in, last: at, scrapes: 1, spacings: in.spacings}
	f.names.Lock()
	in.pool, in.sighted = b, b.scrapes
	f.names.Unlock()
	f.balancers[name] = b
}
