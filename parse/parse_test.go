package parse_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/promfold/promfold/histogram"
	"github.com/promfold/promfold/internal/recording"
	"github.com/promfold/promfold/parse"
)

func zip(t testing.TB, body []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write(body)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.Bytes()
}

func zst(t testing.TB, body []byte) []byte {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	return z.EncodeAll(body, nil)
}

func TestSamplesOfAFamilyOfEachType(t *testing.T) {
	body := []byte("# HELP h Latency.\n# TYPE h histogram\n# UNIT h seconds\nh_bucket{le=\"1\"} 2\nh_sum 4.5\nh_count 3\nh_created 7\n# TYPE s summary\ns{quantile=\"0.5\"} 1\nother 1 5\n# EOF\n")
	body = bytes.Replace(body, []byte("# UNIT h seconds\n"), nil, 1)
	got, err := parse.Samples(header(asOpenMetrics), body)
	require.NoError(t, err)
	require.Len(t, got, 6)
	assert.Equal(t, &parse.Family{Name: "h", Type: "histogram", Help: "Latency."}, got[0].Family)
	assert.Same(t, got[0].Family, got[1].Family)
	var roles []parse.Role
	for _, s := range got {
		roles = append(roles, s.Role)
	}
	assert.Equal(t, []parse.Role{parse.Bucket, parse.Sum, parse.Count, parse.Created, parse.Quantile, parse.Value}, roles)
	assert.Equal(t, "bucket sum count created quantile value", strings.Trim(fmt.Sprint(roles), "[]"))
	assert.Equal(t, "histogram", parse.Histogram.String())
	assert.Equal(t, "Role(9)", parse.Role(9).String())
	assert.Equal(t, `{__name__="h_bucket", le="1.0"}`, got[0].Labels.String())
	assert.Equal(t, 1.0, got[0].Bound)
	assert.True(t, math.IsNaN(got[1].Bound))
	assert.Equal(t, time.Unix(7, 0).UTC(), got[2].Start)
	assert.Zero(t, got[4].Start)
	assert.Equal(t, time.Unix(5, 0).UTC(), got[5].Time)
	assert.Zero(t, got[0].Time)
	assert.Equal(t, "other", got[5].Family.Name)
	assert.EqualValues(t, "unknown", got[5].Family.Type)
}

func TestHeader(t *testing.T) {
	text, om := []byte("a 1\n"), []byte("a 1\n# EOF\n")
	both := bytes.Repeat([]byte("a 1\n"), 100)
	for _, tc := range []struct {
		name     string
		header   http.Header
		fallback string
		body     []byte
		n        int
	}{
		{"none", nil, "", text, 1},
		{"none, of what comes without one", nil, asOpenMetrics, om, 1},
		{"one that nobody reads", header("application/json; charset=utf-8"), asOpenMetrics, om, 1},
		{"one that is none", header("text plain"), asText, text, 1},
		{"its own type", header(asText), asOpenMetrics, text, 1},
		{"a type in another letter case", header("Text/Plain"), "", text, 1},
		{"gzip", http.Header{"Content-Encoding": {"GZIP"}}, "", zip(t, both), 100},
		{"zstd", http.Header{"Content-Encoding": {"zStd"}}, "", zst(t, both), 100},
		{"identity", http.Header{"Content-Encoding": {"Identity"}}, "", both, 100},
		{"two", http.Header{"Content-Encoding": {"gzip, zstd"}}, "", zst(t, zip(t, both)), 100},
		{"two in two fields", http.Header{"Content-Encoding": {"gzip", "zstd"}}, "", zst(t, zip(t, both)), 100},
	} {
		r := parse.Reader{Options: parse.Options{Fallback: tc.fallback}}
		for range 2 {
			require.NoError(t, r.Read(tc.header, tc.body), tc.name)
			assert.Len(t, collect(r.Samples()), tc.n, tc.name)
		}
	}
}

