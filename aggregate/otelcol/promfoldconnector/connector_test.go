package promfoldconnector

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/connector/connectortest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.uber.org/goleak"

	"github.com/promfold/promfold/aggregate/otelcol/internal/fleets"
	"github.com/promfold/promfold/aggregate/otelcol/internal/pointtext"
	"github.com/promfold/promfold/aggregate/otelcol/internal/teststorage"
	"github.com/promfold/promfold/aggregate/otelcol/promfoldconnector/internal/metadata"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tiers is a root and its leaves, whose clock and intervals are the test's.
type tiers struct {
	*testing.T
	at     time.Time
	root   *root
	sink   *consumertest.MetricsSink
	tell   *componenttest.Telemetry // of the root
	sent   []plog.Logs              // by leaves
	kept   *teststorage.Memory      // of the root
	leaves map[string]*leaf
	disks  map[string]*teststorage.Memory
	views  []fleets.View
	max    int // instances, if it is set
}

func newTiers(t *testing.T) *tiers { return newTiersWith(t, nil) }

func newTiersWith(t *testing.T, views []fleets.View) *tiers {
	x := &tiers{T: t, at: time.Unix(6, 0), sink: new(consumertest.MetricsSink), kept: &teststorage.Memory{},
		leaves: map[string]*leaf{}, disks: map[string]*teststorage.Memory{}, views: views}
	x.startRoot()
	return x
}

func (x *tiers) config(leaf string) *Config {
	cfg := createDefaultConfig().(*Config)
	cfg.Interval, cfg.Leaf, cfg.Storage, cfg.Views = time.Hour, leaf, &teststorage.ID, x.views
	if x.max > 0 {
		cfg.MaxInstances = x.max
	}
	return cfg
}

func (x *tiers) startRoot() {
	x.tell = componenttest.NewTelemetry()
	set := connectortest.NewNopSettings(metadata.Type)
	set.TelemetrySettings = x.tell.NewTelemetrySettings()
	r, err := newRoot(set, x.config(""), x.sink, func() time.Time { return x.at })
	require.NoError(x, err)
	require.NoError(x, r.Start(x.Context(), x.kept.Host()))
	x.root = r
}

// leaf returns a leaf, which begins when it is asked for first.
func (x *tiers) leaf(name string) *leaf {
	l := x.leaves[name]
	if l == nil {
		next, err := consumer.NewLogs(func(ctx context.Context, ld plog.Logs) error {
			again := plog.NewLogs()
			ld.CopyTo(again)
			x.sent = append(x.sent, again)
			return x.root.ConsumeLogs(ctx, ld)
		})
		require.NoError(x, err)
		l, err = newLeaf(connectortest.NewNopSettings(metadata.Type), x.config(name), next, func() time.Time { return x.at })
		require.NoError(x, err)
		if x.disks[name] == nil {
			x.disks[name] = &teststorage.Memory{}
		}
		require.NoError(x, l.Start(x.Context(), x.disks[name].Host()))
		x.leaves[name] = l
	}
	return l
}

func (x *tiers) in(leaf string, second int64, text string) {
	x.Helper()
	x.at = time.Unix(second, 0)
	md, err := pointtext.Read(text)
	require.NoError(x, err)
	require.NoError(x, x.leaf(leaf).ConsumeMetrics(x.Context(), md))
}

// out lets the leaves send, and returns what the root does then.
func (x *tiers) out(second int64, leaves ...string) (text string) {
	x.Helper()
	x.at = time.Unix(second, 0)
	for _, name := range leaves {
		x.leaf(name).flush(x.Context())
	}
	x.sink.Reset()
	x.root.flush(x.Context())
	for _, md := range x.sink.AllMetrics() {
		text += pointtext.Write(md)
	}
	return text
}

// killLeaf leaves nothing of a leaf but what it saved; the root hears nothing.
func (x *tiers) killLeaf(name string) {
	x.disks[name] = x.disks[name].Clone()
	l := x.leaves[name]
	l.next = consumertest.NewNop()
	require.NoError(x, l.Shutdown(x.Context()))
	delete(x.leaves, name)
}

// killRoot leaves nothing of the root but what it saved.
func (x *tiers) killRoot() {
	kept := x.kept.Clone()
	require.NoError(x, errors.Join(x.root.Shutdown(x.Context()), x.tell.Shutdown(x.Context())))
	x.kept = kept
	x.startRoot()
}

func (x *tiers) end() {
	for _, l := range x.leaves {
		require.NoError(x, l.Shutdown(x.Context()))
	}
	require.NoError(x, errors.Join(x.root.Shutdown(x.Context()), x.tell.Shutdown(x.Context())))
}

// Two leaves have shares of a fleet. One is killed, its share moves to the
// other, and it comes back: the root counts everything once.
func TestTiers(t *testing.T) {
	x := newTiers(t)
	x.in("left", 10, "shop/a requests sum 7..10 10\nshop/b requests sum 7..10 100")
	x.in("right", 10, "shop/c requests sum 7..10 1000")
	require.Equal(t, "shop requests sum 5..15 1110\nshop # expected 3, reporting 3\n", x.out(15, "left", "right"))

	x.in("left", 20, "shop/a requests sum 7..20 11")
	x.in("right", 20, "shop/c requests sum 7..20 1001")
	require.Equal(t, "shop requests sum 5..25 1112\nshop # expected 3, reporting 3\n", x.out(25, "left", "right"))
	x.killLeaf("left")
	x.in("right", 30, "shop/c requests sum 7..30 1002\nshop/a requests sum 7..30 15\nshop/b requests sum 7..30 101")
	require.Equal(t, "shop requests sum 5..35 1118\nshop # expected 3, reporting 3\n", x.out(35, "right"))

	x.in("left", 40, "shop/a requests sum 7..40 16")
	x.in("right", 40, "shop/c requests sum 37..40 5\nshop/b requests sum 7..40 102")
	require.Equal(t, "shop requests sum 5..45 1125\nshop # expected 3, reporting 3\n", x.out(45, "left", "right"))

	x.killRoot()
	require.Equal(t, "shop requests sum 5..46 1125\nshop # expected 3, reporting 3\n", x.out(46))
	x.in("left", 50, "shop/a requests sum 7..50 20")
	require.Equal(t, "shop requests sum 5..55 1129\nshop # expected 3, reporting 3\n", x.out(55, "left", "right"))
	x.end()
}

