package aggregate_test

import (
	"cmp"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/parse"
)

// nativeLines are the direct scrapes of the mixed fleet in order of time, under
// the names of the instances.
func nativeLines(t *testing.T, formats ...string) []corpusLine {
	record := slices.DeleteFunc(corpus(t, "apiserver-native"), func(l corpusLine) bool {
		return l.ThroughLB || l.Path != "/metrics" || l.File == "" || !slices.Contains(formats, l.Format)
	})
	slices.SortStableFunc(record, func(a, b corpusLine) int { return cmp.Compare(a.Time, b.Time) })
	for i := range record {
		record[i].Target = strings.TrimSuffix(record[i].Target, "-pb")
	}
	require.NotEmpty(t, record)
	return record
}

// shorter are the first rounds, where time matters.
func shorter(lines []corpusLine) []corpusLine {
	if !testing.Short() {
		return lines
	}
	return slices.DeleteFunc(lines, func(l corpusLine) bool { return l.Step > 1 })
}

// mixed is a fleet with views of everything that the recording has.
type mixed struct {
	bed
	histograms *aggregate.HistogramView
	counters   *aggregate.CounterView
}

func newMixed(t *testing.T, since int64) mixed {
	b := newBed(t, aggregate.Config{Since: time.UnixMilli(since).Add(-time.Hour)})
	h, err := b.Histogram(aggregate.View{Select: everyFamily, ByAllLabels: true, Window: time.Minute})
	require.NoError(t, err)
	return mixed{b, h, b.counter(aggregate.View{Select: everyFamily, TotalsOnly: true, ByAllLabels: true})}
}

// groups are the histograms of the last 8 seconds, and of all time.
func (m mixed) groups(now time.Time, window time.Duration) map[string]*aggregate.HistogramGroup {
	m.Helper()
	list, err := m.histograms.In(until(m, now, window))
	require.NoError(m, err)
	byName := map[string]*aggregate.HistogramGroup{}
	for _, g := range list {
		byName[g.Labels().String()] = g
	}
	return byName
}

// One histogram counts once, whichever of its representations is read: with the
// native buckets, without them, and both in turn. What is said of quantiles
// holds the same truth.
func TestNativeCorpusCountsOnce(t *testing.T) {
	record := shorter(nativeLines(t, "protobuf"))
	both, classic, turns := newMixed(t, record[0].Time), newMixed(t, record[0].Time), newMixed(t, record[0].Time)
	natives := 0
	for _, l := range record {
		sc := l.scrape(corpusBody(t, "apiserver-native", l.File))
		_, err := both.Ingest(sc)
		require.NoError(t, err)
		samples, err := parse.Samples(sc.Header, sc.Body)
		require.NoError(t, err)
		without := slices.DeleteFunc(slices.Clone(samples), func(s parse.Sample) bool { return s.Role == parse.Histogram })
		natives += len(samples) - len(without)
		_, err = classic.IngestSamples(sc, without)
		require.NoError(t, err)
		if l.Step%2 == 1 {
			samples = without
		}
		_, err = turns.IngestSamples(sc, samples)
		require.NoError(t, err)
	}
	require.GreaterOrEqual(t, natives, 2*300)
	now := time.UnixMilli(record[len(record)-1].Time)
	differ := 0
	for _, window := range []time.Duration{sinceStart, 8 * time.Second} {
		want, got, inTurns := classic.groups(now, window), both.groups(now, window), turns.groups(now, window)
		require.Len(t, got, len(want))
		require.Len(t, inTurns, len(want))
		for name, w := range want {
			for _, g := range []*aggregate.HistogramGroup{got[name], inTurns[name]} {
				require.NotNil(t, g, name)
				require.Equal(t, counted(w), counted(g), name)
				sum, ok := w.Sum()
				sum2, ok2 := g.Sum()
				require.Equal(t, ok, ok2, name)
				require.Equal(t, math.Float64bits(sum.Value), math.Float64bits(sum2.Value), name)
				for _, q := range []float64{0, 0.5, 0.9, 0.99, 1} {
					e, ok := w.Quantile(q)
					e2, ok2 := g.Quantile(q)
					require.Equal(t, ok, ok2)
					require.LessOrEqual(t, e.Lo, e2.Hi, "%s %v", name, q)
					require.LessOrEqual(t, e2.Lo, e.Hi, "%s %v", name, q)
					if e != e2 {
						differ++
					}
				}
			}
		}
	}
	require.Positive(t, differ, "native buckets were read")
	totals := func(m mixed) (list []aggregate.Series) { return m.histograms.Totals(m.Snapshot(now)) }
	want, got := totals(classic), totals(both)
	require.Len(t, got, len(want))
	for i, w := range want {
		g := got[i]
		require.Equal(t, w.Labels, g.Labels)
		require.Equal(t, w.Histogram.Counts[len(w.Histogram.Counts)-1], g.Histogram.Counts[len(g.Histogram.Counts)-1], w.Labels)
		require.Equal(t, w.Histogram.Sum, g.Histogram.Sum, w.Labels)
	}
	require.Equal(t, classic.counters.Totals(classic.Snapshot(now)), both.counters.Totals(both.Snapshot(now)))
	require.Equal(t, classic.counters.Totals(classic.Snapshot(now)), turns.counters.Totals(turns.Snapshot(now)))
}

