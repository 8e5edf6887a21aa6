package aggregate_test

import (
	"slices"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
)

// shifting is a histogram that is exposed in another form each time: with other
// bounds, in native buckets of any resolution, in both, as a summary, or not.
type shifting struct {
	values []float64
	start  float64
}

func (x *shifting) family(rt *rapid.T) *dto.MetricFamily {
	form := rapid.SampledFrom([]string{"classic", "native", "both", "summary", "absent"}).Draw(rt, "form")
	o := &observed{values: x.values, schema: rapid.Int32Range(-2, 3).Draw(rt, "schema"), zero: rapid.SampledFrom([]float64{0x1p-16, 0x1p-8, 1}).Draw(rt, "zero")}
	f := &dto.MetricFamily{Name: p("h"), Type: dto.MetricType_HISTOGRAM.Enum()}
	m := &dto.Metric{Histogram: &dto.Histogram{}}
	sum := 0.0
	for _, v := range x.values {
		sum += v
	}
	if form == "native" || form == "both" {
		m.Histogram = o.dto(true, false)
	}
	m.Histogram.SampleCount, m.Histogram.SampleSum = p(uint64(len(x.values))), &sum
	if form == "classic" || form == "both" {
		for _, b := range []float64{1, 2, 5, 10} {
			if !rapid.Bool().Draw(rt, "has the bound") {
				continue
			}
			n := uint64(0)
			for _, v := range x.values {
				if v <= b {
					n++
				}
			}
			m.Histogram.Bucket = append(m.Histogram.Bucket, &dto.Bucket{UpperBound: p(b), CumulativeCount: p(n)})
		}
	}
	switch form {
	case "absent":
		return ballast(0)
	case "summary":
		f.Type, m = dto.MetricType_SUMMARY.Enum(), &dto.Metric{Summary: &dto.Summary{SampleCount: m.Histogram.SampleCount, SampleSum: &sum}}
	}
	f.Metric = []*dto.Metric{m}
	return f
}

// estimates are all that a group says of what was observed.
func estimates(g *aggregate.HistogramGroup) (list []promfold.Estimate) {
	for _, of := range []func() (promfold.Estimate, bool){
		g.Observations().Increase, g.Sum, g.Mean,
		func() (promfold.Estimate, bool) { return g.Quantile(0.5) },
		func() (promfold.Estimate, bool) { return g.Over(2) },
	} {
		if e, ok := of(); ok {
			list = append(list, e)
		}
	}
	return list
}

// However the form of a histogram changes, scrapes are taken in whole or not at
// all, and what a view of its distribution, of its count or of everything says of
// how much was observed holds the truth.
func TestFormsOfAHistogram(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		owner := rapid.SampledFrom([]counter.Owner{counter.Process, 0}).Draw(rt, "owner")
		b := newBed(rt, aggregate.Config{Since: at(-1000), Window: time.Hour})
		h := b.histogram(aggregate.View{Select: "h", Owner: owner})
		c := b.counter(aggregate.View{Select: "h_count", Owner: owner})
		_, err := b.Everything(aggregate.View{Select: everyFamily})
		require.NoError(rt, err)
		x := &shifting{start: -2000}
		var truth, shown, pending float64 // what was observed after the first scrape; of that what a scrape showed, or could not
		for i := range rapid.IntRange(2, 8).Draw(rt, "scrapes") {
			now := float64(10 * i)
			if i > 0 && rapid.IntRange(0, 3).Draw(rt, "restarts") == 0 {
				*x, pending = shifting{start: now - 5}, 0
			}
			for range rapid.IntRange(0, 4).Draw(rt, "observations") {
				x.values = append(x.values, rapid.SampledFrom([]float64{0, 0.5, 1.5, 3, 7, 20}).Draw(rt, "value"))
				if i > 0 {
					truth, pending = truth+1, pending+1
				}
			}
			format := expfmt.TypeProtoDelim
			family := x.family(rt)
			if !slices.ContainsFunc(family.Metric, func(m *dto.Metric) bool { return m.Histogram != nil && m.Histogram.Schema != nil }) && rapid.Bool().Draw(rt, "text") {
				format = expfmt.TypeTextPlain
			}
			_, err := b.Ingest(exposed(rt, "a", now, format, family, ballast(x.start)))
			require.NoError(rt, err)
			if family.GetName() == "h" {
				shown, pending = shown+pending, 0
			}
			for _, window := range []time.Duration{15 * time.Second, sinceStart} {
				w := until(b, at(now), window)
				var observed []*aggregate.CounterGroup
				if g, err := h.One(w); err == nil {
					observed = append(observed, g.Observations())
					for _, e := range estimates(g) {
						require.True(rt, e.Lo <= e.Value && e.Value <= e.Hi, "%v", e)
					}
				}
				if g, err := c.One(w); err == nil {
					observed = append(observed, g)
				}
				for _, g := range observed {
					if e, ok := g.Increase(); ok && window == sinceStart {
						require.True(rt, e.Lo <= truth && shown <= e.Hi, "%v for %v, of which %v was shown", e, truth, shown)
					}
				}
			}
		}
	})
}

// The same behind a balancer that says nothing of who answers: whatever forms its
// processes have in turn, each scrape is taken in, and every value lies between its
// bounds.
func TestFormsBehindABalancer(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := newBed(rt, aggregate.Config{Window: time.Hour})
		h := b.histogram(aggregate.View{Select: "h"})
		_, err := b.Everything(aggregate.View{Select: everyFamily})
		require.NoError(rt, err)
		b.balanced("lb", 2)
		processes := [2]shifting{}
		for i := range rapid.IntRange(2, 14).Draw(rt, "scrapes") {
			x := &processes[rapid.IntRange(0, 1).Draw(rt, "answers")]
			for range rapid.IntRange(0, 4).Draw(rt, "observations") {
				x.values = append(x.values, rapid.SampledFrom([]float64{0, 0.5, 1.5, 3, 7, 20}).Draw(rt, "value"))
			}
			now := float64(10 * i)
			_, err := b.Ingest(exposed(rt, "lb", now, expfmt.TypeProtoDelim, x.family(rt), ballast(0)))
			require.NoError(rt, err)
			if g, err := h.One(until(b, at(now), sinceStart)); err == nil {
				for _, e := range estimates(g) {
					require.True(rt, e.Lo <= e.Value && e.Value <= e.Hi, "%v", e)
				}
			}
		}
	})
}

// A histogram whose buckets were followed before its native ones came stays followed
// by them in a fleet that is loaded, in whichever order its views are declared again:
// saved once more, the state had other bytes.
func TestFormOfASavedState(t *testing.T) {
	x := &nativeProcess{start: -5, native: true, classic: true}
	x.series[0] = &observed{schema: 2, zero: 0x1p-16, values: []float64{0.5, 2, 3, 20}}
	a := newPairWatcher(t, pairConfig, counter.Process)
	a.ingest(exposed(t, "i", 10, expfmt.TypeTextPlain, x.families()...))
	a.ingest(exposed(t, "i", 20, expfmt.TypeProtoDelim, x.families()...))
	require.Equal(t, saved(t, a.Fleet), saved(t, a.again(pairConfig).Fleet))
	b := loadedFrom(t, saved(t, a.Fleet), pairConfig)
	_, err := b.Histogram(aggregate.View{Select: "h", Owner: counter.Process})
	require.NoError(t, err)
	_, err = b.Counter(aggregate.View{Select: "c", Owner: counter.Process})
	require.NoError(t, err)
	require.Equal(t, len(saved(t, a.Fleet)), len(saved(t, b)))
}
