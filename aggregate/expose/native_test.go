package expose

import (
	"bytes"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/promfold/promfold/histogram"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
	"github.com/promfold/promfold/parse"
)

// nativeSample is a histogram h with n observations in each of four buckets and
// in zero, of a process that began at t0 − 100 s.
func nativeSample(schema int32, n float64) []parse.Sample {
	return []parse.Sample{{
		Family: &parse.Family{Name: "h", Type: model.MetricTypeHistogram},
		Labels: labels.FromStrings("__name__", "h", "x", "1"), Start: at(-100),
		Histogram: &histogram.Histogram{
			Exponential: true, Schema: schema, ZeroThreshold: 1e-9, ZeroCount: n, Count: 5 * n, Sum: 10 * n,
			Positive: []histogram.Bucket{{Index: -1, Count: n}, {Index: 0, Count: n}, {Index: 4, Count: n}},
			Negative: []histogram.Bucket{{Index: 2, Count: n}},
		},
	}}
}

// again exposes a fleet of native histograms, and feeds another one with it.
type again struct {
	*testing.T
	from, to *aggregate.Fleet
	e        *Exposition
	v, w     *aggregate.HistogramView
	now      time.Time
}

func newAgain(t *testing.T) *again {
	x := &again{T: t}
	var err error
	x.from, err = aggregate.NewFleet(aggregate.Config{Since: at(-1000)})
	require.NoError(t, err)
	x.to, err = aggregate.NewFleet(aggregate.Config{Since: at(-2000)})
	require.NoError(t, err)
	x.e = New(x.from, func() time.Time { return x.now })
	x.v, err = x.from.Histogram(aggregate.View{Select: "h", By: []string{"x"}, Owner: counter.Process})
	require.NoError(t, err)
	x.w, err = x.to.Histogram(aggregate.View{Select: "fleet_h", By: []string{"x"}})
	require.NoError(t, err)
	require.NoError(t, x.e.Histogram("fleet_h", "", x.v))
	return x
}

func (x *again) observe(seconds int, target string, samples []parse.Sample) {
	x.Helper()
	_, err := x.from.IngestSamples(aggregate.Scrape{Target: target, Time: at(seconds)}, samples)
	require.NoError(x, err)
}

// pass shows the one fleet to the other in a format.
func (x *again) pass(seconds int, format expfmt.Format) string {
	x.Helper()
	x.now = at(seconds)
	families, err := x.e.Gather()
	require.NoError(x, err)
	var b bytes.Buffer
	require.NoError(x, write(&b, families, format))
	_, err = x.to.Ingest(aggregate.Scrape{Target: "fleet", Time: at(seconds), Body: b.Bytes(), Header: http.Header{"Content-Type": {string(format)}}})
	require.NoError(x, err)
	return b.String()
}

func (x *again) groups(v *aggregate.HistogramView, seconds int) *aggregate.HistogramGroup {
	x.Helper()
	f := map[*aggregate.HistogramView]*aggregate.Fleet{x.v: x.from, x.w: x.to}[v]
	list, err := v.In(f.Snapshot(at(seconds)).SinceStart())
	require.NoError(x, err)
	require.Len(x, list, 1)
	return list[0]
}

// What is shown in protobuf is read back as it was: what a fleet of fleets says
// of the observations is what the fleet says.
func TestNativeThroughAndBack(t *testing.T) {
	x := newAgain(t)
	for i := range 5 {
		x.observe(10*i, "a", nativeSample(2, float64(i*i+1)))
		x.observe(10*i+1, "b", nativeSample(2, float64(2*i+1)))
		x.pass(10*i+2, expfmt.NewFormat(expfmt.TypeProtoDelim))
		want, got := x.groups(x.v, 10*i+2), x.groups(x.w, 10*i+2)
		require.Equal(t, counted(want), counted(got), "all was born while watched")
		a, _ := want.Sum()
		b, _ := got.Sum()
		require.Equal(t, a, b)
		n, m := x.w.Totals(x.to.Snapshot(x.now)), x.v.Totals(x.from.Snapshot(x.now))
		require.True(t, n[0].Histogram.Exponential)
		require.Equal(t, m[0].Histogram, n[0].Histogram)
	}
}

// Instances of different resolution are shown by the buckets that all have.
func TestNativeOfTwoSchemas(t *testing.T) {
	x := newAgain(t)
	x.observe(0, "a", nativeSample(3, 2))
	x.observe(1, "b", nativeSample(0, 3))
	x.pass(2, expfmt.NewFormat(expfmt.TypeProtoDelim))
	want, got := x.groups(x.v, 2), x.groups(x.w, 2)
	require.Equal(t, 25.0, counted(got))
	n := x.w.Totals(x.to.Snapshot(x.now))[0].Histogram
	require.True(t, n.Exponential)
	assert.EqualValues(t, 0, n.Schema)
	for _, q := range []float64{0, 0.3, 0.5, 0.9, 1} {
		a, _ := want.Quantile(q)
		b, _ := got.Quantile(q)
		assert.True(t, b.Lo <= a.Lo && a.Hi <= b.Hi, "%v in %v", a, b)
	}
}

