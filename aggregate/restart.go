package aggregate

import (
	"github.com/promfold/promfold/internal/evidence"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/judge"
)

// judge weighs what the scrape says about the process: the same as before,
// started anew, or another one.
func (s *staged) judge() {
	s.weigh()
	d := &s.scraped.Decision
	x := s.succession()
	x.Fell = s.in.seen() && s.start != s.in.start && s.anyFell()
	switch d.Restart {
	case judge.RestartProven, judge.RestartRestored, judge.RestartMoved, judge.RestartOther:
		s.alternating = x.Returned()
	}
	if s.in.seen() && (s.alternating || x.Another()) {
		*d = judge.Decision{Restart: judge.RestartOther}
	}
	switch d.Restart {
	case judge.RestartProven, judge.RestartRestored:
		s.restart = restartProven
	case judge.RestartGuessed:
		s.restart = restartGuessed
	case judge.RestartOther:
		s.restart, s.baseline = anotherInstance, true
	}
	s.scraped.First, s.scraped.Process = s.baseline, s.baseline || s.restart != noRestart
}

// judgeMember weighs a scrape that was attributed to a process: behind a
// balancer each is an instance, which does not restart.
func (s *staged) judgeMember() {
	s.weigh()
	if s.start.Known() && s.in.start.Known() {
		s.scraped.Decision = judge.Decision{Restart: judge.RestartUnmoved}
	} else if s.scraped.Decision.Restart != judge.RestartUnknown {
		s.scraped.Decision = judge.Decision{Blind: true}
	}
	s.scraped.First, s.scraped.Process = s.baseline, s.baseline
}

// weigh gathers what the scrape says, for those who judge its series.
func (s *staged) weigh() {
	in := s.in
	s.baseline = !in.seen()
	s.scraped = growth.Scraped{
		Store: s.f.store, Reader: s.r, Before: &in.cols, Body: &s.body,
		At: s.at, LastTime: in.last, Start: s.start.At, Rules: s.f.router.Tolerance, Router: s.f.router, Layouts: &s.f.set,
		Vanishing: growth.Vanishing(s.f.store, s.r, &in.cols), Scratch: &s.scratch,
	}
	if s.start.Comparable(in.start) {
		s.scraped.PrevStart = in.start.At
	}
	if !s.baseline {
		s.scraped.Decision = in.state.Weigh(&s.scraped)
	}
}

// anyFell reports whether a counter fell.
func (s *staged) anyFell() bool { return growth.AnyFell(s.f.store, s.r, &s.in.cols) }

// readStart reads when the process started: the start's line stands where it
// stood unless the body's structure changed.
func (s *staged) readStart(sc *incoming) identity.Start {
	pos := s.in.startPos
	if s.in.last == 0 || s.r.Structural() {
		pos = evidence.FindStart(s.f.store, &s.body)
	}
	s.startPos = pos
	value := 0.0
	if pos >= 0 {
		_, _, value, _ = s.r.At(pos)
	}
	return evidence.Start(pos, value, sc.Start, sc.Header)
}
