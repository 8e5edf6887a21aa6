// Package sender sends the metrics of fleets on, after it saved their state.
package sender

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.uber.org/zap"

	"github.com/promfold/promfold/aggregate/otelcol/internal/fleets"
	"github.com/promfold/promfold/aggregate/otelcol/internal/state"
	"github.com/promfold/promfold/aggregate/otelcol/internal/telemetry"
)

// MaxUnsent bounds how many intervals of deltas are kept while the next
// component refuses them.
const MaxUnsent = 16

// Base is what all components have.
type Base struct {
	ID    component.ID
	Kind  component.Kind
	Set   *fleets.Set
	Tell  *telemetry.Telemetry
	Log   *zap.Logger
	Store *state.Store

	loop *state.Loop
}

// Run reads the state back, and then calls flush at intervals.
func (b *Base) Run(ctx context.Context, host component.Host, out *Output, flush func(context.Context)) error {
	if err := b.Open(ctx, host, out.Storage); err != nil {
		return err
	}
	b.loop = state.Start(out.Interval, flush)
	return nil
}

// Stop ends the calls of flush.
func (b *Base) Stop() {
	b.loop.Stop()
	b.loop = nil
}

// End ends the calls of flush with a last one, unless they never began or ended
// before, and closes what is open.
func (b *Base) End(ctx context.Context, flush func(context.Context)) error {
	if b.loop == nil {
		return b.Tell.Close()
	}
	b.Stop()
	flush(ctx)
	return errors.Join(b.Store.Close(ctx), b.Tell.Close())
}

// Open reads the state back from the storage extension, if one is named.
func (b *Base) Open(ctx context.Context, host component.Host, extension *component.ID) error {
	store, err := state.Open(ctx, host, extension, b.Kind, b.ID)
	if err != nil {
		return err
	}
	b.Store = store
	states, err := store.Load(ctx)
	if err != nil {
		return err
	}
	now, first := b.Set.Began(), time.Time{}
	if first, err = store.Began(ctx, now); err != nil {
		return err
	}
	for name, saved := range states {
		if err := b.Set.Load(saved); err != nil {
			b.Tell.StateErrors(ctx, fleets.Why(err), 1)
			b.Log.Error("A saved fleet cannot be read; its totals begin anew", zap.String("fleet", name), zap.Error(err))
			first = now // or they would be less than they were, since the same time
		}
	}
	b.Set.BeganAt(first)
	if first.Equal(now) {
		return store.Begin(ctx, now)
	}
	return nil
}

// Save asks the fleets for their states and keeps them.
func (b *Base) Save(ctx context.Context) (map[string]*fleets.Saved, error) {
	states, err := b.Set.Save()
	if err != nil {
		return nil, err
	}
	size, full := 0, map[string][]byte{}
	for name, x := range states {
		size += x.Size()
		if b.Store != nil {
			full[name] = x.Full()
		}
	}
	b.Tell.StateBytes(ctx, size)
	return states, b.Store.Save(ctx, full)
}

// Failed tells of a state that could not be read or written.
func (b *Base) Failed(ctx context.Context, err error) {
	if err != nil {
		b.Tell.StateErrors(ctx, fleets.Why(err), 1)
		b.Log.Error("The state of the fleets", zap.Error(err))
	}
}

// Sender sends what the fleets know to the next component.
type Sender struct {
	*Base
	Next  consumer.Metrics
	Delta bool

	mu     sync.Mutex // one flush at a time
	unsent []pmetric.Metrics
}

// Flush asks the fleets, saves them, and then sends their answers: a Collector
// that is killed never sent more than it knows when it is back.
func (s *Sender) Flush(ctx context.Context, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Failed(ctx, s.Set.Forget(now))
	md := s.Set.Metrics(now, s.Delta)
	if s.Store != nil {
		_, err := s.Save(ctx)
		s.Failed(ctx, err)
	}
	if !s.Delta {
		s.unsent = s.unsent[:0] // what is sent now says all of it
	}
	if md.DataPointCount() > 0 {
		s.unsent = append(s.unsent, md)
	}
	for len(s.unsent) > 0 && s.send(ctx, s.unsent[0]) {
		s.unsent = s.unsent[1:]
	}
	for len(s.unsent) > MaxUnsent {
		s.lose(ctx, s.unsent[0])
		s.unsent = s.unsent[1:]
	}
}

// send returns false if the metrics may be sent again later.
func (s *Sender) send(ctx context.Context, md pmetric.Metrics) bool {
	again := pmetric.NewMetrics()
	md.CopyTo(again) // the next component may change what it gets
	err := s.Next.ConsumeMetrics(ctx, again)
	if err == nil {
		return true
	}
	s.Log.Error("The metrics of the fleets were not sent", zap.Error(err))
	if consumererror.IsPermanent(err) {
		s.lose(ctx, md)
		return true
	}
	return false
}

// lose counts the deltas of metrics that are given up.
func (s *Sender) lose(ctx context.Context, md pmetric.Metrics) {
	if s.Delta {
		s.Tell.Lost(ctx, md.DataPointCount())
	}
}
