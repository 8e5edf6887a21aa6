package expose

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/exemplar"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/histogram"
	"github.com/promfold/promfold/parse"
)

const (
	text     = "text/plain; version=1.0.0; escaping=allow-utf-8"
	open     = "application/openmetrics-text; version=1.0.0; escaping=allow-utf-8"
	protobuf = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited; escaping=allow-utf-8"
)

// read reads with room for what is longer in another format.
func read(t testing.TB, contentType string, body []byte, join bool) []parse.Sample {
	t.Helper()
	r := parse.Reader{Options: parse.Options{MaxLine: 1 << 20, JoinBuckets: join, IncludeExemplars: true}}
	require.NoError(t, r.Read(http.Header{"Content-Type": {contentType}}, body), "%s", body)
	var list []parse.Sample
	for s := range r.Samples() {
		list = append(list, *s)
	}
	return list
}

func written(t testing.TB, contentType string, list []parse.Sample) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, Write(&b, contentType, list))
	return b.Bytes()
}

// told is what a format keeps of a sample, comparable and in words.
func told(s *parse.Sample, contentType string) string {
	ls := labels.NewBuilder(s.Labels)
	if s.Role == parse.Bucket || s.Role == parse.Quantile {
		ls.Del(model.BucketLabel, model.QuantileLabel) // they may be spelled otherwise
	}
	at := ""
	if !s.Time.IsZero() {
		at = strconv.FormatInt(s.Time.UnixMilli(), 10)
	}
	line := fmt.Sprint(ls.Labels(), " ", s.Bound, " ", s.Value, " ", at)
	if h := s.Histogram; h != nil {
		line += fmt.Sprintf(" %+v", *h)
	}
	if e := s.Exemplar; e != nil && contentType != text {
		line += fmt.Sprint(" # ", e.Labels, e.Value, e.HasTs, e.Ts)
	}
	return line
}

func tellAll(list []parse.Sample, contentType string, created bool) (all []string) {
	for i := range list {
		if created || list[i].Role != parse.Created {
			all = append(all, told(&list[i], contentType))
		}
	}
	slices.Sort(all)
	return all
}

var bodies = []string{
	"# HELP a_total Things \\\\ and\\nmore \"things\".\n# TYPE a_total counter\na_total{code=\"200\"} 1027\na_total{code=\"400\"} 3\n" +
		"# TYPE t gauge\nt 21.5 1712345678901\nt{room=\"\\\"\\\\\\n\"} -3e-05 1712345678902\nother NaN\nothers{a=\"b\"} -Inf\n",
	"# TYPE h histogram\nh_bucket{le=\"0.1\"} 5\nh_bucket{le=\"1\"} 7\nh_bucket{le=\"+Inf\"} 9\nh_sum 3.5\nh_count 9\n" +
		"h_bucket{a=\"b\",le=\"+Inf\"} 2\nh_sum{a=\"b\"} 1\nh_count{a=\"b\"} 2\n# TYPE s summary\ns{quantile=\"0.5\"} 4\ns_sum 1.5\ns_count 2\n",
	"# TYPE h histogram\nh_count 3.5\nh_bucket{le=\"+Inf\"} 3.5\nh_bucket{le=\"0.5\"} 1.25\n# TYPE g gauge\ng 1\n# TYPE h histogram\nh_sum 4\n",
	"# TYPE \"a.b\" counter\n{\"a.b\",\"x.y\"=\"ü\"} 3\n{\"q \\\" r\"} 1e300\n# HELP \"a.b\" Näme\n",
	"",
}

// What is read, written and read again says the same.
func TestWriteThroughAndBack(t *testing.T) {
	for _, body := range bodies {
		for _, join := range []bool{false, true} {
			want := read(t, "", []byte(body), join)
			for _, contentType := range []string{text, open} {
				got := read(t, contentType, written(t, contentType, want), join)
				require.Equal(t, tellAll(want, contentType, true), tellAll(got, contentType, true), "%s: %s", contentType, body)
			}
		}
	}
}

// An application's metrics stay what they are in every format.
func TestWriteCorpus(t *testing.T) {
	sources := corpusSources(t)
	if testing.Short() {
		sources = sources[:min(2, len(sources))]
	}
	for i, sc := range sources {
		if i%5 != 0 {
			continue
		}
		for _, join := range []bool{false, true} {
			want := read(t, "", sc.Body, join)
			for _, contentType := range []string{text, open, protobuf} {
				got := read(t, contentType, written(t, contentType, want), join)
				require.Equal(t, tellAll(want, contentType, true), tellAll(got, contentType, true), contentType)
				types := map[string]model.MetricType{}
				for _, s := range want {
					if types[s.Name] = s.Family.Type; contentType == open && s.Family.Type == model.MetricTypeCounter && !strings.HasSuffix(s.Name, "_total") {
						types[s.Name] = model.MetricTypeUnknown
					}
				}
				for _, s := range got {
					require.Equal(t, types[s.Name], s.Family.Type, s.Name)
				}
			}
		}
	}
}

