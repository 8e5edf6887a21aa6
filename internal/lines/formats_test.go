package lines

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	asOpenMetrics  = "application/openmetrics-text; version=1.0.0; charset=utf-8"
	asOpenMetrics2 = "application/openmetrics-text; version=2.0.0; charset=utf-8"
	asProtobuf     = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
)

var wide = Limits{Line: 1 << 20, Labels: 1 << 20, OpenMetrics2: true, Exemplars: 1 << 20}

// wideOr is wide, or the same without exemplars, by a seed: messages are skipped or
// read the short way only where exemplars are not kept.
func wideOr(seed uint64) Limits {
	limits := wide
	if seed%2 == 0 {
		limits.Exemplars = 0
	}
	return limits
}

// sequenceIn reads bodies of one format one after the other, each held against textparse.
func sequenceIn(t *testing.T, contentType string, bodies ...string) (*instance, *Reader) {
	t.Helper()
	in := newInstance(NewStore())
	r := NewReader(in.store, wide)
	for _, b := range bodies {
		in.readIn(t, r, []byte(b), contentType)
	}
	return in, r
}

// What textparse accepts and refuses, in OpenMetrics. The first group is accepted.
var openMetricsCases = [][]string{{
	"# EOF", "# EOF\n", "a 1\n# EOF\n", "a 1\n# EOF", "a 1 2\n# EOF\n", "a 1 -2.5\n# EOF\n", "a NaN\n# EOF\n", "a +Inf 1e3\n# EOF\n",
	"# TYPE c counter\nc_total 17.0 1520879607.789 # {id=\"counter-test\"} 5\nc_created 1520872607.123\nc_total{a=\"b\"} 1\n# EOF\n",
	"# TYPE c counter\nc 3\nc_created 5\n# TYPE d_total counter\nd_total 4\nd_total_created 6\n# EOF\n",
	"# TYPE h histogram\n# UNIT h \nh_bucket{le=\"1\"} 1 # {} 4\nh_bucket{le=\"+Inf\"} 1 # {a=\"b\",c=\"d\"} 4 123.5\nh_count 1 # {id=\"x\"} 4\nh_sum 2\nh_created 5e9\n# EOF\n",
	"# TYPE g gaugehistogram\ng_bucket{le=\"1\"} 1\ng_bucket{le=\"+Inf\"} 1\ng_gcount 1\ng_gsum 2\n# EOF\n",
	"# HELP s_seconds escape \\ \\n \\\\ \\\" \\x\n# TYPE s_seconds summary\n# UNIT s_seconds seconds\ns_seconds{quantile=\"0\"} 4.9e-05\ns_seconds{quantile=\"1.0\",a=\"b\"} 8\ns_seconds_count 9\ns_seconds_sum 1\n# EOF\n",
	"# TYPE i info\ni_info{version=\"1\"} 1\ni{foo=\"bar\"} 1\n# TYPE ss stateset\nss{ss=\"foo\"} 1\nss{ss=\"bar\"} 0\n# TYPE un unknown\nun 1\n_x 1\n# EOF\n",
	"# TYPE \"quoted.name\" gauge\n{\"quoted.name\",\"label.name\"=\"v\"} 3\n{\"quoted.name\",a=\"b\"} 3 1 # {\"x.y\"=\"z\"} 1\n# EOF\n",
	"null_byte_metric{a=\"abc\x00\"} 1\n# EOF\n", "a{b=\"\x00ss\"} 1\n# EOF", "a{b=\"c\",} 1\n# EOF\n", "a{} 1\n# EOF\n",
	"x 1 # {a=\"\\\"\\n\"} 1\n# EOF\n", "x 1 # {a=\"é\"} 1\n# EOF\n", "x 1 # {a=\"b\",} 1\n# EOF\n", "x 1 2 # {a=\"b\"} NaN 3\n# EOF\n",
}, {
	"", "\n", "metric", "metric 1", "metric 1\n", "metric_total 1 # {aa=\"bb\"} 4", "a\n# EOF\n", "\n\n# EOF\n", " a 1\n# EOF\n", "9\n# EOF\n", "# TYPE u untyped\n# EOF\n",
	"# TYPE c counter \n# EOF\n", "#  TYPE c counter\n# EOF\n", "# TYPE \n# EOF\n", "# TYPE m\n# EOF\n", "# UNIT metric suffix\n# EOF\n", "# UNIT metricsuffix suffix\n# EOF\n",
	"# UNIT \n# EOF\n", "# UNIT m\n# EOF\n", "# HELP \n# EOF\n", "# HELP m\n# EOF\n", "a\t1\n# EOF\n", "a 1\t2\n# EOF\n", "a 1 2 \n# EOF\n", "a 1 2 #\n# EOF\n", "a 1 1z\n# EOF\n",
	" # EOF\n", "# EOF\na 1", "# EOF\n\n", "# EOFa 1", "#\tTYPE c counter\n", "# TYPE c  counter\n", "a 1 1 1\n# EOF\n", "a{b='c'} 1\n# EOF\n", "a{,b=\"c\"} 1\n# EOF\n",
	"a{b=\"c\"d=\"e\"} 1\n# EOF\n", "a{b=\"c\",,d=\"e\"} 1\n# EOF\n", "a{b=\n# EOF\n", "a{\xff=\"foo\"} 1\n# EOF\n", "a{b=\"\xff\"} 1\n# EOF\n", "{\"a\",\"b = \"c\"}\n# EOF\n",
	"a true\n", "something_weird{problem=\"\n# EOF\n", "empty_label_name{=\"\"} 0\n# EOF\n", "{A}0\n# EOF\n", "foo 1_2\n\n# EOF\n", "foo 0x1p-3\n\n# EOF\n", "foo 0 1_2\n\n# EOF\n",
	"custom_metric_total 1 # {aa=bb}\n# EOF\n", "custom_metric_total 1 # {aa=\"bb\"}\n# EOF\n", "custom_metric_total 1 # {bb}", "custom_metric_total 1 # {bb, a=\"dd\"}\n# EOF\n",
	"custom_metric_total 1 # {aa=\"bb\",,cc=\"dd\"} 1\n# EOF\n", "custom_metric_total 1 # {aa=\"bb\"} 1_2\n# EOF\n", "custom_metric_total 1 # {aa=\"bb\"} true\n# EOF\n",
	"{b=\"c\",} 1\n# EOF\n", "a 1 NaN\n# EOF\n", "a 1 -Inf\n# EOF\n", "a 1 Inf\n# EOF\n", "h 1 # {aa=\"bb\"} 4 NaN\n# EOF\n", "h 1 # {aa=\"bb\"} 4 -Inf\n# EOF\n",
	"a{b=\x00\"ssss\"} 1\n# EOF\n", "a{b=\"\x00", "a\x00{b=\"ddd\"} 1\n# EOF\n", "#", "# H", "a  1\n# EOF\n", "a 1 \n# EOF\n", "# a comment\na 1\n# EOF\n", "a 1\n\n# EOF\n", "a{x:y=\"1\"} 1\n# EOF\n",
	"x 1 #{a=\"b\"} 1\n# EOF\n", "x 1  # {a=\"b\"} 1\n# EOF\n", "x 1 # {a=\"b\"}  1\n# EOF\n", "x 1 # {a=\"b\"} 1 \n# EOF\n", "x 1 # {a=\"\xff\"} 1\n# EOF\n", "x 1 # {a:b=\"c\"} 1\n# EOF\n",
}}

