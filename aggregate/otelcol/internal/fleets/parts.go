package fleets

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/promfold/promfold/aggregate"
)

// leaves are the collectors below one fleet of a root.
type leaves struct {
	mu    sync.Mutex // one state at a time
	spoke map[string]spoken
}

// spoken is when a leaf spoke last, and of how many instances.
type spoken struct {
	Heard int64 // by the clock here, Unix milliseconds
	At    int64 // by the leaf's own, Unix nanoseconds
	Size  int
}

// SetPart takes over what a collector below knows of a fleet: the brief frame
// that it saved. A later one replaces its earlier one; an earlier one that comes
// late is refused. A frame that is refused changes nothing.
func (s *Set) SetPart(leaf string, now time.Time, b []byte) error {
	var x frame
	state, err := x.read(b)
	if err != nil {
		return err
	}
	if err := s.fits(&x); err != nil {
		return err
	}
	exemplars, err := exemplarsOf(x.Exemplars)
	if err != nil {
		return err
	}
	x.Leaves = nil
	key := s.fleetOf(&x).key
	f := s.fleetNamed(key)
	if f == nil {
		s.opening.Lock()
		defer s.opening.Unlock()
		if f = s.fleetNamed(key); f == nil {
			if f, err = s.root(&x); err != nil {
				return err
			}
		}
	}
	if err := f.setPart(leaf, now, &x, state, exemplars); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fleets[key] = f
	return nil
}

func (s *Set) fleetNamed(key string) *fleet {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.fleets[key]
}

// fits reports whether a frame is of a leaf with this configuration. The fleet's
// own state says whether its views are the same.
func (s *Set) fits(x *frame) error {
	if x.Horizon != s.horizon.Milliseconds() {
		return fmt.Errorf("%w: join_horizon: %v, not %v", aggregate.ErrIncompatible, time.Duration(x.Horizon)*time.Millisecond, s.horizon)
	}
	rest := s.cfg.FleetBy
	for _, a := range x.Resource {
		i := slices.Index(rest, a[0])
		if i < 0 {
			return fmt.Errorf("%w: fleet_by: %q", aggregate.ErrIncompatible, a[0])
		}
		rest = rest[i+1:]
	}
	return nil
}

// root returns a new fleet, without instances of its own.
func (s *Set) root(x *frame) (*fleet, error) {
	s.mu.RLock()
	n := len(s.fleets)
	s.mu.RUnlock()
	if n >= s.cfg.MaxInstances {
		return nil, tooMany("fleets", n)
	}
	known, err := aggregate.NewFleet(s.fleetConfig())
	if err != nil {
		return nil, err
	}
	f := s.fleetOf(x)
	return f, f.declare(known)
}

func tooMany(what string, n int) error {
	return fmt.Errorf("%w: max_instances: %d %s", aggregate.ErrLimit, n, what)
}

func (f *fleet) setPart(leaf string, now time.Time, x *frame, state []byte, exemplars map[string]pmetric.ExemplarSlice) error {
	l := &f.leaves
	l.mu.Lock()
	defer l.mu.Unlock()
	before, ok := l.spoke[leaf]
	switch {
	case ok && x.At < before.At:
		return fmt.Errorf("%w: the state of a leaf of %v, after that of %v", aggregate.ErrLate, time.Unix(0, x.At).UTC(), time.Unix(0, before.At).UTC())
	case !ok && len(l.spoke) >= f.set.cfg.MaxInstances:
		return tooMany("leaves", len(l.spoke))
	}
	if err := f.known.SetPart(leaf, now, bytes.NewReader(state)); err != nil {
		return err
	}
	f.shapes.learn(x)
	f.extras.learn(x.Extremes, true)
	if !ok || x.At > before.At { // else it is sent again
		f.extras.add(exemplars)
	}
	if l.spoke == nil {
		l.spoke = map[string]spoken{}
	}
	l.spoke[leaf] = spoken{Heard: now.UnixMilli(), At: x.At, Size: x.Size}
	return nil
}

// saved returns a copy of what is saved.
func (l *leaves) saved() map[string]spoken {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.spoke)
}

// Leaves returns how many collectors below have spoken.
func (s *Set) Leaves() int {
	names := map[string]bool{}
	for _, f := range s.list() {
		for name := range f.leaves.saved() {
			names[name] = true
		}
	}
	return len(names)
}

// forgetLeaves removes the collectors that were silent for too long. What their
// instances counted stays.
func (f *fleet) forgetLeaves(before int64, now time.Time) error {
	f.leaves.mu.Lock()
	defer f.leaves.mu.Unlock()
	for leaf, last := range f.leaves.spoke {
		if last.Heard >= before {
			continue
		}
		if err := f.known.SetPart(leaf, now, nil); err != nil {
			return err
		}
		delete(f.leaves.spoke, leaf)
	}
	return nil
}

// Why returns in a word why a state was not taken in.
func Why(err error) string {
	for _, x := range []struct {
		err  error
		word string
	}{
		{aggregate.ErrVersion, "version"}, {aggregate.ErrIncompatible, "configuration"}, {aggregate.ErrLimit, "limit"}, {aggregate.ErrLate, "late"},
		{aggregate.ErrCorrupt, "invalid"},
	} {
		if errors.Is(err, x.err) {
			return x.word
		}
	}
	return "storage"
}
