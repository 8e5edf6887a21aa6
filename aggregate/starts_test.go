package aggregate_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/internal/judge"
)

// counterOf is a family c of one counter; created in seconds, NaN: not told.
func counterOf(value, created float64, labels ...string) *dto.MetricFamily {
	c := &dto.Counter{Value: &value}
	if !math.IsNaN(created) {
		c.CreatedTimestamp = timestamppb.New(at(created))
	}
	m := &dto.Metric{Counter: c}
	for i := 0; i < len(labels); i += 2 {
		m.Label = append(m.Label, &dto.LabelPair{Name: &labels[i], Value: &labels[i+1]})
	}
	return &dto.MetricFamily{Name: p("c_total"), Type: dto.MetricType_COUNTER.Enum(), Metric: []*dto.Metric{m}}
}

// ballast is what a process exposes besides, so that one series is no crowd.
func ballast(start float64) *dto.MetricFamily {
	f := &dto.MetricFamily{Name: p("process_start_time_seconds"), Type: dto.MetricType_GAUGE.Enum()}
	if start != 0 {
		f.Metric = []*dto.Metric{{Gauge: &dto.Gauge{Value: p(float64(t0.Unix()) + start)}}}
		return f
	}
	f.Name = p("ballast")
	for i := range 20 {
		f.Metric = append(f.Metric, &dto.Metric{Label: []*dto.LabelPair{{Name: p("i"), Value: p(fmt.Sprint(i))}}, Gauge: &dto.Gauge{Value: p(1.0)}})
	}
	return f
}

// What a series says of its own start, as protobuf has it.
func TestStartsOfSeries(t *testing.T) {
	unknown := math.NaN()
	type point struct{ at, value, created float64 }
	for name, c := range map[string]struct {
		points  []point
		start   float64 // of the process
		want    float64
		lo, hi  float64
		verdict judge.Verdict // of the last point
	}{
		"it moved alone, and the value did not fall": {
			[]point{{0, 100, -500}, {10, 120, 5}}, -1000, 20, 20, math.Inf(1), judge.Grew},
		"it did not move":             {[]point{{0, 100, -500}, {10, 120, -500}}, -1000, 20, 20, 20, judge.Grew},
		"it moved by less than tells": {[]point{{0, 100, -500}, {10, 120, -499}}, -1000, 20, 20, 20, judge.Grew},
		"it moved into the past":      {[]point{{0, 100, -500}, {10, 120, -800}}, -1000, 20, 20, 20, judge.Grew},
		"it moved to long ago":        {[]point{{0, 100, -500}, {10, 120, -400}}, -1000, 20, 20, math.Inf(1), judge.Grew},
		"it moved to long ago, and the value fell": {
			[]point{{0, 100, -500}, {10, 30, -400}}, -1000, 30, 0, math.Inf(1), judge.Reset},
		"born while watched": {[]point{{0, 100, -30}}, -1000, 100, 100, 100, judge.Born},
		"born before, by a clock that is ahead": {
			[]point{{0, 100, -50}}, -1000, 100, 0, 100, judge.Born},
		"born before":               {[]point{{0, 100, -150}, {10, 101, -150}}, -1000, 1, 1, 1, judge.Grew},
		"of the time of the scrape": {[]point{{0, 100, 0}, {10, 101, 10}}, -1000, 1, 1, 1, judge.Grew},
		"in the future":             {[]point{{0, 100, 50}, {10, 101, 50}}, -1000, 1, 1, 1, judge.Grew},
		"in the future, and it moved": {
			[]point{{0, 100, 50}, {10, 101, 60}}, -1000, 1, 1, 1, judge.Grew},
		"it is new, and reason for doubt": {
			[]point{{0, 100, unknown}, {10, 120, 5}}, -1000, 20, 20, math.Inf(1), judge.Grew},
		"no start of the process either": {
			[]point{{0, 100, -500}, {10, 120, 5}}, 0, 120, 120, math.Inf(1), judge.Reset},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBed(t, aggregate.Config{Since: at(-100)})
			v := b.counter(aggregate.View{Select: "c"})
			var last aggregate.Report
			for _, x := range c.points {
				var err error
				last, err = b.Ingest(exposed(t, "a", x.at, expfmt.TypeProtoDelim, counterOf(x.value, x.created), ballast(c.start)))
				require.NoError(t, err)
			}
			g := b.one(v, 20, sinceStart)
			a, _ := g.Increase()
			assert.Equal(t, promfold.Estimate{Value: c.want, Lo: c.lo, Hi: c.hi}, a)
			assert.Equal(t, c.verdict == judge.Reset, last.Resets == 1)
			assert.Equal(t, c.verdict == judge.Born, last.Births == 1)
			assert.False(t, last.Restarted)
		})
	}
}

