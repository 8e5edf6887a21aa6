// Package lock is what those share who use a fleet at the same time: its lock, and
// spare scratch space. Scrapes, changes and questions → how often something
// changed, so that a question that is asked again knows its answer.
package lock

import (
	"sync"
	"sync/atomic"
)

// Lock counts changes: what was computed under it is valid as long as the count is
// the same. Lock counts as a change; Ask locks without counting. Those that share
// the lock call Changed.
type Lock struct {
	sync.RWMutex
	alone  uint64
	shared atomic.Uint64
}

// Lock locks for a change.
func (l *Lock) Lock() {
	l.RWMutex.Lock()
	l.alone++
}

// Stayed says of the change for which the lock is held that nobody's place changed:
// it counts as if the lock were shared.
func (l *Lock) Stayed() {
	l.alone--
	l.shared.Add(1)
}

// Ask locks for a question, which changes only what questions keep.
func (l *Lock) Ask() { l.RWMutex.Lock() }

// Alter counts a change that a question makes.
func (l *Lock) Alter() { l.alone++ }

// Changed counts a change that was made with the lock shared.
func (l *Lock) Changed() { l.shared.Add(1) }

// Changes returns the number of changes. The lock is held.
func (l *Lock) Changes() uint64 { return l.alone + l.shared.Load() }

// Alone returns the number of changes for which the lock was not shared, but those
// that Stayed.
func (l *Lock) Alone() uint64 { return l.alone }
