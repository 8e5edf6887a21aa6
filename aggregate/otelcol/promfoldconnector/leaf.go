package promfoldconnector

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.uber.org/zap"

	"github.com/promfold/promfold/aggregate/otelcol/internal/sender"
)

// A state is a log record with this event name and the leaf's name as an
// attribute. Its body is the state, as bytes.
const (
	eventName = "promfold.state"
	leafKey   = "promfold.leaf"
)

// leaf takes metrics in, and sends what it knows at intervals.
type leaf struct {
	*sender.Base
	cfg  *Config
	next consumer.Logs
	now  func() time.Time
	mu   sync.Mutex // one flush at a time
}

func newLeaf(set connector.Settings, cfg *Config, next consumer.Logs, now func() time.Time) (*leaf, error) {
	if cfg.Leaf == "" {
		return nil, errLeaf
	}
	base, err := newBase(set, cfg, now())
	return &leaf{Base: base, cfg: cfg, next: next, now: now}, err
}

// Capabilities implements consumer.Metrics.
func (l *leaf) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }

// Start reads the state back and begins to send.
func (l *leaf) Start(ctx context.Context, host component.Host) error {
	return l.Run(ctx, host, &l.cfg.Output, l.flush)
}

// Shutdown sends what there is, for the last time.
func (l *leaf) Shutdown(ctx context.Context) error { return l.End(ctx, l.flush) }

// ConsumeMetrics takes in what views want. The rest goes nowhere.
func (l *leaf) ConsumeMetrics(ctx context.Context, md pmetric.Metrics) error {
	r := l.Set.Ingest(md, l.now())
	l.Tell.Report(ctx, &r)
	l.Tell.Unmatched(ctx, l.Set.Unwanted(md))
	for _, err := range r.Errors {
		l.Log.Warn("Metrics were refused", zap.Error(err))
	}
	return nil
}

// flush saves the states of the fleets and then sends them. One that is not
// sent is replaced by the next.
func (l *leaf) flush(ctx context.Context) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	l.Failed(ctx, l.Set.Forget(now))
	states, err := l.Save(ctx)
	l.Failed(ctx, err)
	ld := plog.NewLogs()
	for _, name := range slices.Sorted(maps.Keys(states)) {
		x := states[name]
		body, err := x.Brief()
		if err != nil {
			l.Failed(ctx, err)
			continue
		}
		rl := ld.ResourceLogs().AppendEmpty()
		x.Resource.CopyTo(rl.Resource())
		r := rl.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
		r.SetEventName(eventName)
		r.SetTimestamp(pcommon.NewTimestampFromTime(now))
		r.Attributes().PutStr(leafKey, l.cfg.Leaf)
		r.Body().SetEmptyBytes().FromRaw(body)
	}
	if ld.LogRecordCount() == 0 {
		return
	}
	if err := l.next.ConsumeLogs(ctx, ld); err != nil {
		l.Log.Error("The states of the fleets were not sent", zap.Error(err))
	}
}
