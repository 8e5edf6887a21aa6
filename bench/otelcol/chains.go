package main

import (
	"context"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/cumulativetodeltaprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/deltatocumulativeprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/metricstarttimeprocessor"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/processor"

	"github.com/promfold/promfold/aggregate/otelcol/promfoldprocessor"
)

// A way is what a user of the Collector may put between a receiver and an
// exporter.
type way struct {
	name   string
	starts bool // the points have start times
	keeps  bool // it has a state in a storage extension
	make   func(interval time.Duration, kept *disk, next consumer.Metrics) (consumer.Metrics, func())
}

// ways are all that are compared.
var ways = []way{
	{"promfold", false, true, promfold},
	{"promfold, with start times on the points", true, true, promfold},
	{"cumulativetodelta, drop, deltatocumulative", false, false, deltas},
	{"the same behind metricstarttime", false, false, deltasBehindStartTimes},
	{"the same with start times on the points", true, false, deltas},
}

func promfold(interval time.Duration, kept *disk, next consumer.Metrics) (consumer.Metrics, func()) {
	p := component1(promfoldprocessor.NewFactory(), kept, map[string]any{
		"interval": interval.String(),
		"storage":  diskID.String(),
		"balanced": []any{map[string]any{"attributes": map[string]any{instanceKey: balancer}, "expected": 3}},
	}, next)
	return p, func() { check(p.Shutdown(context.Background())) }
}

// deltas makes deltas of each instance, drops the instance, and adds up.
func deltas(_ time.Duration, kept *disk, next consumer.Metrics) (consumer.Metrics, func()) {
	third := component1(deltatocumulativeprocessor.NewFactory(), kept, nil, next)
	first := component1(cumulativetodeltaprocessor.NewFactory(), kept, nil, drop{third})
	return first, func() {
		check(first.Shutdown(context.Background()))
		check(third.Shutdown(context.Background()))
	}
}

func deltasBehindStartTimes(interval time.Duration, kept *disk, next consumer.Metrics) (consumer.Metrics, func()) {
	rest, end := deltas(interval, kept, next)
	first := component1(metricstarttimeprocessor.NewFactory(), kept, nil, rest)
	return first, func() {
		check(first.Shutdown(context.Background()))
		end()
	}
}

// component1 returns a processor that was started, and may keep its state.
func component1(f processor.Factory, kept *disk, values map[string]any, next consumer.Metrics) processor.Metrics {
	cfg := f.CreateDefaultConfig()
	check(confmap.NewFromStringMap(values).Unmarshal(cfg))
	settings := processor.Settings{ID: component.NewID(f.Type()), TelemetrySettings: componenttest.NewNopTelemetrySettings()}
	p, err := f.CreateMetrics(context.Background(), settings, cfg, next)
	check(err)
	check(p.Start(context.Background(), kept))
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
