package lines

import (
	"testing"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A line belongs to the family that its name says, if a comment above declares it,
// wherever that stands.
func TestLinesAwayFromTheirComment(t *testing.T) {
	in := newInstance(NewStore())
	r := NewReader(in.store, Limits{})
	types := func() map[string]model.MetricType {
		m := map[string]model.MetricType{}
		for i := range in.cols.Len() {
			l := in.store.Line(in.cols.ID(i))
			m[l.Labels().String()] = l.Family.Type
		}
		return m
	}
	const first = "# TYPE a counter\n# TYPE h histogram\n# TYPE b gauge\n"
	const after = "a{x=\"1\"} 1\nb{le=\"1\"} 2\nh_bucket{le=\"1\"} 3\nh_bucket{le=\"+Inf\"} 4\nh_count 4\nz 5\n"
	want := map[string]model.MetricType{
		`{__name__="a", x="1"}`: "counter", `{__name__="b", le="1"}`: "gauge", `{__name__="h_bucket", le="1.0"}`: "histogram",
		`{__name__="h_bucket", le="+Inf"}`: "histogram", `{__name__="h_count"}`: "histogram", `{__name__="z"}`: "unknown",
	}
	for range 2 { // all comments first
		require.True(t, in.read(t, r, []byte(first+after)))
		assert.Equal(t, want, types())
	}
	// Pulsar: each comment once, where the metric is met first.
	require.True(t, in.read(t, r, []byte("# TYPE a counter\na 0\n# TYPE b gauge\nb 1\n# TYPE h histogram\n"+after)))
	want[`{__name__="a"}`], want[`{__name__="b"}`] = "counter", "gauge"
	assert.Equal(t, want, types())
	assert.False(t, r.Structural(), "committed")

	// A comment far above changes what the lines are, though they stay in place.
	body := []byte("# TYPE a gauge\na 0\n# TYPE b gauge\nb 1\n# TYPE h histogram\n" + after)
	require.True(t, in.read(t, r, body))
	want[`{__name__="a", x="1"}`], want[`{__name__="a"}`] = "gauge", "gauge"
	assert.Equal(t, want, types())
	require.NoError(t, r.Read(&in.cols, body, ""))
	assert.False(t, r.Structural())
	assert.Empty(t, r.Changed())
}

// One series in two spellings: the later one is a duplicate.
func TestSpellings(t *testing.T) {
	in := newInstance(NewStore())
	r := NewReader(in.store, Limits{})
	body := "# TYPE c counter\nc{a=\"1\",b=\"2\"} 1\nc{b=\"2\",a=\"1\"} 2\n{\"c\",a=\"1\",b=\"2\"} 3\nc{ a=\"1\",b=\"2\",z=\"\"} 4\nc{a=\"2\"} 5\n"
	require.True(t, in.read(t, r, []byte(body)))
	assert.Equal(t, []uint32{1, 2, 3}, in.cols.Duplicates())
	// The first one goes: the series keeps its position.
	require.NoError(t, r.Read(&in.cols, []byte("# TYPE c counter\nc{b=\"2\",a=\"1\"} 2\nc{a=\"2\"} 5\n"), ""))
	old, v, _ := r.At(0)
	assert.Equal(t, 0, old)
	assert.Equal(t, 2.0, v)
	assert.Empty(t, r.Duplicates())
	r.Commit(&in.cols)
	// Swept, what is left still finds its other spellings.
	in.store.Sweep()
	require.NoError(t, r.Read(&in.cols, []byte("# TYPE c counter\nc{b=\"2\",a=\"1\"} 2\nc{a=\"1\",b=\"2\"} 2\n"), ""))
	assert.Equal(t, []uint32{1}, r.Duplicates())
}