// A leaf that is silent shows in the coverage, and after forget_after its
// instances are no longer expected. What they counted stays.
func TestSilentLeaf(t *testing.T) {
	x := newTiers(t)
	for i := range int64(5) {
		x.in("left", 10+10*i, fmt.Sprintf("shop/a requests sum 7..%d 10", 10+10*i))
		x.in("right", 10+10*i, fmt.Sprintf("shop/c requests sum 7..%d 1000", 10+10*i))
	}
	require.Equal(t, "shop requests sum 5..55 1010\nshop # expected 2, reporting 2\n", x.out(55, "left", "right"))
	x.in("right", 100, "shop/c requests sum 7..100 1001")
	require.Equal(t, "shop requests sum 5..105 1011\nshop # expected 2, missing 1, reporting 1, stale 1\n", x.out(105, "right"))
	x.in("right", 1000, "shop/c requests sum 7..1000 1002")
	require.Equal(t, "shop requests sum 5..1001 1012\nshop # expected 1, reporting 1\n", x.out(1001, "right"))
	x.end()
}

// Leaves that began at different times combine.
func TestLateLeaf(t *testing.T) {
	x := newTiers(t)
	x.in("left", 10, "shop/a requests sum 7..10 10")
	first := x.out(15, "left")
	require.Equal(t, "shop requests sum 5..15 10\nshop # expected 1, reporting 1\n", first)
	x.in("late", 100, "shop/b requests sum 98..100 5")
	x.in("left", 100, "shop/a requests sum 7..100 11")
	require.Contains(t, x.out(105, "left", "late"), "..105 16\n")
	x.end()
}

func TestLifecycle(t *testing.T) {
	f := NewFactory()
	require.Equal(t, "promfold", f.Type().String())
	require.NoError(t, componenttest.CheckConfigStruct(f.CreateDefaultConfig()))
	set := connectortest.NewNopSettings(f.Type())
	_, err := f.CreateMetricsToLogs(t.Context(), set, f.CreateDefaultConfig(), consumertest.NewNop())
	require.ErrorIs(t, err, errLeaf)

	cfg := f.CreateDefaultConfig().(*Config)
	cfg.Leaf, cfg.Interval = "left", time.Millisecond
	sink := new(consumertest.MetricsSink)
	r, err := f.CreateLogsToMetrics(t.Context(), set, cfg, sink)
	require.NoError(t, err)
	l, err := f.CreateMetricsToLogs(t.Context(), set, cfg, r)
	require.NoError(t, err)
	for _, c := range []component.Component{r, l} {
		require.NoError(t, c.Start(t.Context(), componenttest.NewNopHost()))
	}
	md, err := pointtext.Read("shop/a requests sum 7..10 1")
	require.NoError(t, err)
	require.NoError(t, l.ConsumeMetrics(t.Context(), md))
	require.Eventually(t, func() bool { return sink.DataPointCount() > 0 }, 10*time.Second, time.Millisecond)
	for _, c := range []component.Component{l, r, l, r} {
		require.NoError(t, c.Shutdown(t.Context()))
	}

	cfg.Storage = &teststorage.ID
	for _, make := range []func() (component.Component, error){
		func() (component.Component, error) {
			return f.CreateMetricsToLogs(t.Context(), set, cfg, consumertest.NewNop())
		},
		func() (component.Component, error) {
			return f.CreateLogsToMetrics(t.Context(), set, cfg, consumertest.NewNop())
		},
	} {
		c, err := make()
		require.NoError(t, err)
		require.ErrorContains(t, c.Start(t.Context(), componenttest.NewNopHost()), "storage: ")
		require.ErrorContains(t, c.Start(t.Context(), (&teststorage.Memory{Err: errors.New("broken")}).Host()), "broken")
		require.NoError(t, c.Shutdown(t.Context()))
	}
	require.True(t, strings.HasPrefix(metadata.ScopeName, "github.com/promfold/"))
}

// The extremes of histograms are known over kills of all tiers; exemplars are
// sent on once.
func TestExtremesAndExemplars(t *testing.T) {
	x := newTiers(t)
	defer x.end()
	x.in("l", 10, "shop/a seconds hist 7..10 n=2 sum=4.5 1:1 min=0.5 max=4.0 ex=4")
	x.in("m", 10, "shop/b seconds hist 7..10 n=1 sum=0.25 1:1 min=0.25 max=0.25")
	require.Contains(t, x.out(11, "l", "m"), "n=3 sum=4.75 1:2 min=0.25 max=4.0 ex=4.0\n")
	x.killRoot()
	x.killLeaf("m")
	x.in("m", 20, "shop/b seconds hist 7..20 n=2 sum=9.25 1:1 min=0.25 max=9.0 ex=9.0")
	require.Contains(t, x.out(21, "l", "m"), "n=4 sum=13.75 1:2 min=0.25 max=9.0 ex=9.0\n")
	require.Contains(t, x.out(22, "l"), "n=4 sum=13.75 1:2 min=0.25 max=9.0\n")
}
