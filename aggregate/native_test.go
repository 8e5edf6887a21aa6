package aggregate_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
	"github.com/promfold/promfold/parse"
)

// observed is a histogram that a simulated process keeps, in all forms: the
// observations themselves are what answers are held against.
type observed struct {
	values []float64
	schema int32
	zero   float64
}

var classicBounds = []float64{0.1, 1, 10}

// dto shows it with native buckets, with classic ones, or with both.
func (o *observed) dto(native, classic bool) *dto.Histogram {
	sum := 0.0
	for _, v := range o.values {
		sum += v
	}
	h := &dto.Histogram{SampleCount: p(uint64(len(o.values))), SampleSum: &sum}
	if classic {
		for _, le := range classicBounds {
			n := uint64(0)
			for _, v := range o.values {
				if v <= le {
					n++
				}
			}
			h.Bucket = append(h.Bucket, &dto.Bucket{UpperBound: p(le), CumulativeCount: &n})
		}
	}
	if !native {
		return h
	}
	h.Schema, h.ZeroThreshold, h.ZeroCount = &o.schema, &o.zero, p(uint64(0))
	sides := [2]map[int32]int64{{}, {}}
	for _, v := range o.values {
		switch {
		case math.Abs(v) <= o.zero:
			*h.ZeroCount++
		case v > 0:
			sides[0][nativeIndex(v, o.schema)]++
		default:
			sides[1][nativeIndex(-v, o.schema)]++
		}
	}
	h.PositiveSpan, h.PositiveDelta = dtoSpans(sides[0])
	h.NegativeSpan, h.NegativeDelta = dtoSpans(sides[1])
	if len(h.PositiveSpan) == 0 {
		h.PositiveSpan = []*dto.BucketSpan{{Offset: p(int32(0)), Length: p(uint32(0))}}
	}
	return h
}

func nativeIndex(v float64, schema int32) int32 {
	return int32(math.Ceil(math.Log2(v) * math.Exp2(float64(schema))))
}

func dtoSpans(counts map[int32]int64) (spans []*dto.BucketSpan, deltas []int64) {
	var indices []int32
	for i := range counts {
		indices = append(indices, i)
	}
	slices.Sort(indices)
	next, before := int32(0), int64(0)
	for _, i := range indices {
		spans = append(spans, &dto.BucketSpan{Offset: p(i - next), Length: p(uint32(1))})
		deltas = append(deltas, counts[i]-before)
		next, before = i+1, counts[i]
	}
	return spans, deltas
}

func p[T any](x T) *T { return &x }

// nativeProcess is one life of a simulated instance with two histogram series.
type nativeProcess struct {
	start           float64
	native, classic bool
	signed          bool
	series          [2]*observed
	worked          float64 // for so long, at 10/s: that a process began anew shows in this
}

func (x *nativeProcess) work(r *rand.Rand) {
	if x.worked == 0 {
		x.worked = 4
	} else {
		x.worked += 10
	}
	for i := range x.series {
		n := r.IntN(6)
		if x.series[i] == nil {
			if n == 0 {
				continue // not used yet
			}
			x.series[i] = &observed{schema: int32(r.IntN(5)), zero: 0x1p-16}
		}
		o := x.series[i]
		for range n {
			v := math.Exp(4 * r.NormFloat64())
			if x.signed && r.IntN(3) == 0 {
				v = -v
			}
			if r.IntN(10) == 0 {
				v = 0
			}
			o.values = append(o.values, v)
		}
		switch r.IntN(8) { // the client reached its limit of buckets
		case 0:
			o.schema = max(o.schema-1, -3)
		case 1:
			o.zero = 0x1p-8 // a bound in all of these schemas
		}
	}
}

// families are what it exposes.
func (x *nativeProcess) families() []*dto.MetricFamily {
	start := float64(t0.Unix()) + x.start
	list := []*dto.MetricFamily{
		{Name: p("h"), Type: dto.MetricType_HISTOGRAM.Enum()},
		{Name: p("process_start_time_seconds"), Type: dto.MetricType_GAUGE.Enum(), Metric: []*dto.Metric{{Gauge: &dto.Gauge{Value: &start}}}},
	}
	if x.worked > 0 {
		work := &dto.MetricFamily{Name: p("work_total"), Type: dto.MetricType_COUNTER.Enum()}
		for i := range 10 {
			work.Metric = append(work.Metric, &dto.Metric{Label: []*dto.LabelPair{{Name: p("i"), Value: p(fmt.Sprint(i))}},
				Counter: &dto.Counter{Value: p(10 * x.worked)}})
		}
		list = append(list, work)
	}
	for i, o := range x.series {
		if o == nil {
			continue
		}
		m := &dto.Metric{Label: []*dto.LabelPair{{Name: p("i"), Value: p(fmt.Sprint(i))}}, Histogram: o.dto(x.native, x.classic)}
		list[0].Metric = append(list[0].Metric, m)
	}
	if len(list[0].Metric) == 0 {
		return list[1:]
	}
	return list
}

