package whole_test

import (
	"math"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/histogram"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/whole"
)

func columns(t *testing.T, s *lines.Store, body string) *lines.Columns {
	var c lines.Columns
	r := lines.NewReader(s, lines.Limits{})
	require.NoError(t, r.Read(&c, []byte(body), "text/plain; version=0.0.4"))
	r.Commit(&c)
	return &c
}

func named(name string, pairs ...string) labels.Labels {
	return labels.FromStrings(append([]string{model.MetricNameLabel, name}, pairs...)...)
}

// The type of most instances counts, and the first help that is there.
func TestDeclarations(t *testing.T) {
	s := lines.NewStore()
	var d whole.Declarations
	d.Add(s, columns(t, s, "# TYPE a counter\na 1\nb 2\n"))
	d.Add(s, columns(t, s, "# TYPE a gauge\n# HELP a Second.\na 1\n"))
	d.Add(s, columns(t, s, "# TYPE a gauge\n# HELP a Third.\na 1\n"))
	assert.Equal(t, []whole.Declared{
		{Name: "a", Type: model.MetricTypeGauge, Help: "Second.", Instances: 2, Others: 1},
		{Name: "b", Type: model.MetricTypeUnknown, Instances: 1},
	}, d.Families(nil))
	shown := map[string]model.MetricType{"a": model.MetricTypeCounter, "b": model.MetricTypeGauge}
	assert.Equal(t, []whole.Declared{
		{Name: "a", Type: model.MetricTypeCounter, Help: "Second.", Instances: 1, Others: 2},
		{Name: "b", Type: model.MetricTypeUnknown, Instances: 1},
	}, d.Families(shown), "what was shown stays while one has it")
}

// A summary is put together from its parts; quantiles of several instances have
// no sum.
func TestSummaries(t *testing.T) {
	s := lines.NewStore()
	c := columns(t, s, "# TYPE s summary\ns{quantile=\"0.5\"} 3\ns_sum 10\ns_count 4\n")
	var d whole.Declarations
	d.Add(s, c)
	for several, want := range map[bool]map[float64]float64{false: {0.5: 3}, true: nil} {
		w, list := whole.New(d.Families(nil), nil), whole.LooseSeries{}
		w.Counter(whole.Series{Labels: named("s_count"), Value: 4})
		w.Counter(whole.Series{Labels: named("s_sum"), Value: 10})
		list.Add("one", named("s"), s.Line(c.ID(0)), 3)
		if several {
			list.Add("two", named("s"), s.Line(c.ID(0)), 5)
		}
		for _, x := range list.Sorted() {
			w.Loose(x)
		}
		got := w.Families()
		require.Len(t, got, 1)
		assert.Equal(t, []whole.Series{{Value: 4, Histogram: &histogram.Histogram{Count: 4, Sum: 10}, Quantiles: want}}, got[0].Series)
		if several {
			assert.Equal(t, "1: quantiles of several instances have no sum", got[0].Why)
		}
	}
}

// What most instances declare otherwise, and what nothing says how to combine,
// is left out and counted.
func TestLeftOut(t *testing.T) {
	w := whole.New([]whole.Declared{{Name: "a", Type: model.MetricTypeGauge}, {Name: "g", Type: model.MetricTypeGauge}}, nil)
	w.Counter(whole.Series{Labels: named("a"), Value: 1})
	w.Histogram(whole.Series{Labels: named("a")})
	w.Gauge(named("g"), 0, false, whole.Undecided)
	w.Gauge(named("g", "x", "1"), 0, false, "")
	got := w.Families()
	require.Len(t, got, 2)
	assert.Equal(t, 2, got[0].LeftOut)
	assert.Equal(t, "2: most instances declare another type", got[0].Why)
	assert.Equal(t, 1, got[1].LeftOut)
	assert.Empty(t, got[1].Series)
}

// A series without a type has a value while one instance alone has it, once;
// NaN is none.
func TestLooseSeries(t *testing.T) {
	s := lines.NewStore()
	c := columns(t, s, "x 3\n")
	line := s.Line(c.ID(0))
	for _, x := range []struct {
		of     []string
		values []float64
		exact  bool
		want   int
		left   int
	}{
		{[]string{"a"}, []float64{3}, false, 1, 0},
		{[]string{"a", "b"}, []float64{3, 3}, false, 0, 1},
		{[]string{"a", "a"}, []float64{3, 4}, false, 0, 1},
		{[]string{"a", "a"}, []float64{3, 4}, true, 1, 0},
		{[]string{"a"}, []float64{math.NaN()}, false, 0, 1},
	} {
		list := whole.LooseSeries{Exact: x.exact}
		for i, of := range x.of {
			list.Add(of, named("x"), line, x.values[i])
		}
		w := whole.New(nil, nil)
		for _, l := range list.Sorted() {
			w.Loose(l)
		}
		series, left := 0, 0
		for _, f := range w.Families() {
			series, left = series+len(f.Series), left+f.LeftOut
		}
		assert.Equal(t, x.want, series, x)
		assert.Equal(t, x.left, left, x)
	}
}

// The gauge that says when a counter began says so of the total.
func TestCreated(t *testing.T) {
	w := whole.New([]whole.Declared{{Name: "c_total", Type: model.MetricTypeCounter}, {Name: "c_created", Type: model.MetricTypeGauge}}, nil)
	w.Counter(whole.Series{Labels: named("c_total", "x", "1"), Value: 7, Start: time.UnixMilli(1500)})
	w.Gauge(named("c_created", "x", "1"), 99, true, "")
	got := w.Families()
	require.Len(t, got, 2)
	assert.Equal(t, 1.5, got[0].Series[0].Value)
	assert.True(t, whole.SaysSomething("c_created"))
	assert.False(t, whole.SaysSomething("created"))
}

// A histogram that cannot be one is counted once, of however many instances.
func TestBroken(t *testing.T) {
	w := whole.New([]whole.Declared{{Name: "h", Type: model.MetricTypeHistogram}}, nil)
	for _, hash := range []uint64{1, 2, 1} {
		w.Broken("h", hash)
	}
	got := w.Families()
	require.Len(t, got, 1)
	assert.Equal(t, 2, got[0].LeftOut)
}
