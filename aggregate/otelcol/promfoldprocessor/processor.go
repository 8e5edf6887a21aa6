package promfoldprocessor

import (
	"context"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processorhelper"
	"go.uber.org/zap"

	"github.com/promfold/promfold/aggregate/otelcol/internal/fleets"
	"github.com/promfold/promfold/aggregate/otelcol/internal/sender"
	"github.com/promfold/promfold/aggregate/otelcol/internal/telemetry"
	"github.com/promfold/promfold/aggregate/otelcol/promfoldprocessor/internal/metadata"
)

// fold is the processor: it takes metrics in, and sends those of the fleets at
// intervals.
type fold struct {
	sender.Sender
	cfg *Config
	now func() time.Time
}

func newFold(set processor.Settings, cfg *Config, next consumer.Metrics, now func() time.Time) (*fold, error) {
	all, err := fleets.New(cfg.Config, now(), 0)
	if err != nil {
		return nil, err
	}
	tell, err := telemetry.New(set.TelemetrySettings, metadata.ScopeName, map[string]func() int{"instances": all.Instances})
	if err != nil {
		return nil, err
	}
	base := &sender.Base{ID: set.ID, Kind: component.KindProcessor, Set: all, Tell: tell, Log: set.Logger}
	return &fold{Sender: sender.Sender{Base: base, Next: next, Delta: cfg.Temporality == sender.Delta}, cfg: cfg, now: now}, nil
}

// start reads the state back and begins to send.
func (p *fold) start(ctx context.Context, host component.Host) error {
	return p.Run(ctx, host, &p.cfg.Output, p.flush)
}

func (p *fold) flush(ctx context.Context) { p.Flush(ctx, p.now()) }

// shutdown sends what there is, for the last time.
func (p *fold) shutdown(ctx context.Context) error { return p.End(ctx, p.flush) }

// consume takes in what views want and returns the rest.
func (p *fold) consume(ctx context.Context, md pmetric.Metrics) (pmetric.Metrics, error) {
	r := p.Set.Ingest(md, p.now())
	p.Tell.Report(ctx, &r)
	for _, err := range r.Errors {
		p.Log.Warn("Metrics were refused", zap.Error(err))
	}
	rest := p.Set.RemoveWanted(md)
	p.Tell.Unmatched(ctx, rest)
	if rest == 0 || p.cfg.Unmatched == drop {
		return md, processorhelper.ErrSkipProcessingData
	}
	return md, nil
}