func TestOpenMetricsCases(t *testing.T) {
	for i, group := range openMetricsCases {
		for _, body := range group {
			in := newInstance(NewStore())
			r := NewReader(in.store, wide)
			assert.Equal(t, i == 0, in.readIn(t, r, []byte(body), asOpenMetrics), "%q", body)
			in.readIn(t, r, []byte(body), asOpenMetrics)
		}
	}
	sequenceIn(t, asOpenMetrics, slices.Concat(openMetricsCases[0], openMetricsCases[1], openMetricsCases[0])...)
}

// A text may mean something in one format and nothing in another; the store holds both.
func TestFormatsDoNotLendEachOtherLines(t *testing.T) {
	in := newInstance(NewStore())
	r := NewReader(in.store, wide)
	for range 2 {
		in.readIn(t, r, []byte("foo  5\nbar{a=\"b\",c=\"\n\"} 1\n"), "")
		in.readIn(t, r, []byte("foo  5\n# EOF\n"), asOpenMetrics)
		in.readIn(t, r, []byte("bar{a=\"b\",c=\"\n\"} 1\n# EOF\n"), asOpenMetrics)
		in.readIn(t, r, []byte("foo 5\n# EOF\n"), asOpenMetrics)
		in.readIn(t, r, []byte("foo 5\n# EOF\n"), "")
		in.readIn(t, r, []byte("foo 5\n"), asOpenMetrics2)
	}
}

