package main

import (
	"context"
	"sort"
	"strings"
	"sync"

	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

// sink keeps the latest value of each stream of one metric, and counts how often
// one fell.
type sink struct {
	metric string

	mu     sync.Mutex
	latest map[string]float64
	fell   int
	read   float64 // what a reader has who takes a fall for a reset, and misses no value
	closed bool    // nothing comes any more: the Collector was killed
}

func (*sink) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }

func (s *sink) ConsumeMetrics(_ context.Context, md pmetric.Metrics) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	for _, rm := range md.ResourceMetrics().All() {
		for _, sm := range rm.ScopeMetrics().All() {
			for _, m := range sm.Metrics().All() {
				if m.Name() == s.metric {
					s.take(m)
				}
			}
		}
	}
	return nil
}

func (s *sink) take(m pmetric.Metric) {
	switch m.Type() {
	case pmetric.MetricTypeSum:
		for _, p := range m.Sum().DataPoints().All() {
			x := p.DoubleValue()
			if p.ValueType() == pmetric.NumberDataPointValueTypeInt {
				x = float64(p.IntValue())
			}
			s.value(p.Attributes(), x)
		}
	case pmetric.MetricTypeHistogram:
		for _, p := range m.Histogram().DataPoints().All() {
			s.value(p.Attributes(), float64(p.Count()))
		}
	}
}

func (s *sink) value(m pcommon.Map, x float64) {
	key := keyOf(m)
	if before := s.latest[key]; x < before {
		s.fell++
		s.read += x
	} else {
		s.read += x - before
	}
	if s.latest == nil {
		s.latest = map[string]float64{}
	}
	s.latest[key] = x
}

func keyOf(m pcommon.Map) string {
	var list []string
	for key, v := range m.All() {
		list = append(list, key+"="+v.AsString())
	}
	sort.Strings(list)
	return strings.Join(list, ",")
}

// total returns the sum of the latest values.
func (s *sink) total() (sum float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range s.latest {
		sum += x
	}
	return sum
}

// close takes nothing more, or again.
func (s *sink) close(closed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = closed
}
