package aggregate

import (
	"sync"
	"sync/atomic"
)

// fleetLock is the lock of a fleet, and counts its changes: what was computed
// under it is valid as long as the count is the same. Lock counts as a change;
// ask locks without counting. Those that share the lock call changed.
type fleetLock struct {
	sync.RWMutex
	alone  uint64
	shared atomic.Uint64
}

func (l *fleetLock) Lock() {
	l.RWMutex.Lock()
	l.alone++
}

// ask locks for a question, which changes only what questions keep.
func (l *fleetLock) ask() { l.RWMutex.Lock() }

// changed counts a change that was made with the lock shared.
func (l *fleetLock) changed() { l.shared.Add(1) }

// changes returns the number of changes. The lock is held.
func (l *fleetLock) changes() uint64 { return l.alone + l.shared.Load() }
