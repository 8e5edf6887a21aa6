//go:build e2e

package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// server is a Prometheus that scrapes fronts of sidecars.
type server struct {
	t   *testing.T
	url string
	out bytes.Buffer
}

// startPrometheus starts the program that $PROMETHEUS names, or the one on the
// path. It scrapes each front twice, as text and as OpenMetrics.
func startPrometheus(t *testing.T, fronts map[string]string) *server {
	program, err := exec.LookPath(cmp.Or(os.Getenv("PROMETHEUS"), "prometheus"))
	require.NoError(t, err, "install prometheus (Debian's package has it), or set PROMETHEUS to its path")
	address := freePort(t)
	p := &server{t: t, url: "http://" + address}
	var config bytes.Buffer
	config.WriteString("global: {scrape_interval: 500ms, scrape_timeout: 500ms}\nscrape_configs:\n")
	for _, name := range slices.Sorted(maps.Keys(fronts)) {
		for _, format := range formats {
			fmt.Fprintf(&config, "- {job_name: %s-%s, metrics_path: /%s, static_configs: [{targets: [%q]}]}\n", name, format, format, fronts[name])
		}
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "prometheus.yml")
	require.NoError(t, os.WriteFile(file, config.Bytes(), 0o600))
	command := exec.Command(program, "--config.file="+file, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+address, "--log.level=warn")
	command.Stdout, command.Stderr = &p.out, &p.out
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		command.Process.Kill()
		command.Wait()
		if t.Failed() {
			t.Logf("Prometheus: %s", p.out.String())
		}
	})
	require.Eventually(t, func() bool {
		response, err := http.Get(p.url + "/-/ready")
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode == http.StatusOK
	}, patience, 50*time.Millisecond, "Prometheus does not start")
	return p
}

var formats = []string{"text", "openmetrics"}

// check compares what Prometheus says with what the workers know.
func (p *server) check(x *trial, name string, sidecars ...*running) {
	var truth, least, most float64
	for _, w := range x.workers {
		n, err := w.counted()
		require.NoError(p.t, err)
		lo, hi := x.kept(w.name, sidecars...)
		truth, least, most = truth+float64(n), least+lo, most+hi
	}
	shown := get(p.t, sidecars[0].url+"/metrics", "text/plain;version=0.0.4")[handled]
	assert.True(p.t, least <= shown && shown <= most, "%s shows %.0f, kept are [%.0f, %.0f]", name, shown, least, most)
	for _, format := range formats {
		job := name + "-" + format
		require.Eventually(p.t, func() bool { return p.number(`sum(%s{job=%q})`, handled, job) == shown }, patience, 100*time.Millisecond, "%s: Prometheus never sees %.0f", job, shown)
		first, increase := p.increase(job)
		assert.InDelta(p.t, shown, first+increase, 1e-6*shown, job)
		for _, counter := range []string{handled, "request_duration_seconds_count", "request_duration_seconds_sum", "request_duration_seconds_bucket", "process_cpu_seconds_total"} {
			assert.Zero(p.t, p.number(`sum(resets(%s{job=%q}[1h]))`, counter, job), "%s: resets of %s", job, counter)
		}
		p.t.Logf("%-16s first seen %.0f + increase %.0f = %.0f; workers counted %.0f; died unscraped %.0f, of them read but not saved by a sidecar that was killed %.0f; resets 0; scrapes %.0f, failed %.0f",
			job, first, increase, first+increase, truth, truth-shown, most-shown,
			p.number(`count_over_time(up{job=%q}[1h])`, job), p.number(`count_over_time(up{job=%q}[1h]) - sum_over_time(up{job=%q}[1h])`, job, job))
	}
}

// series is a result of a query.
type series struct {
	Metric map[string]string
	Value  []any
	Values [][]any
}

// increase returns the sum of the first values of the job's counter, and of its
// increases. Each is asked for from the first to the last point, so that
// Prometheus extrapolates nothing.
func (p *server) increase(job string) (first, increase float64) {
	for _, s := range p.query(time.Now(), `%s{job=%q}[1h]`, handled, job) {
		from, value := point(p.t, s.Values[0])
		to, _ := point(p.t, s.Values[len(s.Values)-1])
		first += value
		grown := p.query(time.UnixMilli(to), `increase(%s{job=%q,code=%q}[%dms])`, handled, job, s.Metric["code"], to-from)
		require.Len(p.t, grown, 1)
		_, value = point(p.t, grown[0].Value)
		increase += value
	}
	return first, increase
}

// point reads a time and a value.
func point(t *testing.T, pair []any) (ms int64, value float64) {
	require.Len(t, pair, 2)
	value, err := strconv.ParseFloat(pair[1].(string), 64)
	require.NoError(t, err)
	return int64(pair[0].(float64)*1000 + 0.5), value
}

// number returns the value of a query, or 0 if it has none.
func (p *server) number(format string, args ...any) float64 {
	list := p.query(time.Now(), format, args...)
	if len(list) == 0 {
		return 0
	}
	require.Len(p.t, list, 1)
	_, value := point(p.t, list[0].Value)
	return value
}

func (p *server) query(at time.Time, format string, args ...any) []series {
	form := url.Values{"query": {fmt.Sprintf(format, args...)}, "time": {strconv.FormatFloat(float64(at.UnixMilli())/1000, 'f', 3, 64)}}
	response, err := http.PostForm(p.url+"/api/v1/query", form)
	require.NoError(p.t, err)
	defer response.Body.Close()
	var answer struct {
		Error string
		Data  struct{ Result []series }
	}
	require.NoError(p.t, json.NewDecoder(response.Body).Decode(&answer))
	require.Empty(p.t, answer.Error, "%s", form)
	return answer.Data.Result
}