func TestErrors(t *testing.T) {
	long := strings.Repeat("x", 100)
	for _, tc := range []struct {
		name    string
		options parse.Options
		header  http.Header
		body    string
		is      error
		want    string
	}{
		{"malformed", parse.Options{}, nil, "a 1\nb one\n", nil, `line 2, column 5: strconv.ParseFloat: parsing "one": invalid syntax: "b one"`},
		{"bytes", parse.Options{MaxBody: 5}, nil, "a 1\nb 2\n", parse.ErrLimit, "byte 5: body exceeds a limit: more than 5 bytes"},
		{"bytes, decompressed", parse.Options{MaxBody: 60}, http.Header{"Content-Encoding": {"gzip"}}, string(zip(t, []byte(long))), parse.ErrLimit, "byte 60: body exceeds a limit: more than 60 bytes"},
		{"lines", parse.Options{MaxLines: 1}, nil, "a 1\nb 2\n", parse.ErrLimit, `line 2, column 1: body exceeds a limit: more than 1 lines: "b 2"`},
		{"a line", parse.Options{MaxLine: 50}, nil, "a 1\n" + long[:60] + " 1\n", parse.ErrLimit, "line 2, column 1: body exceeds a limit: more than 50 bytes in a line: \"" + long[:60] + " 1\""},
		{"labels", parse.Options{MaxLabels: 1}, nil, "a{b=\"c\"} 1\n", parse.ErrLimit, `line 1, column 1: body exceeds a limit: more than 1 labels: "a{b=\"c\"} 1"`},
		{"cut", parse.Options{RequireWhole: true}, nil, "a 1\nb 12", nil, `line 2, column 5: the last line is not ended: "b 12"`},
		{"no format", parse.Options{}, header("text/html"), "", errors.ErrUnsupported, `unsupported content type "text/html"`},
		{"no fallback", parse.Options{Fallback: "a/b"}, header("c/d"), "", errors.ErrUnsupported, `unsupported content type "a/b"`},
		{"OpenMetrics 2 must be asked for", parse.Options{}, header(asOpenMetrics2), "", errors.ErrUnsupported, `unsupported content type "` + asOpenMetrics2 + `"`},
		{"no encoding", parse.Options{}, http.Header{"Content-Encoding": {"br"}}, "", errors.ErrUnsupported, `unsupported content encoding "br"`},
		{"not gzip", parse.Options{}, http.Header{"Content-Encoding": {"gzip"}}, "a 1\n", nil, `compressed body: unexpected EOF`},
		{"no protobuf", parse.Options{}, header(asProtobuf), "\x05\x0a\x01xyz", nil, ""},
	} {
		r := parse.Reader{Options: tc.options}
		err := r.Read(tc.header, []byte(tc.body))
		var at *parse.Error
		require.ErrorAs(t, err, &at, tc.name)
		assert.Equal(t, tc.is == parse.ErrLimit, errors.Is(err, parse.ErrLimit), tc.name)
		assert.Equal(t, tc.is == errors.ErrUnsupported, errors.Is(err, errors.ErrUnsupported), tc.name)
		if tc.want != "" {
			assert.EqualError(t, err, tc.want, tc.name)
		}
	}
	samples, err := parse.Samples(nil, []byte("<html>"))
	require.Error(t, err)
	assert.Nil(t, samples)
}

// A native histogram with too many buckets is refused in each form it may have.
func TestMaxBuckets(t *testing.T) {
	native := func(spans, buckets int, floats bool) *dto.Histogram {
		h := &dto.Histogram{SampleCount: proto.Uint64(1), ZeroThreshold: proto.Float64(1e-9), Schema: proto.Int32(0)}
		for i := range spans {
			length := 0
			if i == 0 {
				length = buckets
			}
			h.PositiveSpan = append(h.PositiveSpan, &dto.BucketSpan{Offset: proto.Int32(0), Length: proto.Uint32(uint32(length))})
		}
		for range buckets {
			if floats {
				h.PositiveCount = append(h.PositiveCount, 1)
			} else {
				h.PositiveDelta = append(h.PositiveDelta, 0)
			}
		}
		if floats {
			h.SampleCountFloat = proto.Float64(float64(buckets))
		}
		return h
	}
	text := func(buckets int) []byte {
		return fmt.Appendf(nil, "# TYPE n histogram\nn {count:%d,sum:1.0,schema:0,zero_threshold:1e-05,zero_count:0,positive_spans:[0:%d],positive_buckets:[%s]}\n# EOF\n", buckets, buckets, strings.Repeat("1,", buckets-1)+"1")
	}
	body := func(h *dto.Histogram) []byte {
		return marshal(t, &dto.MetricFamily{Name: proto.String("h"), Type: dto.MetricType_HISTOGRAM.Enum(), Metric: []*dto.Metric{{Histogram: h}}})
	}
	options := parse.Options{MaxBuckets: 10, OpenMetrics2: true}
	for name, tc := range map[string]struct {
		most, more  []byte
		contentType string
	}{
		"integers": {body(native(1, 10, false)), body(native(1, 11, false)), asProtobuf},
		"floats":   {body(native(1, 10, true)), body(native(1, 11, true)), asProtobuf},
		"spans":    {body(native(10, 1, false)), body(native(11, 1, false)), asProtobuf},
		"text":     {text(10), text(11), asOpenMetrics2},
	} {
		r := parse.Reader{Options: options}
		require.NoError(t, r.Read(header(tc.contentType), tc.most), name)
		require.ErrorIs(t, r.Read(header(tc.contentType), tc.more), parse.ErrLimit, name)
		require.Len(t, collect(r.Samples()), 1, name)
	}
}

