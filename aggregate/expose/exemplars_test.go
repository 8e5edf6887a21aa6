package expose

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/prometheus/model/exemplar"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protodelim"
	"google.golang.org/protobuf/encoding/prototext"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
	"github.com/promfold/promfold/histogram"
	"github.com/promfold/promfold/parse"
)

const openMetricsType = "application/openmetrics-text; version=1.0.0"

// traced is a fleet of which everything is exposed, with exemplars or without.
func traced(t *testing.T, with bool) (*aggregate.Fleet, *Exposition) {
	t.Helper()
	f, err := aggregate.NewFleet(aggregate.Config{Since: at(-1000), Parse: parse.Options{IncludeExemplars: with}})
	require.NoError(t, err)
	e := New(f, func() time.Time { return at(15) })
	all, err := f.Everything(aggregate.View{Select: `{__name__=~".+"}`, Owner: counter.Process})
	require.NoError(t, err)
	require.NoError(t, e.Everything(all))
	return f, e
}

// ingest takes in a page of OpenMetrics of a process that began after Since.
func ingest(t *testing.T, f *aggregate.Fleet, target string, seconds int, lines ...string) {
	t.Helper()
	body := strings.Join(append(lines, "# EOF"), "\n") + "\n"
	_, err := f.Ingest(aggregate.Scrape{Target: target, Time: at(seconds), Start: at(-100), Body: []byte(body), Header: http.Header{"Content-Type": {openMetricsType}}})
	require.NoError(t, err)
}

// page writes the families in a format.
func page(t *testing.T, e *Exposition, f expfmt.Format) string {
	t.Helper()
	families, err := e.Gather()
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, write(&b, families, f))
	return b.String()
}

func latency(n int, exemplars ...string) []string {
	return []string{"# TYPE c counter", `c_total{k="v"} ` + fmt.Sprint(n) + exemplars[0], "# TYPE h histogram",
		fmt.Sprint(`h_bucket{le="1.0"} `, n) + exemplars[1], fmt.Sprint(`h_bucket{le="+Inf"} `, 2*n) + exemplars[2], fmt.Sprint("h_count ", 2*n), fmt.Sprint("h_sum ", 3*n)}
}

// The latest exemplar wins, whichever instance is asked first, and those of a
// departed instance leave with it.
func TestExemplarsArePassedOn(t *testing.T) {
	openMetrics := expfmt.NewFormat(expfmt.TypeOpenMetrics)
	a := latency(1, ` # {t="a"} 1 5`, ` # {t="a"} 0.5 9`, ` # {t="old"} 3`)
	b := latency(2, ` # {t="b"} 1 6`, ` # {t="b"} 0.25 8`, ` # {t="timed"} 2 1`)
	const want = `# TYPE c counter
c_total{k="v"} 3.0 # {t="b"} 1.0 6.0
# TYPE h histogram
h_bucket{le="1.0"} 3 # {t="a"} 0.5 9.0
h_bucket{le="+Inf"} 6 # {t="timed"} 2.0 1.0
h_sum 9.0
h_count 6
# EOF
`
	undated := func(s string) string {
		var list []string
		for _, line := range strings.SplitAfter(s, "\n") {
			if !strings.Contains(line, "_created") {
				list = append(list, line)
			}
		}
		return strings.Join(list, "")
	}
	for _, names := range []string{"xy", "yx"} {
		f, e := traced(t, true)
		ingest(t, f, names[:1], 10, a...)
		ingest(t, f, names[1:], 11, b...)
		assert.Equal(t, want, undated(page(t, e, openMetrics)))
		assert.NotContains(t, page(t, e, expfmt.NewFormat(expfmt.TypeTextPlain)), "{t=")
		// The values stand still and the exemplar moves.
		ingest(t, f, names[:1], 12, latency(1, ` # {t="new"} 1 7`, "", "")...)
		assert.Equal(t, strings.NewReplacer(`{t="b"} 1.0 6`, `{t="new"} 1.0 7`, `{t="a"} 0.5 9`, `{t="b"} 0.25 8`).Replace(want), undated(page(t, e, openMetrics)))
		f.Remove(at(14), names[1:])
		assert.NotContains(t, page(t, e, openMetrics), `t="b"`)
		assert.Contains(t, page(t, e, openMetrics), `t="new"`)
	}
	f, e := traced(t, false)
	ingest(t, f, "x", 10, a...)
	assert.NotContains(t, page(t, e, openMetrics), "{t=", "without IncludeExemplars")
}

