package aggregate_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
	"github.com/promfold/promfold/internal/recording"
)

// recorded is the trimmed recording that comes with the module, without what
// went through the balancer.
func recorded(t testing.TB) (list []aggregate.Scrape) {
	t.Helper()
	f, err := recording.FS.Open("manifest.jsonl")
	require.NoError(t, err)
	defer f.Close()
	for sc := bufio.NewScanner(f); sc.Scan(); {
		var l corpusLine
		require.NoError(t, json.Unmarshal(sc.Bytes(), &l))
		if l.File == "" || l.ThroughLB {
			continue
		}
		raw, err := recording.FS.Open(l.File)
		require.NoError(t, err)
		z, err := gzip.NewReader(raw)
		require.NoError(t, err)
		body, err := io.ReadAll(z)
		require.NoError(t, err)
		require.NoError(t, raw.Close())
		list = append(list, l.scrape(body))
	}
	require.NotEmpty(t, list)
	return list
}

// ofCorpus are the direct scrapes of a recording in text, each endpoint a target.
func ofCorpus(t *testing.T, name, scenario string) (list []aggregate.Scrape) {
	t.Helper()
	for _, l := range corpus(t, name) {
		if l.File == "" || l.ThroughLB || !strings.HasPrefix(l.ContentType, "text/plain") || scenario != "" && l.Scenario != scenario {
			continue
		}
		sc := l.scrape(corpusBody(t, name, l.File))
		sc.Target += l.Path
		list = append(list, sc)
	}
	require.NotEmpty(t, list)
	return list
}

// views of every family, by kind.
type everything struct {
	bed
	counters   *aggregate.CounterView
	gauges     *aggregate.GaugeView
	histograms *aggregate.HistogramView
}

func (b bed) everything(v aggregate.View) everything {
	b.Helper()
	e := everything{bed: b, counters: b.counter(v), histograms: b.histogram(v)}
	v.TotalsOnly = false
	e.gauges = b.gauge(v)
	return e
}

// answers writes each group of all views, bit for bit, by its name.
func (e everything) answers(t *testing.T, now time.Time) map[string][]string {
	t.Helper()
	list := map[string][]string{}
	bits := func(xs ...float64) (text string) {
		for _, x := range xs {
			text += fmt.Sprintf(" %x", math.Float64bits(x))
		}
		return text
	}
	note := func(kind string, g aggregate.Group, text string) {
		name := kind + " " + g.Labels().Get(model.MetricNameLabel)
		rest := labels.NewBuilder(g.Labels()).Del(model.MetricNameLabel).Labels()
		list[name] = append(list[name], fmt.Sprint(rest, g.Coverage(), g.Warnings(), text))
	}
	grown := func(g *aggregate.CounterGroup) string {
		rate, _ := g.Rate()
		current, _ := g.RateNow()
		text := bits(rate.Value, rate.Lo, rate.Hi, current.Value)
		for _, m := range slices.Concat(g.Increases(), g.Rates()) {
			text += fmt.Sprint(m.Instance, m.Covers, m.Steps, m.Older, m.Live, m.Resets) + bits(m.Estimate.Value, m.Estimate.Lo, m.Estimate.Hi)
		}
		return text + fmt.Sprint(g.Events())
	}
	cs, err := e.counters.In(until(e, now, sinceStart))
	require.NoError(t, err)
	for _, g := range cs {
		note("counter", g, grown(g))
	}
	hs, err := e.histograms.In(until(e, now, sinceStart))
	require.NoError(t, err)
	for _, g := range hs {
		sum, _ := g.Sum()
		text := grown(g.Observations()) + bits(counted(g), sum.Value)
		for _, q := range []float64{0.5, 0.99} {
			e, _ := g.Quantile(q)
			text += bits(e.Value, e.Lo, e.Hi)
		}
		note("histogram", g, text)
	}
	gs, err := e.gauges.At(e.Snapshot(now))
	require.NoError(t, err)
	for _, g := range gs {
		text := ""
		for _, m := range g.Members() {
			text += fmt.Sprint(m.Instance, m.Age) + bits(m.Estimate.Value)
		}
		note("gauge", g, text)
	}
	return list
}

