package promfoldconnector

import (
	"context"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/consumer"

	"github.com/promfold/promfold/aggregate/otelcol/internal/fleets"
	"github.com/promfold/promfold/aggregate/otelcol/internal/sender"
	"github.com/promfold/promfold/aggregate/otelcol/internal/telemetry"
	"github.com/promfold/promfold/aggregate/otelcol/promfoldconnector/internal/metadata"
)

// NewFactory returns the factory of the connector.
func NewFactory() connector.Factory {
	return connector.NewFactory(metadata.Type, createDefaultConfig,
		connector.WithMetricsToLogs(createLeaf, metadata.MetricsToLogsStability),
		connector.WithLogsToMetrics(createRoot, metadata.LogsToMetricsStability))
}

func createLeaf(_ context.Context, set connector.Settings, cfg component.Config, next consumer.Logs) (connector.Metrics, error) {
	return newLeaf(set, cfg.(*Config), next, time.Now)
}

func createRoot(_ context.Context, set connector.Settings, cfg component.Config, next consumer.Metrics) (connector.Logs, error) {
	return newRoot(set, cfg.(*Config), next, time.Now)
}

// newBase makes what a leaf and a root have in common.
func newBase(set connector.Settings, cfg *Config, now time.Time) (*sender.Base, error) {
	all, err := fleets.New(cfg.Config, now, cfg.JoinHorizon)
	if err != nil {
		return nil, err
	}
	tell, err := telemetry.New(set.TelemetrySettings, metadata.ScopeName, map[string]func() int{"instances": all.Instances, "leaves": all.Leaves})
	if err != nil {
		return nil, err
	}
	return &sender.Base{ID: set.ID, Kind: component.KindConnector, Set: all, Tell: tell, Log: set.Logger}, nil
}
