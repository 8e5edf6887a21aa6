// Package keda is KEDA's external push scaler over a set of metrics.
//
// The metadata of a trigger says which: metric is a name of the set, of which
// .lo and .hi are the bounds; labels chooses a group (“verb=get,code=500”);
// target and activation stand before those of the file. Where a number is not
// known every call is an error, so that KEDA keeps what it has or takes its
// fallback.
package keda

import (
	"context"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	pb "github.com/kedacore/keda/v2/pkg/scalers/externalscaler"
	"github.com/prometheus/prometheus/model/labels"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/promfold/promfold/examples/autoscale/internal/scaling"
)

// Scaler answers KEDA.
type Scaler struct {
	pb.UnimplementedExternalScalerServer // StreamMetricSpec: a target never moves
	Set                                  *scaling.Set
	Changed                              func() <-chan struct{} // closed after the next scrape
	Now                                  func() time.Time
}

// trigger is what the metadata of a trigger say.
type trigger struct {
	name               string
	target, activation float64
	of                 []*labels.Matcher
}

func (s *Scaler) trigger(ref *pb.ScaledObjectRef) (trigger, error) {
	data := ref.GetScalerMetadata()
	t := trigger{name: data["metric"]}
	m, err := s.Set.Metric(t.name)
	if err != nil {
		return t, status.Error(codes.NotFound, err.Error())
	}
	if t.target, err = number(data["target"], m.Target); err != nil || t.target == 0 {
		return t, status.Errorf(codes.InvalidArgument, "%s: target is no number above 0", t.name)
	}
	if t.activation, err = number(data["activation"], m.Activation); err != nil {
		return t, status.Errorf(codes.InvalidArgument, "%s: activation is no number from 0 on", t.name)
	}
	if t.of, err = matchers(data["labels"]); err != nil {
		return t, status.Errorf(codes.InvalidArgument, "%s: %s", t.name, err)
	}
	return t, nil
}

// number reads a number, which is not negative.
func number(text string, otherwise float64) (float64, error) {
	if text == "" {
		return otherwise, nil
	}
	x, err := strconv.ParseFloat(text, 64)
	if err == nil && (math.IsNaN(x) || math.IsInf(x, 0) || x < 0) {
		err = strconv.ErrRange
	}
	return x, err
}

// matchers reads what the labels of a group have to be.
func matchers(text string) ([]*labels.Matcher, error) {
	if text == "" {
		return nil, nil
	}
	var list []*labels.Matcher
	for pair := range strings.SplitSeq(text, ",") {
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			return nil, errors.New("labels are name=value, separated by commas")
		}
		m, err := labels.NewMatcher(labels.MatchEqual, strings.TrimSpace(name), strings.TrimSpace(value))
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, nil
}

// ask returns the number of a trigger, or the error that KEDA gets.
func (s *Scaler) ask(t trigger) (float64, error) {
	n, err := s.Set.One(s.Now(), t.name, t.of...)
	if err != nil {
		return 0, status.Error(codes.Unavailable, err.Error())
	}
	return n.Value, nil
}

// IsActive reports whether the number is above the activation.
func (s *Scaler) IsActive(_ context.Context, ref *pb.ScaledObjectRef) (*pb.IsActiveResponse, error) {
	t, err := s.trigger(ref)
	if err != nil {
		return nil, err
	}
	x, err := s.ask(t)
	if err != nil {
		return nil, err
	}
	return &pb.IsActiveResponse{Result: x > t.activation}, nil
}

// StreamIsActive sends whether the number is above the activation: at first, and
// after each scrape that changes it. While the number is not known it sends
// nothing, so that what it sent last stands.
func (s *Scaler) StreamIsActive(ref *pb.ScaledObjectRef, stream pb.ExternalScaler_StreamIsActiveServer) error {
	t, err := s.trigger(ref)
	if err != nil {
		return err
	}
	var sent, active bool
	for {
		changed := s.Changed()
		if x, err := s.ask(t); err == nil && (!sent || active != (x > t.activation)) {
			sent, active = true, x > t.activation
			if err := stream.Send(&pb.IsActiveResponse{Result: active}); err != nil {
				return err
			}
		}
		select {
		case <-stream.Context().Done():
			return stream.Context().Err()
		case <-changed:
		}
	}
}

// GetMetricSpec returns the target of one replica.
func (s *Scaler) GetMetricSpec(_ context.Context, ref *pb.ScaledObjectRef) (*pb.GetMetricSpecResponse, error) {
	t, err := s.trigger(ref)
	if err != nil {
		return nil, err
	}
	return &pb.GetMetricSpecResponse{MetricSpecs: []*pb.MetricSpec{{
		MetricName: t.name, TargetSize: int64(math.Ceil(t.target)), TargetSizeFloat: t.target,
	}}}, nil
}

// GetMetrics returns the number.
func (s *Scaler) GetMetrics(_ context.Context, r *pb.GetMetricsRequest) (*pb.GetMetricsResponse, error) {
	t, err := s.trigger(r.GetScaledObjectRef())
	if err != nil {
		return nil, err
	}
	if r.GetMetricName() != t.name {
		return nil, status.Errorf(codes.NotFound, "the metric of this trigger is %s, not %q", t.name, r.GetMetricName())
	}
	x, err := s.ask(t)
	if err != nil {
		return nil, err
	}
	return &pb.GetMetricsResponse{MetricValues: []*pb.MetricValue{{
		MetricName: t.name, MetricValue: int64(math.Ceil(x)), MetricValueFloat: x,
	}}}, nil
}
