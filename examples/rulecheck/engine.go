package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
)

// mostSteps is how many steps of subqueries in one another are asked for: a month of
// minutes is far less, and the engine makes room for all of them at once.
const mostSteps = 1_000_000

// stepsOf returns how many the subqueries of an expression have, of those in one
// another each for each; −1 if that is reckoned by the engine.
func stepsOf(n parser.Node, step time.Duration) (most float64) {
	for c := range parser.ChildrenIter(n) {
		x := stepsOf(c, step)
		if x < 0 {
			return x
		}
		most = max(most, x)
	}
	if q, ok := n.(*parser.SubqueryExpr); ok {
		if q.RangeExpr != nil || q.StepExpr != nil {
			return -1
		}
		most = max(most, 1) * float64(q.Range) / float64(cmp.Or(q.Step, step))
	}
	return most
}

// ask returns what the PromQL engine answers at the input's end. The result is
// a copy.
func (in *input) ask(expr parser.Expr) (promql.Vector, error) {
	if n := stepsOf(expr, in.step); n < 0 || n > mostSteps {
		return nil, fmt.Errorf("more than %d steps", mostSteps)
	}
	engine := promql.NewEngine(promql.EngineOpts{
		MaxSamples: 10_000_000, Timeout: time.Minute, LookbackDelta: max(5*time.Minute, 2*in.step), Parser: promQL,
		NoStepSubqueryIntervalFn: func(int64) int64 { return in.step.Milliseconds() },
	})
	q, err := engine.NewInstantQuery(context.Background(), memory{in}, nil, expr.String(), end)
	if err != nil {
		return nil, err
	}
	defer q.Close()
	r := q.Exec(context.Background())
	if r.Err != nil {
		return nil, r.Err
	}
	switch v := r.Value.(type) {
	case promql.Vector:
		return append(promql.Vector(nil), v...), nil
	case promql.Scalar:
		return promql.Vector{{F: v.V}}, nil
	}
	return nil, fmt.Errorf("an expression of type %s", r.Value.Type())
}

// memory is an input as a storage of the engine.
type memory struct{ in *input }

func (m memory) Querier(int64, int64) (storage.Querier, error) { return querier{in: m.in}, nil }

type querier struct {
	storage.LabelQuerier
	in *input
}

func (querier) Close() error { return nil }

func (q querier) Select(_ context.Context, _ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	set := &seriesSet{}
	for _, r := range q.in.rows {
		b := labels.NewBuilder(labels.FromMap(r.labels)).Set(model.MetricNameLabel, r.name).Set("instance", r.instance)
		ls := b.Labels()
		fits := true
		for _, m := range matchers {
			fits = fits && m.Matches(ls.Get(m.Name))
		}
		if !fits {
			continue
		}
		var samples []chunks.Sample
		for i, v := range r.values {
			if !math.IsNaN(v) {
				samples = append(samples, sample{q.in.at(i).UnixMilli(), v})
			}
		}
		set.series = append(set.series, storage.NewListSeries(ls, samples))
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

// sample is a reading as the engine's storage has it.
type sample struct {
	time  int64
	value float64
}

func (s sample) T() int64                    { return s.time }
func (sample) ST() int64                     { return 0 }
func (s sample) F() float64                  { return s.value }
func (sample) H() *histogram.Histogram       { return nil }
func (sample) FH() *histogram.FloatHistogram { return nil }
func (sample) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (s sample) Copy() chunks.Sample         { return s }
