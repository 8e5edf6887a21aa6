package expose

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
	"github.com/promfold/promfold/parse"
)

var t0 = time.Unix(1_700_000_000, 0)

func at(seconds int) time.Time { return t0.Add(time.Duration(seconds) * time.Second) }

func observe(t testing.TB, f *aggregate.Fleet, target string, seconds int, lines ...string) (aggregate.Report, error) {
	t.Helper()
	require.NoError(t, f.Describe(at(0), aggregate.Target{Name: target, Labels: labels.FromStrings("zone", "z-"+target)}))
	return f.Ingest(aggregate.Scrape{Target: target, Time: at(seconds), Body: []byte(strings.Join(lines, "\n") + "\n"),
		Header: http.Header{"Process-Start-Time-Unix": {fmt.Sprint(t0.Unix() - 100)}}})
}

// shop is a fleet of two with one of everything.
func shop(t testing.TB) (*aggregate.Fleet, *Exposition) {
	t.Helper()
	f, err := aggregate.NewFleet(aggregate.Config{Since: at(-1000)})
	require.NoError(t, err)
	e := New(f, func() time.Time { return at(15) })
	orders, err := f.Counter(aggregate.View{Select: "orders_total", By: []string{"kind"}, Owner: counter.Process})
	require.NoError(t, err)
	latency, err := f.Histogram(aggregate.View{Select: "latency_seconds", Owner: counter.Process})
	require.NoError(t, err)
	open, err := f.Gauge(aggregate.View{Select: "open", Combine: aggregate.Max, By: []string{"zone"}})
	require.NoError(t, err)
	require.NoError(t, e.Counter("shop_orders_total", "Orders\ntaken.", orders))
	require.NoError(t, e.Histogram("shop_latency_seconds", "Latency.", latency))
	require.NoError(t, e.Gauge("shop_open", "", open))
	require.ErrorIs(t, e.Counter("shop_open", "", orders), errSource)
	require.ErrorIs(t, e.Counter("", "", orders), errSource)
	for i, target := range []string{"b", "a"} {
		_, err := observe(t, f, target, 10+i, "# HELP orders_total Orders.", "# TYPE orders_total counter",
			`orders_total{kind="x\"y"} 3`, `orders_total{kind="z"} 1e17`,
			"# TYPE latency_seconds histogram", `latency_seconds_bucket{le="0.5"} 1`, `latency_seconds_bucket{le="+Inf"} 2`,
			"latency_seconds_sum 1.25", "latency_seconds_count 2",
			"# TYPE open gauge", fmt.Sprint("open ", i))
		require.NoError(t, err)
	}
	return f, e
}

const shopText = `# HELP shop_latency_seconds Latency.
# TYPE shop_latency_seconds histogram
shop_latency_seconds_bucket{le="0.5"} 2
shop_latency_seconds_bucket{le="+Inf"} 4
shop_latency_seconds_sum 2.5
shop_latency_seconds_count 4
# TYPE shop_open gauge
shop_open{zone="z-a"} 1
shop_open{zone="z-b"} 0
# HELP shop_orders_total Orders\ntaken.
# TYPE shop_orders_total counter
shop_orders_total{kind="x\"y"} 6
shop_orders_total{kind="z"} 2e+17
`

func TestText(t *testing.T) {
	_, e := shop(t)
	families, err := e.Gather()
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, write(&b, families, expfmt.NewFormat(expfmt.TypeTextPlain)))
	assert.Equal(t, shopText, b.String())
	assert.Equal(t, at(-1000).UnixMilli(), families[2].Metric[0].Counter.CreatedTimestamp.AsTime().UnixMilli())
	assert.Equal(t, at(-1000).UnixMilli(), families[0].Metric[0].Histogram.CreatedTimestamp.AsTime().UnixMilli())
}

