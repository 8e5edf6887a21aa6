package oracle

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/internal/judge"
)

const (
	second = int64(1000)
	minute = 60 * second
)

// sample is a judge.Point as the engine's storage has it.
type sample judge.Point

func (s sample) T() int64                      { return s.Time }
func (s sample) ST() int64                     { return s.Start }
func (s sample) F() float64                    { return s.Value }
func (s sample) H() *histogram.Histogram       { return nil }
func (s sample) FH() *histogram.FloatHistogram { return nil }
func (s sample) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (s sample) Copy() chunks.Sample           { return s }

// memory is a storage of series 0, 1, 2…, whatever is asked.
type memory [][]judge.Point

func (m memory) Querier(int64, int64) (storage.Querier, error) { return querier{series: m}, nil }

type querier struct {
	storage.LabelQuerier
	series memory
}

func (querier) Close() error { return nil }

func (q querier) Select(context.Context, bool, *storage.SelectHints, ...*labels.Matcher) storage.SeriesSet {
	set := &seriesSet{}
	for i, points := range q.series {
		samples := make([]chunks.Sample, len(points))
		for j, p := range points {
			samples[j] = sample(p)
		}
		set.series = append(set.series, storage.NewListSeries(labels.FromStrings("id", fmt.Sprintf("%08d", i)), samples))
	}
	return set
}

type seriesSet struct {
	series []storage.Series
	next   int
}

func (s *seriesSet) Next() bool                      { s.next++; return s.next <= len(s.series) }
func (s *seriesSet) At() storage.Series              { return s.series[s.next-1] }
func (*seriesSet) Err() error                        { return nil }
func (*seriesSet) Warnings() annotations.Annotations { return nil }

func newEngine() *promql.Engine {
	return promql.NewEngine(promql.EngineOpts{
		MaxSamples:         math.MaxInt,
		Timeout:            time.Hour,
		UseStartTimestamps: true,
		Parser:             parser.NewParser(parser.Options{EnableExtendedRangeSelectors: true}),
	})
}

// ask returns the engine's answers by series; a missing one has no entry.
func ask(t testing.TB, engine *promql.Engine, series memory, query string, at int64) map[int]float64 {
	t.Helper()
	q, err := engine.NewInstantQuery(context.Background(), series, nil, query, time.UnixMilli(at))
	require.NoError(t, err)
	defer q.Close()
	result := q.Exec(context.Background())
	require.NoError(t, result.Err)
	vector, err := result.Vector()
	require.NoError(t, err)
	answers := make(map[int]float64, len(vector))
	for _, s := range vector {
		var i int
		_, err := fmt.Sscanf(s.Metric.Get("id"), "%d", &i)
		require.NoError(t, err)
		answers[i] = s.F
	}
	return answers
}

// ulps is how many float64s lie between a and b.
func ulps(a, b float64) uint64 {
	if a == b || math.IsNaN(a) && math.IsNaN(b) {
		return 0
	}
	if math.IsNaN(a) || math.IsNaN(b) {
		return math.MaxUint64
	}
	order := func(x float64) int64 {
		if b := int64(math.Float64bits(x)); b >= 0 {
			return b
		} else {
			return math.MinInt64 - b
		}
	}
	x, y := order(a), order(b)
	if x < y {
		x, y = y, x
	}
	return uint64(x) - uint64(y)
}

// mode is one of PromQL's functions with its counterpart.
type mode struct {
	name  string
	query string // %s: the range
	mode  judge.Mode
	ours  func(judge.Range, []judge.Point) (float64, bool)
}

func resets(r judge.Range, p []judge.Point) (float64, bool) {
	n, ok := r.Resets(p)
	return float64(n), ok
}

var modes = []mode{
	{"rate", "rate(m[%s])", judge.Extrapolated, judge.Range.Rate},
	{"increase", "increase(m[%s])", judge.Extrapolated, judge.Range.Increase},
	{"delta", "delta(m[%s])", judge.Extrapolated, judge.Range.Delta},
	{"irate", "irate(m[%s])", judge.Extrapolated, judge.Range.Irate},
	{"idelta", "idelta(m[%s])", judge.Extrapolated, judge.Range.Idelta},
	{"resets", "resets(m[%s])", judge.Extrapolated, resets},
	{"rate anchored", "rate(m[%s] anchored)", judge.Anchored, judge.Range.Rate},
	{"increase anchored", "increase(m[%s] anchored)", judge.Anchored, judge.Range.Increase},
	{"delta anchored", "delta(m[%s] anchored)", judge.Anchored, judge.Range.Delta},
	{"resets anchored", "resets(m[%s] anchored)", judge.Anchored, resets},
	{"rate smoothed", "rate(m[%s] smoothed)", judge.Smoothed, judge.Range.Rate},
	{"increase smoothed", "increase(m[%s] smoothed)", judge.Smoothed, judge.Range.Increase},
	{"delta smoothed", "delta(m[%s] smoothed)", judge.Smoothed, judge.Range.Delta},
}