// made is what only OpenMetrics and protobuf hold.
func made() []parse.Sample {
	began := time.UnixMilli(1_600_000_000_250)
	e := &exemplar.Exemplar{Labels: labels.FromStrings("trace_id", "x"), Value: 1.5, Ts: 1_700_000_000_500, HasTs: true}
	family := func(name string, t model.MetricType) *parse.Family {
		return &parse.Family{Name: name, Type: t, Help: "Help " + name + ".", Unit: ""}
	}
	named := func(name string, ls ...string) labels.Labels {
		return labels.FromStrings(append(ls, "__name__", name)...)
	}
	classic := &histogram.Histogram{Bounds: []float64{1, 2, math.Inf(1)}, Counts: []float64{1, 2.5, 3}, Count: 3, Sum: 4}
	native := &histogram.Histogram{
		Exponential: true, Schema: 2, ZeroThreshold: 1e-9, ZeroCount: 1, Count: 8, Sum: 5,
		Positive: []histogram.Bucket{{Index: -1, Count: 2}, {Index: 0, Count: 1}, {Index: 5, Count: 3}}, Negative: []histogram.Bucket{{Index: 3, Count: 1}},
	}
	float := *native
	float.ZeroCount, float.Count = 1.5, 8.5
	seconds := family("c_seconds_total", model.MetricTypeCounter)
	seconds.Unit = "seconds"
	return []parse.Sample{
		{Family: seconds, Labels: named("c_seconds_total", "a", "1"), Value: 3, Bound: math.NaN(), Start: began, Time: began.Add(time.Minute), Exemplar: e},
		{Family: seconds, Labels: named("c_seconds_total"), Value: 4, Bound: math.NaN(), Start: began},
		{Family: family("h", model.MetricTypeHistogram), Name: "h", Role: parse.Histogram, Labels: named("h", "x", "y"), Value: 3, Bound: math.NaN(), Start: began, Histogram: classic, Exemplar: e},
		{Family: family("n", model.MetricTypeHistogram), Name: "n", Role: parse.Histogram, Labels: named("n"), Value: 8, Bound: math.NaN(), Start: began, Histogram: native, Exemplar: e},
		{Family: family("f", model.MetricTypeHistogram), Name: "f", Role: parse.Histogram, Labels: named("f"), Value: 8.5, Bound: math.NaN(), Histogram: &float},
		{Family: family("b_info", model.MetricTypeInfo), Labels: named("b_info", "version", "1"), Value: 1, Bound: math.NaN()},
	}
}

func TestWriteWhatTextHasNoPlaceFor(t *testing.T) {
	want := made()
	got := read(t, protobuf, written(t, protobuf, want), true)
	assert.Equal(t, tellAll(want, protobuf, true), tellAll(got, protobuf, true))
	for i := range got[:4] {
		assert.True(t, want[0].Start.Equal(got[i].Start), "%d", i)
	}
	assert.Equal(t, `# HELP c_seconds_total Help c_seconds_total.
# TYPE c_seconds_total counter
c_seconds_total{a="1"} 3 1600000060250
c_seconds_total 4
# HELP h Help h.
# TYPE h histogram
h_bucket{x="y",le="1"} 1
h_bucket{x="y",le="2"} 2.5
h_bucket{x="y",le="+Inf"} 3
h_sum{x="y"} 4
h_count{x="y"} 3
# HELP n Help n.
# TYPE n histogram
n_bucket{le="+Inf"} 8
n_sum 5
n_count 8
# HELP f Help f.
# TYPE f histogram
f_bucket{le="+Inf"} 8.5
f_sum 5
f_count 8.5
# HELP b_info Help b_info.
# TYPE b_info gauge
b_info{version="1"} 1
`, string(written(t, "", want)))
	text := string(written(t, open, want))
	assert.Equal(t, `# HELP c_seconds Help c_seconds_total.
# TYPE c_seconds counter
# UNIT c_seconds seconds
c_seconds_total{a="1"} 3 1600000060.25 # {trace_id="x"} 1.5 1700000000.5
c_seconds_created{a="1"} 1.60000000025e+09
c_seconds_total 4
c_seconds_created 1.60000000025e+09
# HELP h Help h.
# TYPE h histogram
h_bucket{x="y",le="1.0"} 1
h_bucket{x="y",le="2.0"} 2.5 # {trace_id="x"} 1.5 1700000000.5
h_bucket{x="y",le="+Inf"} 3
h_sum{x="y"} 4
h_count{x="y"} 3
h_created{x="y"} 1.60000000025e+09
# HELP n Help n.
# TYPE n histogram
n_bucket{le="+Inf"} 8 # {trace_id="x"} 1.5 1700000000.5
n_sum 5
n_count 8
n_created 1.60000000025e+09
# HELP f Help f.
# TYPE f histogram
f_bucket{le="+Inf"} 8.5
f_sum 5
f_count 8.5
# HELP b Help b_info.
# TYPE b info
b_info{version="1"} 1
# EOF
`, text)
	for _, s := range read(t, open, []byte(text), true) {
		if s.Family.Name != "f" && s.Family.Type != model.MetricTypeInfo && s.Role != parse.Created {
			assert.True(t, want[0].Start.Equal(s.Start), s.Labels.String())
		}
	}
}

