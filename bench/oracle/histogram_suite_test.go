package oracle_test

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold"
	fold "github.com/promfold/promfold/internal/layout"
)

// The reference's own suites for histograms, read from its module. Of an evaluation whose outermost function is one of
// those that package histogram answers, PromQL evaluates the argument and we the function; the expected numbers are
// the suite's. What is not one of those (arithmetic on histograms, functions over time, trimming) is not in scope.

var suiteParser = parser.NewParser(parser.Options{EnableExperimentalFunctions: true})

// evaluation is one "eval instant" with the lines that are expected.
type evaluation struct {
	where    string
	at       time.Duration
	expr     string
	expected map[string]float64
	storage  *suiteStorage
}

// readSuite runs the load commands of a suite and calls do with each instant evaluation.
func readSuite(t *testing.T, name string, do func(evaluation)) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/prometheus/prometheus").Output()
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "promql/promqltest/testdata", name))
	require.NoError(t, err)
	store := new(suiteStorage)
	lines := strings.Split(string(text), "\n")
	for i := 0; i < len(lines); {
		line := strings.TrimSpace(lines[i])
		start := i
		i++
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		var body []string
		for ; line != "clear" && i < len(lines) && strings.TrimSpace(lines[i]) != ""; i++ {
			if l := strings.TrimSpace(lines[i]); !strings.HasPrefix(l, "#") {
				body = append(body, l)
			}
		}
		switch command := strings.Fields(line); command[0] {
		case "clear":
			store = new(suiteStorage)
		case "load", "load_with_nhcb":
			step, err := model.ParseDuration(command[1])
			require.NoError(t, err)
			require.NoError(t, store.load(body, time.Duration(step), command[0] == "load_with_nhcb"), "%s:%d", name, start+1)
		case "eval":
			if command[1] != "instant" {
				continue
			}
			at, err := model.ParseDuration(command[3])
			require.NoError(t, err)
			_, expr, _ := strings.Cut(line, command[3])
			do(evaluation{fmt.Sprintf("%s:%d", name, start+1), time.Duration(at), strings.TrimSpace(expr), expectations(t, body), store})
		}
	}
}

func expectations(t *testing.T, body []string) map[string]float64 {
	want := map[string]float64{}
	for _, l := range body {
		if strings.HasPrefix(l, "expect") {
			continue
		}
		if v, err := strconv.ParseFloat(l, 64); err == nil {
			want["{}"] = v
			continue
		}
		series, values, err := parser.NewParser(parser.Options{}).ParseSeriesDesc(l)
		require.NoError(t, err, l)
		if len(values) == 1 && values[0].Histogram == nil {
			want[series.String()] = values[0].Value
		}
	}
	return want
}

// inScope is a function of histograms that we answer, and its arguments.
type inScope struct {
	function string
	argument string
	numbers  []float64
	label    string // of histogram_quantiles
	times    bool   // … * histogram_count(argument)
}

func scopeOf(t *testing.T, engine *promql.Engine, e evaluation) (inScope, bool) {
	expr, err := suiteParser.ParseExpr(e.expr)
	if err != nil {
		return inScope{}, false
	}
	var s inScope
	if product, ok := expr.(*parser.BinaryExpr); ok && product.Op == parser.MUL {
		if count, ok := product.RHS.(*parser.Call); ok && count.Func.Name == "histogram_count" {
			s.times = true
			expr = product.LHS
		}
	}
	call, ok := expr.(*parser.Call)
	if !ok {
		return inScope{}, false
	}
	s.function = call.Func.Name
	vector := 0
	switch s.function {
	case "histogram_quantile":
		vector = 1
	case "histogram_fraction":
		vector = 2
	case "histogram_quantiles", "histogram_count", "histogram_sum", "histogram_avg":
	default:
		return inScope{}, false
	}
	s.argument = call.Args[vector].String()
	for i, arg := range call.Args {
		if text, ok := arg.(*parser.StringLiteral); ok {
			s.label = text.Val
		} else if i != vector {
			s.numbers = append(s.numbers, query(t, engine, e, arg.String())[0].F)
		}
	}
	return s, true
}

