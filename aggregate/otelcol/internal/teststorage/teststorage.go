// Package teststorage is a storage extension in memory, and a host that has it.
package teststorage

import (
	"context"
	"maps"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/xextension/storage"
)

// ID is the name of the extension.
var ID = component.MustNewID("memory")

// Memory is the extension, and the only client of it.
type Memory struct {
	component.StartFunc
	component.ShutdownFunc

	mu     sync.Mutex
	values map[string][]byte
	Err    error // what each call returns, if it is set
	Open   int   // clients
}

// Host returns a host with the extension.
func (m *Memory) Host() component.Host {
	return host{ID: m}
}

type host map[component.ID]component.Component

func (h host) GetExtensions() map[component.ID]component.Component { return h }

// Clone returns what a program that is killed now would leave behind.
func (m *Memory) Clone() *Memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	return &Memory{values: maps.Clone(m.values)}
}

// Len returns the number of keys.
func (m *Memory) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.values)
}

// GetClient implements storage.Extension.
func (m *Memory) GetClient(context.Context, component.Kind, component.ID, string) (storage.Client, error) {
	m.Open++
	return m, m.Err
}

// Get implements storage.Client.
func (m *Memory) Get(_ context.Context, key string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.values[key], m.Err
}

// Set implements storage.Client.
func (m *Memory) Set(ctx context.Context, key string, value []byte) error {
	return m.Batch(ctx, storage.SetOperation(key, value))
}

// Delete implements storage.Client.
func (m *Memory) Delete(ctx context.Context, key string) error {
	return m.Batch(ctx, storage.DeleteOperation(key))
}

// Batch implements storage.Client.
func (m *Memory) Batch(_ context.Context, ops ...*storage.Operation) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.Err != nil {
		return m.Err
	}
	if m.values == nil {
		m.values = map[string][]byte{}
	}
	for _, op := range ops {
		switch op.Type {
		case storage.Get:
			op.Value = m.values[op.Key]
		case storage.Set:
			m.values[op.Key] = append([]byte(nil), op.Value...)
		case storage.Delete:
			delete(m.values, op.Key)
		}
	}
	return nil
}

// Close implements storage.Client.
func (m *Memory) Close(context.Context) error {
	m.Open--
	return nil
}
