package parse_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protodelim"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// seeds are bodies with everything that a format has, and with what is wrong with histograms.
var seeds = []string{
	"# HELP a_total Things.\n# TYPE a_total counter\na_total{code=\"200\"} 1027\na_total{code=\"400\"} 3\n# TYPE t gauge\nt 21.5 1712345678901\nt{room=\"\\\"\"} -3e-05 1712345678902\nother 1\n",
	"# TYPE h histogram\nh_bucket{le=\"0.1\"} 5\nh_bucket{le=\"1\"} 7\nh_bucket{le=\"+Inf\"} 9\nh_sum 3.5\nh_count 9\nh_bucket{a=\"b\",le=\"+Inf\"} 2\nh_sum{a=\"b\"} 1\nh_count{a=\"b\"} 2\n" +
		"# TYPE s summary\ns{quantile=\"0.5\"} 4\ns_sum 1.5\ns_count 2\n",
	// No +Inf; no count; only a count; only a sum; a bound twice; a bucket without a bound; torn times.
	"# TYPE h histogram\nh_bucket{x=\"1\",le=\"1\"} 1\nh_count{x=\"1\"} 2\nh_bucket{x=\"2\",le=\"1\"} 1\nh_bucket{x=\"2\",le=\"+Inf\"} 2\nh_count{x=\"3\"} 4\nh_sum{x=\"4\"} 4\n" +
		"h_bucket{x=\"5\",le=\"1\"} 1\nh_bucket{x=\"5\",le=\"1.0\"} 1\nh_count{x=\"5\"} 1\nh_bucket{x=\"6\"} 1\nh_count{x=\"6\"} 1\nh_count{x=\"7\"} 1 5\nh_sum{x=\"7\"} 1 6\nh_bucket{x=\"8\",le=\"1\"} 1\nh_sum{x=\"8\"} 1\nh 3\n",
	// In a strange order, with another family between.
	"# TYPE h histogram\nh_count 3\nh_bucket{le=\"+Inf\"} 3\nh_bucket{le=\"0.5\"} 1\n# TYPE g gauge\ng 1\n# TYPE h histogram\nh_sum 4\nh_bucket{le=\"2\"} 2\nh_sum 4\n",
	"# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\n# TYPE h gauge\nh_count 1\nh_count 2\nh_count 2\n",
	"",
	"short 1\n{\"quoted.name\",l=\"v\"} 3\n  y 4\nz{a=\"new\nline\"} 5\nz{a=\"b\",} +Inf\n",
}

var openMetricsSeeds = []string{
	"# TYPE c counter\nc_total 17 1520879607.789 # {id=\"x\"} 5\nc_created 1520872607.123\nc_total{a=\"b\"} 1\n# EOF\n",
	"# TYPE h histogram\n# UNIT h \nh_bucket{le=\"1\"} 1 # {} 4\nh_bucket{le=\"+Inf\"} 1 # {a=\"b\"} 4 123.5\nh_count 1 # {a=\"c\"} 4 123.5\nh_sum 2\nh_created 5e9\n# EOF\n",
	"# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_count 2\nh_created NaN\n# TYPE g gaugehistogram\ng_bucket{le=\"1\"} 1\ng_bucket{le=\"+Inf\"} 1\ng_gcount 1\ng_gsum 2\n# EOF\n",
	"# TYPE i info\ni_info{version=\"1\"} 1\n# TYPE ss stateset\nss{ss=\"a\"} 1\n# EOF\n",
}

var openMetrics2Seeds = []string{
	"# TYPE a counter\na 1 12 st@5\na{b=\"c\"} 2 st@1.5 # {t=\"x\"} 1 2\n# EOF\n",
	"# TYPE h histogram\nh{a=\"b\"} {count:17,sum:3247.3,bucket:[0.1:8,1.0:10,+Inf:17]} 1520879607 st@1520430000\n# EOF\n",
	"# TYPE n histogram\nn {count:10,sum:1.0,schema:0,zero_threshold:1e-05,zero_count:2,positive_spans:[0:2,1:1],positive_buckets:[1,3,4]} st@2\n# EOF\n",
	"# TYPE n histogram\nn {count:17,sum:1.0,schema:0,zero_threshold:1e-05,zero_count:9,positive_spans:[0:2,1:1],positive_buckets:[1,3,4],bucket:[1.0:10,+Inf:17]}\nn{a=\"b\"} {count:1,sum:1.0,bucket:[+Inf:1]}\n# EOF\n",
}

// randomFamily is a family of protobuf with everything it may have.
func randomFamily(rng *rand.Rand) *dto.MetricFamily {
	typ := []dto.MetricType{dto.MetricType_COUNTER, dto.MetricType_GAUGE, dto.MetricType_SUMMARY, dto.MetricType_HISTOGRAM, dto.MetricType_GAUGE_HISTOGRAM}[rng.IntN(5)]
	f := &dto.MetricFamily{Name: proto.String([]string{"a_total", "bb", "c.d", "h", "hh"}[rng.IntN(5)]), Type: typ.Enum(), Help: proto.String("Help.")}
	for i := range rng.IntN(4) {
		m := &dto.Metric{Label: []*dto.LabelPair{{Name: proto.String("x"), Value: proto.String(fmt.Sprint(i))}}}
		if rng.IntN(6) == 0 {
			m.TimestampMs = proto.Int64(rng.Int64N(3) * 1700000000123)
		}
		randomValue(rng, typ, m)
		f.Metric = append(f.Metric, m)
	}
	return f
}

