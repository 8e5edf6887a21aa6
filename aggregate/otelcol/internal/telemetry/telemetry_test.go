package telemetry

import (
	"maps"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// metadata.yaml is what mdatagen would read: it names the instruments that are
// there, and documentation.md shows them.
func TestMetadata(t *testing.T) {
	for _, component := range []string{"promfoldprocessor", "promfoldconnector"} {
		var m struct {
			Type      string
			Telemetry struct {
				Metrics map[string]struct{ Description, Unit string }
			}
		}
		b, err := os.ReadFile("../../" + component + "/metadata.yaml")
		require.NoError(t, err)
		require.NoError(t, yaml.Unmarshal(b, &m))
		require.Equal(t, "promfold", m.Type)
		text, err := os.ReadFile("../../" + component + "/documentation.md")
		require.NoError(t, err)
		all := maps.Clone(described)
		if component == "promfoldprocessor" {
			delete(all, "promfold_leaves")
		}
		for name, want := range all {
			require.Equal(t, want, [2]string{m.Telemetry.Metrics[name].Unit, m.Telemetry.Metrics[name].Description}, name)
			require.Contains(t, string(text), "### otelcol_"+name+"\n\n"+want[1]+"\n")
		}
		require.Len(t, m.Telemetry.Metrics, len(all))
	}
}
