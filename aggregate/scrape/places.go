package scrape

import (
	"context"
	"maps"
	"sync"
)

// places bounds how many targets are scraped at once. Targets that timed out
// share half of them, so that the others find a place.
type places struct {
	all, slow chan struct{}
	mu        sync.Mutex
	timedOut  map[string]bool // by name
}

func newPlaces(n int) *places {
	return &places{all: make(chan struct{}, n), slow: make(chan struct{}, max(1, n/2)), timedOut: map[string]bool{}}
}

// take waits for a place; ok is false if ctx ends before. The place is given
// back by the call of leave.
func (p *places) take(ctx context.Context, name string) (leave func(), ok bool) {
	p.mu.Lock()
	queues := []chan struct{}{p.all}
	if p.timedOut[name] {
		queues = []chan struct{}{p.slow, p.all}
	}
	p.mu.Unlock()
	taken := 0
	leave = func() {
		for _, q := range queues[:taken] {
			<-q
		}
	}
	for _, q := range queues {
		select {
		case q <- struct{}{}:
			taken++
		case <-ctx.Done():
			leave()
			return nil, false
		}
	}
	return leave, true
}

// note keeps whether the latest scrape of a target timed out.
func (p *places) note(name string, late bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if late {
		p.timedOut[name] = true
	} else {
		delete(p.timedOut, name)
	}
}

// forget drops what is known of some targets.
func (p *places) forget(which func(name string) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	maps.DeleteFunc(p.timedOut, func(name string, _ bool) bool { return which(name) })
}
