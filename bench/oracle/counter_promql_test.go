package oracle

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/bench/points"
	"github.com/promfold/promfold/counter"
)

const (
	second = int64(1000)
	minute = 60 * second
)

// point is a reading with times in milliseconds.
type point struct {
	Time  int64
	Value float64
	Start int64 // 0: unknown
}

// ours returns points as package counter takes them.
func ours(points []point) []counter.Point {
	list := make([]counter.Point, len(points))
	for i, p := range points {
		list[i] = counter.Point{Time: time.UnixMilli(p.Time), Value: p.Value}
		if p.Start != 0 {
			list[i].Start = time.UnixMilli(p.Start)
		}
	}
	return list
}

// within returns the window of a range query.
func within(width, at int64) counter.Range {
	return counter.Range{Start: time.UnixMilli(at - width), End: time.UnixMilli(at)}
}

// memory is a storage of series 0, 1, 2…, whatever is asked.
type memory [][]point

func (m memory) Querier(mint, maxt int64) (storage.Querier, error) {
	return points.Storage(m.all).Querier(mint, maxt)
}

func (m memory) all([]*labels.Matcher) (list []storage.Series) {
	for i, of := range m {
		samples := make([]chunks.Sample, len(of))
		for j, p := range of {
			samples[j] = points.Point{Time: p.Time, Start: p.Start, Value: p.Value}
		}
		list = append(list, storage.NewListSeries(labels.FromStrings("id", fmt.Sprintf("%08d", i)), samples))
	}
	return list
}

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

// function is one of PromQL's with its counterpart.
type function struct {
	name  string
	query string // %s: the range
	ours  func(counter.Range, []counter.Point) (float64, bool)
}

func resets(r counter.Range, p []counter.Point) (float64, bool) {
	n, ok := r.Resets(p)
	return float64(n), ok
}

// perSecond divides by the width of the window, as rate does with increase.
func perSecond(f func(counter.Range, []counter.Point) (float64, bool)) func(counter.Range, []counter.Point) (float64, bool) {
	return func(r counter.Range, p []counter.Point) (float64, bool) {
		x, ok := f(r, p)
		return x / r.End.Sub(r.Start).Seconds(), ok
	}
}

var functions = []function{
	{"rate", "rate(m[%s])", counter.Range.Rate},
	{"increase", "increase(m[%s])", counter.Range.Increase},
	{"delta", "delta(m[%s])", counter.Range.Delta},
	{"irate", "irate(m[%s])", counter.Range.Irate},
	{"idelta", "idelta(m[%s])", counter.Range.Idelta},
	{"resets", "resets(m[%s])", resets},
	{"rate anchored", "rate(m[%s] anchored)", perSecond(counter.Range.AnchoredIncrease)},
	{"increase anchored", "increase(m[%s] anchored)", counter.Range.AnchoredIncrease},
	{"rate smoothed", "rate(m[%s] smoothed)", perSecond(counter.Range.SmoothedIncrease)},
	{"increase smoothed", "increase(m[%s] smoothed)", counter.Range.SmoothedIncrease},
}

// TestCounterAgreesWithPromQL asks the engine and a counter.Range the same of 21,000 random series per function:
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
		for _, f := range functions {
			want := ask(t, engine, series, fmt.Sprintf(f.query, fmt.Sprintf("%dms", w.width)), w.at)
			answered[f.name] += len(want)
			bad := 0
			for i, points := range series {
				x, ok := want[i]
				y, known := f.ours(within(w.width, w.at), ours(points))
				if ok != known || ok && ulps(x, y) > 2 {
					if bad++; bad <= 3 {
						t.Errorf("%s over %d..%d: promql %v %v, ours %v %v, points %v", f.name, w.at-w.width, w.at, x, ok, y, known, points)
					}
				}
			}
			if bad > 0 {
				t.Errorf("%s: %d of %d differ", f.name, bad, len(series))
			}
		}
	}
	for _, f := range functions {
		require.Greater(t, answered[f.name], 10000, "%s: the series must have answers to agree on", f.name)
	}
}

// randomSeries has what a series can have, around the window from..to: gaps, resets, NaN, stale markers, start
// timestamps of every kind, points on the ends of the window, several at one time, values of every size.
func randomSeries(r *rand.Rand, from, to int64) []point {
	interval := []int64{second, 5 * second, 15 * second, 30 * second, minute, 1234}[r.IntN(6)]
	t := from - r.Int64N(6*minute)
	if r.IntN(2) == 0 {
		t = from - r.Int64N(5)*interval // hits the ends
	}
	var points []point
	value, step, start := 0.0, math.Pow(10, float64(r.IntN(7)-2)), int64(0)
	kind, jitter := r.IntN(6), r.IntN(2)*200
	size := []float64{1, 1, 1, 1e-300, 1e290, 5e-324}[r.IntN(6)]
	nans, gappy, equal := r.IntN(4) == 0, r.IntN(3) == 0, r.IntN(6) == 0
	if r.IntN(2) == 0 {
		value = math.Floor(r.ExpFloat64() * 1e4)
	}
	for t < to+6*minute && len(points) < 1000 {
		p := point{Time: t, Value: value * size}
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
