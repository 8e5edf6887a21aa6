package parse_test

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/exemplar"
	prom "github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/histogram"
	"github.com/promfold/promfold/parse"
)

const (
	asText         = "text/plain; version=0.0.4"
	asOpenMetrics  = "application/openmetrics-text; version=1.0.0; charset=utf-8"
	asOpenMetrics2 = "application/openmetrics-text; version=2.0.0; charset=utf-8"
	asProtobuf     = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
)

// words is a sample in words: all that textparse says of it, too.
func words(ls labels.Labels, v float64, ms int64, h string) string {
	return fmt.Sprintf("%s %x @%d %s", ls, math.Float64bits(v), ms, h)
}

const noTime = math.MinInt64

// truth reads a body with textparse alone.
func truth(body []byte, contentType string) (list []string, err error) {
	p, err := textparse.New(slices.Clone(body), contentType, nil, textparse.ParserOptions{KeepClassicOnClassicAndNativeHistograms: true, EnableOpenMetrics2: true})
	if err != nil {
		return nil, err
	}
	for {
		entry, err := p.Next()
		if err == io.EOF {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		var (
			ls labels.Labels
			ts *int64
			v  float64
			h  string
		)
		switch entry {
		case textparse.EntrySeries:
			_, ts, v = p.Series()
		case textparse.EntryHistogram:
			var i *prom.Histogram
			var f *prom.FloatHistogram
			if _, ts, i, f = p.Histogram(); i != nil {
				f = i.ToFloat(nil)
			}
			v, h = f.Count, nativeWords(f)
		default:
			continue
		}
		p.Labels(&ls)
		ms := int64(noTime)
		if ts != nil {
			ms = *ts
		}
		list = append(list, words(ls, v, ms, h))
	}
}

// nativeWords is a native histogram in words, made of prometheus' own iterators.
func nativeWords(f *prom.FloatHistogram) string {
	if f.UsesCustomBuckets() {
		return "custom"
	}
	var b strings.Builder
	fmt.Fprint(&b, f.Schema, f.ZeroThreshold, f.ZeroCount, f.Count, f.Sum)
	for i, it := range []prom.BucketIterator[float64]{f.PositiveBucketIterator(), f.NegativeBucketIterator()} {
		for it.Next() {
			if x := it.At(); x.Count != 0 {
				fmt.Fprint(&b, " ", i, ":", x.Index, ":", x.Count)
			}
		}
	}
	return b.String()
}

func histogramWords(h *histogram.Histogram) string {
	switch {
	case h == nil:
		return ""
	case !h.Exponential:
		return "custom"
	}
	var b strings.Builder
	fmt.Fprint(&b, h.Schema, h.ZeroThreshold, h.ZeroCount, h.Count, h.Sum)
	for i, side := range [][]histogram.Bucket{h.Positive, h.Negative} {
		for _, x := range side {
			fmt.Fprint(&b, " ", i, ":", x.Index, ":", x.Count)
		}
	}
	return b.String()
}

// said is a sample in the words of truth.
func said(s *parse.Sample) string {
	ms := int64(noTime)
	if !s.Time.IsZero() {
		ms = s.Time.UnixMilli()
	}
	return words(s.Labels, s.Value, ms, histogramWords(s.Histogram))
}

// full is all there is to a sample.
func full(s *parse.Sample) string {
	h := ""
	if s.Histogram != nil {
		h = fmt.Sprintf("%+v", *s.Histogram)
	}
	e := ""
	if s.Exemplar != nil {
		e = fmt.Sprintf("%+v", *s.Exemplar)
	}
	return fmt.Sprint(s.Family.Name, s.Family.Type, s.Name, s.Role, s.Labels, s.Bound, math.Float64bits(s.Value), s.Time, s.Start, s.Delta, h, e)
}

func texts[T any](list []T, text func(*T) string) (out []string) {
	for i := range list {
		out = append(out, text(&list[i]))
	}
	return out
}

// collect copies what an iterator yields.
func collect(seq func(func(*parse.Sample) bool)) (list []parse.Sample) {
	for s := range seq {
		list = append(list, *s)
	}
	return list
}

// requireEqual is require.Equal for long lists.
func requireEqual(t testing.TB, want, got []string, what ...any) {
	t.Helper()
	if slices.Equal(want, got) {
		return
	}
	for i := range min(len(want), len(got)) {
		require.Equal(t, want[i], got[i], append([]any{"sample %d"}, i)...)
	}
	require.Len(t, got, len(want), what...)
}

// joinNaively joins the lines of histograms, by the definition: those of one
// family with equal labels, of which none is there twice, all have one time and
// one start, and a line tells the count.
func joinNaively(lines []parse.Sample) (out []parse.Sample) {
	type key struct{ family, typ, labels string }
	keyOf := func(s *parse.Sample) (k key, ls labels.Labels, ok bool) {
		if t := s.Family.Type; t != "histogram" && t != "gaugehistogram" || s.Role == parse.Value {
			return k, ls, false
		}
		b := labels.NewBuilder(s.Labels).Set("__name__", s.Family.Name)
		if s.Role == parse.Bucket {
			b.Del("le")
		}
		ls = b.Labels()
		return key{s.Family.Name, string(s.Family.Type), ls.String()}, ls, true
	}
	groups := map[key][]*parse.Sample{}
	for i := range lines {
		if k, _, ok := keyOf(&lines[i]); ok {
			groups[k] = append(groups[k], &lines[i])
		}
	}
	done := map[key]bool{}
	for i := range lines {
		s := &lines[i]
		k, ls, ok := keyOf(s)
		if ok {
			if h := joinGroup(groups[k]); h != nil {
				if !done[k] {
					out = append(out, parse.Sample{Family: s.Family, Name: s.Family.Name, Role: parse.Histogram, Labels: ls, Bound: math.NaN(), Value: h.Count, Time: s.Time, Start: s.Start, Histogram: h, Exemplar: newest(groups[k])})
				}
				done[k] = true
				continue
			}
		}
		out = append(out, *s)
	}
	return out
}

// newest is the newest exemplar of the lines.
func newest(lines []*parse.Sample) (e *exemplar.Exemplar) {
	for _, s := range lines {
		if x := s.Exemplar; x != nil && (e == nil || !e.HasTs || x.HasTs && x.Ts >= e.Ts) {
			e = x
		}
	}
	return e
}

// joinGroup joins the lines of one histogram; nil if it is none.
func joinGroup(lines []*parse.Sample) *histogram.Histogram {
	h := &histogram.Histogram{Count: math.NaN(), Sum: math.NaN()}
	seen, classic := map[string]bool{}, 0
	byBound := map[float64]float64{}
	for _, s := range lines {
		part := fmt.Sprint(s.Role, s.Bound+0)
		if seen[part] || s.Time != lines[0].Time || s.Start != lines[0].Start || s.Role == parse.Created && s.Start == (time.Time{}) {
			return nil
		}
		seen[part] = true
		switch s.Role {
		case parse.Bucket:
			byBound[s.Bound+0] = s.Value
			classic++
		case parse.Count:
			h.Count = s.Value
			classic++
		case parse.Sum:
			h.Sum = s.Value
		}
	}
	_, inf := byBound[math.Inf(1)]
	for _, s := range lines {
		if s.Role != parse.Histogram {
			continue
		}
		n := *s.Histogram
		if classic > 0 && !n.Exponential || seen["count NaN"] && n.Count != h.Count || seen["sum NaN"] && math.Float64bits(n.Sum) != math.Float64bits(h.Sum) {
			return nil
		}
		h = &n
	}
	switch {
	case seen["count NaN"], seen["histogram NaN"]:
	case inf:
		h.Count = byBound[math.Inf(1)]
	default:
		return nil
	}
	if classic == 0 {
		return h
	}
	if !inf {
		byBound[math.Inf(1)] = h.Count
	}
	for b := range byBound {
		h.Bounds = append(h.Bounds, b)
	}
	slices.Sort(h.Bounds)
	for _, b := range h.Bounds {
		h.Counts = append(h.Counts, byBound[b])
	}
	return h
}
