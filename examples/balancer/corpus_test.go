package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/examples/internal/example"
	"github.com/promfold/promfold/internal/recording"
	"github.com/promfold/promfold/parse"
)

// selections of the audit logs that are compared.
var selections = map[string][]string{
	"all requests for a resource": {"resource!="},
	"LIST pods":                   {"verb=LIST", "resource=pods"},
	"POST configmaps":             {"verb=POST", "resource=configmaps"},
	"DELETE configmaps":           {"verb=DELETE", "resource=configmaps"},
	"code 404":                    {"code=404"},
	"LIST jobs":                   {"verb=LIST", "resource=jobs"},
}

// corpus returns the whole recording, from which the one in the program was cut.
func corpus(t *testing.T) fs.FS {
	t.Helper()
	if testing.Short() {
		t.Skip("slow; the recording inside the program covers the code")
	}
	const dir = "../../../shared/corpus/apiserver-ha"
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the whole recording is not here: ", err)
	}
	return os.DirFS(dir)
}

func matchers(t *testing.T, texts []string) (list []*labels.Matcher) {
	t.Helper()
	for _, text := range texts {
		m, err := parseMatcher(text)
		require.NoError(t, err)
		list = append(list, m)
	}
	return list
}

// sighted is a scrape through the balancer, and the process that answered it.
type sighted struct {
	recording.Scrape
	TrueInstance string `json:"true_instance"`
	Duration     int64  `json:"duration_ms"`
	process      string // instance and life
	body         []byte
	samples      []parse.Sample
}

// event is what was done to an instance.
type event struct {
	Event, Instance string
	Time            int64
}

func readEvents(t *testing.T, dir fs.FS) (list []event) {
	t.Helper()
	readJSONLines(t, dir, "events.jsonl", func(d *json.Decoder) error {
		var e event
		err := d.Decode(&e)
		list = append(list, e)
		return err
	})
	return list
}

func readJSONLines(t *testing.T, dir fs.FS, name string, next func(*json.Decoder) error) {
	t.Helper()
	file, err := dir.Open(name)
	require.NoError(t, err)
	defer file.Close()
	for d := json.NewDecoder(file); d.More(); {
		require.NoError(t, next(d))
	}
}

// sightings returns the scrapes through the balancer, in order. The events of
// the recording tell which life of the instance answered.
func sightings(t *testing.T, dir fs.FS) (list []sighted) {
	t.Helper()
	events := readEvents(t, dir)
	readJSONLines(t, dir, "manifest.jsonl", func(d *json.Decoder) error {
		var s sighted
		if err := d.Decode(&s); err != nil || s.Target != "lb" || s.Scenario != "apiserver-ha" {
			return err
		}
		life := 1
		for _, e := range events {
			if e.Event == "started again" && e.Instance == s.TrueInstance && e.Time < s.Time {
				life++
			}
		}
		s.process = fmt.Sprint(s.TrueInstance, "/", life)
		var err error
		if s.body, err = s.Scrape.Body(dir); err != nil {
			return err
		}
		s.body = excerpt(s.body)
		s.samples, err = parse.Samples(s.Header(), s.body)
		list = append(list, s)
		return err
	})
	require.NotEmpty(t, list)
	return list
}

// excerpt returns the lines of a body that the tests need, for speed.
func excerpt(body []byte) (kept []byte) {
	for line := range bytes.Lines(body) {
		if bytes.Contains(line, []byte("apiserver_request_total")) || bytes.Contains(line, []byte("process_start_time_seconds")) {
			kept = append(kept, line...)
		}
	}
	return kept
}

// truth returns what each process counted between its scrapes, computed
// naively. A process that started after the first scrape counts from 0.
func truth(list []sighted, where []*labels.Matcher) (byProcess map[string]float64) {
	byProcess = map[string]float64{}
	last := map[string]map[string]float64{}
	for _, s := range list {
		now, before := map[string]float64{}, last[s.process]
		for _, x := range s.samples {
			if x.Name != "apiserver_request_total" || slices.ContainsFunc(where, func(m *labels.Matcher) bool { return !m.Matches(x.Labels.Get(m.Name)) }) {
				continue
			}
			key := x.Labels.String()
			now[key] = x.Value
			if before != nil || s.process[len(s.process)-1] != '1' {
				byProcess[s.process] += x.Value - before[key]
			}
		}
		last[s.process] = now
	}
	return byProcess
}

