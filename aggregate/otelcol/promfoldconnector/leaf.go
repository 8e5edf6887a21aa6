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

	"github.com/promfold/promfold/aggregate/otelcol/internal/fleets"
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
	var part request
	for _, name := range slices.Sorted(maps.Keys(states)) {
		x := states[name]
		body, err := x.Brief(now)
		if err != nil {
			l.Failed(ctx, err)
			continue
		}
		if part.size > 0 && part.size+len(body) > maxRequest {
			l.send(ctx, &part)
		}
		part.add(x, l.cfg.Leaf, now, body)
	}
	if part.size > 0 {
		l.send(ctx, &part)
	}
}

// maxRequest is how many bytes of several states go into one request. The OTLP
// receiver takes 4 MiB by default.
const maxRequest = 2 << 20

// request is states that are sent together.
type request struct {
	logs   plog.Logs
	states []*fleets.Saved
	size   int
}

func (q *request) add(x *fleets.Saved, leaf string, now time.Time, body []byte) {
	if q.size == 0 {
		q.logs = plog.NewLogs()
	}
	q.states = append(q.states, x)
	q.size += len(body)
	rl := q.logs.ResourceLogs().AppendEmpty()
	x.Resource.CopyTo(rl.Resource())
	r := rl.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	r.SetEventName(eventName)
	r.SetTimestamp(pcommon.NewTimestampFromTime(now))
	r.Attributes().PutStr(leafKey, leaf)
	r.Body().SetEmptyBytes().FromRaw(body)
}

// send sends the states, and begins the next request.
func (l *leaf) send(ctx context.Context, q *request) {
	if err := l.next.ConsumeLogs(ctx, q.logs); err != nil {
		l.Tell.StateErrors(ctx, "not_sent", len(q.states))
		l.Log.Error("The states of fleets were not sent", zap.Int("fleets", len(q.states)), zap.Int("bytes", q.size), zap.Error(err))
		for _, x := range q.states {
			x.NotSent()
		}
	}
	*q = request{}
}