func TestExemplarsComeAndGo(t *testing.T) {
	in, r := sequenceIn(t, asOpenMetrics, "a_total 1\nb 2\n# EOF\n", "a_total 1 # {t=\"x\"} 1\nb 2\n# EOF\n", "a_total 1 # {t=\"y\"} 0.5 3\nb 2\n# EOF\n")
	require.NoError(t, r.Read(&in.cols, []byte("a_total 1 # {t=\"z\"} 0.5 3\nb 3\n# EOF\n"), asOpenMetrics))
	assert.Equal(t, []uint32{1}, r.Changed(), "an exemplar is no change")
	assert.False(t, r.Structural())
}

var openMetrics2Cases = [][]string{{
	"# EOF\n", "a 1\n# EOF\n", "# TYPE a counter\na 1 12 st@5\na{b=\"c\"} 2 st@1.5 # {t=\"x\"} 1 2\n# EOF\n",
	"# HELP s x\n# TYPE s summary\n# UNIT s seconds\ns {count:17,sum:324789.3,quantile:[0.95:123.7,0.99:150.0]} st@1520430000\n# EOF\n",
	"# TYPE h histogram\nh{a=\"b\"} {count:17,sum:3247.3,bucket:[0.0:0,1e-05:0,0.0001:5,0.1:8,1.0:10,+Inf:17]} 1520879607 st@1520430000\n# EOF\n",
	"# TYPE n histogram\nn {count:10,sum:1.0,schema:0,zero_threshold:1e-05,zero_count:2,negative_spans:[],negative_buckets:[],positive_spans:[0:2,1:1],positive_buckets:[1,3,4]} st@2\n# EOF\n",
	"# TYPE n histogram\nn {count:17,sum:1.0,schema:0,zero_threshold:1e-05,zero_count:9,positive_spans:[0:2,1:1],positive_buckets:[1,3,4],bucket:[1.0:10,+Inf:17]}\nn{a=\"b\"} {count:1,sum:1.0,bucket:[+Inf:1]}\n# EOF\n",
	"# TYPE ss stateset\nss{ss=\"a\"} 1\nss{ss=\"b\"} 0\n# TYPE i info\ni{v=\"1\"} 1\n# TYPE \"x.y\" gauge\n{\"x.y\",a=\"b\"} 3\n# EOF\n",
}, {
	"", "a 1\n", "# TYPE h histogram\nh 1\n# EOF\n", "# TYPE s summary\ns {count:1}\n# EOF\n", "# TYPE a counter\na NaN\n# EOF\n", "a 1 st@1 2\n# EOF\n", "a 1 # {a=\"b\"} 1\n# EOF\n",
	"b 2\n# TYPE n histogram\nn {count:10,sum:1.0,schema:0,zero_threshold:1e-05,zero_count:2,positive_spans:[0:2],positive_buckets:[1]}\n# EOF\n", "# EOF\na", "a b\n# EOF\n",
}}

