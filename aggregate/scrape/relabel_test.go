package scrape

import (
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/relabel"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v2"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/parse"
)

// metricRules reads rules as a configuration of Prometheus has them.
func metricRules(t *testing.T, text string) func(labels.Labels) (labels.Labels, bool) {
	t.Helper()
	var rules []*relabel.Config
	require.NoError(t, yaml.UnmarshalStrict([]byte(text), &rules))
	f, err := Relabel(rules...)
	require.NoError(t, err)
	return f
}

const relabelled = `
- {source_labels: [__name__], regex: "go_.*|process_.*", action: drop}
- {regex: "label_(.+)", action: labelmap}
- {regex: "label_.+", action: labeldrop}
- {source_labels: [__name__], regex: "http_server_(.+)", target_label: __name__, replacement: "http_$1"}
- {source_labels: [path], regex: "/users/.*", target_label: path, replacement: "/users/{id}"}
- {source_labels: [__name__], regex: "http_.*", action: keep}
`

// What rules make of lines is what views see. Lines that become one series are
// told, and a steady scrape asks no rule.
func TestRelabelOfMetrics(t *testing.T) {
	calls, rules := 0, metricRules(t, relabelled)
	fleet, err := aggregate.NewFleet(aggregate.Config{Parse: parse.Options{Relabel: func(ls labels.Labels) (labels.Labels, bool) {
		calls++
		return rules(ls)
	}}})
	require.NoError(t, err)
	requests, err := fleet.Counter(aggregate.View{Select: "http_requests_total", By: []string{"team", "path"}})
	require.NoError(t, err)
	everything, err := fleet.Everything(aggregate.View{Select: `{__name__=~".+"}`, TotalsOnly: true})
	require.NoError(t, err)
	begin := time.Unix(1_000_000, 0)
	require.NoError(t, fleet.SetTargets(begin, aggregate.Target{Name: "a"}, aggregate.Target{Name: "b"}))
	ingest := func(target string, at int, start, n string) aggregate.Report {
		body := "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds " + start + "\n# TYPE go_gc_total counter\ngo_gc_total 9\n" +
			"# TYPE http_server_requests_total counter\n" +
			"http_server_requests_total{label_team=\"x\",path=\"/\"} " + n + "\n" +
			"http_server_requests_total{label_team=\"x\",path=\"/users/1\"} " + n + "0\n" +
			"http_server_requests_total{label_team=\"x\",path=\"/users/2\"} 1000\n" +
			"# TYPE other_total counter\nother_total 7\n"
		report, err := fleet.Ingest(aggregate.Scrape{Target: target, Time: begin.Add(time.Duration(at) * time.Second), Body: []byte(body)})
		require.NoError(t, err)
		return report
	}
	ingest("a", 1, "900000", "1")
	assert.Equal(t, 6, calls, "once a line")
	calls = 0
	report := ingest("a", 2, "900000", "3")
	assert.Equal(t, 1, report.Double)
	ingest("b", 2, "900000", "3")
	assert.True(t, ingest("a", 3, "1000002", "4").Restarted, "the start that rules drop tells it")
	assert.Zero(t, calls, "a line that is known costs nothing")

	s := fleet.Snapshot(begin.Add(3 * time.Second))
	groups, err := requests.In(s.SinceStart())
	require.NoError(t, err)
	got := map[string]float64{}
	for _, g := range groups {
		increase, ok := g.Increase()
		require.True(t, ok)
		got[g.Labels().String()] = increase.Value
	}
	assert.Equal(t, map[string]float64{`{path="/", team="x"}`: 3, `{path="/users/{id}", team="x"}`: 30}, got)
	families := everything.Families(s)
	for _, f := range families {
		assert.Equal(t, "http_requests_total", f.Name)
	}
	require.Len(t, families, 1)
}

// Rules drop from what parse returns, too.
func TestRelabelOfAReader(t *testing.T) {
	r := parse.Reader{Options: parse.Options{Relabel: metricRules(t, "- {source_labels: [a], regex: x, action: keep}")}}
	for range 2 {
		require.NoError(t, r.Read(nil, []byte("n{a=\"x\"} 1\nn{a=\"y\"} 2\nm 3\n")))
		var names []string
		for s := range r.Samples() {
			names = append(names, s.Labels.String())
		}
		assert.Equal(t, []string{`{__name__="n", a="x"}`}, names)
	}
}

func TestRelabelRefuses(t *testing.T) {
	_, err := Relabel(nil)
	assert.ErrorContains(t, err, "rule 1 is nil")
	_, err = Relabel(&relabel.Config{Action: relabel.Drop}, &relabel.Config{Action: relabel.Replace})
	assert.ErrorContains(t, err, "rule 2: ")
	f := metricRules(t, `- {regex: __name__, action: labeldrop}`)
	fleet, err := aggregate.NewFleet(aggregate.Config{Parse: parse.Options{Relabel: f}})
	require.NoError(t, err)
	_, err = fleet.Counter(aggregate.View{Select: "n"})
	require.NoError(t, err)
	_, err = fleet.Ingest(aggregate.Scrape{Target: "a", Time: time.Unix(1_000_000, 0), Body: []byte("n 1\n")})
	assert.ErrorContains(t, err, "no metric name")
}
