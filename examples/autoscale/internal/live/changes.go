package keda

import "sync"

// Changes tells those who wait that a scrape came in. The zero value is ready.
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