func TestHandlerNegotiates(t *testing.T) {
	_, e := shop(t)
	want, err := e.Gather()
	require.NoError(t, err)
	for accept, typ := range map[string]string{
		"":                         "text/plain",
		"text/plain;version=0.0.4": "text/plain",
		"application/openmetrics-text;version=1.0.0,text/plain;q=0.5":                                                       "application/openmetrics-text",
		"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,text/plain;q=0.3": "application/vnd.google.protobuf",
		"image/png": "text/plain",
	} {
		for _, encoding := range []string{"", "gzip"} { // TestEncodings has what headers mean
			r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
			r.Header.Set("Accept", accept)
			r.Header.Set("Accept-Encoding", encoding)
			w := httptest.NewRecorder()
			e.ServeHTTP(w, r)
			require.Equal(t, http.StatusOK, w.Code)
			require.True(t, strings.HasPrefix(w.Header().Get("Content-Type"), typ), w.Header().Get("Content-Type"))
			body := io.Reader(w.Body)
			if w.Header().Get("Content-Encoding") != "" { // not of a small body
				body, err = gzip.NewReader(w.Body)
				require.NoError(t, err)
			}
			raw, err := io.ReadAll(body)
			require.NoError(t, err)
			if typ == "application/openmetrics-text" {
				require.True(t, strings.HasSuffix(string(raw), "# EOF\n"))
				require.Contains(t, string(raw), "# TYPE shop_orders counter\n")
				continue
			}
			dec := expfmt.NewDecoder(bytes.NewReader(raw), expfmt.ResponseFormat(w.Header()))
			got := map[string]*dto.MetricFamily{}
			for {
				var f dto.MetricFamily
				if err := dec.Decode(&f); err == io.EOF {
					break
				} else {
					require.NoError(t, err)
				}
				got[f.GetName()] = &f
			}
			require.Len(t, got, len(want))
			for _, f := range want {
				require.Equal(t, len(f.Metric), len(got[f.GetName()].Metric))
				require.Equal(t, f.GetType(), got[f.GetName()].GetType())
			}
		}
	}
	w := httptest.NewRecorder()
	e.ServeHTTP(w, httptest.NewRequest(http.MethodHead, "/metrics", nil))
	assert.Zero(t, w.Body.Len())
}

// Everything, over instances that disagree, and with names that clash.
func TestEverything(t *testing.T) {
	f, e := everything(t)
	_, err := observe(t, f, "a", 10,
		"# HELP c_total From a.", "# TYPE c_total counter", "c_total 5",
		"# TYPE s summary", `s{quantile="0.5"} 1`, "s_sum 7.5", "s_count 3",
		"# TYPE h histogram", `h_bucket{le="1"} 1`, `h_bucket{le="+Inf"} 1`, "h_count 1", // no sum
		"# TYPE h_count counter", "h_count 3", // a series of h's name
		"# TYPE build_info gauge", `build_info{v="1"} 1`,
		"# TYPE torn counter", "torn 1", "# TYPE g gauge", "g 2", "g_nan NaN", "# TYPE none gauge", "none NaN", "untyped 5")
	require.NoError(t, err)
	for _, target := range []string{"b", "c"} {
		_, err = observe(t, f, target, 11,
			"# HELP c_total From b.", "# TYPE c_total counter", "c_total 2",
			"# TYPE torn gauge", "torn 1", "# TYPE g gauge", "g 3", "# TYPE build_info gauge", `build_info{v="1"} 1`)
		require.NoError(t, err)
	}
	families, err := e.Gather()
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, write(&b, families, expfmt.NewFormat(expfmt.TypeTextPlain)))
	text := b.String()
	noSeriesTwice(t, text)
	for _, line := range []string{
		"# HELP c_total From a.", `c_total{zone="z-a"} 5`, `c_total{zone="z-b"} 2`,
		`# TYPE s summary`, `s_sum{zone="z-a"} 7.5`, `s_count{zone="z-a"} 3`,
		`s{zone="z-a",quantile="0.5"} 1`, "# TYPE untyped untyped", `untyped{zone="z-a"} 5`,
		`promfold_families_left_out{reason="not merged"} 2`,
		`h_sum{zone="z-a"} NaN`, `torn{zone="z-b"} 1`, "# TYPE torn gauge",
		`promfold_families_left_out{reason="type conflict"} 1`,
		`promfold_instances{state="reporting"} 3`, `promfold_targets{state="expected"} 3`, `promfold_coverage_ratio 1`,
	} {
		assert.Contains(t, text, line+"\n")
	}
	assert.NotContains(t, text, "# TYPE h_count")
	assert.NotContains(t, text, `torn{zone="z-a"}`)
	assert.NotContains(t, text, "\nnone", "a gauge that is no number")
	assert.NotContains(t, text, "\ng_nan")
}

