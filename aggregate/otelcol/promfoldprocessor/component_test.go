package promfoldprocessor

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pipeline"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.yaml.in/yaml/v3"

	"github.com/promfold/promfold/aggregate/otelcol/internal/fleets"
	"github.com/promfold/promfold/aggregate/otelcol/internal/pointtext"
	"github.com/promfold/promfold/aggregate/otelcol/internal/telemetry"
	"github.com/promfold/promfold/aggregate/otelcol/promfoldprocessor/internal/metadata"
)

func viewOf(metrics ...string) fleets.View { return fleets.View{Metrics: metrics} }

func TestFactory(t *testing.T) {
	f := NewFactory()
	require.Equal(t, "promfold", f.Type().String())
	require.Equal(t, metadata.MetricsStability, f.MetricsStability())
	set := processortest.NewNopSettings(f.Type())
	_, err := f.CreateTraces(t.Context(), set, f.CreateDefaultConfig(), consumertest.NewNop())
	require.ErrorIs(t, err, pipeline.ErrSignalNotSupported)
	_, err = f.CreateLogs(t.Context(), set, f.CreateDefaultConfig(), consumertest.NewNop())
	require.ErrorIs(t, err, pipeline.ErrSignalNotSupported)
}

// A component may be shut down without a start; one that runs sends at
// intervals, and at its end.
func TestLifecycle(t *testing.T) {
	f := NewFactory()
	set := processortest.NewNopSettings(f.Type())
	c, err := f.CreateMetrics(t.Context(), set, f.CreateDefaultConfig(), consumertest.NewNop())
	require.NoError(t, err)
	require.NoError(t, c.Shutdown(t.Context()))

	cfg := f.CreateDefaultConfig().(*Config)
	cfg.Interval = time.Millisecond
	sink := new(consumertest.MetricsSink)
	c, err = f.CreateMetrics(t.Context(), set, cfg, sink)
	require.NoError(t, err)
	require.True(t, c.Capabilities().MutatesData)
	require.NoError(t, c.Start(t.Context(), componenttest.NewNopHost()))
	md, err := pointtext.Read("shop/a requests sum 7..10 1")
	require.NoError(t, err)
	require.NoError(t, c.ConsumeMetrics(t.Context(), md))
	require.NoError(t, c.ConsumeMetrics(t.Context(), pmetric.NewMetrics()))
	require.Eventually(t, func() bool { return sink.DataPointCount() > 0 }, 10*time.Second, time.Millisecond)
	require.NoError(t, c.Shutdown(t.Context()))
	n := sink.DataPointCount()
	require.NoError(t, c.Shutdown(t.Context()))
	require.GreaterOrEqual(t, sink.DataPointCount(), n)
}

// metadata.yaml is what mdatagen would read: it names the instruments that are
// there, and documentation.md shows them.
func TestMetadata(t *testing.T) {
	var m struct {
		Type      string
		Telemetry struct {
			Metrics map[string]struct{ Description, Unit string }
		}
	}
	b, err := os.ReadFile("metadata.yaml")
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(b, &m))
	require.Equal(t, metadata.Type.String(), m.Type)
	text, err := os.ReadFile("documentation.md")
	require.NoError(t, err)
	for name, want := range telemetry.Described() {
		require.Equal(t, want, [2]string{m.Telemetry.Metrics[name].Unit, m.Telemetry.Metrics[name].Description}, name)
		require.Contains(t, string(text), "### otelcol_"+name+"\n\n"+want[1]+"\n")
	}
	require.Len(t, m.Telemetry.Metrics, len(telemetry.Described()))
}
