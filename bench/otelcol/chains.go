package main

import (
	"context"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/cumulativetodeltaprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/deltatocumulativeprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/metricstarttimeprocessor"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/processor"

	"github.com/promfold/promfold/aggregate/otelcol/promfoldprocessor"
)

// A way is what a user of the Collector may put between a receiver and an
// exporter.
type way struct {
	name   string
	starts bool // the points have start times
	make   func(interval time.Duration, next consumer.Metrics) (consumer.Metrics, func())
}

// ways are all that are compared.
var ways = []way{
	{"promfold", false, promfold},
	{"promfold, with start times on the points", true, promfold},
	{"cumulativetodelta, drop, deltatocumulative", false, deltas},
	{"the same behind metricstarttime", false, deltasBehindStartTimes},
	{"the same with start times on the points", true, deltas},
}

func promfold(interval time.Duration, next consumer.Metrics) (consumer.Metrics, func()) {
	p := component1(promfoldprocessor.NewFactory(), map[string]any{
		"interval": interval.String(),
		"balanced": []any{map[string]any{"attributes": map[string]any{instanceKey: balancer}, "expected": 3}},
	}, next)
	return p, func() { check(p.Shutdown(context.Background())) }
}

// deltas makes deltas of each instance, drops the instance, and adds up.
func deltas(_ time.Duration, next consumer.Metrics) (consumer.Metrics, func()) {
	third := component1(deltatocumulativeprocessor.NewFactory(), nil, next)
	first := component1(cumulativetodeltaprocessor.NewFactory(), nil, drop{third})
	return first, func() {
		check(first.Shutdown(context.Background()))
		check(third.Shutdown(context.Background()))
	}
}

func deltasBehindStartTimes(interval time.Duration, next consumer.Metrics) (consumer.Metrics, func()) {
	rest, end := deltas(interval, next)
	first := component1(metricstarttimeprocessor.NewFactory(), nil, rest)
	return first, func() {
		check(first.Shutdown(context.Background()))
		end()
	}
}

// component1 returns a processor that was started.
func component1(f processor.Factory, values map[string]any, next consumer.Metrics) processor.Metrics {
	cfg := f.CreateDefaultConfig()
	check(confmap.NewFromStringMap(values).Unmarshal(cfg))
	settings := processor.Settings{ID: component.NewID(f.Type()), TelemetrySettings: componenttest.NewNopTelemetrySettings()}
	p, err := f.CreateMetrics(context.Background(), settings, cfg, next)
	check(err)
	check(p.Start(context.Background(), componenttest.NewNopHost()))
	return p
}

// drop drops the attribute that names the instance, as the resource processor
// or the transform processor does.
type drop struct{ next consumer.Metrics }

func (drop) Capabilities() consumer.Capabilities { return consumer.Capabilities{MutatesData: true} }

func (d drop) ConsumeMetrics(ctx context.Context, md pmetric.Metrics) error {
	for _, rm := range md.ResourceMetrics().All() {
		rm.Resource().Attributes().Remove(instanceKey)
	}
	return d.next.ConsumeMetrics(ctx, md)
}

// sink keeps the latest value of each stream of one metric, and counts how often
// one fell.
type sink struct {
	metric string

	mu     sync.Mutex
	latest map[string]float64
	fell   int
}

func (*sink) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }

func (s *sink) ConsumeMetrics(_ context.Context, md pmetric.Metrics) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, rm := range md.ResourceMetrics().All() {
		for _, sm := range rm.ScopeMetrics().All() {
			for _, m := range sm.Metrics().All() {
				if m.Name() == s.metric {
					s.take(m)
				}
			}
		}
	}
	return nil
}

func (s *sink) take(m pmetric.Metric) {
	switch m.Type() {
	case pmetric.MetricTypeSum:
		for _, p := range m.Sum().DataPoints().All() {
			x := p.DoubleValue()
			if p.ValueType() == pmetric.NumberDataPointValueTypeInt {
				x = float64(p.IntValue())
			}
			s.value(p.Attributes(), x)
		}
	case pmetric.MetricTypeHistogram:
		for _, p := range m.Histogram().DataPoints().All() {
			s.value(p.Attributes(), float64(p.Count()))
		}
	}
}

func (s *sink) value(m pcommon.Map, x float64) {
	key := keyOf(m)
	if x < s.latest[key] {
		s.fell++
	}
	if s.latest == nil {
		s.latest = map[string]float64{}
	}
	s.latest[key] = x
}

func keyOf(m pcommon.Map) string {
	var list []string
	for key, v := range m.All() {
		list = append(list, key+"="+v.AsString())
	}
	sort.Strings(list)
	return strings.Join(list, ",")
}

// total returns the sum of the latest values.
func (s *sink) total() (sum float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range s.latest {
		sum += x
	}
	return sum
}