// TestCounterAgreesWithPromQL asks the engine and a judge.Range the same of 21,000 random series per function:
// 3,000 for each of seven windows.
func TestCounterAgreesWithPromQL(t *testing.T) {
	engine := newEngine()
	random := rand.New(rand.NewPCG(4, 2))
	windows := []struct{ at, width int64 }{
		{20 * minute, 5 * minute}, {20 * minute, minute}, {20 * minute, 7*second + 1}, {21 * minute, 15 * minute},
		{10*minute + 500, 90 * second}, {25 * minute, 30 * second}, {18 * minute, 19 * minute},
	}
	answered := make(map[string]int)
	for _, w := range windows {
		series := make(memory, 3000)
		for i := range series {
			series[i] = randomSeries(random, w.at-w.width, w.at)
		}
		for _, m := range modes {
			want := ask(t, engine, series, fmt.Sprintf(m.query, fmt.Sprintf("%dms", w.width)), w.at)
			answered[m.name] += len(want)
			bad := 0
			for i, points := range series {
				x, ok := want[i]
				y, ours := m.ours(judge.Range{Start: w.at - w.width, End: w.at, Mode: m.mode}, points)
				if ok != ours || ok && ulps(x, y) > 2 {
					if bad++; bad <= 3 {
						t.Errorf("%s over %d..%d: promql %v %v, ours %v %v, points %v", m.name, w.at-w.width, w.at, x, ok, y, ours, points)
					}
				}
			}
			if bad > 0 {
				t.Errorf("%s: %d of %d differ", m.name, bad, len(series))
			}
		}
	}
	for _, m := range modes {
		require.Greater(t, answered[m.name], 10000, "%s: the series must have answers to agree on", m.name)
	}
}

// randomSeries has what a series can have, around the window from..to: gaps, resets, NaN, stale markers, start
// timestamps of every kind, points on the ends of the window, several at one time, values of every size.
func randomSeries(r *rand.Rand, from, to int64) []judge.Point {
	interval := []int64{second, 5 * second, 15 * second, 30 * second, minute, 1234}[r.IntN(6)]
	t := from - r.Int64N(6*minute)
	if r.IntN(2) == 0 {
		t = from - r.Int64N(5)*interval // hits the ends
	}
	var points []judge.Point
	value, step, start := 0.0, math.Pow(10, float64(r.IntN(7)-2)), int64(0)
	kind, jitter := r.IntN(6), r.IntN(2)*200
	size := []float64{1, 1, 1, 1e-300, 1e290, 5e-324}[r.IntN(6)]
	nans, gappy, equal := r.IntN(4) == 0, r.IntN(3) == 0, r.IntN(6) == 0
	if r.IntN(2) == 0 {
		value = math.Floor(r.ExpFloat64() * 1e4)
	}
	for t < to+6*minute && len(points) < 1000 {
		p := judge.Point{Time: t, Value: value * size}
		switch kind {
		case 1: // one start, moved by resets
			p.Start = start
		case 2: // unknown, as OpenTelemetry has it
			p.Start = t
		case 3: // delta
			if n := len(points); n > 0 {
				p.Start = points[n-1].Time
			}
		case 4: // anything
			p.Start = max(0, t+r.Int64N(4*interval)-3*interval)
		}
		if nans {
			switch r.IntN(20) {
			case 0:
				p.Value = math.NaN()
			case 1, 2:
				p.Value = math.Float64frombits(0x7ff0000000000002)
			case 3:
				p.Value = math.Inf(1 - 2*r.IntN(2))
			}
		}
		points = append(points, p)
		switch r.IntN(12) {
		case 0: // reset
			value = math.Floor(r.Float64() * step)
			start = t + r.Int64N(interval)
		case 1: // stands still
		case 2:
			value -= r.Float64() * step * float64(r.IntN(2)) // falls, perhaps below 0
		default:
			if value += r.Float64() * step; kind%2 == 0 {
				value = math.Floor(value)
			}
		}
		next := interval
		if gappy && r.IntN(5) == 0 {
			next *= r.Int64N(10) + 1
		}
		if jitter > 0 {
			next += r.Int64N(int64(jitter)) - int64(jitter)/2
		}
		if equal && r.IntN(10) == 0 && t != to {
			next = 0
		}
		t += max(0, next)
	}
	return points
}
