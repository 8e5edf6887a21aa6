package aggregate_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
)

// t0 is when the tests' fleets begin: an instant of no meaning.
var t0 = time.Unix(1_700_000_000, 0)

func at(seconds float64) time.Time {
	return t0.Add(time.Duration(seconds * float64(time.Second)))
}

// T is a test, or a run of a property, which prints its seed when it fails.
type T = rapid.TB

// bed is a fleet under test, with the shortest words for what tests do.
type bed struct {
	T
	*aggregate.Fleet
}

func newBed(t T, c aggregate.Config) bed {
	t.Helper()
	f, err := aggregate.NewFleet(c)
	require.NoError(t, err)
	return bed{t, f}
}

// held is all that the fleet holds.
func (b bed) held() (sum int64) {
	for _, n := range b.Snapshot(at(0)).Health().Held {
		sum += n
	}
	return sum
}

// limitFor is the MaxBytes of which all but an eighth is so much.
func limitFor(held int64) int64 { return held*8/7 + 8 }

// roomFor returns a MaxBytes that has just room for what is done to a fleet.
func roomFor(t T, do func(b bed)) int64 {
	b := newBed(t, aggregate.Config{})
	do(b)
	return limitFor(b.held())
}

func (b bed) counter(v aggregate.View) *aggregate.CounterView {
	b.Helper()
	c, err := b.Counter(v)
	require.NoError(b, err)
	return c
}

func (b bed) gauge(v aggregate.View) *aggregate.GaugeView {
	b.Helper()
	g, err := b.Gauge(v)
	require.NoError(b, err)
	return g
}

func (b bed) histogram(v aggregate.View) *aggregate.HistogramView {
	b.Helper()
	h, err := b.Histogram(v)
	require.NoError(b, err)
	return h
}

// everyFamily selects all families.
const everyFamily = `{__name__=~".+"}`

// selector is that of a metric with matchers.
func selector(metric string, where []*labels.Matcher) string {
	list := make([]string, len(where))
	for i, m := range where {
		list[i] = m.String()
	}
	return metric + "{" + strings.Join(list, ",") + "}"
}

// scrape takes in lines at a time; a start of the process, in seconds, is one
// of the lines where it is not 0.
func (b bed) scrape(target string, seconds, start float64, lines ...string) aggregate.Report {
	b.Helper()
	r, err := b.Ingest(scrapeOf(target, seconds, start, lines...))
	require.NoError(b, err)
	return r
}

func scrapeOf(target string, seconds, start float64, lines ...string) aggregate.Scrape {
	body := strings.Join(lines, "\n") + "\n"
	if start != 0 {
		body += fmt.Sprintf("# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %.3f\n", float64(t0.Unix())+start)
	}
	return aggregate.Scrape{Target: target, Time: at(seconds), Body: []byte(body)}
}

// expect says of which targets the fleet consists, before anything was scraped.
func (b bed) expect(names ...string) {
	b.Helper()
	list := make([]aggregate.Target, len(names))
	for i, name := range names {
		list[i].Name = name
	}
	require.NoError(b, b.SetTargets(t0.Add(-time.Hour), list...))
}

func (b bed) describe(t aggregate.Target) {
	b.Helper()
	require.NoError(b, b.Describe(t0, t))
}

func (b bed) balanced(target string, expected int) {
	b.Helper()
	b.describe(aggregate.Target{Name: target, Balanced: true, Expected: expected})
}

func (b bed) fail(target string, at time.Time, err error) {
	b.Helper()
	require.NoError(b, b.ScrapeFailed(target, at, err))
}

// sinceStart, as a window, is everything since the beginning.
const sinceStart time.Duration = -1

// until is the window of a fleet that ends at now.
func until(f interface {
	Snapshot(time.Time) aggregate.Snapshot
}, now time.Time, window time.Duration) aggregate.Window {
	if window == sinceStart {
		return f.Snapshot(now).SinceStart()
	}
	return f.Snapshot(now).Last(window)
}

const (
	typeC = "# TYPE c counter"
	typeG = "# TYPE g gauge"
)

// one is the only group of a counter.
func (b bed) one(v *aggregate.CounterView, seconds float64, window time.Duration) *aggregate.CounterGroup {
	b.Helper()
	groups, err := v.In(until(b, at(seconds), window))
	require.NoError(b, err)
	require.Len(b, groups, 1)
	return groups[0]
}

// reading is the only group of a gauge.
func (b bed) reading(v *aggregate.GaugeView, seconds float64) *aggregate.GaugeGroup {
	b.Helper()
	groups, err := v.At(b.Snapshot(at(seconds)))
	require.NoError(b, err)
	require.Len(b, groups, 1)
	return groups[0]
}

// grew is the increase of a group.
func grew(g interface {
	Increase() (promfold.Estimate, bool)
}) float64 {
	a, _ := g.Increase()
	return a.Value
}

// counted is the number of observations of a group.
func counted(g *aggregate.HistogramGroup) float64 { return grew(g.Observations()) }

// value is the number of a gauge's group.
func value(g *aggregate.GaugeGroup) float64 {
	x, _ := g.Value()
	return x.Value
}

func rate(t T, g *aggregate.CounterGroup) float64 {
	t.Helper()
	a, ok := g.Rate()
	require.True(t, ok)
	return a.Value
}