// What has no sum over instances is there while one alone has it.
func TestEverythingThatIsNotMerged(t *testing.T) {
	f, err := aggregate.NewFleet(aggregate.Config{Since: at(-1000)})
	require.NoError(t, err)
	depth, err := f.Gauge(aggregate.View{Select: "depth", Type: "gauge", Combine: aggregate.Sum}) // what it is, somebody knows
	require.NoError(t, err)
	all, err := f.Everything(aggregate.View{Select: `{__name__=~".+",__name__!~"go_.*"}`, ByAllLabels: true, Owner: counter.Process})
	require.NoError(t, err)
	e := New(f, func() time.Time { return at(0) })
	require.NoError(t, errors.Join(e.Gauge("depth_sum", "", depth), e.Everything(all), e.Self()))
	scrape := func(target string, seconds int, lines ...string) {
		_, err := f.Ingest(aggregate.Scrape{Target: target, Time: at(seconds), Body: []byte(strings.Join(lines, "\n") + "\n"),
			Header: http.Header{"Process-Start-Time-Unix": {fmt.Sprint(t0.Unix() - 100)}}})
		require.NoError(t, err)
	}
	show := func() string {
		families, err := e.Gather()
		require.NoError(t, err)
		var b bytes.Buffer
		require.NoError(t, write(&b, families, expfmt.NewFormat(expfmt.TypeTextPlain)))
		noSeriesTwice(t, b.String())
		return b.String()
	}
	summary := []string{"# TYPE s summary", `s{quantile="0.5"} 1`, `s{quantile="0.9"} NaN`, "s_sum 10", "s_count 4"}
	scrape("a", 10, append(summary, "depth 3", "only_a 7", "go_x 1")...)
	alone := show()
	for _, line := range []string{"depth 3", "only_a 7", "depth_sum 3", `s{quantile="0.5"} 1`, "s_count 4", `promfold_families_left_out{reason="not merged"} 0`} {
		assert.Contains(t, alone, line+"\n")
	}
	assert.NotContains(t, alone, "go_x")
	assert.NotContains(t, alone, "0.9")

	scrape("b", 11, append(summary, "depth 4", "go_x 1")...)
	both := show()
	for _, line := range []string{"only_a 7", "depth_sum 7", "s_sum 20", "s_count 8", `promfold_families_left_out{reason="not merged"} 2`} {
		assert.Contains(t, both, line+"\n")
	}
	assert.NotContains(t, both, "depth 3")
	assert.NotContains(t, both, "depth 4")
	assert.NotContains(t, both, "quantile=")

	f.Remove(at(12), "a")
	left := show()
	for _, line := range []string{"depth 4", "depth_sum 4", `s{quantile="0.5"} 1`, "s_count 8"} {
		assert.Contains(t, left, line+"\n")
	}
	assert.NotContains(t, left, "only_a")
}

func everything(t testing.TB) (*aggregate.Fleet, *Exposition) {
	t.Helper()
	f, err := aggregate.NewFleet(aggregate.Config{Since: at(-1000)})
	require.NoError(t, err)
	return f, everythingOf(t, f)
}

func everythingOf(t testing.TB, f *aggregate.Fleet) *Exposition {
	t.Helper()
	all, err := f.Everything(aggregate.View{Select: `{__name__=~".+"}`, ByAllLabels: true, Owner: counter.Process, Combine: aggregate.Sum})
	require.NoError(t, err)
	e := New(f, func() time.Time { return at(0) }) // behind the scrapes: as of the last one
	require.NoError(t, errors.Join(e.Everything(all), e.Self()))
	require.ErrorIs(t, e.Everything(all), errSource)
	require.ErrorIs(t, e.Self(), errSource)
	return e
}