// A view of every family answers what the views of each say, bit for bit.
func TestEveryFamilyAsTheSingleOnes(t *testing.T) {
	for _, c := range []struct {
		name    string
		by      aggregate.View
		scrapes func(t *testing.T) []aggregate.Scrape
	}{
		{"recording, by every label", aggregate.View{ByAllLabels: true}, func(t *testing.T) []aggregate.Scrape { return recorded(t) }},
		{"recording, by verb", aggregate.View{By: []string{"verb"}}, func(t *testing.T) []aggregate.Scrape { return recorded(t) }},
		{"controllers", aggregate.View{By: []string{"name", "code"}}, func(t *testing.T) []aggregate.Scrape { return ofCorpus(t, "controllers-ha", "")[:24] }},
		{"node exporters, haproxy", aggregate.View{ByAllLabels: true}, func(t *testing.T) []aggregate.Scrape { return ofCorpus(t, "other", "") }},
		{"kube-state-metrics", aggregate.View{}, func(t *testing.T) []aggregate.Scrape { return ofCorpus(t, "ksm-shards", "good") }},
		{"mixed versions", aggregate.View{}, func(t *testing.T) []aggregate.Scrape { return ofCorpus(t, "apiserver-skew", "")[:9] }},
	} {
		t.Run(c.name, func(t *testing.T) {
			if testing.Short() && !strings.HasPrefix(c.name, "recording") {
				t.Skip("the recording is enough to find a race")
			}
			scrapes := c.scrapes(t)
			now := scrapes[len(scrapes)-1].Time
			since := aggregate.Config{Since: scrapes[0].Time}
			b := newBed(t, since)
			view := c.by
			view.Select, view.TotalsOnly = everyFamily, true
			all := b.everything(view)
			for _, sc := range scrapes {
				_, err := b.Ingest(sc)
				require.NoError(t, err)
			}
			got := all.answers(t, now)
			require.NotEmpty(t, got)

			single := newBed(t, since)
			var views []everything
			names := slices.Sorted(maps.Keys(got))
			for _, name := range names {
				kind, metric, _ := strings.Cut(name, " ")
				view.Select = metric
				views = append(views, single.ofKind(kind, view))
			}
			for _, sc := range scrapes {
				_, err := single.Ingest(sc)
				require.NoError(t, err)
			}
			for i, name := range names {
				want := views[i].answers(t, now)
				require.Len(t, want, 1, name)
				for _, answers := range want {
					require.Equal(t, answers, got[name], name)
				}
			}
		})
	}
}

// ofKind is a view of a kind; those of the other kinds have nothing to say.
func (b bed) ofKind(kind string, v aggregate.View) everything {
	b.Helper()
	none := aggregate.View{Select: "nothing", By: []string{"x"}}
	views := map[string]aggregate.View{"counter": none, "gauge": none, "histogram": none}
	if kind == "gauge" {
		v.TotalsOnly = false
	}
	views[kind] = v
	return everything{b, b.counter(views["counter"]), b.gauge(views["gauge"]), b.histogram(views["histogram"])}
}

const everyKind = `# TYPE requests_total counter
requests_total{code="200"} 5
requests_total{code="500"} 1
# TYPE process_network_receive_bytes_total counter
process_network_receive_bytes_total 100
# TYPE size summary
size{quantile="0.5"} 3
size_sum 30
size_count 10
# TYPE seconds histogram
seconds_bucket{le="1"} 2
seconds_bucket{le="+Inf"} 3
seconds_sum 4
seconds_count 3
# TYPE open gauge
open{kind="file"} 7
something_without_a_type 9`

// The declared type decides what is of which view, and the name of the group
// is the series', for histograms the family's.
func TestTheTypeDecides(t *testing.T) {
	b := newBed(t, aggregate.Config{Since: at(-1)})
	e := b.everything(aggregate.View{Select: everyFamily, TotalsOnly: true, ByAllLabels: true})
	b.scrape("a", 0, 0, everyKind)
	got := slices.Sorted(maps.Keys(e.answers(t, at(0))))
	assert.Equal(t, []string{
		"counter process_network_receive_bytes_total", "counter requests_total", "counter size_count", "counter size_sum",
		"gauge open", "histogram seconds",
	}, got)
	groups, err := e.counters.In(until(b, at(0), sinceStart))
	require.NoError(t, err)
	assert.Equal(t, `{__name__="requests_total", code="200"}`, groups[1].Labels().String())
	assert.Equal(t, 5, e.counters.Status(b.Snapshot(t0)).Series)
}

func TestEveryFamilyIsSelectedByName(t *testing.T) {
	b := newBed(t, aggregate.Config{Since: at(-1)})
	v := aggregate.View{Select: `{__name__=~"seconds|re.*_total"}`, TotalsOnly: true}
	e := b.everything(v)
	b.scrape("a", 0, 0, everyKind)
	assert.Equal(t, []string{"counter requests_total", "histogram seconds"}, slices.Sorted(maps.Keys(e.answers(t, at(0)))))
}