func query(t *testing.T, engine *promql.Engine, e evaluation, expr string) promql.Vector {
	q, err := engine.NewInstantQuery(context.Background(), e.storage, nil, expr, time.UnixMilli(e.at.Milliseconds()))
	require.NoError(t, err, "%s: %s", e.where, expr)
	defer q.Close()
	result := q.Exec(context.Background())
	require.NoError(t, result.Err, "%s: %s", e.where, expr)
	switch v := result.Value.(type) {
	case promql.Scalar:
		return promql.Vector{{F: v.V}}
	case promql.Vector:
		return slices.Clone(v)
	}
	return nil
}

// refusal is which part of something keeps it from being a histogram; empty if it is one.
type refusal string

const (
	forBounds refusal = "bounds"
	forCounts refusal = "counts"
	asNative  refusal = "native"
)

// bucketLine is a line of a classic histogram.
type bucketLine struct{ le, count float64 }

func addLines(d *fold.Distribution, lines []bucketLine) refusal {
	slices.SortFunc(lines, func(a, b bucketLine) int { return cmp.Compare(a.le, b.le) })
	var bounds, counts []float64
	for _, l := range lines {
		bounds, counts = append(bounds, l.le), append(counts, l.count)
	}
	layout, err := fold.NewLayout(bounds)
	switch {
	case err != nil:
		return forBounds
	case d.Add(layout, counts, math.NaN()) != nil: // a missing +Inf is a missing count, too
		return forCounts
	}
	return ""
}

// grouped makes a distribution of each group of samples.
func grouped(t *testing.T, v promql.Vector) (map[string]*fold.Distribution, map[string]refusal) {
	lines := map[string][]bucketLine{}
	groups, refused := map[string]*fold.Distribution{}, map[string]refusal{}
	for _, s := range v {
		key := s.Metric.MatchLabels(false, model.MetricNameLabel, labels.BucketLabel).String()
		if s.H != nil {
			groups[key] = new(fold.Distribution)
			if groups[key].AddNative(nativeFrom(t, s.H)) != nil {
				refused[key] = asNative
			}
			continue
		}
		if le, err := fold.ParseBound(s.Metric.Get(labels.BucketLabel)); err == nil {
			lines[key] = append(lines[key], bucketLine{le, s.F})
		}
	}
	for key, l := range lines {
		if groups[key] == nil { // else the native one is preferred
			groups[key] = new(fold.Distribution)
			refused[key] = addLines(groups[key], l)
		}
	}
	return groups, refused
}

func nativeFrom(t *testing.T, h *histogram.FloatHistogram) *fold.Native {
	n := &fold.Native{
		Schema: h.Schema, ZeroThreshold: h.ZeroThreshold, ZeroCount: h.ZeroCount, Count: h.Count, Sum: h.Sum,
	}
	if h.UsesCustomBuckets() {
		var err error
		n.Schema = 0
		n.Custom, err = fold.NewLayout(h.CustomValues)
		require.NoError(t, err)
	}
	side := func(spans []histogram.Span, counts []float64) (b []fold.Bucket) {
		index := int32(0)
		for _, s := range spans {
			index += s.Offset
			for range s.Length {
				b = append(b, fold.Bucket{Index: index, Count: counts[0]})
				counts = counts[1:]
				index++
			}
		}
		return b
	}
	n.Positive, n.Negative = side(h.PositiveSpans, h.PositiveBuckets), side(h.NegativeSpans, h.NegativeBuckets)
	return n
}

// ours answers for one group; ok is false where we have no answer.
func (s inScope) ours(d *fold.Distribution, number int) (v float64, ok bool) {
	var e promfold.Estimate
	switch s.function {
	case "histogram_quantile", "histogram_quantiles":
		e, ok = d.Quantile(s.numbers[number])
		v = e.Value
	case "histogram_fraction":
		e, ok = d.Share(s.numbers[0], s.numbers[1])
		v = e.Value
	case "histogram_count":
		v, ok = d.Count(), true
	case "histogram_sum":
		v, ok = d.Sum()
	case "histogram_avg":
		v, ok = d.Mean()
	}
	if s.times {
		v *= d.Count()
	}
	return v, ok
}

