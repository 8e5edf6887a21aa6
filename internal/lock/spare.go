package lock

import "sync"

// most bounds what is spare: once a thousand may have been in use at a time, each
// with a body of megabytes.
const most = 64

// Spare keeps what nobody uses just now for who needs one next. The zero value has
// none.
type Spare[T any] struct {
	mu   sync.Mutex
	free []T
}

// Take returns a spare one, or one that it makes.
func (s *Spare[T]) Take(make func() T) T {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.free); n > 0 {
		x := s.free[n-1]
		s.free = s.free[:n-1]
		return x
	}
	return make()
}

// Give gives one back, which the caller does not use any more.
func (s *Spare[T]) Give(x T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.free) < most {
		s.free = append(s.free, x)
	}
}
