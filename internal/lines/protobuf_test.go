package lines

import (
	"bytes"
	"errors"
	"iter"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protodelim"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// familiesOf writes a text body in protobuf.
func familiesOf(t testing.TB, body string) []byte {
	t.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader([]byte(body)))
	require.NoError(t, err)
	var b bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(families)) {
		_, err := protodelim.MarshalTo(&b, families[name])
		require.NoError(t, err)
	}
	return b.Bytes()
}

// inconsistent looks for a native histogram whose spans make room for another
// number of buckets than it has. textparse refuses the first metric of a family
// for that, and may panic at another one.
func inconsistent(body []byte) error {
	for f := range families(body) {
		if t := f.GetType(); t != dto.MetricType_HISTOGRAM && t != dto.MetricType_GAUGE_HISTOGRAM {
			continue
		}
		for _, m := range f.Metric {
			h := m.GetHistogram()
			if len(h.GetPositiveSpan())+len(h.GetNegativeSpan()) == 0 && !(h.GetZeroThreshold() > 0) && h.GetZeroCount() == 0 {
				continue
			}
			positive, negative := len(h.GetPositiveDelta()), len(h.GetNegativeDelta())
			if h.GetSampleCountFloat() > 0 || h.GetZeroCountFloat() > 0 {
				positive, negative = len(h.GetPositiveCount()), len(h.GetNegativeCount())
			}
			if room(h.GetPositiveSpan()) != positive || room(h.GetNegativeSpan()) != negative {
				return errors.New("spans and buckets")
			}
		}
	}
	return nil
}

// families decodes a body as far as it can be.
func families(body []byte) iter.Seq[*dto.MetricFamily] {
	return func(yield func(*dto.MetricFamily) bool) {
		for r := bytes.NewReader(body); ; {
			f := &dto.MetricFamily{}
			o := protodelim.UnmarshalOptions{MaxSize: int64(len(body)), UnmarshalOptions: proto.UnmarshalOptions{AllowPartial: true}}
			if err := o.UnmarshalFrom(r, f); err != nil || !yield(f) {
				return
			}
		}
	}
}

// valueMissing looks for untyped metrics without a value, which textparse takes
// from the metric before.
func valueMissing(body []byte) bool {
	for f := range families(body) {
		for _, m := range f.Metric {
			if f.GetType() == dto.MetricType_UNTYPED && (m.Untyped == nil || m.Untyped.Value == nil) {
				return true
			}
		}
	}
	return false
}

func room(spans []*dto.BucketSpan) (n int) {
	for _, s := range spans {
		n += int(s.GetLength())
	}
	return n
}

// randomFamily draws a family with everything that the format has.
func randomFamily(rng *rand.Rand) *dto.MetricFamily {
	types := []dto.MetricType{dto.MetricType_COUNTER, dto.MetricType_GAUGE, dto.MetricType_SUMMARY, dto.MetricType_UNTYPED, dto.MetricType_HISTOGRAM, dto.MetricType_GAUGE_HISTOGRAM}
	names := []string{"a_total", "b", "c.d", "h", "h_bucket", "s", "é"}
	f := &dto.MetricFamily{Name: proto.String(names[rng.IntN(len(names))]), Type: types[rng.IntN(len(types))].Enum()}
	if rng.IntN(2) == 0 {
		f.Help = proto.String([]string{"", "Help.", "a\nb\\"}[rng.IntN(3)])
	}
	if rng.IntN(4) == 0 {
		f.Unit = proto.String("seconds")
	}
	for i := range rng.IntN(4) {
		m := &dto.Metric{}
		for j := range rng.IntN(3) {
			m.Label = append(m.Label, &dto.LabelPair{Name: proto.String([]string{"x", "y", "le"}[j]), Value: proto.String([]string{"1", "two", "\"\n", ""}[(i+rng.IntN(2))%4])})
		}
		if rng.IntN(4) == 0 {
			m.TimestampMs = proto.Int64(rng.Int64N(3) * 1700000000123)
		}
		randomValue(rng, f.GetType(), m)
		f.Metric = append(f.Metric, m)
	}
	return f
}