// suites is how much of each suite is in scope, and how many answers are refused for which of our rules: as in the
// table of differences in the documentation of package histogram.
var suites = map[string]struct {
	evaluations, levels, bounds, counts, natives int
	otherwise                                    map[string]float64 // what we answer instead
}{
	"histograms.test": {evaluations: 166, levels: 24, bounds: 6, counts: 6},
	"native_histograms.test": {evaluations: 273, levels: 6, counts: 1, natives: 7, otherwise: map[string]float64{
		`histogram_quantile(0.5, balanced_histogram) {}`:                   -.5, // ⌈qN⌉ counted from below
		`histogram_quantile(1, histogram_nan) {case="20% NaNs"}`:           1,   // the last bound: Hi is +Inf
		`histogram_quantile(0.81, histogram_nan) {case="20% NaNs"}`:        1,
		`histogram_quantiles(histogram_nan, "q", 0.81) {case="20% NaNs"}`:  1,
		`histogram_fraction(-Inf, +Inf, histogram_nan) {case="100% NaNs"}`: 1, // NaN is above all numbers
		`histogram_fraction(-Inf, +Inf, histogram_nan) {case="20% NaNs"}`:  1,
	}},
}

func TestReferenceSuites(t *testing.T) {
	for name, suite := range suites {
		t.Run(name, func(t *testing.T) {
			engine := promql.NewEngine(promql.EngineOpts{
				MaxSamples: 1e6, Timeout: time.Minute, EnableAtModifier: true, EnableNegativeOffset: true,
				Parser: suiteParser,
			})
			evals, compared, levels, bounds, counts, natives := 0, 0, 0, 0, 0, 0
			readSuite(t, name, func(e evaluation) {
				s, ok := scopeOf(t, engine, e)
				if !ok {
					return
				}
				evals++
				groups, refused := grouped(t, query(t, engine, e, s.argument))
				for key, want := range e.expected {
					number := 0
					if s.function == "histogram_quantiles" {
						series, _, err := parser.NewParser(parser.Options{}).ParseSeriesDesc(key + " 0")
						require.NoError(t, err)
						level := series.Get(s.label)
						number = slices.IndexFunc(s.numbers, func(q float64) bool { return labels.FormatOpenMetricsFloat(q) == level })
						require.GreaterOrEqual(t, number, 0, level)
						key = series.MatchLabels(false, s.label).String()
					}
					d := groups[key]
					if d == nil {
						t.Errorf("%s: %s: nothing for %s", e.where, e.expr, key)
						continue
					}
					got, ok := s.ours(d, number)
					if instead, ok := suite.otherwise[e.expr+" "+key]; ok {
						want = instead
					}
					switch {
					case refused[key] == forBounds:
						bounds++
					case refused[key] == forCounts:
						counts++
					case refused[key] == asNative:
						natives++
					case strings.HasPrefix(s.function, "histogram_quantile") && !(s.numbers[number] >= 0 && s.numbers[number] <= 1):
						levels++
						assert.False(t, ok)
						assert.True(t, math.IsNaN(want) || math.IsInf(want, 0), "%s: %v", e.where, want)
					default:
						compared++
						assert.Equal(t, !ok, math.IsNaN(want), "%s: %s %s: %v for %v", e.where, e.expr, key, got, want)
						if ok { // the suites' numbers are good to that much
							assert.InDelta(t, want, got, 1e-6*math.Abs(want), "%s: %s %s", e.where, e.expr, key)
						}
					}
				}
			})
			t.Logf("%d evaluations, %d answers compared", evals, compared)
			assert.Equal(t, suite.evaluations, evals)
			assert.Equal(t, suite.levels, levels)
			assert.Equal(t, suite.bounds, bounds)
			assert.Equal(t, suite.counts, counts)
			assert.Equal(t, suite.natives, natives)
		})
	}
}
