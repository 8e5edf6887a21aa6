package expose

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
	"github.com/stretchr/testify/require"

	dto "github.com/prometheus/client_model/go"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/parse"
)

// corpusSources are the first text body of each endpoint of the whole recordings.
func corpusSources(t *testing.T) (list []aggregate.Scrape) {
	t.Helper()
	const dir = "../../../shared/corpus"
	manifests, err := filepath.Glob(filepath.Join(dir, "*", "manifest.jsonl"))
	require.NoError(t, err)
	if len(manifests) == 0 {
		t.Skip("the corpus of recordings is not here")
	}
	for _, m := range manifests {
		f, err := os.Open(m)
		require.NoError(t, err)
		first := map[string]bool{}
		for sc := bufio.NewScanner(f); sc.Scan(); {
			var l struct {
				File, Target, Path string
				Time               int64
				ContentType        string `json:"content_type"`
			}
			require.NoError(t, json.Unmarshal(sc.Bytes(), &l))
			if l.File == "" || !strings.HasPrefix(l.ContentType, "text/plain") || first[l.Target+l.Path] {
				continue
			}
			first[l.Target+l.Path] = true
			raw, err := os.ReadFile(filepath.Join(filepath.Dir(m), l.File))
			require.NoError(t, err)
			z, err := gzip.NewReader(bytes.NewReader(raw))
			require.NoError(t, err)
			body, err := io.ReadAll(z)
			require.NoError(t, err)
			list = append(list, aggregate.Scrape{Target: filepath.Base(filepath.Dir(m)) + "/" + l.Target + l.Path, Time: time.UnixMilli(l.Time), Body: body,
				Header: http.Header{"Content-Type": {l.ContentType}}})
		}
		require.NoError(t, f.Close())
	}
	require.NotEmpty(t, list)
	return list
}

// A fleet of one instance that was watched from its beginning is that instance:
// what is exposed of it has the families it exposed itself, whole, and their
// values, in every format, but for those that are no number.
func TestCorpusThroughAndBack(t *testing.T) {
	sources := corpusSources(t)
	if testing.Short() {
		sources = sources[:min(2, len(sources))]
	}
	families := 0
	for _, sc := range sources {
		t.Run(sc.Target, func(t *testing.T) {
			want, types, unknown := map[string]float64{}, map[string]dto.MetricType{}, map[string]bool{}
			samples, err := parse.Samples(nil, sc.Body)
			require.NoError(t, err)
			for _, s := range samples {
				if _, twice := want[keyOf(s.Labels)]; !twice {
					want[keyOf(s.Labels)] = s.Value + 0
				}
				if math.IsNaN(s.Value) {
					unknown[s.Family.Name] = true
				} else if s.Name != "process_start_time_seconds" {
					types[s.Family.Name] = typeOf(s.Family.Type)
				}
			}
			sc.Header.Set("Process-Start-Time-Unix", "1000") // before all else
			sc.Body = withoutStart(sc.Body)
			f, err := aggregate.NewFleet(aggregate.Config{Since: time.Unix(1, 0)})
			require.NoError(t, err)
			e := everythingOf(t, f)
			_, err = f.Ingest(sc)
			require.NoError(t, err)
			list, err := e.Gather()
			require.NoError(t, err)
			exposed := map[string]dto.MetricType{}
			for _, f := range list {
				if !strings.HasPrefix(f.GetName(), "promfold_") {
					exposed[f.GetName()] = f.GetType()
				}
			}
			require.Equal(t, types, exposed, "all families, and no other")
			left := 0.0
			for _, f := range list {
				for _, m := range f.Metric {
					if f.GetName() == "promfold_families_left_out" {
						left += m.Gauge.GetValue()
					}
				}
			}
			require.Equal(t, float64(len(unknown)), left, "what is no number is counted as left out")
			families += len(exposed)
			for _, format := range []expfmt.Format{expfmt.NewFormat(expfmt.TypeTextPlain), expfmt.NewFormat(expfmt.TypeOpenMetrics), expfmt.NewFormat(expfmt.TypeProtoDelim)} {
				got := throughFormat(t, list, format)
				for name, x := range want {
					if strings.Contains(name, "process_start_time_seconds") {
						continue
					}
					y, ok := got[name]
					if math.IsNaN(x) {
						require.False(t, ok, "%s is no number, and exposed", name)
						continue
					}
					require.True(t, ok, "%s is not exposed", name)
					require.Equal(t, x, y, "%s in %s", name, format)
				}
				for name := range got {
					_, ok := want[name]
					require.True(t, ok || strings.HasPrefix(name, "{__name__=\"promfold_"), "%s is not from the source", name)
				}
			}
		})
	}
	t.Log("families:", families)
}

// keyOf: a label without a value is none.
func keyOf(ls labels.Labels) string { return labels.NewBuilder(ls).Labels().String() }

func withoutStart(body []byte) []byte {
	var out []byte
	for line := range bytes.Lines(body) {
		if !bytes.HasPrefix(line, []byte("process_start_time_seconds ")) {
			out = append(out, line...)
		}
	}
	return out
}

// throughFormat writes families and reads them back, by another's readers where
// parse has none.
func throughFormat(t *testing.T, list []*dto.MetricFamily, format expfmt.Format) map[string]float64 {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, write(&b, list, format))
	got := map[string]float64{}
	put := func(ls labels.Labels, v float64) {
		_, twice := got[keyOf(ls)]
		require.False(t, twice, "twice: %s", ls)
		got[keyOf(ls)] = v
	}
	switch format.FormatType() {
	case expfmt.TypeProtoDelim:
		dec := expfmt.NewDecoder(&b, format)
		var text bytes.Buffer
		for {
			var f dto.MetricFamily
			err := dec.Decode(&f)
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
			require.NoError(t, write(&text, []*dto.MetricFamily{&f}, expfmt.NewFormat(expfmt.TypeTextPlain)))
		}
		b = text
		fallthrough
	case expfmt.TypeTextPlain:
		samples, err := parse.Samples(nil, b.Bytes())
		require.NoError(t, err)
		for _, s := range samples {
			put(s.Labels, s.Value)
		}
	default:
		created := map[string]bool{}
		for _, f := range list {
			name, ok := createdName(f)
			created[name] = ok
		}
		for _, f := range list {
			delete(created, f.GetName())
		}
		p := textparse.NewOpenMetricsParser(b.Bytes(), labels.NewSymbolTable())
		for {
			kind, err := p.Next()
			if errors.Is(err, io.EOF) {
				return got
			}
			require.NoError(t, err)
			if kind == textparse.EntrySeries {
				var ls labels.Labels
				p.Labels(&ls)
				_, _, v := p.Series()
				if !created[ls.Get(model.MetricNameLabel)] {
					put(ls, v)
				}
			}
		}
	}
	return got
}
