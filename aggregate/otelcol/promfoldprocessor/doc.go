// Package promfoldprocessor is a processor of the OpenTelemetry Collector that
// makes the metrics of many instances those of the fleet: without the
// instances, and with totals that are right over restarts, late and departed
// instances, and restarts of the Collector.
package promfoldprocessor
