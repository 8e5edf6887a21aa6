// Package state keeps named states in a storage extension, and does something
// at intervals.
package state

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/xextension/storage"
)

// Keys of the storage: the names of the states, and when the component began
// first, as text.
const (
	index = "states"
	began = "began"
)

// Store keeps states in a storage extension. A nil Store keeps nothing.
type Store struct{ client storage.Client }

// Open returns the store of a component; nil if the configuration names no
// extension.
func Open(ctx context.Context, host component.Host, extension *component.ID, kind component.Kind, id component.ID) (*Store, error) {
	if extension == nil {
		return nil, nil
	}
	found, ok := host.GetExtensions()[*extension]
	if !ok {
		return nil, fmt.Errorf("storage: there is no extension %q", extension)
	}
	s, ok := found.(storage.Extension)
	if !ok {
		return nil, fmt.Errorf("storage: %q is no storage extension", extension)
	}
	client, err := s.GetClient(ctx, kind, id, "")
	if err != nil {
		return nil, fmt.Errorf("storage: %w", err)
	}
	return &Store{client}, nil
}

// Load returns the states that were saved last, by name.
func (s *Store) Load(ctx context.Context) (map[string][]byte, error) {
	if s == nil {
		return nil, nil
	}
	b, err := s.client.Get(ctx, index)
	if err != nil || b == nil {
		return nil, err
	}
	var names []string
	if err := json.Unmarshal(b, &names); err != nil {
		return nil, fmt.Errorf("storage: %w", err)
	}
	states := map[string][]byte{}
	for _, name := range names {
		b, err := s.client.Get(ctx, keyOf(name))
		if err != nil {
			return nil, err
		}
		if b == nil {
			return nil, fmt.Errorf("storage: the state of %q is not there", name)
		}
		states[name] = slices.Clone(b)
	}
	return states, nil
}

// Began returns when a component began first, which is now unless the storage
// knows an earlier time.
func (s *Store) Began(ctx context.Context, now time.Time) (time.Time, error) {
	if s == nil {
		return now, nil
	}
	b, err := s.client.Get(ctx, began)
	if err != nil {
		return now, err
	}
	var first time.Time
	if b != nil && first.UnmarshalText(b) == nil && first.Before(now) {
		return first, nil
	}
	return now, s.Begin(ctx, now)
}

// Begin notes that a component begins now, whenever it did before.
func (s *Store) Begin(ctx context.Context, now time.Time) error {
	if s == nil {
		return nil
	}
	b, err := now.MarshalText()
	if err != nil {
		return err
	}
	return s.client.Set(ctx, began, b)
}

// Save replaces all states at once, where the extension can.
func (s *Store) Save(ctx context.Context, states map[string][]byte) error {
	if s == nil {
		return nil
	}
	names := slices.Sorted(maps.Keys(states))
	b, err := json.Marshal(names)
	if err != nil {
		return err
	}
	ops := []*storage.Operation{storage.SetOperation(index, b)}
	for _, name := range names {
		ops = append(ops, storage.SetOperation(keyOf(name), states[name]))
	}
	return s.client.Batch(ctx, ops...)
}

// Close gives the client back.
func (s *Store) Close(ctx context.Context) error {
	if s == nil {
		return nil
	}
	return s.client.Close(ctx)
}

func keyOf(name string) string { return "state/" + name }
