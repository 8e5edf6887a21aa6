package promfoldconnector

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/connector/connectortest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/promfold/promfold/aggregate/otelcol/internal/pointtext"
	"github.com/promfold/promfold/aggregate/otelcol/promfoldconnector/internal/metadata"
)

// deliver brings logs to the root, and leaves them as they are.
func (x *tiers) deliver(ld plog.Logs) {
	again := plog.NewLogs()
	ld.CopyTo(again)
	require.NoError(x, x.root.ConsumeLogs(x.Context(), again))
}

// deliverAs brings states to the root, as those of a leaf.
func (x *tiers) deliverAs(leaf string, bodies ...[]byte) {
	ld := plog.NewLogs()
	records := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
	for _, body := range bodies {
		r := records.AppendEmpty()
		r.Attributes().PutStr(leafKey, leaf)
		r.Body().SetEmptyBytes().FromRaw(body)
	}
	require.NoError(x, x.root.ConsumeLogs(x.Context(), ld))
}

// latest returns the body of the state that was sent last.
func (x *tiers) latest() []byte {
	ld := x.sent[len(x.sent)-1]
	return ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Body().Bytes().AsRaw()
}

// refused returns the states that were not taken in, by reason.
func refused(t *testing.T, tell *componenttest.Telemetry) map[string]int64 {
	list := map[string]int64{}
	m, err := tell.GetMetric("otelcol_promfold_state_errors")
	if err != nil {
		return list // there is none before the first
	}
	for _, p := range m.Data.(metricdata.Sum[int64]).DataPoints {
		v, ok := p.Attributes.Value("reason")
		require.True(t, ok)
		list[v.AsString()] = p.Value
	}
	return list
}

func (x *tiers) gauge(name string) int64 {
	m, err := x.tell.GetMetric("otelcol_promfold_" + name)
	require.NoError(x, err)
	return m.Data.(metricdata.Gauge[int64]).DataPoints[0].Value
}

// stateOf returns what a leaf with another configuration sends.
func (x *tiers) stateOf(change func(*Config)) []byte {
	cfg := x.config("other")
	change(cfg)
	cfg.Storage = nil
	sink := new(consumertest.LogsSink)
	l, err := newLeaf(connectortest.NewNopSettings(metadata.Type), cfg, sink, func() time.Time { return x.at })
	require.NoError(x, err)
	md, err := pointtext.Read("shop/z requests sum 7..10 1")
	require.NoError(x, err)
	require.NoError(x, l.ConsumeMetrics(x.Context(), md))
	l.flush(x.Context())
	require.NoError(x, l.Shutdown(x.Context()))
	return sink.AllLogs()[0].ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Body().Bytes().AsRaw()
}