// exposed is a scrape of families in a format.
func exposed(t require.TestingT, target string, seconds float64, format expfmt.FormatType, families ...*dto.MetricFamily) aggregate.Scrape {
	var b bytes.Buffer
	f := expfmt.NewFormat(format)
	e := expfmt.NewEncoder(&b, f)
	for _, x := range families {
		require.NoError(t, e.Encode(x))
	}
	if c, ok := e.(expfmt.Closer); ok {
		require.NoError(t, c.Close())
	}
	return aggregate.Scrape{Target: target, Time: at(seconds), Body: b.Bytes(), Header: http.Header{"Content-Type": {string(f)}}}
}

// simulateNative runs a mixed fleet that restarts at random, each instance
// scraped in text or protobuf as it comes, and gives what was observed until the
// last scrape of each process.
func simulateNative(t require.TestingT, r *rand.Rand, instances, rounds int) (list []aggregate.Scrape, values []float64) {
	procs, seen := make([]*nativeProcess, instances), make([][2][]float64, instances)
	flush := func(i int) {
		for _, s := range seen[i] {
			values = append(values, s...)
		}
		seen[i] = [2][]float64{}
	}
	for round := range rounds {
		for i, x := range procs {
			now := float64(10*round) + float64(i)/10
			if x == nil || r.IntN(8) == 0 {
				flush(i)
				kind := r.IntN(4)
				x = &nativeProcess{start: now - 4, native: kind > 0, classic: kind < 3, signed: kind == 3}
				procs[i] = x
			}
			x.work(r)
			if r.IntN(10) == 0 {
				continue // a scrape that failed
			}
			format := expfmt.TypeProtoDelim
			if x.classic && r.IntN(2) == 0 {
				format = expfmt.TypeTextPlain
			}
			list = append(list, exposed(t, fmt.Sprintf("i%d", i), now, format, x.families()...))
			for j, o := range x.series {
				if o != nil {
					seen[i][j] = slices.Clone(o.values)
				}
			}
		}
	}
	for i := range procs {
		flush(i)
	}
	slices.Sort(values)
	return list, values
}

func nativeBed(t T) (bed, *aggregate.HistogramView) {
	b := newBed(t, nativeConfig)
	return b, nativeView(b)
}

var nativeConfig = aggregate.Config{Since: t0.Add(-time.Minute), Window: time.Hour}.WithCheckpoints(100)

func nativeView(b bed) *aggregate.HistogramView {
	b.Helper()
	v, err := b.Histogram(aggregate.View{Select: "h", Owner: counter.Process})
	require.NoError(b, err)
	return v
}

// However a histogram is exposed, from one scrape to the next, and whatever its
// buckets become: each observation counts once, and what is said of all of them
// is true.
func TestNativeAgainstTheModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 21))
		rounds := rapid.IntRange(2, 15).Draw(rt, "rounds")
		list, values := simulateNative(rt, r, rapid.IntRange(1, 4).Draw(rt, "instances"), rounds)
		b, v := nativeBed(rt)
		for _, sc := range list {
			rep, err := b.Ingest(sc)
			require.NoError(rt, err)
			require.Zero(rt, rep.Refused)
			if r.IntN(4) == 0 {
				before := b.Dump()
				again, err := b.Ingest(sc)
				require.NoError(rt, err)
				require.True(rt, again.Duplicate)
				require.Equal(rt, before, b.Dump())
			}
		}
		groups, err := v.In(until(b, at(float64(10*rounds)), sinceStart))
		require.NoError(rt, err)
		if len(values) == 0 {
			return
		}
		require.Len(rt, groups, 1)
		g := groups[0]
		require.Equal(rt, float64(len(values)), counted(g))
		require.Equal(rt, float64(len(values)), counted(g))
		total := 0.0
		for _, x := range values {
			total += x
		}
		sum, ok := g.Sum()
		require.True(rt, ok)
		require.InDelta(rt, total, sum.Value, 1e-9*(1+math.Abs(total)))
		for _, q := range []float64{0, 0.1, 0.5, 0.9, 0.99, 1} {
			e, ok := g.Quantile(q)
			require.True(rt, ok)
			truth := values[max(1, int(math.Ceil(q*float64(len(values)))))-1]
			require.LessOrEqual(rt, e.Lo, truth, "q=%v", q)
			require.GreaterOrEqual(rt, e.Hi, truth, "q=%v", q)
		}
		totals := v.Totals(b.Snapshot(at(float64(10 * rounds))))
		require.Len(rt, totals, 1)
		require.Equal(rt, float64(len(values)), totals[0].Histogram.Counts[len(totals[0].Histogram.Counts)-1])
		mixed := slices.ContainsFunc(list, func(sc aggregate.Scrape) bool {
			return strings.Contains(sc.Header.Get("Content-Type"), "protobuf")
		})
		for i, bound := range totals[0].Histogram.Bounds {
			n, _ := slices.BinarySearchFunc(values, bound, func(x, b float64) int {
				if x <= b {
					return -1
				}
				return 1
			})
			if mixed {
				require.LessOrEqual(rt, totals[0].Histogram.Counts[i], float64(n))
			} else {
				require.Equal(rt, float64(n), totals[0].Histogram.Counts[i])
			}
		}
	})
}

