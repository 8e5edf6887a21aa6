package promfoldprocessor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/processor/processorhelper"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.uber.org/goleak"

	"github.com/promfold/promfold/aggregate/otelcol/internal/pointtext"
	"github.com/promfold/promfold/aggregate/otelcol/internal/sender"
	"github.com/promfold/promfold/aggregate/otelcol/internal/teststorage"
	"github.com/promfold/promfold/aggregate/otelcol/promfoldprocessor/internal/metadata"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bed is a processor whose clock and intervals are the test's.
type bed struct {
	*testing.T
	*fold
	next consumer.Metrics
	sink *consumertest.MetricsSink
	tell *componenttest.Telemetry
	at   time.Time
}

func newBed(t *testing.T, memory *teststorage.Memory, change func(*Config)) *bed {
	b := &bed{T: t, sink: new(consumertest.MetricsSink), tell: componenttest.NewTelemetry(), at: time.Unix(6, 0)}
	b.next = b.sink
	cfg := createDefaultConfig().(*Config)
	cfg.Interval = time.Hour
	if change != nil {
		change(cfg)
	}
	set := processortest.NewNopSettings(metadata.Type)
	set.TelemetrySettings = b.tell.NewTelemetrySettings()
	host := componenttest.NewNopHost()
	if memory != nil {
		cfg.Storage = &teststorage.ID
		host = memory.Host()
	}
	var err error
	b.fold, err = newFold(set, cfg, consumerOf(b), func() time.Time { return b.at })
	require.NoError(t, err)
	require.NoError(t, b.start(t.Context(), host))
	return b
}

// consumerOf lets a test replace the next component.
func consumerOf(b *bed) consumer.Metrics {
	c, err := consumer.NewMetrics(func(ctx context.Context, md pmetric.Metrics) error { return b.next.ConsumeMetrics(ctx, md) })
	require.NoError(b, err)
	return c
}

func (b *bed) in(second int64, text string) string {
	b.Helper()
	b.at = time.Unix(second, 0)
	md, err := pointtext.Read(text)
	require.NoError(b, err)
	rest, err := b.consume(b.Context(), md)
	if err != nil {
		require.ErrorIs(b, err, processorhelper.ErrSkipProcessingData)
		return ""
	}
	return pointtext.Write(rest)
}

// out returns what an interval sends, without what is said of the fleets.
func (b *bed) out(second int64) (text string) {
	b.Helper()
	b.at = time.Unix(second, 0)
	b.sink.Reset()
	b.flush(b.Context())
	for _, md := range b.sink.AllMetrics() {
		for l := range strings.Lines(pointtext.Write(md)) {
			if !strings.Contains(l, " # ") {
				text += l
			}
		}
	}
	return text
}

func (b *bed) end() {
	require.NoError(b, errors.Join(b.shutdown(b.Context()), b.tell.Shutdown(b.Context())))
}

func TestUnmatched(t *testing.T) {
	for word, want := range map[string]string{pass: "shop/a other gauge 10 3\n", drop: ""} {
		b := newBed(t, nil, func(c *Config) {
			c.Unmatched = word
			c.Views = append(c.Views, viewOf("requests"))
		})
		require.Equal(t, want, b.in(10, "shop/a requests sum 7..10 1\nshop/a other gauge 10 3"))
		require.Empty(t, b.in(11, "shop/a requests sum 7..11 1"))
		require.Equal(t, "shop requests sum 1..15 1\n", b.out(15))
		b.end()
	}
}

// Deltas are sent once, whatever happens between: the next component fails, the
// Collector ends, or it is killed after the state was saved.
func TestDeltasAreSentOnce(t *testing.T) {
	memory := &teststorage.Memory{}
	deltas := func(c *Config) { c.Temporality = sender.Delta }
	b := newBed(t, memory, deltas)
	b.in(10, "shop/a requests sum 7..10 1")
	b.next = consumertest.NewErr(errors.New("not now"))
	require.Empty(t, b.out(15))
	b.in(20, "shop/a requests sum 7..20 3")
	b.next = b.sink
	require.Equal(t, "shop requests sum:delta 1..15 1\nshop requests sum:delta 15..25 2\n", b.out(25))
	killed := memory.Clone()
	b.end()
	require.Zero(t, memory.Open)
	for _, m := range []*teststorage.Memory{memory, killed} {
		b = newBed(t, m, deltas)
		b.in(30, "shop/a requests sum 7..30 10")
		require.Equal(t, "shop requests sum:delta 25..35 7\n", strings.ReplaceAll(b.out(35), "1..35", "25..35"))
		b.end()
	}
}

// What the next component will never take is given up, and so is what it does
// not take for long. Both are counted.
func TestLostDeltas(t *testing.T) {
	b := newBed(t, nil, func(c *Config) { c.Temporality = sender.Delta })
	b.in(10, "shop/a requests sum 7..10 1")
	b.next = consumertest.NewErr(consumererror.NewPermanent(errors.New("never")))
	require.Empty(t, b.out(15))
	lost := b.counter("otelcol_promfold_datapoints_lost")
	require.Positive(t, lost)
	b.next = consumertest.NewErr(errors.New("not now"))
	for i := range int64(sender.MaxUnsent) {
		require.Empty(t, b.out(20+i))
	}
	require.Equal(t, lost, b.counter("otelcol_promfold_datapoints_lost"))
	require.Empty(t, b.out(50))
	require.Greater(t, b.counter("otelcol_promfold_datapoints_lost"), lost)
	b.next = b.sink
	b.end()
}