// testWatch returns a watch of the recorded balancer.
func testWatch(t *testing.T, match []string, args ...string) *watch {
	t.Helper()
	o, err := parseFlags(append(args, "-expect", "3", "-scenario", "apiserver-ha"), io.Discard)
	require.NoError(t, err)
	o.match = matchers(t, match)
	w, err := newWatch(o, example.NewScreen(o.Output, io.Discard, io.Discard))
	require.NoError(t, err)
	return w
}

// feed passes scrapes to the fleet.
func (w *watch) feed(t *testing.T, list ...sighted) {
	t.Helper()
	require.NoError(t, w.expect(list[0].At()))
	for _, s := range list {
		w.observe(s.At(), nil, s.body, nil)
	}
}

func (w *watch) answers(t *testing.T) document {
	t.Helper()
	d, err := w.document(time.UnixMilli(1)) // at the latest scrape
	require.NoError(t, err)
	return d
}

// TestIncreaseIsTheSumOverProcesses: the increase of each process is what the
// true process counted between its scrapes, and the total is their sum.
func TestIncreaseIsTheSumOverProcesses(t *testing.T) {
	dir := corpus(t)
	list := sightings(t, dir)
	for name, match := range selections {
		want := truth(list, matchers(t, match))
		w := testWatch(t, match)
		if name == "all requests for a resource" {
			require.NoError(t, replay(context.Background(), dir, w)) // whole bodies
		} else {
			w.feed(t, list...)
		}
		d := w.answers(t)
		require.Len(t, d.Instances, 5, name)
		require.Zero(t, d.Ambiguous)
		total, names := 0.0, map[string]string{}
		for _, s := range list {
			if names[s.process] == "" {
				names[s.process] = d.Instances[len(names)].Name
			}
		}
		for process, n := range want {
			total += n
			in := d.Instances[slices.IndexFunc(d.Instances, func(in instance) bool { return in.Name == names[process] })]
			require.NotNil(t, in.Increase, "%s: %s", name, process)
			assert.Equal(t, n, float64(*in.Increase), "%s: %s", name, process)
		}
		assert.Equal(t, total, float64(*d.Total.Increase), name)
		t.Logf("%-28s %6.0f, reset logic %6.0f", name, total, float64(d.Total.Naive))
	}
}

// request is a line of the audit logs: requests in flight from began to ended.
type request struct {
	began, ended int64 // Unix ms
	instance     string
	count        float64
	labels       labels.Labels
}

func readRequests(t *testing.T, dir fs.FS) (list []request) {
	t.Helper()
	file, err := dir.Open("requests-true.csv.gz")
	require.NoError(t, err)
	defer file.Close()
	zip, err := gzip.NewReader(file)
	require.NoError(t, err)
	rows, err := csv.NewReader(zip).ReadAll()
	require.NoError(t, err)
	require.Equal(t, []string{"time_ms", "instance", "verb", "group", "resource", "subresource", "code", "count", "duration_us"}, rows[0])
	for _, row := range rows[1:] {
		ended, err := strconv.ParseInt(row[0], 10, 64)
		require.NoError(t, err)
		if ended == 0 {
			continue // before the recording
		}
		count, err := strconv.ParseFloat(row[7], 64)
		require.NoError(t, err)
		took, err := strconv.ParseFloat(row[8], 64)
		require.NoError(t, err)
		list = append(list, request{ended - int64(took/1000) - 1, ended, row[1], count,
			labels.FromStrings("verb", row[2], "resource", row[4], "subresource", row[5], "code", row[6])})
	}
	require.NotEmpty(t, list)
	return list
}