// A histogram is one object: a created timestamp that moved, of a process that
// did not restart, resets nothing while no count fell.
func TestStartOfHistogram(t *testing.T) {
	for _, native := range []bool{false, true} {
		b, v := nativeBed(t)
		o := &observed{values: []float64{0.5, 2}, schema: 3}
		for i, created := range []float64{-100, 5} {
			h := o.dto(native, !native)
			h.CreatedTimestamp = timestamppb.New(at(created))
			f := &dto.MetricFamily{Name: p("h"), Type: dto.MetricType_HISTOGRAM.Enum(), Metric: []*dto.Metric{{Histogram: h}}}
			r, err := b.Ingest(exposed(t, "a", float64(10*i), expfmt.TypeProtoDelim, f, ballast(-1000)))
			require.NoError(t, err)
			assert.Zero(t, r.Resets)
			o.values = []float64{0.5, 2, 2.5}
		}
		groups, err := v.In(until(b, at(20), sinceStart))
		require.NoError(t, err)
		assert.Equal(t, 1.0, counted(groups[0]))
		grown, _ := groups[0].Observations().Increase()
		assert.True(t, math.IsInf(grown.Hi, 1))
		e, _ := groups[0].Quantile(1)
		assert.True(t, e.Lo <= 2.5 && 2.5 <= e.Hi)
	}
}

// The lines of a format are not those of another, but their series are: what was
// remembered of them is.
func TestSeriesInOtherWords(t *testing.T) {
	text, protobuf := expfmt.TypeTextPlain, expfmt.TypeProtoDelim
	for _, formats := range [][]expfmt.FormatType{{text, text, text}, {text, protobuf, text}, {protobuf, text, text}, {protobuf, text, protobuf}, {text, protobuf, protobuf}} {
		t.Run(fmt.Sprint(formats), func(t *testing.T) {
			b := newBed(t, aggregate.Config{})
			v := b.counter(aggregate.View{Select: "c"})
			show := func(seconds float64, i int, families ...*dto.MetricFamily) aggregate.Report {
				r, err := b.Ingest(exposed(t, "a", seconds, formats[i], append(families, ballast(0), ballast(-1000))...))
				require.NoError(t, err)
				return r
			}
			unknown := math.NaN()
			show(0, 0, counterOf(1000, unknown, "i", "1"))
			show(10, 0, counterOf(999, unknown, "i", "1")) // jitter: 1000 stays the mark
			show(20, 1, counterOf(1005, unknown, "i", "1"))
			assert.Equal(t, 5.0, grew(b.one(v, 20, sinceStart)))
			show(30, 1)
			r := show(40, 2, counterOf(1007, unknown, "i", "1")) // not born: it was there
			assert.Zero(t, r.Births)
			assert.Equal(t, 7.0, grew(b.one(v, 40, sinceStart)))
			r = show(50, 0, counterOf(1010, unknown, "i", "1"))
			assert.Zero(t, r.Went)
			assert.Equal(t, 10.0, grew(b.one(v, 50, sinceStart)))
		})
	}
}

// Births are proven once, also of processes that answer at one address in turns.
func TestBornOnceBehindOneAddress(t *testing.T) {
	b := newBed(t, aggregate.Config{Since: at(-100)})
	v := b.counter(aggregate.View{Select: "c"})
	for i := range 8 {
		start := -50 + 10*float64(i%2)
		_, err := b.Ingest(exposed(t, "vip", float64(10*i), expfmt.TypeProtoDelim, counterOf(1000+float64(i), start+1), ballast(start)))
		require.NoError(t, err)
	}
	assert.LessOrEqual(t, grew(b.one(v, 100, sinceStart)), 2007.0, "never above what both counted")
}

// The views of what protobuf bodies say are windows like any others.
func TestNativeWindows(t *testing.T) {
	b := newBed(t, aggregate.Config{Window: time.Minute}.WithCheckpoints(60))
	v := nativeView(b)
	o := &observed{schema: 2, zero: 0x1p-10}
	for i := range 20 {
		o.values = append(o.values, float64(i)+0.5, -float64(i)-0.5)
		f := &dto.MetricFamily{Name: p("h"), Type: dto.MetricType_HISTOGRAM.Enum(), Metric: []*dto.Metric{{Histogram: o.dto(true, false)}}}
		_, err := b.Ingest(exposed(t, "a", float64(i), expfmt.TypeProtoDelim, f, ballast(-1000)))
		require.NoError(t, err)
	}
	groups, err := v.In(until(b, at(19), 5*time.Second))
	require.NoError(t, err)
	g := groups[0]
	assert.Equal(t, 10.0, counted(g))
	e, ok := g.Quantile(0.9) // 9th of −19.5 … −15.5, 15.5 … 19.5
	require.True(t, ok)
	assert.True(t, e.Lo <= 18.5 && 18.5 <= e.Hi, e)
	e, _ = g.Over(10)
	assert.Equal(t, 0.5, e.Value)
	worst, ok := g.WorstQuantile(0.9)
	assert.True(t, ok)
	assert.Equal(t, "a", worst.Instance)
	assert.Contains(t, g.Explain(), "increase 10")
}

// A gauge histogram is what it is now, not a sum of what happened: no view of
// histograms takes it.
func TestGaugeHistogramIsNone(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := nativeView(b)
	o := &observed{schema: 2, values: []float64{1, 2}}
	f := &dto.MetricFamily{Name: p("h"), Type: dto.MetricType_GAUGE_HISTOGRAM.Enum(), Metric: []*dto.Metric{{Histogram: o.dto(true, true)}}}
	_, err := b.Ingest(exposed(t, "a", 0, expfmt.TypeProtoDelim, f))
	require.NoError(t, err)
	assert.Equal(t, []string{"a"}, v.Status(b.Snapshot(t0)).Excluded)
}
