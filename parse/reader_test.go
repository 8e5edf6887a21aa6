package parse_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/histogram"
	"github.com/promfold/promfold/parse"
)

func header(contentType string) http.Header { return http.Header{"Content-Type": {contentType}} }

// readers are readers of all kinds, which are told the same.
type readers struct {
	plain, joined, kept parse.Reader
	before              map[*parse.Reader][]parse.Sample
}

var all = parse.Options{MaxLine: 1 << 20, MaxLabels: 1 << 20, OpenMetrics2: true, IncludeExemplars: true}

func newReaders() *readers {
	r := &readers{before: map[*parse.Reader][]parse.Sample{}}
	r.plain.Options, r.joined.Options, r.kept.Options = all, all, all
	r.joined.Options.JoinBuckets = true
	r.kept.Options.JoinBuckets = true
	r.kept.Keep = keeps
	return r
}

// keeps is true of about half of the families.
func keeps(f *parse.Family) bool { return len(f.Name)%2 == 1 }

// read reads a body with all readers and checks what they say of it. It reports
// whether the body was accepted.
func (r *readers) read(t testing.TB, body []byte, contentType string) bool {
	t.Helper()
	fresh := parse.Reader{Options: all}
	wantErr := fresh.Read(header(contentType), body)
	lines := collect(fresh.Samples())
	joined := joinNaively(lines)
	var kept []parse.Sample
	for _, s := range joined {
		if keeps(s.Family) {
			kept = append(kept, s)
		}
	}
	for reader, want := range map[*parse.Reader][]parse.Sample{&r.plain: lines, &r.joined: joined, &r.kept: kept} {
		changed, gone := texts(collect(reader.Changed()), full), texts(collect(reader.Gone()), full)
		err := reader.Read(header(contentType), body)
		if wantErr != nil {
			var want, got *parse.Error
			require.ErrorAs(t, wantErr, &want)
			require.ErrorAs(t, err, &got)
			require.Equal(t, want.Line, got.Line) // textparse may find one of two reasons
			requireEqual(t, texts(r.before[reader], full), texts(collect(reader.Samples()), full), "an error changes nothing")
			requireEqual(t, changed, texts(collect(reader.Changed()), full))
			requireEqual(t, gone, texts(collect(reader.Gone()), full))
			continue
		}
		require.NoError(t, err)
		requireEqual(t, texts(want, full), texts(collect(reader.Samples()), full), "%q", body)
		checkDifference(t, reader, r.before[reader], want)
		r.before[reader] = want
	}
	return wantErr == nil
}

// checkDifference holds Changed and Gone against the difference of the two lists,
// in which a series is known by its labels.
func checkDifference(t testing.TB, r *parse.Reader, before, now []parse.Sample) {
	t.Helper()
	was, times := map[string][]string{}, map[string]int{}
	for i := range before {
		key := before[i].Labels.String()
		was[key] = append(was[key], full(&before[i]))
	}
	for i := range now {
		times[now[i].Labels.String()]++
	}
	changed := map[string]bool{}
	for s := range r.Changed() {
		changed[full(s)] = true
	}
	for i := range now {
		key, text := now[i].Labels.String(), full(&now[i])
		if times[key] > 1 || len(was[key]) > 1 {
			continue // which of a series' repetitions changed is not defined
		}
		differs := len(was[key]) == 0 || was[key][0] != text
		require.Equal(t, differs, changed[text], "%s\nwas %v", text, was[key])
	}
	gone := map[string]int{}
	for s := range r.Gone() {
		gone[s.Labels.String()]++
	}
	for key, list := range was {
		require.Equal(t, max(0, len(list)-times[key]), gone[key], key)
		delete(gone, key)
	}
	require.Empty(t, gone)
}