// counted is the number of observations of a group.
func counted(g *aggregate.HistogramGroup) float64 {
	n, _ := g.Observations().Increase()
	return n.Value
}

// noSeriesTwice reads a text exposition and looks for a series that is twice in it.
func noSeriesTwice(t testing.TB, text string) {
	t.Helper()
	samples, err := parse.Samples(nil, []byte(text))
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, s := range samples {
		key := string(s.Labels.Bytes(nil))
		require.False(t, seen[key], s.Labels.String())
		seen[key] = true
	}
}

func TestViewsStandBeforeEverything(t *testing.T) {
	f, err := aggregate.NewFleet(aggregate.Config{Since: at(-1000)})
	require.NoError(t, err)
	v, err := f.Counter(aggregate.View{Select: "c_total", Owner: counter.Process})
	require.NoError(t, err)
	e := everythingOf(t, f)
	first := New(f, e.now)
	require.NoError(t, first.Counter("c_total", "Mine.", v))
	first.sources = append(first.sources, e.sources...)
	_, err = observe(t, f, "a", 10, "# TYPE c_total counter", "c_total 5", "# TYPE c counter", "c 6")
	require.NoError(t, err)
	families, err := first.Gather()
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, write(&b, families, expfmt.NewFormat(expfmt.TypeTextPlain)))
	noSeriesTwice(t, b.String())
	assert.Contains(t, b.String(), "# HELP c_total Mine.\n# TYPE c_total counter\nc_total 5\n")
	assert.Contains(t, b.String(), "# TYPE c counter\nc{zone=\"z-a\"} 6\n")
}

// The fleet itself: what became of its scrapes, and what its views met.
func TestSelf(t *testing.T) {
	f, e := everything(t)
	for _, x := range []struct {
		seconds int
		lines   []string
	}{
		{10, []string{"# TYPE c counter", "c 1"}},
		{10, []string{"# TYPE c counter", "c 1"}},
		{10, []string{"# TYPE c counter", "c 2"}},
		{5, []string{"# TYPE c counter", "c 1"}},
		{20, []string{"c c c"}},
		{30, []string{"# TYPE c counter", "c 0"}},
	} {
		_, _ = observe(t, f, "a", x.seconds, x.lines...)
	}
	var b bytes.Buffer
	require.NoError(t, e.Write(&b, ""))
	noSeriesTwice(t, b.String())
	for _, line := range []string{
		`promfold_scrapes_refused_total{reason="conflict"} 1`, `promfold_scrapes_refused_total{reason="late"} 1`,
		`promfold_scrapes_refused_total{reason="malformed body"} 1`, `promfold_scrapes_refused_total{reason="other"} 0`,
		`promfold_scrapes_total{result="accepted"} 3`, `promfold_scrapes_total{result="refused"} 3`, `promfold_instances{state="reporting"} 1`,
		`promfold_series_verdicts_total{kind="counter",verdict="reset",view="{__name__=~\".+\"} without ()"} 1`,
	} {
		assert.Contains(t, b.String(), line+"\n")
	}
}