// corpus are directories with recorded scrapes: that of the repository, and the
// whole ones if they are there.
func corpus(t *testing.T, each func(t *testing.T, body []byte, contentType string)) {
	t.Run("recording", func(t *testing.T) {
		list, err := recording.Manifest(recording.FS)
		require.NoError(t, err)
		for i, s := range list {
			if testing.Short() && i%12 > 0 {
				continue
			}
			if body, err := s.Body(recording.FS); err == nil {
				each(t, body, s.ContentType)
			}
		}
	})
	t.Run("corpus", func(t *testing.T) {
		const dir = "../../shared/corpus"
		manifests, err := filepath.Glob(dir + "/*/manifest.jsonl")
		require.NoError(t, err)
		if len(manifests) == 0 {
			t.Skip("the recorded scrapes are not here: " + dir)
		}
		for _, m := range manifests {
			t.Run(filepath.Base(filepath.Dir(m)), func(t *testing.T) { manifest(t, m, each) })
		}
	})
}

// manifest reads one directory of the corpus; in -short, a few of its scrapes, none of them large.
func manifest(t *testing.T, file string, each func(t *testing.T, body []byte, contentType string)) {
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	d := json.NewDecoder(f)
	for n := 0; ; {
		var s recording.Scrape
		if err := d.Decode(&s); err == io.EOF {
			return
		} else {
			require.NoError(t, err)
		}
		if !strings.HasSuffix(s.File, ".txt.gz") && !strings.HasSuffix(s.File, ".pb.gz") {
			continue
		}
		if n++; testing.Short() && n > 3 || n > 20 {
			return
		}
		body, err := s.Body(os.DirFS(filepath.Dir(file)))
		require.NoError(t, err)
		if testing.Short() && len(body) > 512<<10 {
			continue
		}
		each(t, body, s.ContentType)
	}
}

// What textparse reads, and nothing else, on real bodies: of each body by itself
// and of all in turn.
func TestRecordedBodiesAgainstTextparse(t *testing.T) {
	r := parse.Reader{}
	bodies := 0
	corpus(t, func(t *testing.T, body []byte, contentType string) {
		want, err := truth(body, contentType)
		require.NoError(t, err)
		got, err := parse.Samples(header(contentType), body)
		require.NoError(t, err)
		requireEqual(t, want, texts(got, said))
		require.NoError(t, r.Read(header(contentType), body))
		requireEqual(t, want, texts(collect(r.Samples()), said))
		bodies++
	})
	assert.Greater(t, bodies, 15)
}

// FuzzSamples holds one body against textparse.
func FuzzSamples(f *testing.F) {
	types := []string{asText, asOpenMetrics, asProtobuf}
	rng := rand.New(rand.NewPCG(1, 2))
	lists := [][]string{seeds, openMetricsSeeds, nil}
	for range 8 {
		lists[2] = append(lists[2], string(marshal(f, randomFamily(rng), randomFamily(rng))))
	}
	for as, list := range lists {
		require.NotEmpty(f, list)
		for _, body := range list {
			f.Add([]byte(body), uint8(as))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte, as uint8) {
		contentType := types[int(as)%len(types)]
		given := bytes.Clone(body)
		got, err := parse.Samples(header(contentType), given)
		clear(given) // nothing of a sample may point into the body
		switch {
		case errors.Is(err, parse.ErrLimit), bytes.Contains(body, []byte("__name__")):
			t.Skip()
		case contentType == asProtobuf:
			if err != nil { // textparse may panic over what is refused here
				return
			}
			for _, s := range got {
				if s.Family.Type == "unknown" {
					t.Skip() // without a value textparse takes that of the metric before
				}
			}
		case contentType == asOpenMetrics && (bytes.HasPrefix(body, []byte{0}) || bytes.Contains(body, []byte("\n\x00"))):
			return // which textparse drops behind a comment
		}
		want, wantErr := truth(body, contentType)
		require.Equal(t, wantErr == nil, err == nil, "%v, %v", wantErr, err)
		if err == nil {
			requireEqual(t, boundsAlike(want), boundsAlike(texts(got, said)), "%q", body)
		}
	})
}

