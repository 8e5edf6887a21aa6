package promfoldprocessor

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"

	"github.com/promfold/promfold/aggregate/otelcol/internal/fleets"
	"github.com/promfold/promfold/aggregate/otelcol/internal/sender"
)

func TestConfig(t *testing.T) {
	all, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	id := component.MustNewIDWithName("file_storage", "promfold")
	for name, want := range map[string]*Config{
		"promfold": createDefaultConfig().(*Config),
		"promfold/all": {
			Config: fleets.Config{
				FleetBy: []string{"service.name"}, InstanceBy: []string{"k8s.pod.uid"}, ResourceAttributes: []string{"cloud.availability_zone"},
				ForgetAfter: time.Hour, MaxInstances: 500, MaxBytes: 100_000_000,
				Views: []fleets.View{
					{Metrics: []string{"http.server.*"}, Keep: []string{"http.route"}},
					{Metrics: []string{"queue.length"}, Drop: []string{"worker"}, Combine: "sum", Owner: "process"},
					{Metrics: []string{"*"}, Keep: []string{}},
				},
				Balanced: []fleets.Balanced{{Attributes: map[string]string{"service.instance.id": "lb:443"}, Expected: 3}},
			},
			Output: sender.Output{Interval: 15 * time.Second, Temporality: sender.Delta, Storage: &id}, Unmatched: pass,
		},
	} {
		sub, err := all.Sub(name)
		require.NoError(t, err)
		got := createDefaultConfig().(*Config)
		require.NoError(t, sub.Unmarshal(got))
		require.Equal(t, want, got)
		require.NoError(t, confmap.Validate(got))
		_, err = fleets.New(got.Config, time.Now(), 0)
		require.NoError(t, err)
	}
	require.NoError(t, componenttest.CheckConfigStruct(createDefaultConfig()))
}

// The error of a wrong value names its key.
func TestConfigErrors(t *testing.T) {
	for _, x := range []struct {
		key   string
		value any
		want  string
	}{
		{"interval", "0s", "interval: 0s is not above 0"},
		{"temporality", "both", `temporality: "both" is neither cumulative nor delta`},
		{"unmatched", "", `unmatched: "" is neither pass nor drop`},
		{"fleet_by", []any{"a", "a"}, `fleet_by: "a" stands there twice`},
		{"instance_by", []any{}, "instance_by: name at least one resource attribute"},
		{"instance_by", []any{""}, "instance_by: entry 0 is empty"},
		{"resource_attributes", []any{"a", ""}, "resource_attributes: entry 1 is empty"},
		{"forget_after", "-1s", "forget_after: -1s is not above 0"},
		{"max_instances", 0, "max_instances: 0 is not above 0"},
		{"max_bytes", -1, "max_bytes: -1 is not above 0"},
		{"views", []any{map[string]any{}}, `views::0::metrics: name at least one metric, or "*"`},
		{"views", []any{map[string]any{"metrics": []any{"a"}, "keep": []any{}, "drop": []any{"x"}}}, "views::0::drop: give either keep or drop"},
		{"views", []any{map[string]any{"metrics": []any{"a"}, "combine": "avg"}}, `views::0::combine: "avg" is none of consensus, leader, max, mean, min, sum`},
		{"views", []any{map[string]any{"metrics": []any{"a"}}, map[string]any{"metrics": []any{"b"}, "owner": "me"}}, `views::1::owner: "me" is none of external, process`},
		{"views", []any{map[string]any{"metrics": []any{"a", "a"}}}, `views::0::metrics: "a" stands there twice`},
		{"balanced", []any{map[string]any{"expected": -1}}, "balanced::0::attributes: name at least one resource attribute and its value\nbalanced::0::expected: -1 is below 0"},
	} {
		cfg := createDefaultConfig()
		require.NoError(t, confmap.NewFromStringMap(map[string]any{x.key: x.value}).Unmarshal(cfg))
		require.EqualError(t, confmap.Validate(cfg), x.want)
	}
	require.ErrorContains(t, confmap.NewFromStringMap(map[string]any{"intervall": "1s"}).Unmarshal(createDefaultConfig()), "intervall")
}

// README has a row for each key.
func TestKeysAreDocumented(t *testing.T) {
	cfg := createDefaultConfig().(*Config)
	cfg.Views, cfg.Balanced = []fleets.View{{Keep: []string{"a"}}}, []fleets.Balanced{{Attributes: map[string]string{"a": "b"}}}
	conf := confmap.New()
	require.NoError(t, conf.Marshal(cfg))
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	keys := conf.ToStringMap()
	require.Len(t, keys, 12)
	for key := range keys {
		require.Contains(t, string(readme), "\n| `"+key+"` | ")
	}
	views, ok := keys["views"].([]any)
	require.True(t, ok)
	for key := range views[0].(map[string]any) {
		require.Contains(t, string(readme), "\n| `"+key+"` | ")
	}
}
