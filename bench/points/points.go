// Package points is a storage in memory for PromQL's engine.
package points

import (
	"context"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
)

// Point is a reading of a series as the engine sees it. Times are Unix
// milliseconds; a Start of 0 is unknown.
type Point struct {
	Time, Start int64
	Value       float64
}

// These methods make a Point a chunks.Sample.
func (p Point) T() int64                    { return p.Time }
func (p Point) ST() int64                   { return p.Start }
func (p Point) F() float64                  { return p.Value }
func (Point) H() *histogram.Histogram       { return nil }
func (Point) FH() *histogram.FloatHistogram { return nil }
func (Point) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (p Point) Copy() chunks.Sample         { return p }

// Storage answers what the engine asks for, by a function of the matchers.
type Storage func(matchers []*labels.Matcher) []storage.Series

// Querier implements storage.Queryable.
func (s Storage) Querier(int64, int64) (storage.Querier, error) { return querier{of: s}, nil }

type querier struct {
	storage.LabelQuerier
	of Storage
}

func (querier) Close() error { return nil }

func (q querier) Select(_ context.Context, _ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	return &set{series: q.of(matchers)}
}

type set struct {
	series []storage.Series
	next   int
}

func (s *set) Next() bool                      { s.next++; return s.next <= len(s.series) }
func (s *set) At() storage.Series              { return s.series[s.next-1] }
func (*set) Err() error                        { return nil }
func (*set) Warnings() annotations.Annotations { return nil }