func TestOpenMetrics2Cases(t *testing.T) {
	for i, group := range openMetrics2Cases {
		for _, body := range group {
			in := newInstance(NewStore())
			r := NewReader(in.store, wide)
			assert.Equal(t, i == 0, in.readIn(t, r, []byte(body), asOpenMetrics2), "%q", body)
		}
	}
	sequenceIn(t, asOpenMetrics2, slices.Concat(openMetrics2Cases[0], openMetrics2Cases[1], openMetrics2Cases[0])...)
	err := NewReader(NewStore(), Limits{}).Read(&Columns{}, []byte("# EOF\n"), asOpenMetrics2)
	assert.ErrorIs(t, err, errors.ErrUnsupported, "it has to be asked for")
}

func TestWhereOpenMetricsIsWrong(t *testing.T) {
	for _, tc := range []struct {
		contentType, body string
		line, column      int
		text              string
	}{
		{asOpenMetrics, "# TYPE a counter\na_total 1\nb one\n# EOF\n", 3, 5, "b one"},
		{asOpenMetrics, "a 1\n\nb 1\n# EOF\n", 2, 1, ""},
		{asOpenMetrics, "a 1\nb 2\n", 3, 1, ""},
		{asOpenMetrics, "a 1\n# EOF\nb 2\n", 2, 1, "# EOF"},
		{asOpenMetrics, "# HELP a x\n\x00a 1\n# EOF\n", 2, 1, "\x00a 1"},
		{asOpenMetrics, "# TYPE a_s summary\n# UNIT a_s s\n\x00a_s 1\n# EOF\n", 3, 1, "\x00a_s 1"},
		{asOpenMetrics2, "# TYPE a counter\na 1\nb one\n# EOF\n", 3, 5, "b one"},
		{asOpenMetrics2, "a 1\n# HELP c is not b one\nb one\n# EOF\n", 3, 5, "b one"},
	} {
		_, err := func() ([]Sample, error) {
			var c Columns
			return nil, NewReader(NewStore(), wide).Read(&c, []byte(tc.body), tc.contentType)
		}()
		var at *Error
		require.ErrorAs(t, err, &at, "%q", tc.body)
		assert.Equal(t, []any{tc.line, tc.column, tc.text}, []any{at.Line, at.Column, at.Text}, "%q: %v", tc.body, err)
		checkPosition(t, []byte(tc.body), tc.contentType, err)
	}
}

// The fuzz targets: three bodies of a format in turn, as FuzzRead does it.

func fuzzFormat(f *testing.F, contentType string, seeds []string) {
	require.NotEmpty(f, seeds)
	for i, a := range seeds {
		f.Add([]byte(a), []byte(seeds[(i+1)%len(seeds)]), uint64(i))
	}
	f.Fuzz(func(t *testing.T, a, b []byte, seed uint64) {
		if ambiguousName(a) || ambiguousName(b) {
			t.Skip()
		}
		in := newInstance(NewStore())
		r := NewReader(in.store, wideOr(seed))
		rng := rand.New(rand.NewPCG(seed, 1))
		for _, body := range [][]byte{a, a, b, damage(rng, a), b, a} {
			if !ambiguousName(body) {
				in.readIn(t, r, body, contentType)
			}
		}
		first := newInstance(in.store)
		first.readIn(t, r, b, contentType)
		first.cols.Release(in.store)
		checkReferences(t, in)
	})
}

// damage changes, removes or repeats a few bytes.
func damage(rng *rand.Rand, body []byte) []byte {
	body = slices.Clone(body)
	for range rng.IntN(4) {
		if len(body) == 0 {
			break
		}
		i := rng.IntN(len(body))
		switch rng.IntN(4) {
		case 0:
			body[i] = byte(rng.IntN(256))
		case 1:
			body[i] ^= 1 << rng.IntN(8)
		case 2:
			body = slices.Delete(body, i, min(len(body), i+1+rng.IntN(4)))
		case 3:
			body = slices.Insert(body, i, body[i])
		}
	}
	return body
}