// Whatever comes in turn, each reader says what a fresh one would, and what changed.
func TestSuccessiveBodies(t *testing.T) {
	for contentType, list := range map[string][]string{asText: seeds, asOpenMetrics: openMetricsSeeds, asOpenMetrics2: openMetrics2Seeds} {
		r := newReaders()
		for _, a := range list {
			for _, b := range list {
				require.True(t, r.read(t, []byte(a), contentType), "%q", a)
				require.True(t, r.read(t, []byte(b), contentType), "%q", b)
				require.True(t, r.read(t, []byte(b), contentType))
				require.False(t, r.read(t, []byte(b+"x{"), contentType))
			}
		}
	}
}

func TestMutatedBodies(t *testing.T) {
	read, refused := 0, 0
	for seed := range uint64(100) {
		rng := rand.New(rand.NewPCG(seed, 1))
		r := newReaders()
		contentType, list := asText, seeds
		if seed%3 == 0 {
			contentType, list = asOpenMetrics, openMetricsSeeds
		}
		body := []byte(list[rng.IntN(len(list))])
		for range 20 {
			if next := mutate(rng, body); r.read(t, next, contentType) {
				body = next
				read++
			} else {
				refused++
			}
		}
	}
	t.Logf("%d bodies read, %d refused", read, refused)
	require.Greater(t, read, 1000)
	require.Greater(t, refused, 100)
}

func TestMutatedProtobuf(t *testing.T) {
	native := 0
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 2))
		r := newReaders()
		families := []*dto.MetricFamily{randomFamily(rng), randomFamily(rng)}
		for range 20 {
			require.True(t, r.read(t, marshal(t, families...), asProtobuf))
			for _, s := range r.before[&r.joined] {
				if s.Histogram != nil && s.Histogram.Exponential && len(s.Histogram.Bounds) > 0 {
					native++
				}
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
			families = families[:min(len(families), 5)]
		}
	}
	require.Greater(t, native, 100, "histograms with both forms")
}

// An instance that changes its format keeps its series.
func TestFormatChanges(t *testing.T) {
	r := newReaders()
	text := "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n# TYPE a_total counter\na_total 1\n"
	openMetrics := "# TYPE h histogram\nh_bucket{le=\"1.0\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n# TYPE a counter\na_total 2\n# EOF\n"
	require.True(t, r.read(t, []byte(text), asText))
	require.True(t, r.read(t, []byte(openMetrics), asOpenMetrics))
	require.Empty(t, collect(r.joined.Gone()))
	changed := collect(r.joined.Changed())
	require.Len(t, changed, 1)
	require.Equal(t, "a_total", changed[0].Name)
	require.True(t, r.read(t, []byte(text), asText))
}

