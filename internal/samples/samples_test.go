package samples

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/histogram"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/parse"
)

const (
	text         = "text/plain; version=0.0.4"
	openMetrics  = "application/openmetrics-text; version=1.0.0"
	openMetrics2 = "application/openmetrics-text; version=2.0.0"
)

var bodies = []struct{ contentType, body string }{
	{text, "# HELP a_total Things.\n# TYPE a_total counter\na_total{code=\"200\"} 1027\n# TYPE t gauge\nt 21.5 1712345678901\nt{room=\"x\"} -3e-05 0\nother NaN\n"},
	{text, "# TYPE h histogram\nh_bucket{le=\"0.1\"} 5\nh_bucket{le=\"1\"} 7\nh_bucket{le=\"+Inf\"} 9\nh_count 9\nh_sum 3.5\nh_bucket{a=\"b\",le=\"+Inf\"} 2\nh_count{a=\"b\"} 2\n# TYPE s summary\ns{quantile=\"0.5\"} 4\ns_sum 1\ns_count 2\n"},
	{openMetrics, "# TYPE c counter\nc_total 17 1520879607.789\nc_created 1520872607.123\n# TYPE g gaugehistogram\ng_bucket{le=\"+Inf\"} 1\ng_gcount 1\ng_gsum 2\n# EOF\n"},
	{openMetrics2, "# TYPE n histogram\nn {count:17,sum:1.0,schema:0,zero_threshold:1e-05,zero_count:9,negative_spans:[-3:1],negative_buckets:[0],positive_spans:[-2:2,1:1],positive_buckets:[1,3,4],bucket:[1.0:10,+Inf:17]}\n# EOF\n"},
}

// read is what the engine makes of the samples, a line each.
func read(t *testing.T, given []lines.Sample) (list []string) {
	t.Helper()
	store := lines.NewStore()
	r := lines.NewReader(store, lines.Limits{})
	var c lines.Columns
	require.NoError(t, r.ReadSamples(&c, given))
	r.Commit(&c)
	for i := range c.Len() {
		list = append(list, words(c.Sample(store, i)))
	}
	return list
}

func words(s lines.Sample) string {
	native := ""
	if s.Native != nil {
		native = s.Native.TestExpression()
	}
	return fmt.Sprint(*s.Family, s.Name, s.Role, s.Labels, s.Bound, s.Value, s.Time, s.Start, native)
}

// What the public door makes of a body, put in again, is what the engine makes of it.
func TestThereAndBack(t *testing.T) {
	for _, tc := range bodies {
		store := lines.NewStore()
		engine := lines.NewReader(store, lines.Limits{OpenMetrics2: true})
		var c lines.Columns
		require.NoError(t, engine.Read(&c, []byte(tc.body), tc.contentType))
		engine.Commit(&c)
		var want []string
		for i := range c.Len() {
			want = append(want, words(c.Sample(store, i)))
		}
		r := parse.Reader{Options: parse.Options{OpenMetrics2: true}}
		require.NoError(t, r.Read(http.Header{"Content-Type": {tc.contentType}}, []byte(tc.body)))
		var samples []parse.Sample
		for s := range r.Samples() {
			samples = append(samples, *s)
		}
		assert.Equal(t, want, read(t, AppendLines(nil, samples)), tc.body)
	}
}

func TestJoinedHistogramsAreLinesAgain(t *testing.T) {
	for _, tc := range bodies[1:2] {
		var lists [2][]string
		for i, join := range []bool{false, true} {
			r := parse.Reader{Options: parse.Options{JoinBuckets: join}}
			require.NoError(t, r.Read(http.Header{"Content-Type": {tc.contentType}}, []byte(tc.body)))
			var samples []parse.Sample
			for s := range r.Samples() {
				samples = append(samples, *s)
			}
			lists[i] = read(t, AppendLines(nil, samples))
			slices.Sort(lists[i])
		}
		assert.Equal(t, lists[0], lists[1])
	}
}

func sampleOf(h histogram.Histogram) parse.Sample {
	return parse.Sample{Family: &parse.Family{Name: "h", Type: "histogram"}, Labels: labels.FromStrings("__name__", "h", "x", "y"), Histogram: &h, Time: time.UnixMilli(5), Start: time.UnixMilli(3)}
}

