// Package promfoldconnector joins tiers of the OpenTelemetry Collector. A leaf
// takes in the metrics of its share of the instances and sends what it knows of
// them as logs; a root makes of what its leaves know the metrics of the whole
// fleet.
package promfoldconnector