// Other formats have no native buckets: they show the count, the sum, and when
// it all began.
func TestNativeInText(t *testing.T) {
	x := newAgain(t)
	x.observe(0, "a", nativeSample(3, 2))
	text := x.pass(1, expfmt.NewFormat(expfmt.TypeTextPlain))
	assert.Equal(t, `# TYPE fleet_h histogram
fleet_h_bucket{x="1",le="+Inf"} 10
fleet_h_sum{x="1"} 20
fleet_h_count{x="1"} 10
`, text)
	x = newAgain(t)
	x.observe(0, "a", nativeSample(3, 2))
	text = x.pass(1, expfmt.NewFormat(expfmt.TypeOpenMetrics))
	assert.Contains(t, text, "fleet_h_created{x=\"1\"} 1.699999e+09\n")
	assert.Equal(t, 10.0, counted(x.groups(x.w, 1)), "its start proves that all of it is growth")
}

// Of a group that has both, the classic buckets are shown; what is known by
// native ones counts where it certainly belongs.
func TestNativeBesideClassic(t *testing.T) {
	x := newAgain(t)
	x.observe(0, "a", nativeSample(0, 2)) // −4…−2, zero, ¼…½, ½…1, 8…16
	_, err := observe(t, x.from, "b", 1, "# TYPE h histogram", `h_bucket{x="1",le="0.7"} 1`, `h_bucket{x="1",le="1"} 2`, `h_bucket{x="1",le="+Inf"} 3`,
		`h_sum{x="1"} 1`, `h_count{x="1"} 3`)
	require.NoError(t, err)
	total := x.v.Totals(x.from.Snapshot(at(2)))
	require.Len(t, total, 1)
	assert.Equal(t, []float64{0.7, 1, math.Inf(1)}, total[0].Histogram.Bounds)
	assert.Equal(t, []float64{1 + 6, 2 + 8, 3 + 10}, total[0].Histogram.Counts)
	assert.False(t, total[0].Histogram.Exponential)
	assert.Contains(t, x.pass(2, expfmt.NewFormat(expfmt.TypeTextPlain)), `fleet_h_bucket{x="1",le="1"} 10`)
}

// A family that has the name of the lines that tell when another one began
// stands in their place, and says when the fleet's total did.
func TestCreatedLines(t *testing.T) {
	f, err := aggregate.NewFleet(aggregate.Config{Since: at(-1000)})
	require.NoError(t, err)
	e := everythingOf(t, f)
	_, err = observe(t, f, "a", 0, "# TYPE c_total counter", "c_total 1", "# TYPE c_created gauge", fmt.Sprint("c_created ", t0.Unix()),
		"# TYPE d_total counter", "d_total 1", "# TYPE d_created gauge", `d_created{of="another"} 5`, "# TYPE e_total counter", "e_total 1", "# TYPE f counter", "f 1")
	require.NoError(t, err)
	families, err := e.Gather()
	require.NoError(t, err)
	for _, typ := range []expfmt.FormatType{expfmt.TypeTextPlain, expfmt.TypeOpenMetrics} {
		var b bytes.Buffer
		require.NoError(t, write(&b, families, expfmt.NewFormat(typ)))
		var created []string
		for line := range strings.Lines(b.String()) {
			if strings.Contains(line, "_created{") {
				created = append(created, strings.TrimSuffix(line, "\n"))
			}
		}
		want := []string{`c_created{zone="z-a"} 1.699999e+09`, `d_created{of="another",zone="z-a"} 5`}
		if typ == expfmt.TypeOpenMetrics {
			want = []string{want[0], want[1] + ".0", `e_created{zone="z-a"} 1.699999e+09`}
		}
		assert.Equal(t, want, created)
		_, err = parse.Samples(http.Header{"Content-Type": {string(expfmt.NewFormat(typ))}}, b.Bytes())
		require.NoError(t, err)
	}
}

func TestSpans(t *testing.T) {
	list, deltas := spans([]histogram.Bucket{{Index: -3, Count: 2}, {Index: -2, Count: 5}, {Index: 4, Count: 1}}, growth)
	require.Len(t, list, 2)
	assert.Equal(t, []int64{2, 3, -4}, deltas)
	assert.EqualValues(t, -3, list[0].GetOffset())
	assert.EqualValues(t, 2, list[0].GetLength())
	assert.EqualValues(t, 5, list[1].GetOffset())
}