// By groups within each family, and without any label there is one group each.
func TestEveryFamilyGrouped(t *testing.T) {
	for _, c := range []struct {
		name        string
		by, without []string
		want        []string
	}{
		{"neither", nil, nil, []string{`{__name__="x_total"}=50`, `{__name__="y_total"}=40`}},
		{"by", []string{"b"}, nil, []string{`{__name__="x_total", b="1"}=50`, `{__name__="y_total"}=40`}},
		{"by the name, too", []string{"b", "__name__"}, nil, []string{`{__name__="x_total", b="1"}=50`, `{__name__="y_total"}=40`}},
		{"without", nil, []string{"a", "__name__"}, []string{`{__name__="x_total", b="1"}=50`, `{__name__="y_total"}=40`}},
		{"by all labels", nil, nil, []string{`{__name__="x_total", a="1", b="1"}=20`, `{__name__="x_total", a="2", b="1"}=30`, `{__name__="y_total", a="1"}=40`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBed(t, aggregate.Config{})
			v := b.counter(aggregate.View{Select: everyFamily, TotalsOnly: true, By: c.by, Without: c.without, ByAllLabels: c.name == "by all labels"})
			for i := range 2 {
				b.scrape("i", float64(10*i), 0,
					"# TYPE x_total counter", fmt.Sprintf(`x_total{a="1",b="1"} %d`, 20*i), fmt.Sprintf(`x_total{a="2",b="1"} %d`, 30*i),
					"# TYPE y_total counter", fmt.Sprintf(`y_total{a="1"} %d`, 40*i))
			}
			groups, err := v.In(until(b, at(10), sinceStart))
			require.NoError(t, err)
			var got []string
			for _, g := range groups {
				got = append(got, fmt.Sprintf("%s=%g", g.Labels(), g.Increases()[0].Estimate.Value))
			}
			assert.Equal(t, c.want, got)
		})
	}
}

func TestEveryFamilyKeepsTotalsAlone(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Select: everyFamily, TotalsOnly: true})
	b.scrape("a", 0, 0, everyKind)
	_, err := v.In(until(b, at(0), time.Minute))
	require.ErrorIs(t, err, aggregate.ErrWindow)
	kept := b.counter(aggregate.View{Select: everyFamily, Window: time.Minute})
	_, err = kept.In(until(b, at(0), time.Minute))
	require.NoError(t, err)
	_, err = b.Counter(aggregate.View{Select: everyFamily, TotalsOnly: true, Type: model.MetricTypeCounter})
	require.Error(t, err)
}

// Members that have a family without a series of the group are there with 0;
// those without the family are not.
func TestEveryFamilyListsIdleMembers(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Select: everyFamily, TotalsOnly: true, By: []string{"code"}})
	b.scrape("a", 0, 0, "# TYPE x_total counter", `x_total{code="200"} 1`)
	b.scrape("b", 0, 0, "# TYPE x_total counter", `x_total{code="500"} 1`)
	b.scrape("c", 0, 0, "# TYPE y_total counter", `y_total{code="200"} 1`)
	groups, err := v.In(until(b, at(0), sinceStart))
	require.NoError(t, err)
	got := map[string][]string{}
	for _, g := range groups {
		for _, m := range g.Increases() {
			got[g.Labels().String()] = append(got[g.Labels().String()], m.Instance)
		}
	}
	assert.Equal(t, map[string][]string{
		`{__name__="x_total", code="200"}`: {"a", "b"}, `{__name__="x_total", code="500"}`: {"a", "b"}, `{__name__="y_total", code="200"}`: {"c"},
	}, got)
}

// What the process' network namespace counts goes on over its restart, in a
// view of every family as in one of its own.
func TestEveryFamilyKnowsWhatOutlivesTheProcess(t *testing.T) {
	const m = "process_network_receive_bytes_total"
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Select: everyFamily, TotalsOnly: true})
	own := b.counter(aggregate.View{Select: everyFamily, TotalsOnly: true, Owner: counter.Process})
	b.scrape("a", 0, -100, "# TYPE "+m+" counter", m+" 1000", typeC, "c 50")
	b.scrape("a", 10, 5, "# TYPE "+m+" counter", m+" 1040", typeC, "c 3")
	for v, want := range map[*aggregate.CounterView]map[string]float64{v: {m: 40, "c": 3}, own: {m: 1040, "c": 3}} {
		groups, err := v.In(until(b, at(10), sinceStart))
		require.NoError(t, err)
		got, covers := map[string]float64{}, map[string]time.Duration{}
		for _, g := range groups {
			name := g.Labels().Get(model.MetricNameLabel)
			got[name], covers[name] = g.Increases()[0].Estimate.Value, g.Increases()[0].Covers
		}
		assert.Equal(t, want, got)
		assert.Equal(t, 5*time.Second, covers["c"])
		if want[m] == 40 {
			assert.Equal(t, 10*time.Second, covers[m], "it was observed while no process ran")
		}
	}
}