// TestNeverAboveTheAuditLogs: between two successive scrapes of a process, and
// between its first and its last, the increase is at most what the audit logs
// hold, plus the requests that were in flight at either end.
func TestNeverAboveTheAuditLogs(t *testing.T) {
	dir := corpus(t)
	list, requests := sightings(t, dir), readRequests(t, dir)
	lives := map[string][]sighted{}
	for _, s := range list {
		lives[s.process] = append(lives[s.process], s)
	}
	largest, compared := 0.0, 0
	for name, match := range selections {
		where := matchers(t, match)
		for process, met := range lives {
			for i := range met {
				for _, j := range []int{i + 1, len(met) - 1} {
					if j <= i || j >= len(met) {
						continue
					}
					a, b := met[i], met[j]
					increase := between(t, a, b, match)
					audit, flying := 0.0, 0.0
					for _, r := range requests {
						if r.instance != a.TrueInstance || slices.ContainsFunc(where, func(m *labels.Matcher) bool { return !m.Matches(r.labels.Get(m.Name)) }) {
							continue
						}
						if a.Time < r.ended && r.ended <= b.Time {
							audit += r.count
						}
						if a.meets(r) || b.meets(r) {
							flying += r.count
						}
					}
					compared++
					largest = max(largest, increase-audit)
					assert.LessOrEqual(t, increase, audit+flying, "%s: %s, steps %d to %d", name, process, i, j)
				}
			}
		}
	}
	t.Logf("the largest excess over the audit logs is %g requests, in %d comparisons", largest, compared)
	assert.Greater(t, compared, 100)
}

// meets reports whether the request was in flight during the scrape.
func (s sighted) meets(r request) bool { return r.began <= s.Time && r.ended >= s.Time-s.Duration }

// between returns the increase between two scrapes, in a fleet of their own.
func between(t *testing.T, a, b sighted, match []string) float64 {
	t.Helper()
	w := testWatch(t, match)
	w.feed(t, a, b)
	d := w.answers(t)
	require.Len(t, d.Instances, 1, "it is one process")
	if d.Total == nil {
		return 0 // no such request yet
	}
	require.NotNil(t, d.Total.Increase)
	return float64(*d.Total.Increase)
}

// TestRateAgainstTheAuditLogs compares the rate of each last minute, and half
// minute, with the requests that ended in it.
func TestRateAgainstTheAuditLogs(t *testing.T) {
	dir := corpus(t)
	list, requests, events := sightings(t, dir), readRequests(t, dir), readEvents(t, dir)
	for _, window := range []time.Duration{time.Minute, 30 * time.Second} {
		w := testWatch(t, []string{"resource!="}, "-window", window.String())
		require.NoError(t, w.expect(list[0].At()))
		var calm, restarting []float64
		for _, s := range list {
			w.observe(s.At(), nil, s.body, nil)
			since := s.Time - window.Milliseconds()
			if since < list[0].Time {
				continue
			}
			d := w.answers(t)
			require.NotNil(t, d.Total.Rate)
			audit := 0.0
			for _, r := range requests {
				if since < r.ended && r.ended <= s.Time && r.labels.Get("resource") != "" {
					audit += r.count
				}
			}
			wrong := float64(*d.Total.Rate)/(audit/window.Seconds()) - 1
			if slices.ContainsFunc(events, func(e event) bool { return since < e.Time && e.Time <= s.Time }) {
				restarting = append(restarting, wrong)
			} else {
				calm = append(calm, wrong)
			}
		}
		t.Logf("%s without a restart: %s", window, distribution(calm))
		t.Logf("%s with one:          %s", window, distribution(restarting))
		require.NotEmpty(t, calm)
		require.NotEmpty(t, restarting)
		if window == time.Minute {
			assert.LessOrEqual(t, quantile(absolute(calm), 0.5), 0.05)
		}
	}
}

func absolute(x []float64) []float64 {
	var out []float64
	for _, v := range x {
		out = append(out, max(v, -v))
	}
	return out
}

func quantile(x []float64, q float64) float64 {
	sorted := slices.Sorted(slices.Values(x))
	return sorted[int(q*float64(len(sorted)-1)+0.5)]
}

func distribution(x []float64) string {
	return fmt.Sprintf("%d, error from %+.1f%% over %+.1f%% (median) to %+.1f%%; of its size the median is %.1f%%, p90 %.1f%%",
		len(x), 100*quantile(x, 0), 100*quantile(x, 0.5), 100*quantile(x, 1), 100*quantile(absolute(x), 0.5), 100*quantile(absolute(x), 0.9))
}
