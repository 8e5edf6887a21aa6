package promfoldconnector

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"

	"github.com/promfold/promfold/aggregate/otelcol/internal/fleets"
	"github.com/promfold/promfold/aggregate/otelcol/internal/sender"
)

func viewOf(metrics ...string) fleets.View { return fleets.View{Metrics: metrics} }

func TestConfig(t *testing.T) {
	all, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	id := component.MustNewID("file_storage")
	leaf, root := createDefaultConfig().(*Config), createDefaultConfig().(*Config)
	leaf.Leaf, leaf.Interval, leaf.JoinHorizon, leaf.Storage = "collector-0", 5*time.Second, 2*time.Hour, &id
	leaf.Views = append(leaf.Views, fleets.View{Metrics: []string{"http.*"}, Drop: []string{"url.path"}})
	root.Temporality = sender.Delta
	for name, want := range map[string]*Config{"promfold": createDefaultConfig().(*Config), "promfold/leaf": leaf, "promfold/root": root} {
		sub, err := all.Sub(name)
		require.NoError(t, err)
		got := createDefaultConfig().(*Config)
		require.NoError(t, sub.Unmarshal(got))
		require.Equal(t, want, got)
		require.NoError(t, confmap.Validate(got))
	}
}

// The error of a wrong value names its key.
func TestConfigErrors(t *testing.T) {
	for _, x := range []struct {
		key   string
		value any
		want  string
	}{
		{"interval", "0s", "interval: 0s is not above 0"},
		{"join_horizon", "-1s", "join_horizon: -1s is not above 0"},
		{"temporality", "both", `temporality: "both" is neither cumulative nor delta`},
		{"max_bytes", 0, "max_bytes: 0 is not above 0"},
		{"leaf", "a\xff\x1b[31m", `leaf: the name is not UTF-8: "a\xff\x1b[31m"`},
	} {
		cfg := createDefaultConfig()
		require.NoError(t, confmap.NewFromStringMap(map[string]any{x.key: x.value}).Unmarshal(cfg))
		require.EqualError(t, confmap.Validate(cfg), x.want)
	}
}

// README has a row for each key of its own, and names those that the processor's
// has.
func TestKeysAreDocumented(t *testing.T) {
	conf := confmap.New()
	require.NoError(t, conf.Marshal(createDefaultConfig()))
	own, err := os.ReadFile("README.md")
	require.NoError(t, err)
	processor, err := os.ReadFile("../promfoldprocessor/README.md")
	require.NoError(t, err)
	shared := confmap.New()
	cfg := fleets.DefaultConfig()
	require.NoError(t, shared.Marshal(&cfg))
	keys := conf.ToStringMap()
	require.Len(t, keys, 13)
	require.Len(t, shared.ToStringMap(), 8)
	for key := range keys {
		row := "\n| `" + key + "` | "
		if _, ok := shared.ToStringMap()[key]; ok {
			require.Contains(t, string(processor), row)
			require.Contains(t, string(own), "`"+key+"`")
			require.NotContains(t, string(own), row)
			continue
		}
		require.Contains(t, string(own), row)
	}
}
