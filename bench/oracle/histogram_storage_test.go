package oracle_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"

	fold "github.com/promfold/promfold/internal/layout"
)

// suiteStorage is the series that a suite's load commands describe, in memory.
type suiteStorage struct{ series []suiteSeries }

type suiteSeries struct {
	labels  labels.Labels
	samples []chunks.Sample
}

type suiteSample struct {
	t  int64
	f  float64
	fh *histogram.FloatHistogram
}

func (s suiteSample) T() int64                      { return s.t }
func (s suiteSample) ST() int64                     { return 0 }
func (s suiteSample) F() float64                    { return s.f }
func (s suiteSample) H() *histogram.Histogram       { return nil }
func (s suiteSample) FH() *histogram.FloatHistogram { return s.fh }
func (s suiteSample) Copy() chunks.Sample           { return s }
func (s suiteSample) Type() chunkenc.ValueType {
	if s.fh != nil {
		return chunkenc.ValFloatHistogram
	}
	return chunkenc.ValFloat
}

// load adds the series of a load command; those of load_with_nhcb also as histograms with custom buckets.
func (s *suiteStorage) load(lines []string, step time.Duration, withCustom bool) error {
	var added []suiteSeries
	for _, line := range lines {
		l, values, err := parser.NewParser(parser.Options{}).ParseSeriesDesc(line)
		if err != nil {
			return err
		}
		one := suiteSeries{labels: l}
		for i, v := range values {
			if !v.Omitted {
				one.samples = append(one.samples, suiteSample{int64(i) * step.Milliseconds(), v.Value, v.Histogram})
			}
		}
		added = append(added, one)
	}
	s.series = append(s.series, added...)
	if withCustom {
		s.series = append(s.series, customOf(added)...)
	}
	return nil
}

// customOf converts classic series to one of histograms with custom buckets, as the scraper may do.
func customOf(series []suiteSeries) []suiteSeries {
	type point struct {
		counts map[float64]float64
		sum    float64
	}
	type group struct {
		labels labels.Labels
		points map[int64]*point
	}
	groups := map[string]*group{}
	for _, s := range series {
		name := s.labels.Get(model.MetricNameLabel)
		base, isBucket := strings.CutSuffix(name, "_bucket")
		base, isSum := strings.CutSuffix(base, "_sum")
		base, isCount := strings.CutSuffix(base, "_count")
		if !isBucket && !isSum && !isCount {
			continue
		}
		l := labels.NewBuilder(s.labels).Set(model.MetricNameLabel, base).Del(labels.BucketLabel).Labels()
		g := groups[l.String()]
		if g == nil {
			g = &group{l, map[int64]*point{}}
			groups[l.String()] = g
		}
		for _, v := range s.samples {
			p := g.points[v.T()]
			if p == nil {
				p = &point{counts: map[float64]float64{}}
				g.points[v.T()] = p
			}
			switch {
			case isBucket:
				if le, err := fold.ParseBound(s.labels.Get(labels.BucketLabel)); err == nil {
					p.counts[le] = v.F()
				}
			case isSum:
				p.sum = v.F()
			case p.counts[math.Inf(1)] == 0:
				p.counts[math.Inf(1)] = v.F()
			}
		}
	}
	var custom []suiteSeries
	for _, g := range groups {
		one := suiteSeries{labels: g.labels}
		for t, p := range g.points {
			if h := customHistogram(p.counts, p.sum); h != nil {
				one.samples = append(one.samples, suiteSample{t: t, fh: h})
			}
		}
		slices.SortFunc(one.samples, func(a, b chunks.Sample) int { return int(a.T() - b.T()) })
		custom = append(custom, one)
	}
	return custom
}

// customHistogram is nil where the counts fall with le: such a scrape is not converted.
func customHistogram(counts map[float64]float64, sum float64) *histogram.FloatHistogram {
	var bounds []float64
	for le := range counts {
		bounds = append(bounds, le)
	}
	slices.Sort(bounds)
	if len(bounds) == 0 {
		return nil
	}
	h := &histogram.FloatHistogram{
		Schema: histogram.CustomBucketsSchema, Count: counts[bounds[len(bounds)-1]], Sum: sum,
		PositiveSpans: []histogram.Span{{Length: uint32(len(bounds))}},
	}
	last := 0.0
	for _, le := range bounds {
		if !math.IsInf(le, 1) {
			h.CustomValues = append(h.CustomValues, le)
		}
		if counts[le] < last {
			return nil
		}
		h.PositiveBuckets = append(h.PositiveBuckets, counts[le]-last)
		last = counts[le]
	}
	return h
}

func (s *suiteStorage) Querier(mint, maxt int64) (storage.Querier, error) {
	return suiteQuerier{s, mint, maxt}, nil
}

type suiteQuerier struct {
	*suiteStorage
	mint, maxt int64
}

func (q suiteQuerier) Select(_ context.Context, _ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	set := &suiteSet{at: -1}
	for _, s := range q.series {
		if slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(s.labels.Get(m.Name)) }) {
			continue
		}
		in := slices.DeleteFunc(slices.Clone(s.samples), func(v chunks.Sample) bool { return v.T() < q.mint || v.T() > q.maxt })
		for i, v := range in { // the engine writes to what it is given
			if v.FH() != nil {
				in[i] = suiteSample{t: v.T(), fh: v.FH().Copy()}
			}
		}
		set.series = append(set.series, storage.NewListSeries(s.labels, in))
	}
	slices.SortFunc(set.series, func(a, b storage.Series) int { return labels.Compare(a.Labels(), b.Labels()) })
	return set
}

func (suiteQuerier) LabelValues(context.Context, string, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (suiteQuerier) LabelNames(context.Context, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (suiteQuerier) Close() error { return nil }

type suiteSet struct {
	series []storage.Series
	at     int
}

func (s *suiteSet) Next() bool                        { s.at++; return s.at < len(s.series) }
func (s *suiteSet) At() storage.Series                { return s.series[s.at] }
func (s *suiteSet) Err() error                        { return nil }
func (s *suiteSet) Warnings() annotations.Annotations { return nil }
