package expose

import (
	"bytes"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Names are unique after escaping, whatever the client understands.
func TestNamesAreUniqueAfterEscaping(t *testing.T) {
	var families []*dto.MetricFamily
	for i, name := range []string{"a.b", "a:b", "a_b", "a-b"} {
		f := family(name, "", dto.MetricType_GAUGE)
		f.Metric = []*dto.Metric{{Gauge: &dto.Gauge{Value: ptr(float64(i))}}}
		families = append(families, f)
	}
	var b bytes.Buffer
	require.NoError(t, write(&b, families, expfmt.NewFormat(expfmt.TypeTextPlain).WithEscapingScheme(model.UnderscoreEscaping)))
	noSeriesTwice(t, b.String())
	assert.Contains(t, b.String(), "\na_b 2\n")
	assert.Contains(t, b.String(), "\na:b 1\n")
	b.Reset()
	require.NoError(t, write(&b, families, expfmt.NewFormat(expfmt.TypeTextPlain).WithEscapingScheme(model.NoEscaping)))
	assert.Contains(t, b.String(), "{\"a.b\"} 0\n")
	assert.Equal(t, "a.b", families[0].GetName(), "what was gathered stays")
}
