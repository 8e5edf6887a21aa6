package scrape

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Source calls set with all its targets at first and after each change, until
// ctx ends, and does not use the list afterwards. It may return nil when nothing
// can change any more. After an error it is called again, an interval later.
type Source func(ctx context.Context, set func([]Target)) error

// URLs returns a source of fixed URLs.
func URLs(urls ...string) Source {
	list := make([]Target, len(urls))
	for i, u := range urls {
		list[i].URL = u
	}
	return Targets(list...)
}

// Targets returns a source of fixed targets.
func Targets(targets ...Target) Source {
	return func(_ context.Context, set func([]Target)) error {
		set(targets)
		return nil
	}
}

// lists holds what each source said last.
type lists struct {
	mu      sync.Mutex
	of      [][]Target
	heard   []bool        // it said something, or failed to
	said    bool          // one of them did
	changed chan struct{} // holds one notice
}

func newLists(n int) *lists {
	return &lists{of: make([][]Target, n), heard: make([]bool, n), changed: make(chan struct{}, 1)}
}

func (l *lists) set(i int, targets []Target) {
	l.mu.Lock()
	l.of[i], l.said = targets, true
	l.mu.Unlock()
	l.hear(i)
}

func (l *lists) hear(i int) {
	l.mu.Lock()
	l.heard[i] = true
	l.mu.Unlock()
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

// all returns the targets of all sources; ok is false while none has said any.
func (l *lists) all() (targets []Target, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Concat(l.of...), l.said
}

// complete reports whether each source was heard.
func (l *lists) complete() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !slices.Contains(l.heard, false)
}

// follow runs a source until ctx ends or the source has said all.
func (l *lists) follow(ctx context.Context, i int, src Source, pause time.Duration, fail func(error)) {
	for {
		err := src(ctx, func(targets []Target) { l.set(i, targets) })
		if ctx.Err() != nil {
			return
		}
		l.hear(i)
		if err == nil {
			return
		}
		fail(sourceError(i, err))
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// ask waits until each source has said its targets, or has failed. A source that
// says nothing within the timeout failed.
func (l *lists) ask(ctx context.Context, sources []Source, timeout time.Duration) error {
	errs := make([]error, len(sources))
	var all sync.WaitGroup
	for i, src := range sources {
		all.Go(func() {
			inner, cancel := context.WithTimeout(ctx, timeout)
			defer cancel()
			var heard atomic.Bool
			err := src(inner, func(targets []Target) {
				l.set(i, targets)
				heard.Store(true)
				cancel()
			})
			ended := errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) // by this function
			if err != nil && !(heard.Load() && ended) {
				errs[i] = sourceError(i, err)
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

func sourceError(i int, err error) error { return fmt.Errorf("source %d: %w", i+1, err) }