// What is no state of a leaf of this root changes nothing, and is counted. It is
// the same over a restart of the root.
func TestHostileStates(t *testing.T) {
	x := newTiers(t)
	defer x.end()
	x.in("left", 10, "shop/a requests sum 7..10 10")
	want := x.out(15, "left")
	require.Equal(t, "shop requests sum 5..15 10\nshop # expected 1, reporting 1\n", want)
	x.in("left", 20, "shop/a requests sum 7..20 11")
	sink := new(consumertest.LogsSink)
	x.leaf("left").next = sink // the root gets what the test makes of it
	x.leaf("left").flush(t.Context())
	x.sent = append(x.sent, sink.AllLogs()...)
	state := x.latest()
	behind := func(head string) []byte { return append([]byte(head), state[len("promfold-otelcol-2\n"):]...) }

	cut := make([][]byte, 0, len(state))
	for n := range state {
		cut = append(cut, state[:n])
	}
	flipped := make([][]byte, 0, len(state))
	for i := range state {
		b := slices.Clone(state)
		b[i] ^= 1 << (i % 8)
		flipped = append(flipped, b)
	}
	large := bytes.Repeat([]byte{0xa5}, 64<<20)
	for _, c := range []struct {
		what   string
		bodies [][]byte
		why    []string
	}{
		{"cut", cut, []string{"invalid"}},
		{"damaged", flipped, []string{"invalid", "version"}},
		{"more behind it", [][]byte{append(slices.Clone(state), 0)}, []string{"invalid"}},
		{"another version", [][]byte{behind("promfold-otelcol-1\n"), behind("promfold-otelcol-3\n"), []byte("promfold-otelcol-\n")}, []string{"version"}},
		{"no state", [][]byte{nil, []byte("hello"), []byte("promfold-otelcol-2\n\xff\xff\xff"), []byte("promfold-otelcol-2\n\xff\xff\xff\xff\xff\xff\xff\xff\x7f1234")}, []string{"invalid"}},
		{"64 MiB", [][]byte{large, append(slices.Clone(state), large...), append([]byte("promfold-otelcol-2\n\x80\x80\x80\x20"), large...)}, []string{"invalid"}},
		{"other views", [][]byte{x.stateOf(func(c *Config) { c.Views = append(c.Views, viewOf("requests")) })}, []string{"configuration"}},
		{"other fleets", [][]byte{x.stateOf(func(c *Config) { c.FleetBy = []string{"service.instance.id"} })}, []string{"configuration"}},
		{"another horizon", [][]byte{x.stateOf(func(c *Config) { c.JoinHorizon = time.Minute })}, []string{"configuration"}},
		{"an empty fleet of others", [][]byte{x.stateOf(func(c *Config) { c.FleetBy, c.Views = nil, append(c.Views, viewOf("requests")) })}, []string{"configuration"}},
	} {
		before := refused(t, x.tell)
		for _, leaf := range []string{"left", "unknown"} {
			x.deliverAs(leaf, c.bodies...)
		}
		n := int64(0)
		for why, now := range refused(t, x.tell) {
			if now != before[why] {
				require.Contains(t, c.why, why, c.what)
			}
			n += now - before[why]
		}
		require.Equal(t, int64(2*len(c.bodies)), n, c.what)
		require.Equal(t, want, x.out(15), c.what)
		require.Equal(t, int64(1), x.gauge("leaves"), c.what)
		require.Equal(t, int64(1), x.gauge("instances"), c.what)
	}
	x.killRoot()
	require.Equal(t, want, x.out(15))
	x.deliverAs("left", state)
	require.Equal(t, "shop requests sum 5..25 11\nshop # expected 1, reporting 1\n", x.out(25))
	require.Empty(t, refused(t, x.tell))
}

// Log records of others are counted and left out.
func TestStrangeRecords(t *testing.T) {
	x := newTiers(t)
	defer x.end()
	x.in("left", 10, "shop/a requests sum 7..10 10")
	want := x.out(15, "left")
	ld := plog.NewLogs()
	records := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
	records.AppendEmpty()
	records.AppendEmpty().Body().SetStr(strings.Repeat("hello", 1<<20))
	r := records.AppendEmpty()
	r.Attributes().PutStr(leafKey, "left")
	r.Body().SetEmptyMap().PutEmptyBytes("state").FromRaw(x.latest())
	for _, name := range []string{"", "no name"} {
		r = records.AppendEmpty()
		r.Body().SetEmptyBytes().FromRaw(x.latest())
		if name == "" {
			r.Attributes().PutStr(leafKey, name)
		}
	}
	x.deliver(ld)
	require.Equal(t, map[string]int64{"not_a_state": 5}, refused(t, x.tell))
	require.Equal(t, want, x.out(15))
}

// A leaf that the root has not heard of before is one more. What it counted stays
// when it is forgotten.
func TestUnknownLeaf(t *testing.T) {
	x := newTiers(t)
	defer x.end()
	x.in("left", 10, "shop/a requests sum 7..10 10")
	x.in("stray", 10, "shop/b requests sum 7..10 5")
	require.Equal(t, "shop requests sum 5..15 15\nshop # expected 2, reporting 2\n", x.out(15, "left", "stray"))
	require.Equal(t, int64(2), x.gauge("leaves"))
	require.Equal(t, int64(2), x.gauge("instances"))
	stray := x.latest()
	x.in("left", 1000, "shop/a requests sum 7..1000 11")
	gone := "shop requests sum 5..1001 16\nshop # expected 1, reporting 1\n"
	require.Equal(t, gone, x.out(1001, "left"))
	require.Equal(t, int64(1), x.gauge("leaves"))
	x.deliverAs("stray", stray) // from before it was forgotten
	require.Equal(t, gone, x.out(1001))
}

