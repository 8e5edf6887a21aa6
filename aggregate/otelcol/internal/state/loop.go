package state

import (
	"context"
	"time"
)

// Loop calls a function at intervals, until Stop.
type Loop struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// Start begins a loop.
func Start(interval time.Duration, do func(context.Context)) *Loop {
	ctx, cancel := context.WithCancel(context.Background())
	l := &Loop{cancel, make(chan struct{})}
	go func() {
		defer close(l.done)
		t := time.NewTicker(interval)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				do(ctx)
			case <-ctx.Done():
				return
			}
		}
	}()
	return l
}

// Stop ends the loop and waits for it. The loop may be nil.
func (l *Loop) Stop() {
	if l != nil {
		l.cancel()
		<-l.done
	}
}