var boundLabel = regexp.MustCompile(`\b(le|quantile)="([^"\\]*)"`)

// boundsAlike writes all bounds as numbers are. Textparse goes by the TYPE comment
// above a line; here a line that stands apart from its family has the bounds that
// it has in it, too.
func boundsAlike(list []string) []string {
	for i, text := range list {
		list[i] = boundLabel.ReplaceAllStringFunc(text, func(label string) string {
			x := boundLabel.FindStringSubmatch(label)
			v, err := strconv.ParseFloat(x[2], 64)
			if err != nil {
				return label
			}
			return fmt.Sprintf("%s=%q", x[1], labels.FormatOpenMetricsFloat(v))
		})
	}
	return list
}

func TestKeepIsAskedOnce(t *testing.T) {
	asked := map[string]int{}
	r := parse.Reader{Keep: func(f *parse.Family) bool {
		asked[fmt.Sprint(f.Name, f.Type)]++
		return f.Name == "a"
	}}
	for i := range 5 {
		require.NoError(t, r.Read(nil, fmt.Appendf(nil, "# TYPE a gauge\na %d\na{b=\"%d\"} 1\n# TYPE c gauge\nc %d\nd{x=\"%d\"} 1\n", i, i, i, i)))
		assert.Len(t, collect(r.Samples()), 2)
	}
	assert.Equal(t, map[string]int{"agauge": 1, "cgauge": 1, "dunknown": 1}, asked)
	require.NoError(t, r.Read(nil, []byte("# TYPE a counter\na 1\n")))
	assert.Equal(t, 1, asked["acounter"], "another type is another family")
}

// A histogram may be kept: a later body does not change it.
func TestHistogramsMayBeKept(t *testing.T) {
	r := parse.Reader{Options: parse.Options{JoinBuckets: true}}
	body := "# TYPE h histogram\nh_bucket{le=\"1\"} %d\nh_bucket{le=\"+Inf\"} %d\nh_sum 1\nh_count %d\n"
	var kept []histogram.Histogram
	for i := range 4 {
		require.NoError(t, r.Read(nil, fmt.Appendf(nil, body, i, 2*i, 2*i)))
		for s := range r.Changed() {
			kept = append(kept, *s.Histogram)
		}
	}
	require.Len(t, kept, 4)
	for i, h := range kept {
		assert.Equal(t, histogram.Histogram{Bounds: []float64{1, math.Inf(1)}, Counts: []float64{float64(i), float64(2 * i)}, Count: float64(2 * i), Sum: 1}, h)
	}
}

// Lines that come and go leave nothing behind.
func TestChurnIsForgotten(t *testing.T) {
	grown := func(bodies int) uint64 {
		asked := 0
		r := parse.Reader{Options: parse.Options{JoinBuckets: true}, Keep: func(*parse.Family) bool { asked++; return true }}
		for i := range bodies {
			body := fmt.Appendf(nil, "# TYPE h%d histogram\n", i)
			for j := range 300 {
				body = fmt.Appendf(body, "h%d_bucket{x=\"%d\",le=\"+Inf\"} 1\n", i, j)
			}
			require.NoError(t, r.Read(nil, body))
			require.Error(t, r.Read(nil, fmt.Appendf(body, "one_more{x=\"%d\"} 1\nx{", i)))
			require.Len(t, collect(r.Changed()), 300)
			require.Len(t, collect(r.Gone()), min(i, 1)*300)
		}
		require.Equal(t, bodies, asked)
		return parse.Held(&r)
	}
	assert.LessOrEqual(t, grown(60), 2*grown(15))
}

func TestIteratorsStop(t *testing.T) {
	var r parse.Reader
	for range r.Samples() {
		t.Fatal("nothing was read")
	}
	require.NoError(t, r.Read(nil, []byte("a 1\nb 2\n")))
	require.NoError(t, r.Read(nil, []byte("c 1\nd 2\n")))
	for _, seq := range []func(func(*parse.Sample) bool){r.Samples(), r.Changed(), r.Gone()} {
		n := 0
		for range seq {
			n++
			break
		}
		assert.Equal(t, 1, n)
	}
}
