package aggregate_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/histogram"
	"github.com/promfold/promfold/internal/layout"
)

func nativeFamily(o *observed, label string) *dto.MetricFamily {
	return &dto.MetricFamily{Name: p("h"), Type: dto.MetricType_HISTOGRAM.Enum(), Metric: []*dto.Metric{{
		Label: []*dto.LabelPair{{Name: p("x"), Value: &label}}, Histogram: o.dto(true, false)}}}
}

// nativeOf are the native buckets of a histogram.
func nativeOf(h *histogram.Histogram) *layout.Native {
	side := func(list []histogram.Bucket) (out []layout.Bucket) {
		for _, b := range list {
			out = append(out, layout.Bucket{Index: b.Index, Count: b.Count})
		}
		return out
	}
	return &layout.Native{Schema: h.Schema, ZeroThreshold: h.ZeroThreshold, ZeroCount: h.ZeroCount, Count: h.Count, Sum: h.Sum,
		Positive: side(h.Positive), Negative: side(h.Negative)}
}

// Buckets that come count against MaxBytes, also where no line does. A scrape
// that passes it changes nothing.
func TestNativeBucketsHaveALimit(t *testing.T) {
	const most = 120 << 10
	b := newBed(t, aggregate.Config{MaxBytes: most})
	v := nativeView(b)
	o := &observed{schema: 8}
	for i := range 1000 {
		o.values = append(o.values, 1+float64(i)/10)
		before, state := b.Dump(), saved(t, b.Fleet)
		_, err := b.Ingest(exposed(t, "a", float64(i), expfmt.TypeProtoDelim, nativeFamily(o, "1"), ballast(-1000)))
		if err == nil {
			require.LessOrEqual(t, b.held(), int64(most))
			continue
		}
		require.ErrorIs(t, err, aggregate.ErrLimit)
		require.Equal(t, before, b.Dump())
		require.Equal(t, state, saved(t, b.Fleet))
		groups, err := v.In(until(b, at(float64(i)), sinceStart))
		require.NoError(t, err)
		require.Equal(t, float64(i-1), counted(groups[0]))
		return
	}
	t.Fatal("no limit")
}

// Series with native buckets come and go: what is kept does not grow, and the
// totals of those that had to go stay.
func TestNativeChurnIsForgotten(t *testing.T) {
	b := newBed(t, aggregate.Config{MaxBytes: 1 << 20, Window: time.Minute, Since: at(-1000)}.WithCheckpoints(4))
	v, err := b.Histogram(aggregate.View{Select: "h", By: []string{"x"}, Owner: 1})
	require.NoError(t, err)
	r := rand.New(rand.NewPCG(1, 2))
	counted := map[string]float64{}
	o := &observed{}
	for i := range 1000 {
		label := fmt.Sprint(i / 5)
		if i%5 == 0 {
			o = &observed{schema: int32(i % 4), zero: 1e-9}
		}
		for range 5 {
			o.values = append(o.values, r.ExpFloat64()-0.1)
		}
		_, err := b.Ingest(exposed(t, "a", float64(15*i), expfmt.TypeProtoDelim, nativeFamily(o, label), ballast(-900), ballast(0)))
		require.NoError(t, err)
		counted[label] = float64(len(o.values))
	}
	assert.LessOrEqual(t, b.held(), int64(1<<20))
	totals := v.Totals(b.Snapshot(at(15_000)))
	require.Len(t, totals, 200)
	for _, x := range totals {
		require.Equal(t, counted[x.Labels.Get("x")], x.Histogram.Counts[0], x.Labels)
		require.True(t, x.Histogram.Exponential)
		require.NoError(t, nativeOf(x.Histogram).Validate())
		require.Equal(t, x.Histogram.Counts[0], x.Histogram.Count)
	}
}

// What is shown by native buckets never falls, whatever becomes of the fleet and
// of the buckets; saved and loaded, it is the same.
func TestNativeTotalsNeverFall(t *testing.T) {
	b := newBed(t, nativeConfig)
	v := nativeView(b)
	r := rand.New(rand.NewPCG(3, 4))
	before := map[int32]float64{} // by bucket of the coarsest schema
	n := 0.0
	procs := []*nativeProcess{}
	for i := range 3 {
		procs = append(procs, &nativeProcess{start: -10 - float64(i), native: true, signed: true})
	}
	for round := range 60 {
		for i, x := range procs {
			if r.IntN(10) == 0 {
				x = &nativeProcess{start: float64(10*round) - 2, native: true, signed: true}
				procs[i] = x
			}
			x.work(r)
			_, err := b.Ingest(exposed(t, fmt.Sprint("i", i), float64(10*round)+float64(i), expfmt.TypeProtoDelim, x.families()...))
			require.NoError(t, err)
		}
		if r.IntN(4) == 0 {
			b = bed{t, loadedFrom(t, saved(t, b.Fleet), nativeConfig)}
			v = nativeView(b)
		}
		totals := v.Totals(b.Snapshot(at(float64(10*round) + 5)))
		require.Len(t, totals, 1)
		h := totals[0].Histogram
		require.True(t, h.Exponential)
		require.NoError(t, nativeOf(h).Validate())
		require.GreaterOrEqual(t, h.Count, n)
		n = h.Count
		now := map[int32]float64{}
		for _, x := range h.Positive {
			now[(x.Index-1)>>(h.Schema+4)+1] += x.Count // of schema −4
		}
		for i, c := range before {
			if i > 0 { // others may have gone to zero
				require.GreaterOrEqual(t, now[i], c, "bucket %d", i)
			}
		}
		before = now
	}
	require.Greater(t, n, 100.0)
}
