package live

import (
	"context"
	"sync"
	"time"
)

// Changes tells those who wait that numbers may have changed. The zero value is
// ready.
type Changes struct {
	mu   sync.Mutex
	next chan struct{}
}

// Next returns a channel that the next change closes.
func (c *Changes) Next() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.next == nil {
		c.next = make(chan struct{})
	}
	return c.next
}

// Note wakes those who wait.
func (c *Changes) Note() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.next != nil {
		close(c.next)
		c.next = nil
	}
}

// Follow wakes those who wait with each tick, until ctx ends.
func (c *Changes) Follow(ctx context.Context, ticks <-chan time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks:
			c.Note()
		}
	}
}
