package parse

import (
	"sync"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// Store holds every distinct line of a fleet once. It is safe for concurrent
// use by several [Reader]s, [Store.Sweep] excepted.
type Store struct {
	mu       sync.RWMutex
	byKey    map[key]ID
	keys     []key
	lines    []*Line // nil: free
	refs     []int32
	free     []ID
	families map[familyKey]*Family
	lastID   uint32
	bytes    int
}

type key struct {
	text    string
	meaning uint32
}

type familyKey struct {
	name string
	typ  model.MetricType
}

// NewStore returns an empty store.
func NewStore() *Store {
	return &Store{byKey: map[key]ID{}, families: map[familyKey]*Family{}}
}

// Line is what the id means. It is valid until the id is swept.
func (s *Store) Line(id ID) *Line {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.lines[id]
}

// Len is the number of lines held.
func (s *Store) Len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.lines) - len(s.free)
}

// Cap bounds the ids given out: each is below it.
func (s *Store) Cap() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.lines)
}

// Bytes is the memory held, roughly.
func (s *Store) Bytes() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.bytes
}

// Retain keeps the line from being swept until the matching Release. Columns
// hold their own references.
func (s *Store) Retain(id ID) {
	s.mu.Lock()
	s.refs[id]++
	s.mu.Unlock()
}

// Release undoes one Retain.
func (s *Store) Release(id ID) {
	s.mu.Lock()
	s.refs[id]--
	s.mu.Unlock()
}

// Sweep frees the lines that nothing refers to and returns their ids, which will
// name other lines later: what was kept by id has to be cleared. No Reader of
// the store may be at work meanwhile; one that waits between Read and Commit
// loses nothing.
func (s *Store) Sweep() []ID {
	s.mu.Lock()
	defer s.mu.Unlock()
	var freed []ID
	for id, l := range s.lines {
		if l == nil || s.refs[id] > 0 {
			continue
		}
		s.bytes -= lineBytes(s.keys[id], l)
		delete(s.byKey, s.keys[id])
		s.keys[id], s.lines[id] = key{}, nil
		freed = append(freed, ID(id))
	}
	s.free = append(s.free, freed...)
	return freed
}

func lineBytes(k key, l *Line) int {
	return 160 + len(k.text) + int(l.Labels.ByteSize())
}

func (s *Store) family(name string, typ model.MetricType, help string) *Family {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.familyLocked(name, typ, help)
}

func (s *Store) familyLocked(name string, typ model.MetricType, help string) *Family {
	k := familyKey{name, typ}
	f := s.families[k]
	if f == nil {
		s.lastID++
		f = &Family{Name: name, Type: typ, Help: help, id: s.lastID + meaningSummary}
		s.families[k] = f
	}
	return f
}

// A text has one meaning under the comments of its own family, which is the
// family's id, and else one by how the type in force rewrites its labels.
const (
	meaningPlain = iota
	meaningHistogram
	meaningSummary
)

func (f *Family) rewrites() uint32 {
	switch {
	case f == nil:
	case f.Type == model.MetricTypeHistogram:
		return meaningHistogram
	case f.Type == model.MetricTypeSummary:
		return meaningSummary
	}
	return meaningPlain
}

// intern returns the id of a series text under the comments of f, with one
// reference added.
func (s *Store) intern(series []byte, ls labels.Labels, f *Family) ID {
	k := key{string(series), f.rewrites()}
	if f != nil {
		if _, ok := f.role(ls.Get(labels.MetricName)); ok {
			k.meaning = f.id
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if id, ok := s.byKey[k]; ok {
		s.refs[id]++
		return id
	}
	l := newLine(ls, f, func(name string) *Family {
		return s.familyLocked(name, model.MetricTypeUnknown, "")
	})
	s.bytes += lineBytes(k, l)
	if n := len(s.free); n > 0 {
		id := s.free[n-1]
		s.free = s.free[:n-1]
		s.keys[id], s.lines[id], s.refs[id] = k, l, 1
		s.byKey[k] = id
		return id
	}
	id := ID(len(s.lines))
	s.keys, s.lines, s.refs = append(s.keys, k), append(s.lines, l), append(s.refs, 1)
	s.byKey[k] = id
	return id
}
