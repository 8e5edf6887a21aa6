// Package telemetry is what the promfold components say of themselves. It does
// what mdatagen would make of their metadata.yaml.
package telemetry

import (
	"context"
	"errors"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/promfold/promfold/aggregate/otelcol/internal/fleets"
)

// Telemetry holds the instruments of one component.
type Telemetry struct {
	accepted, refused, unmatched, resets, restarts, failed, errors, lost metric.Int64Counter
	stateBytes                                                           metric.Int64Gauge
	own                                                                  metric.Registration
}

// described has the unit and the description of each instrument.
var described = map[string][2]string{
	"promfold_datapoints_accepted":  {"{datapoint}", "Data points that were taken in."},
	"promfold_datapoints_refused":   {"{datapoint}", "Data points that were not taken in, by reason."},
	"promfold_datapoints_unmatched": {"{datapoint}", "Data points that no view wants; they pass through or are dropped."},
	"promfold_datapoints_lost":      {"{datapoint}", "Deltas that could not be sent on, and never will be."},
	"promfold_resets":               {"{series}", "Series that fell or began anew."},
	"promfold_restarts":             {"{process}", "Instances that restarted."},
	"promfold_scrapes_failed":       {"{scrape}", "Scrapes that did not answer (up is 0)."},
	"promfold_state_errors":         {"{error}", "States that could not be read, written, sent or taken in, by reason."},
	"promfold_state_bytes":          {"By", "Size of the state when it was saved or sent last."},
	"promfold_instances":            {"{instance}", "Instances that are followed; at a root those of all leaves."},
	"promfold_leaves":               {"{leaf}", "Leaves that a root heard of."},
}

// New makes the instruments under the scope of a component. Each of the gauges is
// asked at each collection until Close.
func New(set component.TelemetrySettings, scope string, gauges map[string]func() int) (*Telemetry, error) {
	m := set.MeterProvider.Meter(scope)
	t := &Telemetry{}
	var errs []error
	text := func(name string) (string, metric.InstrumentOption, metric.InstrumentOption) {
		d := described["promfold_"+name]
		return "otelcol_promfold_" + name, metric.WithUnit(d[0]), metric.WithDescription(d[1] + " [Alpha]")
	}
	for name, to := range map[string]*metric.Int64Counter{
		"datapoints_accepted": &t.accepted, "datapoints_refused": &t.refused, "datapoints_unmatched": &t.unmatched, "datapoints_lost": &t.lost,
		"resets": &t.resets, "restarts": &t.restarts, "scrapes_failed": &t.failed, "state_errors": &t.errors,
	} {
		full, unit, description := text(name)
		c, err := m.Int64Counter(full, unit, description)
		*to = c
		errs = append(errs, err)
	}
	var err error
	full, unit, description := text("state_bytes")
	t.stateBytes, err = m.Int64Gauge(full, unit, description)
	errs = append(errs, err)
	asked := map[metric.Int64Observable]func() int{}
	var all []metric.Observable
	for name, value := range gauges {
		full, unit, description := text(name)
		g, err := m.Int64ObservableGauge(full, unit, description)
		errs = append(errs, err)
		asked[g], all = value, append(all, g)
	}
	t.own, err = m.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		for g, value := range asked {
			o.ObserveInt64(g, int64(value()))
		}
		return nil
	}, all...)
	return t, errors.Join(append(errs, err)...)
}

// Close ends the callback.
func (t *Telemetry) Close() error { return t.own.Unregister() }

// Report counts what became of a request.
func (t *Telemetry) Report(ctx context.Context, r *fleets.Report) {
	add(ctx, t.accepted, r.Accepted)
	for reason, n := range r.Refused {
		add(ctx, t.refused, n, attribute.String("reason", reason))
	}
	add(ctx, t.resets, r.Resets)
	add(ctx, t.restarts, r.Restarts)
	add(ctx, t.failed, r.Failed)
}

// Unmatched counts points that no view wants.
func (t *Telemetry) Unmatched(ctx context.Context, points int) { add(ctx, t.unmatched, points) }

// StateErrors counts states that could not be read, written, sent or taken in.
func (t *Telemetry) StateErrors(ctx context.Context, reason string, n int) {
	add(ctx, t.errors, n, attribute.String("reason", reason))
}

// Lost counts deltas that will not be sent.
func (t *Telemetry) Lost(ctx context.Context, points int) { add(ctx, t.lost, points) }

// StateBytes says how large the state is.
func (t *Telemetry) StateBytes(ctx context.Context, n int) { t.stateBytes.Record(ctx, int64(n)) }

func add(ctx context.Context, c metric.Int64Counter, n int, attributes ...attribute.KeyValue) {
	if n > 0 {
		c.Add(ctx, int64(n), metric.WithAttributes(attributes...))
	}
}
