package process

import (
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/life"
)

// olderBy is how many intervals a body is older, at most, than it says, where it is: an old value is awaited for as long.
const olderBy = 3

// Judge weighs what the scrape says about the process: the same as before, started
// anew, or another one.
func (s *Staged) Judge() {
	s.weigh()
	d, seen := &s.Scraped.Decision, s.Of.Seen()
	x := s.succession()
	x.Fell = seen && s.Start != s.Of.Start && s.AnyFell()
	switch d.Restart {
	case judge.RestartProven, judge.RestartRestored, judge.RestartMoved, judge.RestartOther:
		s.Alternating = x.Returned()
	}
	if seen && (s.Alternating || x.Another()) {
		*d = judge.Decision{Restart: judge.RestartOther}
	}
	if d.Lags {
		s.Lag = olderBy * (s.At - s.Of.Last)
	}
	switch d.Restart {
	case judge.RestartProven, judge.RestartRestored:
		s.Restart = life.Proven
	case judge.RestartGuessed:
		s.Restart = life.Guessed
	case judge.RestartOther:
		s.Restart, s.Baseline = life.Another, true
	}
	s.Scraped.First, s.Scraped.Process = s.Baseline, s.Baseline || s.Restart != life.NoRestart
}

// JudgeMember weighs a scrape that was attributed to a process: behind a balancer
// each has a place of its own, where none restarts.
func (s *Staged) JudgeMember() {
	s.weigh()
	if s.Start.Known() && s.Of.Start.Known() {
		s.Scraped.Decision = judge.Decision{Restart: judge.RestartUnmoved}
	} else if s.Scraped.Decision.Restart != judge.RestartUnknown {
		s.Scraped.Decision = judge.Decision{Blind: true}
	}
	s.Scraped.First, s.Scraped.Process = s.Baseline, s.Baseline
}

// weigh gathers what the scrape says, for those who judge its series.
func (s *Staged) weigh() {
	p, set := s.Of, &s.set
	s.Baseline = !p.Seen()
	s.Scraped = growth.Scraped{
		Store: set.Store, Reader: s.Reader, Before: &p.Columns, Body: &s.Body,
		At: s.At, LastTime: p.Last, Start: s.Start.At, Rules: set.Router.Tolerance, Router: set.Router, Layouts: set.Layouts,
		Vanishing: growth.Vanishing(set.Store, s.Reader, &p.Columns), Scratch: &s.scratch,
	}
	if s.Start.Compares(p.Start, p.Last, s.Scraped.Rules.StartTolerance) {
		s.Scraped.PrevStart = p.Start.At
	}
	if s.Start.Near(p.Start, s.Scraped.Rules.StartTolerance) {
		s.Lead = s.Lead.And(p.Lead)
	}
	s.Clock = s.Lead.Clock(s.Start, &s.Scraped.Rules)
	s.Scraped.Clock = s.Clock
	if !s.Baseline {
		s.Scraped.Decision = p.State.Weigh(&s.Scraped)
	}
}

// Watch says since when the place is watched. What was born while a process that
// is back answered before was counted then.
func (s *Staged) Watch(since int64) {
	s.Scraped.Since = since
	if x := s.succession(); s.Restart == life.Another && x.Returned() {
		s.Scraped.Since = s.At
	}
}

// Doubtful reports whether what looks like a restart may be another process.
func (s *Staged) Doubtful() bool {
	x := s.succession()
	return s.Restart == life.Proven && x.Doubtful()
}

// AnyFell reports whether a counter fell.
func (s *Staged) AnyFell() bool { return growth.AnyFell(s.set.Store, s.Reader) }

// succession is the change of the process at the address, if it is one.
func (s *Staged) succession() identity.Succession {
	p, rules := s.Of, &s.set.Router.Tolerance
	return identity.Succession{
		Seen: p.Starts, Alternates: p.Alternates, Last: p.Last, From: p.Start, To: s.Start,
		Tolerance: rules.StartTolerance, Skew: rules.ClockSkew,
	}
}
