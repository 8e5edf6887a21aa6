package main

import (
	"bytes"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/encoding/protodelim"
)

const delimited = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"

// protobuf sends a family as delimited protobuf.
func protobuf(f *dto.MetricFamily) step {
	return func(w *world, _ int) error {
		var b bytes.Buffer
		if _, err := protodelim.MarshalTo(&b, f); err != nil {
			return err
		}
		w.send(b.Bytes(), "Content-Type", delimited)
		return nil
	}
}

func ptr[T any](x T) *T { return &x }

func counters(n int) (list []*dto.Metric) {
	for i := range n {
		list = append(list, &dto.Metric{Counter: &dto.Counter{Value: ptr(float64(i))}})
	}
	return list
}

func named(name string) *dto.MetricFamily {
	return &dto.MetricFamily{Name: &name, Type: dto.MetricType_COUNTER.Enum(), Metric: counters(1)}
}

func helped(help string) *dto.MetricFamily {
	f := named("hostile_total")
	f.Help = &help
	return f
}

func labelled(value string) *dto.MetricFamily {
	f := named("hostile_total")
	f.Metric[0].Label = []*dto.LabelPair{{Name: ptr("l"), Value: &value}}
	return f
}

// product is a short body that means a long text: each metric has the name.
func product(name, metrics int) *dto.MetricFamily {
	f := named("hostile_" + string(bytes.Repeat([]byte("x"), name)))
	f.Metric = counters(metrics)
	for i, m := range f.Metric {
		m.Label = []*dto.LabelPair{{Name: ptr("l"), Value: ptr(string(rune('a' + i)))}}
	}
	return f
}

func native(buckets int) *dto.MetricFamily {
	h := &dto.Histogram{
		SampleCount: ptr(uint64(buckets)), SampleSum: ptr(1.0), Schema: ptr(int32(8)), ZeroThreshold: ptr(1e-9), ZeroCount: ptr(uint64(0)),
		PositiveSpan: []*dto.BucketSpan{{Offset: ptr(int32(0)), Length: ptr(uint32(buckets))}}, PositiveDelta: make([]int64, buckets),
	}
	h.PositiveDelta[0] = 1
	return &dto.MetricFamily{Name: ptr("hostile"), Type: dto.MetricType_HISTOGRAM.Enum(), Metric: []*dto.Metric{{Histogram: h}}}
}

func nativeGap() *dto.MetricFamily {
	f := native(2)
	f.Metric[0].Histogram.PositiveSpan = []*dto.BucketSpan{
		{Offset: ptr(int32(-1 << 30)), Length: ptr(uint32(1))}, {Offset: ptr(int32(1<<31 - 1)), Length: ptr(uint32(1))},
	}
	return f
}

// compressed are bodies that are small until they are unpacked.
func compressed() []fault {
	zeros := func(w func(b *bytes.Buffer)) []byte { var b bytes.Buffer; w(&b); return b.Bytes() }
	chunk := bytes.Repeat([]byte("# a comment\n"), 1<<16)
	bomb := func(b *bytes.Buffer, members, chunks int) {
		z, _ := gzip.NewWriterLevel(b, gzip.BestSpeed)
		for range chunks {
			_, _ = z.Write(chunk)
		}
		_ = z.Close()
		b.Write(bytes.Repeat(b.Bytes(), members-1)) // each a stream of its own
	}
	zbomb := func(b *bytes.Buffer, chunks int) {
		z, _ := zstd.NewWriter(b)
		for range chunks {
			_, _ = z.Write(chunk)
		}
		_ = z.Close()
	}
	send := func(make func(b *bytes.Buffer), encoding string) step {
		return func(w *world, _ int) error {
			w.send(zeros(make), "Content-Encoding", encoding)
			return nil
		}
	}
	return []fault{
		{name: "gzip-bomb", what: "3 GiB of comments in gzip", rounds: 1, each: send(func(b *bytes.Buffer) { bomb(b, 1, 4096) }, "gzip")},
		{name: "gzip-members", what: "the same, in 4,096 members", rounds: 1, each: send(func(b *bytes.Buffer) { bomb(b, 4096, 1) }, "gzip")},
		{name: "gzip-gzip", what: "gzip in gzip", each: send(func(b *bytes.Buffer) {
			inner := zeros(func(b *bytes.Buffer) { bomb(b, 1, 4) })
			z := gzip.NewWriter(b)
			_, _ = z.Write(inner)
			_ = z.Close()
		}, "gzip")},
		{name: "zstd-bomb", what: "3 GiB of comments in zstd", rounds: 1, each: send(func(b *bytes.Buffer) { zbomb(b, 4096) }, "zstd")},
		{name: "zstd-window", what: "a zstd frame that asks for a window of 2 GiB", each: send(func(b *bytes.Buffer) {
			b.Write([]byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00})
		}, "zstd")},
		{name: "cut-gzip", what: "gzip that is cut", each: send(func(b *bytes.Buffer) {
			whole := zeros(func(b *bytes.Buffer) { bomb(b, 1, 1) })
			b.Write(whole[:len(whole)-9])
		}, "gzip")},
	}
}