// A view that would hold too much is refused, with what it needs.
func TestEveryFamilyWithinMaxBytes(t *testing.T) {
	lines := []string{typeC}
	for i := range 100 {
		lines = append(lines, fmt.Sprintf(`c{i="%d"} 1`, i))
	}
	most := roomFor(t, func(b bed) { b.scrape("a", 0, 0, lines...) })
	b := newBed(t, aggregate.Config{MaxBytes: most})
	b.scrape("a", 0, 0, lines...)
	_, err := b.Counter(aggregate.View{Select: everyFamily, TotalsOnly: true, ByAllLabels: true})
	require.ErrorIs(t, err, aggregate.ErrLimit)
	assert.ErrorContains(t, err, fmt.Sprint("at most ", most))
	_, err = b.Counter(aggregate.View{Select: everyFamily, TotalsOnly: true})
	require.NoError(t, err, "one group fits")
}

// A rolling deploy turns a summary into a histogram, or back: the family keeps
// its type, and its count never falls. It once fell from 300 to 40.
func TestDistributionsKeepTheirType(t *testing.T) {
	summary := func(n int) []string {
		return []string{"# TYPE m summary", fmt.Sprintf("m_sum %d", 2*n), fmt.Sprintf("m_count %d", n)}
	}
	hist := func(n int) []string {
		return []string{"# TYPE m histogram", fmt.Sprintf(`m_bucket{le="1"} %d`, n), fmt.Sprintf(`m_bucket{le="+Inf"} %d`, n),
			fmt.Sprintf("m_sum %d", 2*n), fmt.Sprintf("m_count %d", n)}
	}
	for _, from := range []model.MetricType{model.MetricTypeSummary, model.MetricTypeHistogram} {
		old, young := summary, hist
		if from == model.MetricTypeHistogram {
			old, young = hist, summary
		}
		b := newBed(t, aggregate.Config{Since: at(-1)})
		all, err := b.Everything(aggregate.View{Select: everyFamily, Owner: counter.Process})
		require.NoError(t, err)
		require.Empty(t, all.Families(b.Snapshot(at(0))))
		shows := func(count float64, now float64) {
			t.Helper()
			for _, f := range all.Families(b.Snapshot(at(now))) {
				if f.Name != "m" {
					continue
				}
				require.Equal(t, from, f.Type)
				require.Len(t, f.Series, 1)
				h := f.Series[0].Histogram
				require.Equal(t, []float64{count, 2 * count}, []float64{h.Count, h.Sum})
				require.Equal(t, count, f.Series[0].Value)
				if from == model.MetricTypeHistogram {
					require.Equal(t, []float64{300, count}, h.Counts)
				}
				return
			}
			require.Fail(t, "no family m")
		}
		for i := range 3 {
			b.scrape(fmt.Sprint("i", i), 10+float64(i), 1, old(100)...)
		}
		shows(300, 15)
		for i := range 3 {
			now := 20 + 10*float64(i)
			b.scrape(fmt.Sprint("i", i), now, now-2, young(20)...)
			shows(320+20*float64(i), now)
		}
	}
}

// Who asks for all families while others ask, too, gets them: a moment that nobody keeps any more had none.
func TestFamiliesOfAMomentThatIsGone(t *testing.T) {
	b := newBed(t, aggregate.Config{Since: at(0), Window: time.Minute})
	v := b.all()
	b.scrape("a", 10, 5, "# TYPE c counter", "c 3", "# TYPE g gauge", "g 1")
	s := b.Snapshot(at(10))
	for i := range 3 {
		b.Snapshot(at(10))
		b.scrape("a", float64(20+i), 5, "# TYPE c counter", fmt.Sprint("c ", 4+i), "# TYPE g gauge", "g 2")
	}
	families := v.Families(s)
	require.Len(t, families, 3)
	require.Equal(t, 6.0, families[0].Series[0].Value)
	require.Equal(t, 6.0, v.Deltas(s)[0].Series[0].Value)
}
