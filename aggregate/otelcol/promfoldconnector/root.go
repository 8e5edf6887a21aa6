package promfoldconnector

import (
	"context"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.uber.org/zap"

	"github.com/promfold/promfold/aggregate/otelcol/internal/fleets"
	"github.com/promfold/promfold/aggregate/otelcol/internal/sender"
)

// root takes the states of leaves in, and sends the metrics of the whole fleets
// at intervals.
type root struct {
	sender.Sender
	cfg *Config
	now func() time.Time
}

func newRoot(set connector.Settings, cfg *Config, next consumer.Metrics, now func() time.Time) (*root, error) {
	base, err := newBase(set, cfg, now())
	return &root{Sender: sender.Sender{Base: base, Next: next, Delta: cfg.Temporality == sender.Delta}, cfg: cfg, now: now}, err
}

// Capabilities implements consumer.Logs.
func (r *root) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }

// Start reads the state back and begins to send.
func (r *root) Start(ctx context.Context, host component.Host) error {
	return r.Run(ctx, host, &r.cfg.Output, r.flush)
}

func (r *root) flush(ctx context.Context) { r.Flush(ctx, r.now()) }

// Shutdown sends what there is, for the last time.
func (r *root) Shutdown(ctx context.Context) error { return r.End(ctx, r.flush) }

// ConsumeLogs takes in the states of leaves. A record that is none, or that
// does not belong to this root, is counted and left out: sending it again would
// not help.
func (r *root) ConsumeLogs(ctx context.Context, ld plog.Logs) error {
	strange := 0
	for _, rl := range ld.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			for _, record := range sl.LogRecords().All() {
				name, ok := record.Attributes().Get(leafKey)
				if !ok || name.AsString() == "" || record.Body().Type() != pcommon.ValueTypeBytes {
					strange++
					continue
				}
				if err := r.Set.SetPart(name.AsString(), r.now(), record.Body().Bytes().AsRaw()); err != nil {
					r.Tell.StateErrors(ctx, fleets.Why(err), 1)
					r.Log.Error("The state of a leaf was not taken in", zap.String("leaf", name.AsString()), zap.Error(err))
				}
			}
		}
	}
	if strange > 0 {
		r.Tell.StateErrors(ctx, "not_a_state", strange)
		r.Log.Error("Log records that are no states of leaves were left out", zap.Int("records", strange))
	}
	return nil
}