// Totals go on over a restart, and over a kill they are never less than what
// was sent.
func TestTotalsGoOn(t *testing.T) {
	memory := &teststorage.Memory{}
	b := newBed(t, memory, nil)
	b.in(10, "shop/a requests sum 7..10 1\npay/x requests sum 7..10 7")
	require.Equal(t, "pay requests sum 1..15 7\nshop requests sum 1..15 1\n", b.out(15))
	b.in(16, "shop/a requests sum 7..16 2")
	killed := memory.Clone()
	b.end()
	for m, want := range map[*teststorage.Memory]string{memory: "2", killed: "1"} {
		b = newBed(t, m, nil)
		require.Equal(t, "pay requests sum 1..18 7\nshop requests sum 1..18 "+want+"\n", b.out(18))
		b.in(20, "shop/a requests sum 7..20 5")
		require.Equal(t, "pay requests sum 1..25 7\nshop requests sum 1..25 5\n", b.out(25))
		b.end()
	}
}

func TestStorage(t *testing.T) {
	memory := &teststorage.Memory{}
	b := newBed(t, memory, nil)
	b.in(10, "shop/a requests sum 7..10 1")
	memory.Err = errors.New("full")
	require.NotEmpty(t, b.out(15))
	require.Equal(t, int64(1), b.counter("otelcol_promfold_state_errors"))
	memory.Err = nil
	b.out(16)
	require.Equal(t, 3, memory.Len(), "when it began, the names of the fleets, and one of them")
	require.NoError(t, memory.Set(t.Context(), "state/service.name=shop", []byte("damaged")))
	killed := memory.Clone()
	b.end()
	b = newBed(t, killed, nil)
	require.Equal(t, int64(1), b.counter("otelcol_promfold_state_errors"))
	require.Empty(t, b.out(20))
	b.end()

	for _, host := range []component.Host{componenttest.NewNopHost(), (&teststorage.Memory{Err: errors.New("broken")}).Host()} {
		b := newBed(t, nil, nil)
		b.Stop()
		b.cfg.Storage = &teststorage.ID
		require.ErrorContains(t, b.start(t.Context(), host), "storage: ")
		b.cfg.Storage = nil
		b.end()
	}
}

func TestTelemetry(t *testing.T) {
	memory := &teststorage.Memory{}
	b := newBed(t, memory, func(c *Config) { c.Views = append(c.Views, viewOf("*requests"), viewOf("up")) })
	b.in(10, "shop/a requests sum 7..10 5\nshop/a requests{x=y} sum 7..10 5\nshop/a b.requests sum:none 7..10 1\nshop/a other gauge 10 1")
	b.in(20, "shop/a requests sum 15..20 1\nshop/a requests{x=y} sum 15..20 1")
	b.in(30, "shop/a up gauge 30 0.0")
	b.in(19, "shop/a requests sum 15..19 1")
	b.out(35)
	for name, want := range map[string]int64{
		"datapoints_accepted": 5, "datapoints_refused": 2, "datapoints_unmatched": 1, "resets": 2, "restarts": 1, "scrapes_failed": 1, "instances": 1,
	} {
		require.Equal(t, want, b.counter("otelcol_promfold_"+name), name)
	}
	require.Positive(t, b.counter("otelcol_promfold_state_bytes"))
	m, err := b.tell.GetMetric("otelcol_promfold_datapoints_refused")
	require.NoError(t, err)
	var reasons []string
	for _, p := range m.Data.(metricdata.Sum[int64]).DataPoints {
		v, _ := p.Attributes.Value("reason")
		reasons = append(reasons, v.AsString())
	}
	require.ElementsMatch(t, []string{"late", "no_temporality"}, reasons)
	b.end()
}

// counter returns the sum of a metric's points.
func (b *bed) counter(name string) (sum int64) {
	m, err := b.tell.GetMetric(name)
	require.NoError(b, err)
	switch data := m.Data.(type) {
	case metricdata.Sum[int64]:
		for _, p := range data.DataPoints {
			sum += p.Value
		}
	case metricdata.Gauge[int64]:
		for _, p := range data.DataPoints {
			sum += p.Value
		}
	}
	return sum
}

// Requests come from many goroutines while intervals pass.
func TestConcurrency(t *testing.T) {
	b := newBed(t, &teststorage.Memory{}, nil)
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for i := range 50 {
				md, err := pointtext.Read(fmt.Sprintf("shop/%d requests sum 0.5..%d %d\nshop/%d d sum:delta %d..%d 1", g, 10+i, i, g, 9+i, 10+i))
				if err == nil {
					_, err = b.consume(context.Background(), md)
				}
				if !errors.Is(err, processorhelper.ErrSkipProcessingData) {
					t.Error(err)
				}
			}
		})
	}
	for range 5 {
		b.flush(t.Context())
	}
	all.Wait()
	require.Equal(t, "shop d sum 1..90 400\nshop requests sum 1..90 392\n", b.out(90))
	b.end()
}