// Saved and loaded at any moment, and spread over parts and merged, it is the
// same to the bit; so are the answers to samples in place of bodies.
func TestNativeStateAndMerge(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 22))
		rounds := rapid.IntRange(2, 10).Draw(rt, "rounds")
		list, _ := simulateNative(rt, r, rapid.IntRange(1, 4).Draw(rt, "instances"), rounds)
		whole, v := nativeBed(rt)
		loaded, _ := nativeBed(rt)
		parts := make([]bed, 2)
		for i := range parts {
			parts[i], _ = nativeBed(rt)
		}
		for _, sc := range list {
			for _, b := range []bed{whole, loaded, parts[int(sc.Target[1])%2]} {
				_, err := b.Ingest(sc)
				require.NoError(rt, err)
			}
			if r.IntN(5) > 0 {
				continue
			}
			v.Totals(whole.Snapshot(sc.Time)) // they are remembered
			for i, x := range []*aggregate.Fleet{whole.Fleet, loaded.Fleet} {
				state := saved(rt, x)
				f := loadedFrom(rt, state, nativeConfig)
				require.Equal(rt, state, saved(rt, f))
				w := nativeView(bed{rt, f})
				require.Equal(rt, state, saved(rt, f))
				require.Equal(rt, x.Sizes().Bytes, f.Sizes().Bytes)
				if i == 1 {
					w.Totals(f.Snapshot(sc.Time))
					loaded = bed{rt, f}
				}
			}
			require.Equal(rt, saved(rt, whole.Fleet), saved(rt, loaded.Fleet))
		}
		// the parts were never asked
		fresh, _ := nativeBed(rt)
		for _, sc := range list {
			_, err := fresh.Ingest(sc)
			require.NoError(rt, err)
		}
		i := r.IntN(2)
		require.NoError(rt, parts[i].Merge(parts[1-i].Fleet))
		require.Equal(rt, saved(rt, fresh.Fleet), saved(rt, parts[i].Fleet))
	})
}

// Samples that a body was read into say the same as the body.
func TestSamplesAreAsGoodAsBodies(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 23))
		rounds := rapid.IntRange(2, 10).Draw(rt, "rounds")
		list, _ := simulateNative(rt, r, rapid.IntRange(1, 4).Draw(rt, "instances"), rounds)
		bodies, v := nativeBed(rt)
		samples, w := nativeBed(rt)
		for _, sc := range list {
			_, err := bodies.Ingest(sc)
			require.NoError(rt, err)
			read, err := parse.Samples(sc.Header, sc.Body)
			require.NoError(rt, err)
			_, err = samples.IngestSamples(sc, read)
			require.NoError(rt, err)
		}
		now := at(float64(10 * rounds))
		require.Equal(rt, answersOf(rt, bodies.Fleet, v, now), answersOf(rt, samples.Fleet, w, now))
	})
}