// Names that the content type does not take are replaced, as client libraries
// do.
func TestWriteEscapesNames(t *testing.T) {
	list := read(t, "", []byte("# TYPE \"a.b\" counter\n{\"a.b\",\"x.y\"=\"ü\"} 3\n"), false)
	assert.Equal(t, "# TYPE a_b counter\na_b{x_y=\"ü\"} 3\n", string(written(t, "text/plain; version=0.0.4; escaping=underscores", list)))
	assert.Equal(t, "# TYPE \"a.b\" counter\n{\"a.b\",\"x.y\"=\"ü\"} 3\n", string(written(t, text, list)))
}

func TestWriteRefuses(t *testing.T) {
	var b bytes.Buffer
	c := &parse.Family{Name: "c", Type: model.MetricTypeCounter}
	ls := labels.FromStrings("__name__", "c")
	good := parse.Sample{Family: c, Labels: ls}
	for _, x := range []struct {
		sample parse.Sample
		want   string
	}{
		{parse.Sample{Family: c}, "sample 1 has no name"},
		{parse.Sample{Family: c, Labels: ls, Delta: true}, "sample 1 is a delta: unsupported operation"},
		{parse.Sample{Family: c, Labels: ls, Role: parse.Histogram, Histogram: &histogram.Histogram{Bounds: []float64{1}}}, "sample 1: not a histogram"},
	} {
		for _, contentType := range []string{text, protobuf} {
			assert.ErrorContains(t, Write(&b, contentType, []parse.Sample{good, x.sample}), x.want)
		}
	}
	assert.ErrorIs(t, Write(&b, "image/png", nil), errors.ErrUnsupported)
	assert.Zero(t, b.Len(), "nothing is written")
	assert.ErrorIs(t, Write(failing{}, open, []parse.Sample{good}), errFailing)
	assert.ErrorIs(t, Write(failing{}, protobuf, []parse.Sample{good}), errFailing)
}

var errFailing = errors.New("no space left")

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errFailing }

// A sample that is no part of its family stands beside it in protobuf.
func TestWriteStrangersInProtobuf(t *testing.T) {
	list := read(t, "", []byte("# TYPE h histogram\nh 3\nh_count 4\n# TYPE s summary\ns 3 77\n# TYPE c counter\nc 1\nc 2\n"), false)
	got := read(t, protobuf, written(t, protobuf, list), false)
	var names []string
	for _, s := range got {
		names = append(names, fmt.Sprint(s.Family.Type, " ", s.Name, " ", s.Value))
	}
	assert.Equal(t, []string{"histogram h_count 4", "histogram h_sum NaN", "histogram h_bucket 4", "unknown h 3", "unknown s 3", "counter c 1", "counter c 2"}, names)
}

func FuzzWrite(f *testing.F) {
	for _, body := range bodies {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r := parse.Reader{Options: parse.Options{IncludeExemplars: true}}
		if r.Read(nil, body) != nil {
			return
		}
		var list []parse.Sample
		for s := range r.Samples() {
			list = append(list, *s)
			if ms := s.Time.UnixMilli(); s.Name == "" || !s.Time.IsZero() && max(ms, -ms) > 1<<52 {
				return // no name, or a time that is finer than a float
			}
		}
		for _, contentType := range []string{text, open} {
			got := read(t, contentType, written(t, contentType, list), false)
			require.Equal(t, tellAll(list, contentType, false), tellAll(got, contentType, false), "%s: %q", contentType, body)
		}
		if utf8.Valid(body) {
			_ = written(t, protobuf, list) // which has no place for all names
		}
	})
}

// A type that is none does not reach the page, where it would be a line that nobody reads, or several.
func TestTypesThatAreNone(t *testing.T) {
	for _, contentType := range []string{"", "application/openmetrics-text", protobuf} {
		for _, typ := range []model.MetricType{"", "weird", "counter\nsmuggled 1"} {
			var b bytes.Buffer
			require.NoError(t, Write(&b, contentType, []parse.Sample{{Name: "a", Family: &parse.Family{Name: "a", Type: typ}, Value: 1}}))
			list, err := parse.Samples(http.Header{"Content-Type": {contentType}}, b.Bytes())
			require.NoError(t, err, b.String())
			require.Len(t, list, 1)
			assert.Equal(t, model.MetricTypeUnknown, list[0].Family.Type)
		}
	}
}