func FuzzOpenMetrics(f *testing.F) {
	fuzzFormat(f, asOpenMetrics, slices.Concat(openMetricsCases[0], openMetricsCases[1]))
}

func FuzzOpenMetrics2(f *testing.F) {
	fuzzFormat(f, asOpenMetrics2, slices.Concat(openMetrics2Cases[0], openMetrics2Cases[1]))
}

func FuzzProtobuf(f *testing.F) { fuzzFormat(f, asProtobuf, protobufBodies(f)) }

// Mutations of whole lines, of OpenMetrics' own kind too.
func TestOpenMetricsMutations(t *testing.T) {
	odd := []string{
		"x_total 1 # {a=\"b\"} 1\n", "x_created 5\n", "x 1 2.5\n", "# UNIT x_seconds seconds\n", "# TYPE x counter\n", "# TYPE x_total counter\n", "# TYPE h histogram\n", "# HELP x y\n", "# EOF\n", "x_total 7 1 # {} 2 3\n",
	}
	read, refused := 0, 0
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 3))
		orig := []byte(openMetricsCases[0][seed%uint64(len(openMetricsCases[0]))])
		in := newInstance(NewStore())
		r := NewReader(in.store, wide)
		body := orig
		for range 30 {
			if in.readIn(t, r, body, asOpenMetrics) {
				read++
			} else {
				refused++
				body = orig
			}
			lines := slices.Collect(bytes.Lines(body))
			for range rng.IntN(3) {
				i := rng.IntN(len(lines))
				switch rng.IntN(5) {
				case 0:
					lines = slices.Insert(lines, i, []byte(odd[rng.IntN(len(odd))]))
				case 1:
					if lines = slices.Delete(lines, i, i+1); len(lines) == 0 {
						lines = append(lines, []byte(eof))
					}
				case 2:
					lines[i] = damage(rng, lines[i])
				default:
					lines[i] = mutateValue(rng, lines[i])
				}
			}
			body = bytes.Join(lines, nil)
		}
		checkReferences(t, in)
	}
	t.Logf("%d bodies read, %d refused", read, refused)
	require.Greater(t, read, 1000)
	require.Greater(t, refused, 100)
}

// Samples put in by the second door are what they were in the body.
func TestReadSamples(t *testing.T) {
	bodies := map[string][]string{"": seedBodies, asOpenMetrics: openMetricsCases[0], asProtobuf: protobufBodies(t)}
	for contentType, list := range bodies {
		store := NewStore()
		var c Columns
		r := NewReader(store, wide)
		for range 2 {
			for _, body := range list {
				samples, err := Samples([]byte(body), contentType)
				require.NoError(t, err)
				require.NoError(t, r.ReadSamples(&c, samples))
				require.Equal(t, len(samples), r.Len())
				for i, s := range samples {
					id := r.ID(i)
					_, v, at := r.At(i)
					l := store.Line(id)
					require.Equal(t, s.Labels, l.Labels())
					require.Equal(t, []any{s.Family.Type, s.Role, fmt.Sprint(s.Value), s.Time, s.Start}, []any{l.Family.Type, l.Role, fmt.Sprint(v), at, r.Start(i)}, "%q", body)
					if s.Native != nil {
						require.Equal(t, s.Native.TestExpression(), r.Native(i).TestExpression())
					}
				}
				r.Commit(&c)
				require.NoError(t, r.ReadSamples(&c, samples))
				require.False(t, r.Structural())
				require.Empty(t, r.Changed())
			}
		}
	}
	err := NewReader(NewStore(), Limits{}).ReadSamples(&Columns{}, []Sample{{}})
	var at *Error
	require.ErrorAs(t, err, &at)
	assert.Equal(t, 1, at.Line)
}