// What is joined, and what comes out as its lines.
func TestJoinBuckets(t *testing.T) {
	inf := math.Inf(1)
	classic := func(count, sum float64, bounds, counts []float64) *histogram.Histogram {
		return &histogram.Histogram{Bounds: bounds, Counts: counts, Count: count, Sum: sum}
	}
	for name, tc := range map[string]struct {
		body string
		want *histogram.Histogram // nil: its lines
	}{
		"whole":                    {"h_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 3\nh_sum 4\nh_count 3\n", classic(3, 4, []float64{1, inf}, []float64{2, 3})},
		"in another order":         {"h_count 3\nh_bucket{le=\"+Inf\"} 3\nh_sum 4\nh_bucket{le=\"1\"} 2\n", classic(3, 4, []float64{1, inf}, []float64{2, 3})},
		"+Inf from the count":      {"h_bucket{le=\"1\"} 2\nh_count 3\n", classic(3, math.NaN(), []float64{1, inf}, []float64{2, 3})},
		"the count from +Inf":      {"h_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 3\n", classic(3, math.NaN(), []float64{1, inf}, []float64{2, 3})},
		"a count alone":            {"h_count 3\n", classic(3, math.NaN(), []float64{inf}, []float64{3})},
		"+Inf and count differ":    {"h_bucket{le=\"+Inf\"} 3\nh_count 4\n", classic(4, math.NaN(), []float64{inf}, []float64{3})},
		"counts fall":              {"h_bucket{le=\"1\"} 5\nh_bucket{le=\"+Inf\"} 3\nh_count 3\n", classic(3, math.NaN(), []float64{1, inf}, []float64{5, 3})},
		"at one time":              {"h_bucket{le=\"+Inf\"} 3 7\nh_count 3 7\n", classic(3, math.NaN(), []float64{inf}, []float64{3})},
		"neither a count nor +Inf": {"h_bucket{le=\"1\"} 2\nh_sum 4\n", nil},
		"a sum alone":              {"h_sum 4\n", nil},
		"a bound twice":            {"h_bucket{le=\"1\"} 2\nh_bucket{le=\"1.0\"} 2\nh_count 3\n", nil},
		"a line twice":             {"h_bucket{le=\"+Inf\"} 3\nh_count 3\nh_count 3\n", nil},
		"at two times":             {"h_bucket{le=\"+Inf\"} 3 7\nh_count 3 8\n", nil},
		"a line without a time":    {"h_bucket{le=\"+Inf\"} 3 7\nh_count 3\n", nil},
	} {
		r := parse.Reader{Options: parse.Options{JoinBuckets: true}}
		require.NoError(t, r.Read(nil, []byte("# TYPE h histogram\n"+tc.body)), name)
		got := collect(r.Samples())
		if tc.want == nil {
			assert.Len(t, got, strings.Count(tc.body, "\n"), name)
			for _, s := range got {
				assert.NotEqual(t, parse.Histogram, s.Role, name)
			}
			continue
		}
		require.Len(t, got, 1, name)
		assert.Equal(t, []any{"h", parse.Histogram, `{__name__="h"}`, tc.want.Count}, []any{got[0].Name, got[0].Role, got[0].Labels.String(), got[0].Value}, name)
		assert.Equal(t, fmt.Sprint(*tc.want), fmt.Sprint(*got[0].Histogram), name) // NaN is NaN
	}
}

// A histogram that cannot be joined any more is gone as one sample, and there as its lines; then the other way round.
func TestJoinedAndTorn(t *testing.T) {
	r := newReaders()
	whole := []byte("# TYPE h histogram\nh_bucket{le=\"+Inf\"} 3 7\nh_count 3 7\nx 1\n")
	torn := []byte("# TYPE h histogram\nh_bucket{le=\"+Inf\"} 3 7\nh_count 3 8\nx 1\n")
	names := func(samples []parse.Sample) (list []string) {
		for _, s := range samples {
			list = append(list, s.Name)
		}
		return list
	}
	for range 3 {
		require.True(t, r.read(t, whole, asText))
		require.True(t, r.read(t, torn, asText))
		assert.Equal(t, []string{"h_bucket", "h_count"}, names(collect(r.joined.Changed())))
		assert.Equal(t, []string{"h"}, names(collect(r.joined.Gone())))
		require.True(t, r.read(t, whole, asText))
		assert.Equal(t, []string{"h"}, names(collect(r.joined.Changed())))
		assert.Equal(t, []string{"h_bucket", "h_count"}, names(collect(r.joined.Gone())))
	}
}

func FuzzReader(f *testing.F) {
	require.NotEmpty(f, seeds)
	types := []string{asText, asOpenMetrics, asOpenMetrics2, asProtobuf}
	rng := rand.New(rand.NewPCG(1, 2))
	lists := [][]string{seeds, openMetricsSeeds, openMetrics2Seeds, nil}
	for range 8 {
		lists[3] = append(lists[3], string(marshal(f, randomFamily(rng), randomFamily(rng))))
	}
	for as, list := range lists {
		for i, a := range list {
			f.Add([]byte(a), []byte(list[(i+1)%len(list)]), uint8(as))
		}
	}
	f.Fuzz(func(t *testing.T, a, b []byte, as uint8) {
		if bytes.Contains(a, []byte("__name__")) || bytes.Contains(b, []byte("__name__")) {
			t.Skip() // where a name is set twice the order of textparse's labels is not defined
		}
		r := newReaders()
		for _, body := range [][]byte{a, b, a, a} {
			r.read(t, body, types[as%4])
		}
	})
}
