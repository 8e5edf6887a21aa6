package lock_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/promfold/promfold/internal/lock"
)

// Every change counts; Alone counts those that were made alone, but not one of
// which it is said that everybody stayed.
func TestCounts(t *testing.T) {
	var l lock.Lock
	counts := func(change func()) (changes, alone uint64) {
		before, beforeAlone := l.Changes(), l.Alone()
		change()
		return l.Changes() - before, l.Alone() - beforeAlone
	}
	for _, x := range []struct {
		name           string
		change         func()
		changes, alone uint64
	}{
		{"alone", func() { l.Lock(); defer l.Unlock() }, 1, 1},
		{"shared", func() { l.RLock(); l.Changed(); l.RUnlock() }, 1, 0},
		{"all stayed", func() { l.Lock(); l.Stayed(); l.Unlock() }, 1, 0},
		{"a question", func() { l.Ask(); l.Unlock() }, 0, 0},
		{"a question that changes", func() { l.Ask(); l.Alter(); l.Unlock() }, 1, 1},
	} {
		changes, alone := counts(x.change)
		assert.Equal(t, x.changes, changes, x.name)
		assert.Equal(t, x.alone, alone, x.name)
	}
}

// What is given back is taken next, and a crowd leaves no more than a few.
func TestSpare(t *testing.T) {
	var s lock.Spare[int]
	made := 0
	take := func() int { return s.Take(func() int { made++; return made }) }
	assert.Equal(t, []int{1, 2}, []int{take(), take()})
	s.Give(2)
	assert.Equal(t, []int{2, 3}, []int{take(), take()})
	for i := range 1000 {
		s.Give(-i)
	}
	for range 1000 {
		take()
	}
	assert.Equal(t, 3+1000-64, made)
}
