package aggregate

import (
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
)

// churnLimit is the part of a body's lines that, when it appeared or vanished
// between two scrapes, makes absence a poor proof of birth.
const churnLimit = 0.20

// judge weighs what the scrape says about the process: the same as before,
// started anew, or another one.
func (s *staged) judge() {
	in := s.in
	s.baseline = !in.seen()
	if s.baseline {
		return
	}
	e := judge.RestartEvidence{PrevTime: in.last}
	if s.start.Comparable(in.start) {
		e.PrevStart, e.Start = in.start.At, s.start.At
	}
	rules := judge.Rules{StartTolerance: s.f.cfg.StartTolerance.Milliseconds(), ClockSkew: s.f.cfg.ClockSkew.Milliseconds()}
	// Comparing counters is expensive, so do it only if the start moved, which is rare.
	if blind := !in.start.Known() && !s.start.Known(); e.Start-e.PrevStart > rules.StartTolerance || blind && s.anyFell() {
		e.Fell, e.Common = s.weigh()
	}
	s.verdict = e.Judge(&rules)
	moved := s.verdict == judge.RestartProven || s.verdict == judge.RestartMoved || s.verdict == judge.RestartOther
	x := s.succession()
	x.Fell = e.Fell > 0
	s.alternating = moved && x.Returned()
	if s.alternating || x.Another() {
		s.verdict = judge.RestartOther
	}
	switch s.verdict {
	case judge.RestartProven:
		s.restart = restartProven
	case judge.RestartGuessed:
		s.restart = restartGuessed
	case judge.RestartOther:
		s.restart, s.baseline = anotherInstance, true
	}
	s.churned = s.restart == noRestart && s.churn()
}

// weigh counts the counters that are non-zero in both scrapes, and those of
// them that fell, whose families it notes.
func (s *staged) weigh() (fell, common int) {
	r := s.r
	for pos := range r.Len() {
		id, old, c, _ := r.At(pos)
		if old < 0 {
			continue
		}
		l := s.f.store.Line(id)
		p := s.in.pointOf(old)
		if !cumulative(l) || !(p.Value > 0) {
			continue
		}
		common++
		if c < p.Value {
			fell++
			s.fell[l.Family.Name] = true
		}
	}
	return fell, common
}

// anyFell looks at the lines that changed alone: an instance without a start
// time nearly always goes on, and then none of them did.
func (s *staged) anyFell() bool {
	for _, pos := range s.r.Changed() {
		id, old, c, _ := s.r.At(int(pos))
		if old >= 0 && c < s.in.cols.Value(old) && cumulative(s.f.store.Line(id)) {
			return true
		}
	}
	return false
}

// churn: so many lines came or went that absence is a poor proof of birth.
func (s *staged) churn() bool {
	if !s.r.Structural() {
		return false
	}
	moved := s.newLines() + len(s.r.Gone())
	return float64(moved) >= churnLimit*float64(max(s.r.Len(), s.in.cols.Len()))
}

// pointOf returns what the line that stood at a position grows from.
func (in *instance) pointOf(old int) judge.Point {
	if in.plan == nil {
		return growth.ColumnPoint(&in.cols, old, in.last)
	}
	return in.state.PointAt(in.plan, &in.cols, old, in.last)
}