// A state that comes again, or late, changes nothing.
func TestReplayedStates(t *testing.T) {
	x := newTiers(t)
	defer x.end()
	x.in("left", 10, "shop/a seconds hist 7..10 n=1 sum=1.0 1:1 min=1.0 max=1.0 ex=1.0\nshop/b requests sum 7..10 5")
	require.Contains(t, x.out(11, "left"), "ex=1.0")
	early := x.sent[0]
	x.in("left", 20, "shop/a seconds hist 7..20 n=2 sum=3.0 1:1 min=1.0 max=2.0 ex=2.0")
	require.Contains(t, x.out(21, "left"), "n=2 sum=3.0 1:1 min=1.0 max=2.0 ex=2.0\n")
	want := x.out(22)
	for range 3 {
		x.deliver(x.sent[len(x.sent)-1])
		require.Equal(t, want, x.out(22))
	}
	require.Empty(t, refused(t, x.tell))
	x.deliver(early)
	require.Equal(t, want, x.out(22))
	require.Equal(t, map[string]int64{"late": 1}, refused(t, x.tell))
	x.killRoot()
	x.deliver(early)
	require.Equal(t, want, x.out(22))
	require.Equal(t, map[string]int64{"late": 1}, refused(t, x.tell))
}

// Beyond the limits of the root, states are refused.
func TestLimits(t *testing.T) {
	x := newTiers(t)
	defer x.end()
	x.in("left", 10, "shop/a requests sum 7..10 10")
	x.in("right", 10, "shop/b requests sum 7..10 5\npay/c requests sum 7..10 5")
	x.max = 1
	x.killRoot()
	require.Equal(t, "shop requests sum 5..15 10\nshop # expected 1, reporting 1\n", x.out(15, "left", "right"))
	require.Equal(t, map[string]int64{"limit": 2}, refused(t, x.tell))
}

// What cannot be sent is counted, and comes with the next state. Exemplars do,
// too.
func TestUnsentStates(t *testing.T) {
	x := newTiers(t)
	defer x.end()
	x.in("left", 10, "shop/a requests sum 7..10 10\nshop/a seconds hist 7..10 n=1 sum=1.0 1:1 ex=1.0")
	l := x.leaf("left")
	tell, set := componenttest.NewTelemetry(), connectortest.NewNopSettings(metadata.Type)
	set.TelemetrySettings = tell.NewTelemetrySettings()
	broken, err := newLeaf(set, x.config("broken"), consumertest.NewErr(errors.New("not now")), func() time.Time { return x.at })
	require.NoError(t, err)
	broken.Set = l.Set
	broken.flush(t.Context())
	require.Equal(t, map[string]int64{"not_sent": 1}, refused(t, tell))
	require.NoError(t, errors.Join(broken.Shutdown(t.Context()), tell.Shutdown(t.Context())))
	require.Contains(t, x.out(11, "left"), "ex=1.0\n")
}

// States go in requests that an OTLP receiver takes by default.
func TestRequestsAreSmall(t *testing.T) {
	x := newTiers(t)
	defer x.end()
	for i := range 10 {
		text := ""
		for j := range 400 {
			text += fmt.Sprintf("shop%d/a requests{path=%d%s} sum 7..10 10\n", i, j, strings.Repeat("x", 1000))
		}
		x.in("left", 10, text)
	}
	require.Equal(t, 10, strings.Count(x.out(15, "left"), "expected 1, reporting 1"))
	require.Greater(t, len(x.sent), 2)
	n := 0
	for _, ld := range x.sent {
		size := new(plog.ProtoMarshaler).LogsSize(ld)
		require.Less(t, size, 4<<20)
		n += ld.LogRecordCount()
	}
	require.Equal(t, 10, n)
}