// A gauge of the caller's own questions, and another gatherer's families.
func TestFuncAndAlso(t *testing.T) {
	f, shown := shop(t)
	e := New(f, func() time.Time { return at(15) })
	latency, err := f.Histogram(aggregate.View{Select: "latency_seconds"})
	require.NoError(t, err)
	require.NoError(t, e.Func("shop_latency_p50", "Median.", func(s aggregate.Snapshot) ([]aggregate.Series, error) {
		g, err := latency.One(s.SinceStart())
		if err != nil {
			return nil, err
		}
		q, ok := g.Quantile(0.5)
		assert.False(t, ok, "the view is new")
		return []aggregate.Series{{Labels: labels.FromStrings("bound", "hi"), Value: q.Hi}}, nil
	}))
	require.NoError(t, e.Func("broken", "", func(aggregate.Snapshot) ([]aggregate.Series, error) { return nil, io.ErrNoProgress }))
	require.NoError(t, e.Also(shown))
	require.ErrorIs(t, e.Also(nil), errSource)
	families, err := e.Gather()
	require.ErrorIs(t, err, io.ErrNoProgress)
	require.Len(t, families, 4)
	var b bytes.Buffer
	require.NoError(t, write(&b, families, expfmt.NewFormat(expfmt.TypeTextPlain)))
	assert.Contains(t, b.String(), "# TYPE shop_latency_p50 gauge\nshop_latency_p50{bound=\"hi\"} 0\n")
	require.ErrorIs(t, e.Write(io.Discard, ""), io.ErrNoProgress)
	require.ErrorIs(t, shown.Write(io.Discard, "image/png"), errors.ErrUnsupported)
}

func TestPublisherShowsWhatWasSaved(t *testing.T) {
	f, e := shop(t)
	p := NewPublisher(e)
	get := func() string {
		w := httptest.NewRecorder()
		p.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		require.Equal(t, http.StatusOK, w.Code)
		return w.Body.String()
	}
	unpublished := func() {
		w := httptest.NewRecorder()
		p.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	}
	unpublished()
	require.ErrorIs(t, p.Publish(func() error { return io.ErrShortWrite }), io.ErrShortWrite)
	unpublished()
	require.NoError(t, p.Publish(func() error { return f.Save(io.Discard) }))
	assert.Equal(t, shopText, get())
	_, err := observe(t, f, "a", 20, "# TYPE orders_total counter", `orders_total{kind="z"} 2e17`)
	require.NoError(t, err)
	assert.Equal(t, shopText, get())
}

func TestWholeCounts(t *testing.T) {
	for x, want := range map[float64]uint64{-1: 0, 2.7: 2, 1 << 60: 1 << 60, math.Inf(1): 1 << 63} {
		assert.Equal(t, want, whole(x))
	}
}

// Whoever is killed between two publishes at once goes on from a state that has all that was shown, and what is shown never
// falls. The earlier one was once saved last, over the later one.
func TestPublishInOrder(t *testing.T) {
	f, err := aggregate.NewFleet(aggregate.Config{Since: at(-1000)})
	require.NoError(t, err)
	v, err := f.Counter(aggregate.View{Select: "c", Owner: counter.Process})
	require.NoError(t, err)
	e := New(f, func() time.Time { return at(0) })
	require.NoError(t, e.Counter("c_total", "", v))
	p := NewPublisher(e)
	scrape := func(n int) {
		_, err := observe(t, f, "i", n, "# TYPE c counter", fmt.Sprintf("c %d", n))
		require.NoError(t, err)
	}
	value := func(g interface {
		Gather() ([]*dto.MetricFamily, error)
	}) float64 {
		list, err := g.Gather()
		require.NoError(t, err)
		return list[0].Metric[0].GetCounter().GetValue()
	}
	var disk []byte
	scrape(10)
	var later sync.WaitGroup
	require.NoError(t, p.Publish(func() error {
		var state bytes.Buffer
		require.NoError(t, f.Save(&state))
		scrape(20)
		started := make(chan bool)
		later.Go(func() {
			close(started)
			assert.NoError(t, p.Publish(func() error {
				var state bytes.Buffer
				defer func() { disk = state.Bytes() }()
				return f.Save(&state)
			}))
		})
		<-started
		for range 1000 {
			runtime.Gosched() // it can save only once this one has
		}
		disk = state.Bytes()
		return nil
	}))
	later.Wait()
	require.Equal(t, 20.0, value(p))
	g, err := aggregate.Load(bytes.NewReader(disk), aggregate.Config{})
	require.NoError(t, err)
	v, err = g.Counter(aggregate.View{Select: "c", Owner: counter.Process})
	require.NoError(t, err)
	e = New(g, func() time.Time { return at(100) })
	require.NoError(t, e.Counter("c_total", "", v))
	require.Equal(t, 20.0, value(e))
}
