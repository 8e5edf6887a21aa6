package main

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/otelcol"
)

// TestConfigurations: every configuration of the example is one that its
// Collector takes.
func TestConfigurations(t *testing.T) {
	t.Setenv("LEAF", "leaf-1")
	files, err := filepath.Glob("tiers/*.yaml")
	require.NoError(t, err)
	require.Len(t, files, 3)
	for _, file := range append(files, "demo.yaml") {
		t.Run(file, func(t *testing.T) {
			set := settings()
			set.ConfigProviderSettings.ResolverSettings.URIs = []string{"file:" + file}
			c, err := otelcol.NewCollector(set)
			require.NoError(t, err)
			require.NoError(t, c.DryRun(t.Context()))
		})
	}
	set := settings()
	set.ConfigProviderSettings.ResolverSettings.URIs = []string{"file:demo.yaml", "yaml:processors::promfold::intervall: 1s"}
	c, err := otelcol.NewCollector(set)
	require.NoError(t, err)
	require.ErrorContains(t, c.DryRun(t.Context()), "intervall")
}
