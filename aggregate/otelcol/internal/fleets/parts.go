package fleets

import (
	"bytes"
	"maps"
	"time"

	"github.com/promfold/promfold/aggregate"
)

// SetPart takes over what a collector below knows of a fleet: the brief frame
// that it saved. A later one replaces its earlier one.
func (s *Set) SetPart(leaf string, now time.Time, b []byte) error {
	var x frame
	state, err := x.read(b)
	if err != nil {
		return err
	}
	x.Leaves = nil
	f, err := s.root(&x)
	if err != nil {
		return err
	}
	if err := f.known.SetPart(leaf, now, bytes.NewReader(state)); err != nil {
		return err
	}
	if err := f.extras.learn(&x, true); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.parts == nil {
		f.parts = map[string]int64{}
	}
	f.parts[leaf] = now.UnixMilli()
	return nil
}

// root returns the fleet that a frame is of, which has no instances of its own.
func (s *Set) root(x *frame) (*fleet, error) {
	made := s.fleetOf(x)
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.fleets[made.key]; f != nil {
		f.shapes.learn(x)
		return f, nil
	}
	known, err := aggregate.NewFleet(s.fleetConfig())
	if err != nil {
		return nil, err
	}
	if err := made.declare(known); err != nil {
		return nil, err
	}
	s.fleets[made.key] = made
	return made, nil
}

// leaves returns when each collector below spoke last.
func (f *fleet) leaves() map[string]int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.parts)
}

// forgetLeaves removes the collectors that were silent for too long. What their
// instances counted stays.
func (f *fleet) forgetLeaves(before int64, now time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for leaf, at := range f.parts {
		if at >= before {
			continue
		}
		if err := f.known.SetPart(leaf, now, nil); err != nil {
			return err
		}
		delete(f.parts, leaf)
	}
	return nil
}
