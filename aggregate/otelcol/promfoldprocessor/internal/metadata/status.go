// Package metadata names the component. It stands for what mdatagen makes of
// metadata.yaml, and is written by hand.
package metadata

import "go.opentelemetry.io/collector/component"

// Type is the name of the component in a configuration.
var Type = component.MustNewType("promfold")

// ScopeName is the scope of the component's own telemetry.
const ScopeName = "github.com/promfold/promfold/aggregate/otelcol/promfoldprocessor"

// MetricsStability is the stability of the component.
const MetricsStability = component.StabilityLevelAlpha
