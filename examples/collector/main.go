// Collector is an OpenTelemetry Collector with the promfold processor and the
// promfold connector.
//
//	go run . --config demo.yaml
//
// The demo scrapes three targets that it starts itself, and prints what the
// fleet of them counted. What it prints is printable, whatever the names are.
package main

import (
	"fmt"
	"log"
	"os"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/envprovider"
	"go.opentelemetry.io/collector/confmap/provider/fileprovider"
	"go.opentelemetry.io/collector/confmap/provider/yamlprovider"
	"go.opentelemetry.io/collector/otelcol"

	"github.com/promfold/promfold/examples/internal/printable"
)

func main() {
	status, err := printable.Through(func() int {
		if err := otelcol.NewCommand(settings()).Execute(); err != nil {
			fmt.Fprintln(os.Stderr, "collector:", err)
			return 1
		}
		return 0
	})
	if err != nil {
		log.Fatal(err)
	}
	os.Exit(status)
}

// settings returns what the Collector is made of, and where its configuration
// comes from.
func settings() otelcol.CollectorSettings {
	return otelcol.CollectorSettings{
		BuildInfo: component.BuildInfo{Command: "collector", Description: "Collector with the promfold components", Version: "0.0.0"},
		Factories: components,
		ConfigProviderSettings: otelcol.ConfigProviderSettings{ResolverSettings: confmap.ResolverSettings{
			ProviderFactories: []confmap.ProviderFactory{envprovider.NewFactory(), fileprovider.NewFactory(), yamlprovider.NewFactory()},
			DefaultScheme:     "env",
		}},
	}
}
