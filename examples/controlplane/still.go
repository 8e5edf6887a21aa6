package main

import (
	"sync"
	"time"

	"github.com/promfold/promfold/aggregate"
)

// still is since when servers answer the same, to the byte of each number. What lives
// uses memory and time, so that is one that hangs, or somebody's copy. It is safe for
// concurrent use; the zero value is of nobody.
type still struct {
	mu    sync.Mutex
	since map[string]time.Time
	times map[string]int
}

// stillLeast is how many scrapes in a row have to be the same.
const stillLeast = 3

// note takes in what a scrape changed.
func (s *still) note(r aggregate.Report, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.since == nil {
		s.since, s.times = map[string]time.Time{}, map[string]int{}
	}
	switch {
	case r.Duplicate || r.Instance == "":
	case r.NewInstance || r.Changed+r.Came+r.Went > 0:
		s.since[r.Instance], s.times[r.Instance] = at, 0
	default:
		s.times[r.Instance]++
	}
}

// stands returns since when a server answers the same; false if it does not.
func (s *still) stands(instance string) (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.since[instance], s.times[instance] >= stillLeast
}
