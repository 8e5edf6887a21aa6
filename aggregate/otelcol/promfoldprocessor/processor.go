package promfoldprocessor

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processorhelper"
	"go.uber.org/zap"

	"github.com/promfold/promfold/aggregate/otelcol/internal/fleets"
	"github.com/promfold/promfold/aggregate/otelcol/internal/state"
	"github.com/promfold/promfold/aggregate/otelcol/internal/telemetry"
	"github.com/promfold/promfold/aggregate/otelcol/promfoldprocessor/internal/metadata"
)

// maxUnsent bounds how many intervals of deltas are kept while the next
// component refuses them.
const maxUnsent = 16

// fold is the processor: it takes metrics in, and sends those of the fleets at
// intervals.
type fold struct {
	id   component.ID
	cfg  *Config
	next consumer.Metrics
	now  func() time.Time
	log  *zap.Logger
	set  *fleets.Set
	tell *telemetry.Telemetry

	store *state.Store
	loop  *state.Loop

	mu     sync.Mutex // one flush at a time
	unsent []pmetric.Metrics
}

func newFold(set processor.Settings, cfg *Config, next consumer.Metrics, now func() time.Time) (*fold, error) {
	all, err := fleets.New(cfg.Config, now())
	if err != nil {
		return nil, err
	}
	tell, err := telemetry.New(set.TelemetrySettings, metadata.ScopeName, all.Instances)
	if err != nil {
		return nil, err
	}
	return &fold{id: set.ID, cfg: cfg, next: next, now: now, log: set.Logger, set: all, tell: tell}, nil
}

// start reads the state back and begins to send.
func (p *fold) start(ctx context.Context, host component.Host) error {
	store, err := state.Open(ctx, host, p.cfg.Storage, component.KindProcessor, p.id)
	if err != nil {
		return err
	}
	p.store = store
	states, err := store.Load(ctx)
	if err != nil {
		return err
	}
	for name, b := range states {
		if err := p.set.Load(b); err != nil {
			p.tell.StateError(ctx)
			p.log.Error("A saved fleet cannot be read; its totals begin anew", zap.String("fleet", name), zap.Error(err))
		}
	}
	p.loop = state.Start(p.cfg.Interval, func(ctx context.Context) { p.flush(ctx) })
	return nil
}

// shutdown sends what there is, for the last time.
func (p *fold) shutdown(ctx context.Context) error {
	if p.loop == nil {
		return p.tell.Close() // it never started
	}
	p.loop.Stop()
	p.flush(ctx)
	return errors.Join(p.store.Close(ctx), p.tell.Close())
}

// consume takes in what views want and returns the rest.
func (p *fold) consume(ctx context.Context, md pmetric.Metrics) (pmetric.Metrics, error) {
	r := p.set.Ingest(md, p.now())
	p.tell.Report(ctx, &r)
	for _, err := range r.Errors {
		p.log.Warn("Metrics were refused", zap.Error(err))
	}
	rest := p.set.RemoveWanted(md)
	p.tell.Unmatched(ctx, rest)
	if rest == 0 || p.cfg.Unmatched == drop {
		return md, processorhelper.ErrSkipProcessingData
	}
	return md, nil
}

// flush asks the fleets, saves them, and then sends their answers: a Collector
// that is killed never sent more than it knows when it is back.
func (p *fold) flush(ctx context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.set.Forget(now)
	md := p.set.Metrics(now, p.cfg.Temporality == delta)
	p.save(ctx)
	if p.cfg.Temporality == cumulative {
		p.unsent = p.unsent[:0] // what is sent now says all of it
	}
	if md.DataPointCount() > 0 {
		p.unsent = append(p.unsent, md)
	}
	for len(p.unsent) > 0 && p.send(ctx, p.unsent[0]) {
		p.unsent = p.unsent[1:]
	}
	for len(p.unsent) > maxUnsent {
		p.lose(ctx, p.unsent[0])
		p.unsent = p.unsent[1:]
	}
}

func (p *fold) save(ctx context.Context) {
	if p.store == nil {
		return
	}
	states, err := p.set.Save()
	if err == nil {
		p.tell.StateBytes(ctx, state.Size(states))
		err = p.store.Save(ctx, states)
	}
	if err != nil {
		p.tell.StateError(ctx)
		p.log.Error("The state was not saved", zap.Error(err))
	}
}

// send returns false if the metrics may be sent again later.
func (p *fold) send(ctx context.Context, md pmetric.Metrics) bool {
	again := pmetric.NewMetrics()
	md.CopyTo(again) // the next component may change what it gets
	err := p.next.ConsumeMetrics(ctx, again)
	if err == nil {
		return true
	}
	p.log.Error("The metrics of the fleets were not sent", zap.Error(err))
	if consumererror.IsPermanent(err) {
		p.lose(ctx, md)
		return true
	}
	return false
}

// lose counts the deltas of metrics that are given up.
func (p *fold) lose(ctx context.Context, md pmetric.Metrics) {
	if p.cfg.Temporality == delta {
		p.tell.Lost(ctx, md.DataPointCount())
	}
}
