package roster

import (
	"context"
	"errors"
	"slices"

	"github.com/promfold/promfold/parse"
)

// Failure says how a scrape failed.
type Failure uint8

// The ways to fail. They tell apart what is likely, not what is possible: after
// any of them a process may be alive or dead.
const (
	NoFailure   Failure = iota
	Unreachable         // refused, reset, no route, an HTTP status from 500 on, or a reason that says nothing: likely dead
	Unheard             // a deadline, or an answer that is no exposition: likely alive
)

// FailureOf returns how a scrape failed by its error, which is not nil. The
// error of a response has a method HTTPStatusCode, and one of a deadline a
// method Timeout, as those of package net have. What was answered and refused,
// as not well formed or for one of the given reasons, is no word of a dead
// process.
func FailureOf(err error, refused ...error) Failure {
	var response interface{ HTTPStatusCode() int }
	var deadline interface{ Timeout() bool }
	var malformed *parse.Error
	switch {
	case errors.As(err, &malformed), slices.ContainsFunc(refused, func(r error) bool { return errors.Is(err, r) }):
		return Unheard
	case errors.As(err, &response):
		if response.HTTPStatusCode() >= 500 {
			return Unreachable
		}
		return Unheard
	case errors.As(err, &deadline) && deadline.Timeout(), errors.Is(err, context.Canceled):
		return Unheard // who cancels has not waited for the answer
	}
	return Unreachable
}

// Attempts are the latest attempts at the addresses of one instance. The zero
// value has none.
type Attempts struct {
	n, failed int
	unheard   bool
	word      int64
}

// Add adds the latest attempt at an address. last is when the instance
// answered last: an attempt before that is no failure of it.
func (a *Attempts) Add(last, at int64, how Failure) {
	a.n++
	if how == NoFailure || at < last {
		return
	}
	a.failed++
	if how == Unheard {
		a.unheard = true
		a.word = max(a.word, at)
	}
}

// Failure returns how the instance failed: not at all while one of its
// addresses did not.
func (a *Attempts) Failure() Failure {
	switch {
	case a.n == 0 || a.failed < a.n:
		return NoFailure
	case a.unheard:
		return Unheard
	}
	return Unreachable
}

// Word returns when the instance was last told to be slow, or 0. That is a word
// of it, as a scrape is: what is slow does not go stale.
func (a *Attempts) Word() int64 { return a.word }

// Standing says how far an instance is part of the present.
type Standing uint8

// The standings, from the least to the most.
const (
	Absent   Standing = iota // stale or gone: in no answer about the present
	Doubtful                 // unreachable: in no value, but in its bounds
	Likely                   // unheard: in the value, but a lower bound does without it
	Present                  // it answered
)

// StandingOf returns the standing of an instance that is or is not live, and
// failed or did not. One that left is absent.
func StandingOf(live, gone bool, f Failure) Standing {
	switch {
	case gone:
		return Absent
	case f == Unreachable:
		return Doubtful
	case !live:
		return Absent
	case f == Unheard:
		return Likely
	}
	return Present
}

// Counts reports whether the instance is in a value of the present.
func (s Standing) Counts() bool { return s >= Likely }

// Possible reports whether the instance may be in the present.
func (s Standing) Possible() bool { return s != Absent }

// Past returns the standing that is kept of an instance. One that went stale is in
// doubt: nobody said that it left.
func (s Standing) Past(gone bool) Standing {
	if s == Absent && !gone {
		return Doubtful
	}
	return s
}
