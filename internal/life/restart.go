package life

import (
	"github.com/promfold/promfold/internal/evidence"
	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/rate"
)

// Restart is what a scrape says about the process behind an instance.
type Restart uint8

// The answers.
const (
	NoRestart Restart = iota // the same process as before, or no evidence against it
	Proven                   // the start time moved, and so did the clock or a counter
	Guessed                  // no start time at all, and at least half of the counters fell
	Another                  // an earlier start: another process answered, so the scrape is a baseline
)

// String returns the answer in words.
func (r Restart) String() string {
	return [...]string{"no restart", "restart", "restart guessed from falling counters", "another instance answered"}[r]
}

// Change is a scrape that found another process.
type Change struct {
	At  int64
	How Restart
}

// Scrape is an accepted scrape, as far as it says something of the process.
type Scrape struct {
	At       int64
	Start    identity.Start
	StartPos int // its line; negative: none
	Restart  Restart
	Clock    judge.Clock   // that wrote the start
	Lead     evidence.Lead // of the process so far
	Lag      int64         // by how much the body may be older than it says, in milliseconds; 0: nothing shows that it is
}

// Gap returns the time before a process that no scrape saw; last is the scrape
// before.
func (s *Scrape) Gap(last int64) rate.Gap {
	switch s.Restart {
	case Another:
		return rate.Gap{From: last, To: s.At, Met: s.At, Lived: true}
	case Proven:
		return rate.Gap{From: last, To: s.begin(last), Met: s.At}
	}
	return rate.Gap{}
}

// begin returns when a process that started anew began to count: not before the
// scrape before, nor after its own.
func (s *Scrape) begin(last int64) int64 { return min(max(last, s.Clock.Date(s.Start.At)), s.At) }
