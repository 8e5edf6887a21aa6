package keda

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	pb "github.com/kedacore/keda/v2/pkg/scalers/externalscaler"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/examples/autoscale/internal/live"
	"github.com/promfold/promfold/examples/autoscale/internal/scaling"
)

// scaled is a scaler behind gRPC, and KEDA's client of it.
type scaled struct {
	pb.ExternalScalerClient
	t       *testing.T
	fleet   *aggregate.Fleet
	changes live.Changes
	seconds atomic.Int64 // now
	total   map[string]int
}

func at(s int64) time.Time { return time.Unix(1_000_000_000+s, 0) }

func start(t *testing.T) *scaled {
	config, err := scaling.Read(strings.NewReader(`
metrics:
  - {name: requests, select: requests_total, scaleBy: rate, by: [verb], window: 1m, target: 100, activation: 5}
`))
	require.NoError(t, err)
	s := &scaled{t: t, total: map[string]int{}}
	s.fleet, err = aggregate.NewFleet(aggregate.Config{Since: at(-1)})
	require.NoError(t, err)
	require.NoError(t, s.fleet.SetTargets(at(0), aggregate.Target{Name: "a"}, aggregate.Target{Name: "b"}))
	set, err := scaling.New(s.fleet, config)
	require.NoError(t, err)

	server, listener := grpc.NewServer(), bufconn.Listen(1<<16)
	pb.RegisterExternalScalerServer(server, &Scaler{Set: set, Changed: s.changes.Next, Now: func() time.Time { return at(s.seconds.Load()) }})
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	conn, err := grpc.NewClient("passthrough:///scaler", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	s.ExternalScalerClient = pb.NewExternalScalerClient(conn)
	return s
}

// round has 15 s pass, in which each instance answers so many requests a second
// of each verb; a negative number is a failed scrape.
func (s *scaled) round(rates map[string]int) {
	now := at(s.seconds.Add(15))
	for _, target := range []string{"a", "b"} {
		if rates[target] < 0 {
			require.NoError(s.t, s.fleet.ScrapeFailed(target, now, context.DeadlineExceeded))
			continue
		}
		s.total[target] += 15 * rates[target]
		_, err := s.fleet.Ingest(aggregate.Scrape{Target: target, Time: now, Body: fmt.Appendf(nil,
			"# TYPE requests_total counter\nrequests_total{verb=\"get\"} %d\nrequests_total{verb=\"put\"} %d\n", s.total[target], 2*s.total[target])})
		require.NoError(s.t, err)
	}
	s.changes.Note()
}

func ref(data ...string) *pb.ScaledObjectRef {
	ref := &pb.ScaledObjectRef{Name: "web", Namespace: "default", ScalerMetadata: map[string]string{"metric": "requests"}}
	for i := 0; i < len(data); i += 2 {
		ref.ScalerMetadata[data[i]] = data[i+1]
	}
	return ref
}

func (s *scaled) value(of *pb.ScaledObjectRef) (float64, error) {
	r, err := s.GetMetrics(s.t.Context(), &pb.GetMetricsRequest{ScaledObjectRef: of, MetricName: of.ScalerMetadata["metric"]})
	if err != nil {
		return 0, err
	}
	require.Len(s.t, r.MetricValues, 1)
	assert.Equal(s.t, of.ScalerMetadata["metric"], r.MetricValues[0].MetricName)
	return r.MetricValues[0].MetricValueFloat, nil
}

func TestMetrics(t *testing.T) {
	s := start(t)
	_, err := s.value(ref())
	assert.Equal(t, codes.Unavailable, status.Code(err), "nothing was scraped")
	for range 5 {
		s.round(map[string]int{"a": 10, "b": 30})
	}
	for _, c := range []struct {
		ref  *pb.ScaledObjectRef
		want float64
	}{
		{ref(), 120},
		{ref("labels", "verb=get"), 40},
	} {
		x, err := s.value(c.ref)
		require.NoError(t, err)
		assert.InDelta(t, c.want, x, 1e-6, "%v", c.ref)
		active, err := s.IsActive(t.Context(), c.ref)
		require.NoError(t, err)
		assert.True(t, active.Result)
	}
	lo, err := s.value(ref("metric", "requests.lo"))
	require.NoError(t, err)
	hi, err := s.value(ref("metric", "requests.hi"))
	require.NoError(t, err)
	assert.True(t, 0 < lo && lo < 120 && 120 < hi && hi < 240, "%v to %v", lo, hi)
	spec, err := s.GetMetricSpec(t.Context(), ref())
	require.NoError(t, err)
	assert.Equal(t, 100.0, spec.MetricSpecs[0].TargetSizeFloat)
	spec, err = s.GetMetricSpec(t.Context(), ref("target", "0.25", "metric", "requests.hi"))
	require.NoError(t, err)
	assert.Equal(t, "requests.hi", spec.MetricSpecs[0].MetricName)
	assert.Equal(t, 0.25, spec.MetricSpecs[0].TargetSizeFloat)
	assert.Equal(t, int64(1), spec.MetricSpecs[0].TargetSize, "the old field has whole numbers, and 0 is none")

	s.round(map[string]int{"a": 10, "b": -1})
	for _, ref := range []*pb.ScaledObjectRef{ref(), ref("labels", "verb=get")} {
		_, err = s.value(ref)
		assert.Equal(t, codes.Unavailable, status.Code(err), "half of the fleet is no answer")
		assert.ErrorContains(t, err, "missing b")
		_, err = s.IsActive(t.Context(), ref)
		assert.Equal(t, codes.Unavailable, status.Code(err))
	}
}

func TestWrongTriggers(t *testing.T) {
	s := start(t)
	for _, c := range []struct {
		ref  *pb.ScaledObjectRef
		code codes.Code
	}{
		{ref("metric", "other"), codes.NotFound},
		{ref("target", "-1"), codes.InvalidArgument},
		{ref("target", "many"), codes.InvalidArgument},
		{ref("activation", "NaN"), codes.InvalidArgument},
		{ref("labels", "verb"), codes.InvalidArgument},
	} {
		_, err := s.GetMetricSpec(t.Context(), c.ref)
		assert.Equal(t, c.code, status.Code(err), "%v: %v", c.ref, err)
		_, err = s.IsActive(t.Context(), c.ref)
		assert.Equal(t, c.code, status.Code(err), "%v: %v", c.ref, err)
	}
	_, err := s.GetMetrics(t.Context(), &pb.GetMetricsRequest{ScaledObjectRef: ref(), MetricName: "other"})
	assert.Equal(t, codes.NotFound, status.Code(err))
	stream, err := s.StreamMetricSpec(t.Context(), ref())
	require.NoError(t, err)
	_, err = stream.Recv()
	assert.Equal(t, codes.Unimplemented, status.Code(err), "KEDA then asks for the spec")
}

// TestStream: each crossing of the activation is pushed with the scrape that
// shows it. While the number is not known nothing is.
func TestStream(t *testing.T) {
	s := start(t)
	for range 4 {
		s.round(nil)
	}
	stream, err := s.StreamIsActive(t.Context(), ref())
	require.NoError(t, err)
	got := make(chan bool)
	go func() {
		defer close(got)
		for {
			r, err := stream.Recv()
			if err != nil {
				return
			}
			got <- r.Result
		}
	}()
	assert.False(t, <-got)
	s.round(map[string]int{"a": 10, "b": 10})
	assert.True(t, <-got)
	s.round(map[string]int{"a": -1, "b": -1})
	s.round(map[string]int{"a": -1, "b": 0})
	for range 6 {
		s.round(nil)
	}
	assert.False(t, <-got, "while two were missing nothing was sent")
}

// heard is a stream that notes when something was pushed.
type heard struct {
	grpc.ServerStream
	ctx   context.Context
	now   func() int64
	after map[bool]int64
}

func (h *heard) Context() context.Context { return h.ctx }
func (h *heard) Send(r *pb.IsActiveResponse) error {
	h.after[r.Result] = h.now()
	return nil
}

// TestWithinASecond: a crossing is pushed within a second, also one without a
// scrape: scrapes come every 15 s, and a queue that is 10 from second 30 to 45 is
// the largest of 50 s until second 95.
func TestWithinASecond(t *testing.T) {
	config, err := scaling.Read(strings.NewReader("metrics: [{name: queue, select: queue, scaleBy: largest, window: 50s, target: 1, activation: 5}]"))
	require.NoError(t, err)
	fleet, err := aggregate.NewFleet(aggregate.Config{Since: at(-1)})
	require.NoError(t, err)
	require.NoError(t, fleet.SetTargets(at(0), aggregate.Target{Name: "a"}))
	set, err := scaling.New(fleet, config)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	now := int64(-1)
	stream := &heard{ctx: ctx, now: func() int64 { return now }, after: map[bool]int64{}}
	next := func() <-chan struct{} { // a second passes
		if now++; now%15 == 0 {
			queue := 0
			if now == 30 {
				queue = 10
			}
			_, err := fleet.Ingest(aggregate.Scrape{Target: "a", Time: at(now), Body: fmt.Appendf(nil, "# TYPE queue gauge\nqueue %d\n", queue)})
			require.NoError(t, err)
		}
		if now == 120 {
			cancel()
		}
		ready := make(chan struct{})
		close(ready)
		return ready
	}
	s := Scaler{Set: set, Changed: next, Now: func() time.Time { return at(now) }}
	ref := &pb.ScaledObjectRef{ScalerMetadata: map[string]string{"metric": "queue"}}
	for ctx.Err() == nil { // a closed channel and an ended context are chosen at random
		require.ErrorIs(t, s.StreamIsActive(ref, stream), context.Canceled)
	}
	assert.Equal(t, int64(30), stream.after[true])
	assert.InDelta(t, 45+50, stream.after[false], 1)
}