func randomValue(rng *rand.Rand, typ dto.MetricType, m *dto.Metric) {
	v := []float64{0, 1, 2.5, math.NaN(), math.Inf(1), 1e9}[rng.IntN(6)]
	var start *timestamppb.Timestamp
	if rng.IntN(2) == 0 {
		start = &timestamppb.Timestamp{Seconds: 1700000000 + rng.Int64N(2), Nanos: 5e8}
	}
	switch typ {
	case dto.MetricType_COUNTER:
		m.Counter = &dto.Counter{Value: proto.Float64(v), CreatedTimestamp: start, Exemplar: randomExemplar(rng)}
	case dto.MetricType_GAUGE:
		m.Gauge = &dto.Gauge{Value: proto.Float64(v)}
	case dto.MetricType_UNTYPED:
		m.Untyped = &dto.Untyped{Value: proto.Float64(v)}
	case dto.MetricType_SUMMARY:
		m.Summary = &dto.Summary{SampleCount: proto.Uint64(rng.Uint64N(5)), SampleSum: proto.Float64(v), CreatedTimestamp: start}
		for i := range rng.IntN(3) {
			m.Summary.Quantile = append(m.Summary.Quantile, &dto.Quantile{Quantile: proto.Float64([]float64{0.5, 0.99, 0}[i]), Value: proto.Float64(v)})
		}
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
	if rng.IntN(6) == 0 {
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
	if rng.IntN(3) == 0 {
		h.NegativeSpan = append(h.NegativeSpan, &dto.BucketSpan{Offset: proto.Int32(-3), Length: proto.Uint32(1)})
		h.NegativeDelta = append(h.NegativeDelta, 2)
	}
	if rng.IntN(10) == 0 {
		h.PositiveDelta = append(h.PositiveDelta, 1) // one too many
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
	e := &dto.Exemplar{Value: proto.Float64(1), Label: []*dto.LabelPair{{Name: proto.String("trace"), Value: proto.String("id")}}}
	if rng.IntN(2) == 0 {
		e.Timestamp = &timestamppb.Timestamp{Seconds: 1700000000}
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

// protobufBodies are bodies that are well-formed.
func protobufBodies(t testing.TB) (bodies []string) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	for len(bodies) < 12 {
		body := marshal(t, randomFamily(rng), randomFamily(rng))
		if _, err := oracle(body, asProtobuf); err == nil {
			bodies = append(bodies, string(body))
		}
	}
	return bodies
}

// Scrapes of families whose values move, which come and go, and are damaged.
func TestProtobufMutations(t *testing.T) {
	read, refused := 0, 0
	for seed := range uint64(600) {
		rng := rand.New(rand.NewPCG(seed, 9))
		in := newInstance(NewStore())
		r := NewReader(in.store, wideOr(seed))
		var families []*dto.MetricFamily
		for range 1 + rng.IntN(4) {
			families = append(families, randomFamily(rng))
		}
		for range 20 {
			body := marshal(t, families...)
			if rng.IntN(3) == 0 {
				body = damage(rng, body)
			}
			if !ambiguousName(body) && in.readIn(t, r, body, asProtobuf) {
				read++
			} else {
				refused++
			}
			i := rng.IntN(len(families))
			switch f := families[i]; rng.IntN(6) {
			case 0:
				families[i] = randomFamily(rng)
			case 1:
				families = append(families, f)
			default:
				for _, m := range f.Metric {
					randomValue(rng, f.GetType(), m)
				}
			}
			families = families[:min(len(families), 6)]
		}
		checkReferences(t, in)
	}
	t.Logf("%d bodies read, %d refused", read, refused)
	require.Greater(t, read, 1000)
	require.Greater(t, refused, 100)
}

// What is not written in the usual order, or twice, is read all the same.
func TestProtobufWrittenOddly(t *testing.T) {
	label := appendMessage(appendMessage(nil, 1, []byte("x")), 2, []byte("y"))
	value := append([]byte{1<<3 | fixed64}, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f)
	counter := appendMessage(nil, 3, value)
	metric := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	family := func(metrics ...[]byte) string {
		b := appendMessage(nil, 1, []byte("a_total"))
		for _, m := range metrics {
			b = appendMessage(b, 4, m)
		}
		return string(appendDelimited(nil, b))
	}
	labelField := appendMessage(nil, 1, label)
	unknown := []byte{9<<3 | varint, 1}
	in, _ := sequenceIn(t, asProtobuf,
		family(metric(labelField, counter)),
		family(metric(counter, labelField)),
		family(metric(counter, counter, labelField)),
		family(metric(labelField, counter, unknown)),
		family(metric(labelField)),
		family(metric(labelField, []byte{6<<3 | varint, 5}, counter)),
		family(metric(labelField, counter, []byte{10<<3 | group, 10<<3 | endGroup})),
		family(metric(labelField, counter), metric(labelField, counter)),
		family(),
		"\x00", "\x05", "\xff\xff\xff\xff\xff\xff", "\x02\x18\x07", "\x04\x18\x07\x22\x00", "\x05\x0a\x01\xff\x22\x00",
	)
	assert.Zero(t, in.cols.Len())
}

func TestNativeHistogramsAreKept(t *testing.T) {
	h := &dto.Histogram{
		SampleCount: proto.Uint64(5), SampleSum: proto.Float64(7), Schema: proto.Int32(3), ZeroThreshold: proto.Float64(1e-9), ZeroCount: proto.Uint64(1),
		PositiveSpan: []*dto.BucketSpan{{Offset: proto.Int32(1), Length: proto.Uint32(2)}}, PositiveDelta: []int64{1, 2},
		Bucket: []*dto.Bucket{{CumulativeCount: proto.Uint64(3), UpperBound: proto.Float64(1)}},
	}
	f := &dto.MetricFamily{Name: proto.String("h"), Type: dto.MetricType_HISTOGRAM.Enum(), Metric: []*dto.Metric{{Histogram: h}}}
	in, r := sequenceIn(t, asProtobuf, string(marshal(t, f)))
	require.Equal(t, 5, in.cols.Len(), "native, count, sum, two buckets")
	assert.Equal(t, Native, in.store.Line(in.cols.ID(0)).Role)
	n := in.cols.Native(0)
	require.NotNil(t, n)
	assert.Equal(t, []float64{1, 3}, n.PositiveBuckets)
	assert.Nil(t, in.cols.Native(1))

	h.Exemplars = []*dto.Exemplar{{Value: proto.Float64(1), Timestamp: &timestamppb.Timestamp{Seconds: 1}}}
	require.NoError(t, r.Read(&in.cols, marshal(t, f), asProtobuf))
	assert.Empty(t, r.Changed(), "an exemplar is no change")
	h.PositiveDelta, h.ZeroCount = []int64{2, 0}, proto.Uint64(1)
	require.NoError(t, r.Read(&in.cols, marshal(t, f), asProtobuf))
	assert.Equal(t, []uint32{0}, r.Changed(), "the count stayed")
	assert.Equal(t, []float64{2, 2}, r.Native(0).PositiveBuckets)
}