func randomValue(rng *rand.Rand, typ dto.MetricType, m *dto.Metric) {
	v := []float64{0, 1, 2.5, math.NaN(), math.Inf(1), 1e9}[rng.IntN(6)]
	var start *timestamppb.Timestamp
	if rng.IntN(2) == 0 {
		start = &timestamppb.Timestamp{Seconds: 1700000000 + rng.Int64N(2)}
	}
	switch typ {
	case dto.MetricType_COUNTER:
		m.Counter = &dto.Counter{Value: proto.Float64(v), CreatedTimestamp: start, Exemplar: randomExemplar(rng)}
	case dto.MetricType_GAUGE:
		m.Gauge = &dto.Gauge{Value: proto.Float64(v)}
	case dto.MetricType_SUMMARY:
		m.Summary = &dto.Summary{SampleCount: proto.Uint64(rng.Uint64N(5)), SampleSum: proto.Float64(v), CreatedTimestamp: start}
		m.Summary.Quantile = append(m.Summary.Quantile, &dto.Quantile{Quantile: proto.Float64(0.5), Value: proto.Float64(v)})
	default:
		m.Histogram = randomHistogram(rng, v, start)
	}
}

func randomHistogram(rng *rand.Rand, v float64, start *timestamppb.Timestamp) *dto.Histogram {
	h := &dto.Histogram{SampleCount: proto.Uint64(rng.Uint64N(9)), SampleSum: proto.Float64(v), CreatedTimestamp: start}
	for i := range rng.IntN(4) {
		h.Bucket = append(h.Bucket, &dto.Bucket{
			CumulativeCount: proto.Uint64(uint64(i)), UpperBound: proto.Float64([]float64{1, 2.5, math.Inf(1), 3}[i]), Exemplar: randomExemplar(rng),
		})
	}
	if rng.IntN(8) == 0 {
		h.SampleCountFloat = proto.Float64(2.5)
	}
	if rng.IntN(2) == 0 {
		return h
	}
	h.Schema, h.ZeroThreshold, h.ZeroCount = proto.Int32(int32(rng.IntN(12)-4)), proto.Float64(1e-128), proto.Uint64(rng.Uint64N(3))
	for range rng.IntN(3) {
		h.PositiveSpan = append(h.PositiveSpan, &dto.BucketSpan{Offset: proto.Int32(int32(rng.IntN(4))), Length: proto.Uint32(2)})
		h.PositiveDelta = append(h.PositiveDelta, 2, -1)
		if h.SampleCountFloat != nil {
			h.PositiveCount = append(h.PositiveCount, 1, 0.5)
		}
	}
	if rng.IntN(3) == 0 && h.SampleCountFloat == nil {
		h.NegativeSpan = append(h.NegativeSpan, &dto.BucketSpan{Offset: proto.Int32(-3), Length: proto.Uint32(1)})
		h.NegativeDelta = append(h.NegativeDelta, 2)
	}
	if e := randomExemplar(rng); e != nil {
		h.Exemplars = append(h.Exemplars, e)
	}
	return h
}

func randomExemplar(rng *rand.Rand) *dto.Exemplar {
	if rng.IntN(3) > 0 {
		return nil
	}
	e := &dto.Exemplar{Value: proto.Float64(float64(rng.IntN(2))), Label: []*dto.LabelPair{{Name: proto.String("trace"), Value: proto.String("id")}}}
	if rng.IntN(2) == 0 {
		e.Timestamp = &timestamppb.Timestamp{Seconds: 1700000000 + rng.Int64N(2)}
	}
	return e
}

func marshal(t testing.TB, families ...*dto.MetricFamily) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, f := range families {
		_, err := protodelim.MarshalOptions{MarshalOptions: proto.MarshalOptions{Deterministic: true}}.MarshalTo(&b, f)
		require.NoError(t, err)
	}
	return b.Bytes()
}

var oddLines = []string{
	"# TYPE h histogram\n", "# TYPE h gauge\n", "# TYPE g counter\n", "h_bucket{le=\"1\"} 1\n", "h_bucket{le=\"2\"} 1\n", "h_count 7\n", "h_count 7 8\n", "h_sum 1\n", "h_created 5\n", "x 1\n", "x NaN\n",
	"h_bucket{x=\"1\",le=\"+Inf\"} 9\n", "h_bucket{le=\"NaN\"} 1\n", "garbage{\n",
}

// mutate changes, removes, repeats, moves and adds lines of a body.
func mutate(rng *rand.Rand, body []byte) []byte {
	lines := slices.Collect(bytes.Lines(body))
	for range rng.IntN(4) {
		if len(lines) == 0 {
			break
		}
		i := rng.IntN(len(lines))
		switch rng.IntN(8) {
		case 0:
			lines = slices.Delete(lines, i, i+1)
		case 1:
			lines = slices.Insert(lines, i, lines[rng.IntN(len(lines))])
		case 2:
			j := rng.IntN(len(lines))
			lines[i], lines[j] = lines[j], lines[i]
		case 3:
			lines = slices.Insert(lines, i, []byte(oddLines[rng.IntN(len(oddLines))]))
		default:
			if at := bytes.LastIndexByte(lines[i], ' '); at > 0 && lines[i][0] != '#' {
				lines[i] = fmt.Appendf(nil, "%s %d\n", lines[i][:at], rng.IntN(3))
			}
		}
	}
	return bytes.Join(lines, nil)
}