// Text and protobuf of one address in turns: as if it had been protobuf all the
// time. (Both of one step were answered at the same moment, in either order.)
func TestNativeCorpusInTurns(t *testing.T) {
	record := shorter(nativeLines(t, "text", "protobuf"))
	turns, only := newMixed(t, record[0].Time), newMixed(t, record[0].Time)
	for _, l := range record {
		sc := l.scrape(corpusBody(t, "apiserver-native", l.File))
		if l.Format == "protobuf" {
			_, err := only.Ingest(sc)
			require.NoError(t, err)
		}
		if (l.Format == "protobuf") == (l.Step%2 == 1) {
			_, err := turns.Ingest(sc)
			require.NoError(t, err)
		}
	}
	now := time.UnixMilli(record[len(record)-1].Time)
	want, got := only.groups(now, sinceStart), turns.groups(now, sinceStart)
	require.Len(t, got, len(want))
	for name, w := range want {
		require.NotNil(t, got[name], name)
		require.Equal(t, counted(w), counted(got[name]), name)
	}
	totals := func(m mixed) []aggregate.Series {
		return slices.DeleteFunc(m.counters.Totals(m.Snapshot(now)), func(t aggregate.Series) bool {
			// Counted by the kernel, from the first scrape on: that is another one.
			return strings.HasPrefix(t.Labels.Get("__name__"), "process_network_")
		})
	}
	require.Equal(t, totals(only), totals(turns))
}

// Two addresses of one process, one read as text, the other as protobuf, are
// found out as any two are.
func TestNativeCorpusTwinsInTwoFormats(t *testing.T) {
	record := nativeLines(t, "text", "protobuf")
	m := newMixed(t, record[0].Time)
	for _, l := range record {
		sc := l.scrape(corpusBody(t, "apiserver-native", l.File))
		sc.Target += "-" + l.Format
		_, err := m.Ingest(sc)
		require.NoError(t, err)
	}
	now := time.UnixMilli(record[len(record)-1].Time)
	c := m.Snapshot(now).Coverage()
	assert.Equal(t, 3, c.Duplicates)
	assert.Equal(t, 3, c.Reporting)
}

// Every protobuf body of the recordings goes through, alone and a second time.
func TestProtobufCorpus(t *testing.T) {
	for _, name := range []string{"apiserver-ha", "apiserver-native", "apiserver-skew", "kubelets"} {
		record := slices.DeleteFunc(corpus(t, name), func(l corpusLine) bool { return l.Format != "protobuf" || l.File == "" })
		require.NotEmpty(t, record, name)
		if testing.Short() {
			record = record[:1]
		}
		slices.SortStableFunc(record, func(a, b corpusLine) int { return cmp.Compare(a.Time, b.Time) })
		m := newMixed(t, record[0].Time)
		for _, l := range record {
			sc := l.scrape(corpusBody(t, name, l.File))
			sc.Target += l.Path
			r, err := m.Ingest(sc)
			require.NoError(t, err, filepath.Join(name, l.File))
			require.Positive(t, r.Lines)
			again, err := m.Ingest(sc)
			require.NoError(t, err)
			require.True(t, again.Duplicate)
		}
		state := saved(t, m.Fleet)
		f := loadedFrom(t, state, aggregate.Config{})
		require.Equal(t, state, saved(t, f))
	}
}
