package aggregate_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protodelim"
	"google.golang.org/protobuf/proto"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/parse"
)

// The limits of SECURITY.md are those that a fleet has by default: one more is
// refused, and leaves nothing.
func TestDefaultLimits(t *testing.T) {
	if testing.Short() {
		t.Skip("two bodies of 64 MiB and of two million lines, which take minutes under the race detector")
	}
	labels := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "l%d=\"\",", i)
		}
		return "m{" + b.String() + "} 1\n"
	}
	for _, c := range []struct{ what, body, says string }{
		{"a body", strings.Repeat("#\n", 32<<20) + "\n", "more than 67108864 bytes"},
		{"samples", strings.Repeat("m 1\n", 2_000_001), "more than 2000000 lines"},
		{"a line", "m{l=\"" + strings.Repeat("x", 16<<10) + "\"} 1\n", "more than 16384 bytes in a line"},
		{"labels, with the name", labels(64), "more than 64 labels"},
	} {
		b := newBed(t, aggregate.Config{})
		_, err := b.Ingest(aggregate.Scrape{Target: "a", Time: at(0), Body: []byte(c.body)})
		require.ErrorIs(t, err, parse.ErrLimit, c.what)
		assert.ErrorContains(t, err, c.says)
		var wrong *parse.Error
		assert.ErrorAs(t, err, &wrong, c.what)
		h := b.Snapshot(at(0)).Health()
		assert.Zero(t, h.Instances+h.Lines, c.what)
	}
	b := newBed(t, aggregate.Config{})
	_, err := b.Ingest(aggregate.Scrape{Target: "a", Time: at(0), Body: []byte(labels(63))})
	require.NoError(t, err)
	name := strings.Repeat("n", 16<<10)
	require.NoError(t, b.Describe(at(0), aggregate.Target{Name: name, Instance: name}))
	require.ErrorIs(t, b.Describe(at(0), aggregate.Target{Name: name + "n"}), aggregate.ErrLimit)
}

// A label that names requests fills any limit with totals, which must not fall. Then
// what is new is refused, of all but those that hold little; what brings nothing new
// goes on, and answers and totals stay right.
func TestTotalsFillALimit(t *testing.T) {
	const most = 1 << 20
	b := newBed(t, aggregate.Config{MaxBytes: most, Window: time.Minute})
	v := b.counter(aggregate.View{Select: "c_total", By: []string{"id"}})
	steady := func(n int) string { return fmt.Sprintf("# TYPE c_total counter\nc_total{id=\"steady\"} %d\n", n) }
	full, counted := 0, 0
	for round := range 600 {
		now := float64(30 * round)
		b.scrape("steady", now, -100, steady(round))
		lines := []string{"# TYPE c_total counter"}
		for i := range 40 { // each is seen to begin at 0, and counts 5
			lines = append(lines, fmt.Sprintf("c_total{id=\"%d-%d\"} 0", round, i))
		}
		_, err := b.Ingest(scrapeOf("flood", now, -50, lines...))
		if err == nil {
			_, err = b.Ingest(scrapeOf("flood", now+1, -50, strings.ReplaceAll(strings.Join(lines, "\n"), " 0", " 5")))
			require.NoError(t, err, "it brings nothing new")
			counted += 40 * 5
		} else if full++; full == 3 {
			break
		}
		if round%10 == 0 {
			v.Totals(b.Snapshot(at(now))) // they are exposed now and then
		}
	}
	require.Equal(t, 3, full, "the limit was never reached")
	h := b.Snapshot(at(0)).Health()
	assert.Equal(t, 3, h.Refusals["fleet limit"])
	assert.Greater(t, h.Held["totals"], int64(most/5), "%v", h.Held)
	var sum, ofSteady float64
	for _, x := range v.Totals(b.Snapshot(at(0))) {
		if x.Labels.Get("id") == "steady" {
			ofSteady = x.Value
		} else {
			sum += x.Value
		}
	}
	assert.Equal(t, float64(counted), sum)
	last := ofSteady
	b.scrape("steady", 30*600, -100, steady(10_000))
	b.scrape("small", 30*600, -100, "# TYPE c_total counter\nc_total{id=\"new\"} 1\n")
	for _, x := range v.Totals(b.Snapshot(at(30 * 600))) {
		if x.Labels.Get("id") == "steady" {
			assert.Greater(t, x.Value, last)
		}
	}
}