// OpenMetrics has no room for more than 128 characters; the exemplar before stands.
func TestExemplarsThatAreTooLong(t *testing.T) {
	long := strings.Repeat("é", 127)
	f, e := traced(t, true)
	ingest(t, f, "x", 10, latency(1, ` # {t="short"} 1 5`, ` # {t="`+long+`"} 0.5 5`, "")...)
	ingest(t, f, "y", 10, latency(1, ` # {tt="`+long+`"} 1 6`, "", "")...)
	got := page(t, e, expfmt.NewFormat(expfmt.TypeOpenMetrics))
	assert.Contains(t, got, `# {t="short"} 1.0 5.0`)
	assert.Contains(t, got, `# {t="`+long+`"}`)
	var b bytes.Buffer
	require.NoError(t, Write(&b, openMetricsType, []parse.Sample{{Name: "c_total", Value: 1, Exemplar: &exemplar.Exemplar{Labels: labels.FromStrings("tt", long)}}}))
	assert.Equal(t, "# TYPE c_total unknown\nc_total 1\n# EOF\n", b.String())
}

// Native histograms in protobuf have a list of exemplars: the ten latest that have
// a time.
func TestExemplarsOfNativeHistograms(t *testing.T) {
	f, e := traced(t, true)
	for i, target := range []string{"x", "y"} {
		var list strings.Builder
		for j := range 8 {
			fmt.Fprintf(&list, `exemplars:{label:{name:"t" value:"%s%d"} value:%d timestamp:{seconds:%d}} `, target, j, j, 100+2*j+i)
		}
		var family dto.MetricFamily
		require.NoError(t, prototext.Unmarshal([]byte(`name:"n" type:HISTOGRAM metric:{histogram:{sample_count:8 sample_sum:6 schema:0 zero_threshold:1e-128
			positive_span:{offset:1 length:1} positive_delta:8 exemplars:{value:1} `+list.String()+`}}`), &family))
		var body bytes.Buffer
		_, err := protodelim.MarshalTo(&body, &family)
		require.NoError(t, err)
		_, err = f.Ingest(aggregate.Scrape{Target: target, Time: at(10), Start: at(-100), Body: body.Bytes(),
			Header: http.Header{"Content-Type": {string(expfmt.NewFormat(expfmt.TypeProtoDelim))}}})
		require.NoError(t, err)
	}
	families, err := e.Gather()
	require.NoError(t, err)
	require.Len(t, families, 1)
	var got []string
	for _, x := range families[0].Metric[0].Histogram.Exemplars {
		got = append(got, x.Label[0].GetValue())
	}
	assert.Equal(t, []string{"y3", "x3", "y4", "x4", "y5", "x5", "y6", "x6", "y7", "x7"}, got)
}

// Samples that a caller made, and a view of its own.
func TestExemplarsOfMadeSamples(t *testing.T) {
	f, err := aggregate.NewFleet(aggregate.Config{Since: at(-1000), Parse: parse.Options{IncludeExemplars: true}})
	require.NoError(t, err)
	c, err := f.Counter(aggregate.View{Select: "c", By: []string{"zone"}, Owner: counter.Process})
	require.NoError(t, err)
	h, err := f.Histogram(aggregate.View{Select: "h", Owner: counter.Process})
	require.NoError(t, err)
	require.NoError(t, f.Describe(at(0), aggregate.Target{Name: "x", Labels: labels.FromStrings("zone", "z")}))
	e := exemplar.Exemplar{Labels: labels.FromStrings("t", "x"), Value: 1.5, HasTs: true, Ts: 7}
	_, err = f.IngestSamples(aggregate.Scrape{Target: "x", Time: at(10), Start: at(-100)}, []parse.Sample{
		{Family: &parse.Family{Name: "c_total", Type: "counter"}, Labels: labels.FromStrings("__name__", "c_total"), Value: 3, Exemplar: &e},
		{Family: &parse.Family{Name: "h", Type: "histogram"}, Labels: labels.FromStrings("__name__", "h"), Exemplar: &e,
			Histogram: &histogram.Histogram{Bounds: []float64{1, 2}, Counts: []float64{1, 2}, Count: 2, Sum: 3}},
	})
	require.NoError(t, err)
	for _, list := range [][]aggregate.Series{c.Totals(f.Snapshot(at(15))), h.Totals(f.Snapshot(at(15)))} {
		require.Len(t, list, 1)
		assert.Equal(t, []exemplar.Exemplar{e}, list[0].Exemplars)
	}
}
