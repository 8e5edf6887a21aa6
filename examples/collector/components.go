package main

import (
	"errors"

	"github.com/open-telemetry/opentelemetry-collector-contrib/exporter/prometheusexporter"
	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"
	"github.com/open-telemetry/opentelemetry-collector-contrib/receiver/prometheusreceiver"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/debugexporter"
	"go.opentelemetry.io/collector/exporter/otlpexporter"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/otelcol"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/service/telemetry/otelconftelemetry"

	"github.com/promfold/promfold/aggregate/otelcol/promfoldconnector"
	"github.com/promfold/promfold/aggregate/otelcol/promfoldprocessor"
	"github.com/promfold/promfold/examples/collector/internal/demotargets"
)

// components returns the factories of all components of this Collector. The
// builder makes the same of builder.yaml, without the demo targets.
func components() (f otelcol.Factories, err error) {
	var errs [5]error
	f.Extensions, errs[0] = otelcol.MakeFactoryMap[extension.Factory](filestorage.NewFactory(), demotargets.NewFactory())
	f.Receivers, errs[1] = otelcol.MakeFactoryMap[receiver.Factory](otlpreceiver.NewFactory(), prometheusreceiver.NewFactory())
	f.Processors, errs[2] = otelcol.MakeFactoryMap[processor.Factory](promfoldprocessor.NewFactory())
	f.Connectors, errs[3] = otelcol.MakeFactoryMap[connector.Factory](promfoldconnector.NewFactory())
	f.Exporters, errs[4] = otelcol.MakeFactoryMap[exporter.Factory](debugexporter.NewFactory(), otlpexporter.NewFactory(), prometheusexporter.NewFactory())
	f.Telemetry = otelconftelemetry.NewFactory()
	return f, errors.Join(errs[:]...)
}