// The same series in other words is the same series: no line comes or goes when an instance changes its format, or the
// order of its labels.
func TestTheSameSeriesInOtherWords(t *testing.T) {
	in := newInstance(NewStore())
	r := NewReader(in.store, wide)
	read := func(body, contentType string) {
		in.readIn(t, r, []byte(body), contentType)
	}
	read("# TYPE a_total counter\na_total{x=\"1\",y=\"2\"} 5\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n", "")
	require.NoError(t, r.Read(&in.cols, []byte("# TYPE a counter\na_total{y=\"2\",x=\"1\"} 6\n# TYPE h histogram\nh_bucket{le=\"1.0\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_count 2\nh_sum 4\n# EOF\n"), asOpenMetrics))
	assert.Empty(t, r.Gone())
	assert.Equal(t, []uint32{0, 4}, r.Changed())
	r.Commit(&in.cols)
	in.was = in.held()
	body := familiesOf(t, "# TYPE a_total counter\na_total{x=\"1\",y=\"2\"} 7\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 4\nh_count 2\n")
	require.NoError(t, r.Read(&in.cols, body, asProtobuf))
	assert.Empty(t, r.Gone())
	assert.Equal(t, []uint32{0}, r.Changed())
	r.Commit(&in.cols)
	in.was = in.held()
	checkReferences(t, in)
}

func TestStartsOfLines(t *testing.T) {
	in := newInstance(NewStore())
	r := NewReader(in.store, wide)
	starts := func(body, contentType string) (list []int64) {
		require.NoError(t, r.Read(&in.cols, []byte(body), contentType))
		for i := range r.Len() {
			list = append(list, r.Start(i))
		}
		r.Commit(&in.cols)
		for i, s := range list {
			require.Equal(t, s, in.cols.Start(i))
		}
		in.was = in.held()
		return list
	}
	const om = "# TYPE a counter\na_total{x=\"1\"} 5\na_created{x=\"1\"} 10.5\na_total{x=\"2\"} 5\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\nh_created %s\n# EOF\n"
	assert.Equal(t, []int64{10500, 10500, 0, 20000, 20000, 20000, 20000}, starts(fmt.Sprintf(om, "20"), asOpenMetrics))
	assert.Equal(t, []int64{10500, 10500, 0, 21000, 21000, 21000, 21000}, starts(fmt.Sprintf(om, "21"), asOpenMetrics))
	require.NoError(t, r.Read(&in.cols, fmt.Appendf(nil, om, "22"), asOpenMetrics))
	assert.Equal(t, []uint32{3, 4, 5, 6}, r.Changed(), "a start that moved is a change of all its lines")
	assert.False(t, r.Structural())
	assert.Equal(t, []int64{10500, 10500, 0, 0, 0, 0, 0}, starts(fmt.Sprintf(om, "NaN"), asOpenMetrics))
	// As client libraries write them in the text format.
	assert.Equal(t, []int64{7000, 0, 7000, 0}, starts("# TYPE a_total counter\na_total 1\na_total{b=\"c\"} 2\n# TYPE a_created gauge\na_created 7\n# TYPE z gauge\nz 4\n", ""))
	assert.Equal(t, []int64{0}, starts("z 4\n", ""))
	in.cols.Release(in.store)
}

