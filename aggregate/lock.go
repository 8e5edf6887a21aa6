package aggregate

import (
	"sync"
	"sync/atomic"
)

// fleetLock is the lock of a fleet, and counts what may have changed it: what
// was found out under it holds for as long as the count is the same. Whoever
// locks is taken for one that changes something, unless it asks; of those that
// share the lock, who changes something has to say so.
type fleetLock struct {
	sync.RWMutex
	alone  uint64
	shared atomic.Uint64
}

func (l *fleetLock) Lock() {
	l.RWMutex.Lock()
	l.alone++
}

// ask locks for a question: it changes nothing but what questions keep.
func (l *fleetLock) ask() { l.RWMutex.Lock() }

// changed is to be said of a change made with the lock shared.
func (l *fleetLock) changed() { l.shared.Add(1) }

// changes there were so far. The lock is held.
func (l *fleetLock) changes() uint64 { return l.alone + l.shared.Load() }