// answersOf writes the answers of a view, bit for bit.
func answersOf(t require.TestingT, f *aggregate.Fleet, v *aggregate.HistogramView, now time.Time) string {
	var b bytes.Buffer
	for _, window := range []time.Duration{sinceStart, 25 * time.Second} {
		groups, err := v.In(until(f, now, window))
		require.NoError(t, err)
		for _, g := range groups {
			sum, ok := g.Sum()
			fmt.Fprintf(&b, "%s %x %x %v %v\n", g.Labels(), math.Float64bits(counted(g)), math.Float64bits(sum.Value), ok, g.Warnings())
			for _, q := range []float64{0, 0.5, 0.9, 0.99, 1} {
				e, ok := g.Quantile(q)
				fmt.Fprintf(&b, "%x %x %x %v\n", math.Float64bits(e.Value), math.Float64bits(e.Lo), math.Float64bits(e.Hi), ok)
			}
			fmt.Fprintln(&b, g.Explain())
		}
	}
	return b.String()
}

// nativeFleet is one with all that can be of native histograms: in text and
// protobuf in turns, gone, refused, and shown as totals.
func nativeFleet(t require.TestingT) *aggregate.Fleet {
	f, err := aggregate.NewFleet(aggregate.Config{})
	require.NoError(t, err)
	v, err := f.Histogram(aggregate.View{Select: everyFamily, TotalsOnly: true, ByAllLabels: true})
	require.NoError(t, err)
	take := func(sc aggregate.Scrape) {
		_, err := f.Ingest(sc)
		require.NoError(t, err)
	}
	list, _ := simulateNative(t, rand.New(rand.NewPCG(5, 6)), 4, 6)
	for _, sc := range list {
		take(sc)
	}
	x := &nativeProcess{start: 60, native: true, signed: true, series: [2]*observed{{values: []float64{1, -2}}, {values: []float64{3}}}}
	take(exposed(t, "x", 70, expfmt.TypeProtoDelim, x.families()...))
	broken := x.families()
	broken[0].Metric[0].Histogram.SampleCount = p(uint64(1)) // of two
	take(exposed(t, "x", 80, expfmt.TypeProtoDelim, broken...))
	x.series[1] = nil
	broken[0].Metric = broken[0].Metric[:1]
	take(exposed(t, "x", 90, expfmt.TypeProtoDelim, broken...))
	v.Totals(f.Snapshot(at(100)))
	return f
}

// A histogram of which there is a count and a sum alone has one bucket, +Inf.
func TestHistogramWithoutBuckets(t *testing.T) {
	b, v := nativeBed(t)
	for i := range 3 {
		b.scrape("a", float64(10*i), -5, "# TYPE h histogram", fmt.Sprint("h_count ", i), fmt.Sprint("h_sum ", 2*i))
	}
	groups, err := v.In(until(b, at(30), sinceStart))
	require.NoError(t, err)
	require.Len(t, groups, 1)
	count, ok := groups[0].Observations().Increase()
	require.True(t, ok)
	require.Equal(t, 2.0, count.Value)
	sum, ok := groups[0].Sum()
	require.True(t, ok)
	require.Equal(t, 4.0, sum.Value)
	require.Equal(t, 1, v.Status(b.Snapshot(t0)).Series)
}

// What cannot be is left out, and what it grew by is counted when it is right
// again; what was gone and is back grew by the difference. A view that was
// declared in the meantime knows only that neither is a birth.
func TestNativeRefusedAndReturned(t *testing.T) {
	f := loadedFrom(t, saved(t, nativeFleet(t)), aggregate.Config{})
	all, err := f.Histogram(aggregate.View{Select: everyFamily, TotalsOnly: true, ByAllLabels: true})
	require.NoError(t, err)
	late, err := f.Histogram(aggregate.View{Select: "h", By: []string{"i"}})
	require.NoError(t, err)
	before, err := all.In(until(f, at(100), sinceStart))
	require.NoError(t, err)
	x := &nativeProcess{start: 60, native: true, series: [2]*observed{{values: []float64{1, -2, 3, 4, -5}}, {values: []float64{3, 7, 8}}}}
	r, err := f.Ingest(exposed(t, "x", 110, expfmt.TypeProtoDelim, x.families()...))
	require.NoError(t, err)
	require.Zero(t, r.Births)
	after, err := all.In(until(f, at(110), sinceStart))
	require.NoError(t, err)
	require.Len(t, after, 2)
	require.Equal(t, counted(before[0])+3, counted(after[0]))
	require.Equal(t, counted(before[1])+2, counted(after[1]))
	groups, err := late.In(until(f, at(110), sinceStart))
	require.NoError(t, err)
	require.Len(t, groups, 2)
	for i, most := range []float64{5, 3} {
		count, ok := groups[i].Observations().Increase()
		require.True(t, ok)
		require.Equal(t, promfold.Estimate{Lo: 0, Value: 0, Hi: most}, count)
	}
}