// TestTextAndProtobufAgree reads what one instance said at one step in two formats: what does not change between the
// two requests is equal.
func TestTextAndProtobufAgree(t *testing.T) {
	for dir, scrapes := range corpus(t) {
		texts := map[string]scrape{}
		for _, s := range scrapes {
			if s.Format == "text" {
				texts[fmt.Sprint(s.Scenario, s.Step, s.Target)] = s
			}
		}
		pairs := 0
		for _, s := range scrapes {
			target, ok := strings.CutSuffix(s.Target, "-pb")
			other, found := texts[fmt.Sprint(s.Scenario, s.Step, target)]
			if !ok || !found || target == "lb" || testing.Short() && pairs > 2 {
				continue
			}
			body := unzip(t, other.File)
			if testing.Short() && len(body) > large {
				continue
			}
			pairs++
			a, err := Samples(body, other.ContentType)
			require.NoError(t, err)
			b, err := Samples(unzip(t, s.File), s.ContentType)
			require.NoError(t, err)
			byText := map[string]Sample{}
			for _, x := range a {
				byText[x.Labels.String()] = x
			}
			common, equal := 0, 0
			for _, x := range b {
				y, ok := byText[x.Labels.String()]
				if !ok || x.Native != nil {
					continue
				}
				common++
				want, got := [...]any{y.Role, y.Family.Type, y.Family.Name}, [...]any{x.Role, x.Family.Type, x.Family.Name}
				if want != got { // of a million samples
					assert.Equal(t, want, got, x.Labels)
				}
				if x.Value == y.Value {
					equal++
				}
			}
			require.Greater(t, common, len(a)*95/100, "%s: %s and %s", dir, other.File, s.File)
			require.Greater(t, equal, common*80/100)
		}
		t.Logf("%s: %d pairs", dir, pairs)
	}
}

// Forms of input that broke parsers before.
func TestWhatBrokeOthers(t *testing.T) {
	for _, body := range []string{
		"a{b=\"c\"} 1 2 3\n", "a{b=\"c\" 1\n", "a{\"b\"=\"c\"} 1\n", "a{b=\"\\x\"} 1\n", "a{b=\"c\"}\n", "# TYPE\n", "# TYPE a\n", "# TYPE a b c\n", "# TYPE a counter\n# TYPE a gauge\na 1\n", "# HELP a\n# HELP a b\na 1\n",
		"a 1 99999999999999999999\n", "a 1 -1\n", "a 1 1.5\n", "a{le=\"NaN\"} 1\n", "# TYPE h histogram\nh_bucket{le=\"x\"} 1\n", "# TYPE h histogram\nh_bucket 1\n", "# TYPE s summary\ns{quantile=\"\"} 1\n", "a{=\"\"} 1\n",
		"a{b=\"c\",b=\"d\"} 1\n", "\ufeffa 1\n", "a\r\n", "a 1\r\n", "a{b=\"\r\n\"} 1\n", "a{} 1\na 1\n", "a{ } 1\n", "{} 1\n", "{a} 1\n", "{\"\"} 1\n", "{\"a\",} 1\n", "{\"a\" ,\"b\" = \"c\"} 1\n", "#", "# ", "#\x00", "\xff\xfe", "a 1\n#",
	} {
		sequence(t, "z 1\n", body, "z 1\n", body)
		sequenceIn(t, asOpenMetrics, "z 1\n# EOF\n", body+"# EOF\n", "z 1\n# EOF\n", body+"# EOF\n")
		sequenceIn(t, asOpenMetrics2, "z 1\n# EOF\n", body+"# EOF\n", "z 1\n# EOF\n")
		sequenceIn(t, asProtobuf, body, body)
	}
}

// A server that has all formats answers with the one that tells most, names as they are.
func TestAccept(t *testing.T) {
	f := expfmt.NegotiateAccept(http.Header{"Accept": {Accept}},
		expfmt.NewFormat(expfmt.TypeTextPlain), expfmt.NewFormat(expfmt.TypeOpenMetrics), expfmt.NewFormat(expfmt.TypeProtoDelim))
	assert.Equal(t, expfmt.TypeProtoDelim, f.FormatType())
	assert.Contains(t, string(f), "allow-utf-8")
	in, err := formatOf(string(f), Limits{})
	require.NoError(t, err)
	assert.Equal(t, protobuf, in)
	for _, contentType := range strings.Split(Accept, ",") {
		_, err := formatOf(contentType, Limits{})
		assert.NoError(t, err, contentType)
	}
}