func TestHistogramsOfCallers(t *testing.T) {
	for name, tc := range map[string]struct {
		h    histogram.Histogram
		want []string
	}{
		"as OpenTelemetry has it, without a bound for the last count": {
			histogram.Histogram{Bounds: []float64{1, 2}, Counts: []float64{1, 3, 4}, Count: 4, Sum: 7},
			[]string{`h_bucket{le="1.0"} 1`, `h_bucket{le="2.0"} 3`, `h_bucket{le="+Inf"} 4`, "h_count 4", "h_sum 7"},
		},
		"without a sum": {histogram.Histogram{Bounds: []float64{1}, Counts: []float64{1}, Count: 2, Sum: math.NaN()}, []string{`h_bucket{le="1.0"} 1`, "h_count 2"}},
		"a count alone": {histogram.Histogram{Count: 2, Sum: 1}, []string{"h_count 2", "h_sum 1"}},
		"native":        {histogram.Histogram{Exponential: true, Count: 3, Sum: 1, Positive: []histogram.Bucket{{Index: -2, Count: 1}, {Index: -1, Count: 1}, {Index: 4, Count: 1}}}, []string{"h 3"}},
		"both": {
			histogram.Histogram{Exponential: true, ZeroCount: 2, Bounds: []float64{math.Inf(1)}, Counts: []float64{2}, Count: 2, Sum: 1},
			[]string{"h 2", `h_bucket{le="+Inf"} 2`, "h_count 2", "h_sum 1"},
		},
	} {
		store := lines.NewStore()
		r := lines.NewReader(store, lines.Limits{})
		var c lines.Columns
		for i := range 2 {
			require.NoError(t, r.ReadSamples(&c, AppendLines(nil, []parse.Sample{sampleOf(tc.h)})), name)
			require.Equal(t, i > 0, !r.Structural() && len(r.Changed()) == 0, name)
			r.Commit(&c)
		}
		var got []string
		for i := range c.Len() {
			s := c.Sample(store, i)
			le := s.Labels.Get("le")
			if le != "" {
				le = `{le="` + le + `"}`
			}
			got = append(got, fmt.Sprint(s.Name, le, " ", s.Value))
			assert.Equal(t, "y", s.Labels.Get("x"))
			assert.EqualValues(t, 5, s.Time)
			assert.EqualValues(t, 3, s.Start)
			if s.Native != nil {
				assert.Equal(t, tc.h.Positive, append([]histogram.Bucket(nil), buckets(s)...))
			}
		}
		assert.Equal(t, tc.want, got, name)
	}
}

func buckets(s lines.Sample) (list []histogram.Bucket) {
	for it := s.Native.PositiveBucketIterator(); it.Next(); {
		list = append(list, histogram.Bucket{Index: it.At().Index, Count: it.At().Count})
	}
	return list
}

func TestWhatIsWrong(t *testing.T) {
	for name, s := range map[string]parse.Sample{
		"no name":      {},
		"counts short": sampleOf(histogram.Histogram{Bounds: []float64{1, 2}, Counts: []float64{1}}),
		"counts long":  sampleOf(histogram.Histogram{Bounds: []float64{1}, Counts: []float64{1, 2, 3}}),
		"too many":     sampleOf(histogram.Histogram{Exponential: true, Positive: make([]histogram.Bucket, 100_001)}),
	} {
		var c lines.Columns
		err := lines.NewReader(lines.NewStore(), lines.Limits{}).ReadSamples(&c, AppendLines(nil, []parse.Sample{sampleOf(histogram.Histogram{}), s}))
		var at *lines.Error
		require.ErrorAs(t, err, &at, name)
		assert.Equal(t, 2, at.Line, name)
	}
}

// What the columns of made samples say, read again, is the same lines: also those
// of a histogram, which came as one sample.
func TestReadAgain(t *testing.T) {
	given := []parse.Sample{sampleOf(histogram.Histogram{Bounds: []float64{0.5, 1, math.Inf(1)}, Counts: []float64{1, 2, 3}, Count: 3, Sum: 4})}
	given = append(given, sampleOf(histogram.Histogram{Exponential: true, Count: 3, Sum: 4, Positive: []histogram.Bucket{{Index: 1, Count: 3}}}),
		sampleOf(histogram.Histogram{Exponential: true, Count: 3, Sum: 4, Positive: []histogram.Bucket{{Index: 1, Count: 3}}, Bounds: []float64{1}, Counts: []float64{3}}))
	for i := range given {
		given[i].Labels = labels.NewBuilder(given[i].Labels).Set("n", fmt.Sprint(i)).Labels()
	}
	for _, tc := range bodies[:3] {
		some, err := parse.Samples(http.Header{"Content-Type": {tc.contentType}}, []byte(tc.body))
		require.NoError(t, err)
		given = append(given, some...)
	}
	store := lines.NewStore()
	r := lines.NewReader(store, lines.Limits{})
	var c, again lines.Columns
	require.NoError(t, r.ReadSamples(&c, AppendLines(nil, given)))
	r.Commit(&c)
	var list []lines.Sample
	for pos := range c.Len() {
		list = append(list, c.Sample(store, pos))
	}
	require.NoError(t, r.ReadSamples(&again, list))
	r.Commit(&again)
	require.Equal(t, c.Len(), again.Len())
	for pos := range c.Len() {
		require.Equal(t, c.ID(pos), again.ID(pos), words(list[pos]))
		require.Equal(t, words(list[pos]), words(again.Sample(store, pos)))
	}
}