// The limit of native buckets is what SECURITY.md says, to the bucket.
func TestDefaultLimitOfBuckets(t *testing.T) {
	body := func(n int) []byte {
		h := &dto.Histogram{SampleCount: proto.Uint64(uint64(n)), SampleSum: proto.Float64(1), Schema: proto.Int32(8), ZeroThreshold: proto.Float64(0)}
		h.PositiveSpan = []*dto.BucketSpan{{Offset: proto.Int32(-int32(n) / 2), Length: proto.Uint32(uint32(n))}}
		h.PositiveDelta = append([]int64{1}, make([]int64, n-1)...)
		var b bytes.Buffer
		_, err := protodelim.MarshalTo(&b, &dto.MetricFamily{Name: proto.String("h"), Type: dto.MetricType_HISTOGRAM.Enum(), Metric: []*dto.Metric{{Histogram: h}}})
		require.NoError(t, err)
		return b.Bytes()
	}
	header := http.Header{"Content-Type": {string(expfmt.NewFormat(expfmt.TypeProtoDelim))}}
	b := newBed(t, aggregate.Config{})
	_, err := b.Ingest(aggregate.Scrape{Target: "a", Time: at(0), Header: header, Body: body(100_000)})
	require.NoError(t, err)
	_, err = b.Ingest(aggregate.Scrape{Target: "a", Time: at(1), Header: header, Body: body(100_001)})
	require.ErrorIs(t, err, parse.ErrLimit)
}

// A line may have 8 MiB at most, whatever is asked for.
func TestLongestLine(t *testing.T) {
	b := newBed(t, aggregate.Config{Parse: parse.Options{MaxLine: 32 << 20}})
	_, err := b.Ingest(aggregate.Scrape{Target: "a", Time: at(0), Body: []byte("m{l=\"" + strings.Repeat("x", 8<<20) + "\"} 1\n")})
	require.ErrorIs(t, err, parse.ErrLimit)
	require.ErrorContains(t, err, "more than 8388608 bytes in a line")
}

// A target whose bodies are refused takes no place among MaxInstances.
func TestRefusedTakesNoPlace(t *testing.T) {
	b := newBed(t, aggregate.Config{MaxInstances: 1})
	for i := range 3 {
		_, err := b.Ingest(aggregate.Scrape{Target: fmt.Sprint("bad", i), Time: at(0), Body: []byte("<html>\n")})
		var wrong *parse.Error
		require.ErrorAs(t, err, &wrong)
	}
	_, err := b.Ingest(aggregate.Scrape{Target: "good", Time: at(0), Body: []byte("m 1\n")})
	require.NoError(t, err)
}

// Which lines lead where is held, too: with views that lead each line to a group of
// its own it is about as much as the lines.
func TestPlansAreHeld(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	b.counter(aggregate.View{Select: "c", By: []string{"l"}})
	held := func() int64 { return b.Snapshot(at(0)).Health().Held["plans"] }
	before, body := held(), []string{typeC}
	for i := range 1000 {
		body = append(body, fmt.Sprintf("c{l=\"%d\"} 1", i))
	}
	b.scrape("a", 0, -100, body...)
	assert.Greater(t, held()-before, int64(100*1000))
	var sum int64
	for _, n := range b.Snapshot(at(0)).Health().Held {
		sum += n
	}
	tight := newBed(t, aggregate.Config{MaxBytes: (sum - held()/2) * 8 / 7})
	tight.counter(aggregate.View{Select: "c", By: []string{"l"}})
	_, err := tight.Ingest(aggregate.Scrape{Target: "a", Time: at(0), Body: []byte(strings.Join(body, "\n") + "\n")})
	require.ErrorIs(t, err, aggregate.ErrLimit)
}
