package parse_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/parse"
)

// replica is a body of an inference server at a step: 575 samples, of which a
// fifth changes.
func replica(step int) []byte {
	var b bytes.Buffer
	for i := range 25 {
		fmt.Fprintf(&b, "# HELP vllm:latency_%02d_seconds Latency.\n# TYPE vllm:latency_%02d_seconds histogram\n", i, i)
		for le := range 18 {
			n := 1000 + le
			if i%5 == 0 {
				n += step
			}
			fmt.Fprintf(&b, "vllm:latency_%02d_seconds_bucket{engine=\"0\",le=\"%d.0\",model_name=\"meta-llama/Llama-3.1-8B-Instruct\"} %d\n", i, le, n)
		}
		fmt.Fprintf(&b, "vllm:latency_%02d_seconds_bucket{engine=\"0\",le=\"+Inf\",model_name=\"meta-llama/Llama-3.1-8B-Instruct\"} %d\n", i, 2000+step)
		fmt.Fprintf(&b, "vllm:latency_%02d_seconds_sum{engine=\"0\",model_name=\"meta-llama/Llama-3.1-8B-Instruct\"} %d.5\n", i, 2000+step)
		fmt.Fprintf(&b, "vllm:latency_%02d_seconds_count{engine=\"0\",model_name=\"meta-llama/Llama-3.1-8B-Instruct\"} %d\n", i, 2000+step)
	}
	for i := range 50 {
		fmt.Fprintf(&b, "# HELP vllm:num_%02d Number.\n# TYPE vllm:num_%02d gauge\nvllm:num_%02d{engine=\"0\",model_name=\"meta-llama/Llama-3.1-8B-Instruct\"} %d\n", i, i, i, 7*i+step)
	}
	return b.Bytes()
}

func five(f *parse.Family) bool {
	return strings.HasPrefix(f.Name, "vllm:num_0") && f.Name < "vllm:num_04" || f.Name == "vllm:latency_05_seconds"
}

// reading reads the bodies twice and returns what reads the next one.
func reading(t testing.TB, r *parse.Reader, bodies [][]byte) (read func()) {
	i := 0
	read = func() {
		if err := r.Read(nil, bodies[i%len(bodies)]); err != nil {
			t.Fatal(err)
		}
		i++
	}
	for range 2 * len(bodies) {
		read()
	}
	return read
}

func TestSteadyReadAllocatesNothing(t *testing.T) {
	bodies := [][]byte{replica(0), replica(1), replica(2)}
	for name, tc := range map[string]struct {
		reader parse.Reader
		most   float64
	}{
		"lines":          {parse.Reader{}, 0},
		"five families":  {parse.Reader{Keep: five}, 0},
		"joined buckets": {parse.Reader{Options: parse.Options{JoinBuckets: true}, Keep: five}, 2}, // the histogram that changed and its counts
	} {
		read := reading(t, &tc.reader, bodies)
		assert.LessOrEqual(t, testing.AllocsPerRun(50, read), tc.most, name)
	}
	r := parse.Reader{Options: parse.Options{JoinBuckets: true}, Keep: five}
	reading(t, &r, bodies)()
	require.Len(t, collect(r.Samples()), 5)
	require.Len(t, collect(r.Changed()), 5)
}

// go test ./parse -run - -bench Reader
func BenchmarkReader(b *testing.B) {
	bodies := [][]byte{replica(0), replica(1), replica(2)}
	for name, r := range map[string]parse.Reader{
		"families=all":        {},
		"families=5":          {Keep: five},
		"families=5/join=yes": {Options: parse.Options{JoinBuckets: true}, Keep: five},
	} {
		b.Run(name, func(b *testing.B) {
			read := reading(b, &r, bodies)
			b.ReportAllocs()
			b.SetBytes(int64(len(bodies[0])))
			n := 0
			for b.Loop() {
				read()
				for range r.Changed() {
					n++
				}
			}
			b.ReportMetric(float64(n)/float64(b.N), "changed")
		})
	}
	// What is done without this package: Prometheus' parser and a look at each name.
	b.Run("textparse", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			p := textparse.NewPromParser(bodies[i%len(bodies)], nil, false)
			for {
				entry, err := p.Next()
				if err == io.EOF {
					break
				}
				if entry != textparse.EntrySeries {
					continue
				}
				if series, _, _ := p.Series(); !bytes.HasPrefix(series, []byte("vllm:latency_05")) && !bytes.HasPrefix(series, []byte("vllm:num_0")) {
					continue
				}
				var ls labels.Labels
				p.Labels(&ls)
			}
		}
	})
}

func BenchmarkSamples(b *testing.B) {
	body := replica(0)
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := parse.Samples(nil, body); err != nil {
			b.Fatal(err)
		}
	}
}
