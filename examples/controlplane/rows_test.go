package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/examples/internal/example"
)

// played is the recording in the program, played once for all tests.
var played = sync.OnceValues(func() (view, error) {
	o, err := parseFlags([]string{"-text"}, nil)
	if err != nil {
		return view{}, err
	}
	b, err := newBoard(o.settings)
	if err != nil {
		return view{}, err
	}
	w := &watcher{o: o, board: b, history: newHistory(0), screen: example.NewScreen(o.Output, discard{}, discard{})}
	if err := w.play(ctxOf(), func(*Page) error { return nil }); err != nil {
		return view{}, err
	}
	return w.history.view(), nil
})

// pageAt returns the page so long after the beginning.
func pageAt(t testing.TB, after time.Duration) *Page {
	v, err := played()
	require.NoError(t, err)
	return v.pages[v.index(v.pages[0].At.Add(after))]
}

// checker compares one page with the oracle.
type checker struct {
	*testing.T
	page *Page
	*naive
	at time.Time
}

func (c *checker) close(want float64, got Amount, what string) {
	c.Helper()
	if !assert.True(c, got.Known, "%s is not known", what) {
		return
	}
	assert.InDelta(c, want, got.Value, 1e-9*math.Max(1, math.Abs(want)), what)
	assert.LessOrEqual(c, got.Lo, got.Value, what)
	assert.GreaterOrEqual(c, got.Hi, got.Value, what)
}

func (c *checker) figure(row, name string) Amount {
	c.Helper()
	r := c.page.row(row)
	require.NotNil(c, r, row)
	i := slices.IndexFunc(r.Figures, func(f Figure) bool { return f.Name == name })
	require.GreaterOrEqual(c, i, 0, "%s: %s", row, name)
	return r.Figures[i].Amount
}

func (c *checker) entry(row, panel, key string) Entry {
	c.Helper()
	p := c.page.row(row).panel(panel)
	require.NotNil(c, p, "%s: %s", row, panel)
	i := slices.IndexFunc(p.Entries, func(e Entry) bool { return e.Key == key })
	require.GreaterOrEqual(c, i, 0, "%s: %s: %s", row, panel, key)
	return p.Entries[i]
}

func (c *checker) cell(row, panel, key string, column int) Amount {
	c.Helper()
	return c.entry(row, panel, key).Cells[column].Amount
}

const (
	noWatch     = `!verb="WATCH"`
	ofResources = `!resource=""`
)

// Every row's numbers, of moments without a restart in the window, against
// numbers computed from the bodies by other means.
func TestRows(t *testing.T) {
	for _, after := range []time.Duration{30 * time.Second, 45 * time.Second, 65 * time.Second} {
		t.Run(after.String(), func(t *testing.T) {
			p := pageAt(t, after)
			c := &checker{t, p, oracle(t), p.At}
			c.requests()
			c.latencies()
			c.loads()
			c.stored()
			c.controllers()
			c.used()
		})
	}
}

func (c *checker) requests() {
	api := c.targets("apiserver-")
	const metric = "apiserver_request_total"
	all := c.rates(api, c.at, metric, noWatch)
	c.close(all, c.figure("requests", "All servers"), "rate")
	c.close(c.rate("apiserver-a", c.at, metric, noWatch)/all, c.figure("requests", "Hottest server"), "hottest")
	for _, verb := range []string{"LIST", "GET", "POST", "DELETE"} {
		c.close(c.rates(api, c.at, metric, `verb="`+verb+`"`), c.cell("requests", "verbs", verb, 0), verb)
	}
	c.close(c.rates(api, c.at, metric, noWatch, `code="404"`), c.cell("requests", "codes", "404", 0), "404")
	c.close(c.rates(api, c.at, metric, noWatch, `code="404"`), c.cell("errors", "codes", "404", 0), "404")
	for _, server := range api {
		c.close(c.rate(server, c.at, metric, noWatch), c.cell("requests", "servers", server, 0), server)
		c.close(c.rate(server, c.at, metric, noWatch)/all, c.cell("requests", "servers", server, 1), server)
	}
	bad := 0.0
	for _, s := range api {
		for _, code := range []string{"500", "503", "504", "429"} {
			g, _ := c.growth(s, c.at, time.Minute, metric, noWatch, `code="`+code+`"`)
			bad += total(g)
		}
	}
	c.close(bad, c.figure("errors", "Failed (5xx and 429)"), "failed") // 0 at these moments
	assert.Zero(c, bad)
}

func (c *checker) latencies() {
	api := c.targets("apiserver-")
	const metric, sli, store = "apiserver_request_duration_seconds", "apiserver_request_sli_duration_seconds", "etcd_request_duration_seconds"
	of := []string{noWatch, ofResources}
	all := c.buckets(api, c.at, metric, of...)
	c.close(quantile(.99, all), c.figure("latency", "p99 of all servers"), "p99")
	c.close(quantile(.5, all), c.figure("latency", "Median"), "median")
	worst := 0.0
	for _, s := range api {
		q := quantile(.99, c.buckets([]string{s}, c.at, metric, of...))
		worst = max(worst, q)
		c.close(q, c.cell("latency", "p99", s, 0), s)
		c.close(c.sums([]string{s}, c.at, store)/c.sums([]string{s}, c.at, metric, of...), c.cell("blame", "servers", s, 0), s)
		c.close(quantile(.99, c.buckets([]string{s}, c.at, store)), c.cell("blame", "servers", s, 4), s)
	}
	c.close(worst, c.figure("latency", "p99 of the worst server"), "worst")
	heat := c.page.row("latency").panel("heat")
	below := 0.0
	for i, e := range heat.Entries {
		if i == len(heat.Entries)-1 {
			i = len(all) - 1 // empty buckets above the slowest are one
		}
		c.close(all[i].count-below, e.Cells[0].Amount, e.Key)
		below = all[i].count
	}
	c.close(over(1, c.buckets(api, c.at, sli, noWatch, ofResources, `!verb="GET"`, `!verb="LIST"`)), c.cell("slo", "classes", "writes, 1 s", 0), "writes")
	c.close(over(1, c.buckets(api, c.at, sli, `scope="resource"`, `verb="GET"`)), c.cell("slo", "classes", "reads of one object, 1 s", 0), "reads")
	c.close(over(5, c.buckets(api, c.at, sli, `verb="LIST"`, `scope="namespace"`)), c.cell("slo", "classes", "lists of a namespace, 5 s", 0), "lists")
	for _, e := range c.page.row("slowest").panel("kinds").Entries {
		if e.Key == "LIST pods" {
			c.close(quantile(.99, c.buckets(api, c.at, metric, `verb="LIST"`, `resource="pods"`)), e.Cells[0].Amount, e.Key)
		}
	}
	top := c.page.row("slowest").panel("kinds").Entries
	for i := range top[1:] {
		assert.GreaterOrEqual(c, top[i].Cells[0].Amount.Value, top[i+1].Cells[0].Amount.Value)
	}
}

func (c *checker) loads() {
	api := c.targets("apiserver-")
	sum, most, busiest := 0.0, 0.0, 0.0
	for _, s := range api {
		v, ok := c.latest(s, c.at, "apiserver_longrunning_requests", `verb="WATCH"`)
		require.True(c, ok)
		sum, most = sum+v, max(most, v)
		c.close(v, c.cell("watches", "servers", s, 0), s)
		v, _ = c.latest(s, c.at, "apiserver_current_inflight_requests", `request_kind="readOnly"`)
		busiest = max(busiest, v)
	}
	for _, resource := range []string{"pods", "configmaps"} {
		c.close(c.rates(api, c.at, "apiserver_watch_events_total", `resource="`+resource+`"`), c.cell("watches", "resources", resource, 1), resource)
	}
	c.close(sum, c.figure("watches", "Open watches"), "watches")
	c.close(most, c.figure("watches", "Most at one server"), "most")
	c.close(busiest, c.cell("inflight", "kinds", "readOnly", 0), "in flight")
	c.close(c.rates(api, c.at, "apiserver_flowcontrol_dispatched_requests_total", `priority_level="exempt"`), c.cell("seats", "levels", "exempt", 4), "dispatched")
	nominal, _ := c.latest("apiserver-a", c.at, "apiserver_flowcontrol_nominal_limit_seats", `priority_level="workload-low"`)
	c.close(nominal, c.cell("seats", "levels", "workload-low", 6), "seats")
}

func (c *checker) stored() {
	full, commit := 0.0, 0.0
	for _, s := range c.targets("etcd-") {
		size, _ := c.latest(s, c.at, "etcd_mvcc_db_total_size_in_bytes")
		quota, _ := c.latest(s, c.at, "etcd_server_quota_backend_bytes")
		full = max(full, size/quota)
		c.close(size/quota, c.cell("etcd", "size", s, 0), s)
		q := quantile(.99, c.buckets([]string{s}, c.at, "etcd_disk_backend_commit_duration_seconds"))
		commit = max(commit, q)
		c.close(q, c.cell("etcd", "commit", s, 0), s)
		assert.False(c, c.cell("etcd", "fsync", s, 0).Known, "the members do not fsync, which is not 0 s")
	}
	c.close(full, c.figure("etcd", "Fullest member"), "size")
	c.close(commit, c.figure("etcd", "Commit to disk p99, worst"), "commit")
	c.close(1, c.figure("etcd", "Leaders"), "leaders")
	c.close(0, c.figure("etcd", "Leader changes"), "changes")
	if c.page.row("objects").panel("resources").Entries[0].Key != "pods" {
		return // they were not counted yet
	}
	pods := c.cell("objects", "resources", "pods", 0)
	for _, s := range c.targets("apiserver-") {
		v, _ := c.latest(s, c.at, "apiserver_storage_objects", `resource="pods"`)
		assert.GreaterOrEqual(c, v, pods.Lo)
		assert.LessOrEqual(c, v, pods.Hi)
	}
}

func (c *checker) controllers() {
	leader := ""
	for _, s := range c.targets("sched-") {
		if v, _ := c.latest(s, c.at, "leader_election_master_status"); v == 1 {
			leader = s
		}
	}
	require.NotEmpty(c, leader)
	waiting, _ := c.latest(leader, c.at, "scheduler_pending_pods")
	c.close(waiting, c.figure("scheduler", "Pending pods"), "pending")
	stuck, _ := c.latest(leader, c.at, "scheduler_pending_pods", `queue="unschedulable"`)
	c.close(stuck, c.cell("scheduler", "queues", "unschedulable", 0), "unschedulable")
	manager := ""
	for _, s := range c.targets("kcm-") {
		if v, _ := c.latest(s, c.at, "leader_election_master_status"); v == 1 {
			manager = s
		}
	}
	waits := 0
	for _, e := range c.page.row("queues").panel("controllers").Entries {
		depth, _ := c.latest(manager, c.at, "workqueue_depth", `name="`+e.Key+`"`)
		c.close(depth, e.Cells[0].Amount, e.Key)
		c.close(c.rates(c.targets("kcm-"), c.at, "workqueue_adds_total", `name="`+e.Key+`"`), e.Cells[3].Amount, e.Key)
		for i, metric := range map[int]string{1: "workqueue_queue_duration_seconds", 2: "workqueue_work_duration_seconds"} {
			if e.Cells[i].Amount.Known {
				waits++
				c.close(quantile(.99, c.buckets(c.targets("kcm-"), c.at, metric, `name="`+e.Key+`"`)), e.Cells[i].Amount, e.Key)
			}
		}
	}
	assert.Positive(c, waits)
}

func (c *checker) used() {
	for _, s := range slices.Concat(c.targets("apiserver-"), c.targets("etcd-"), c.targets("sched-")) {
		v, _ := c.latest(s, c.at, "process_resident_memory_bytes")
		c.close(v, c.cell("processes", "memory", s, 0), s)
		v, _ = c.latest(s, c.at, "go_goroutines")
		c.close(v, c.cell("processes", "goroutines", s, 0), s)
		c.close(c.rate(s, c.at, "process_cpu_seconds_total"), c.cell("processes", "cpu", s, 0), s)
	}
	c.close(1, c.figure("trust", "Answers in full"), "answers")
}

// At every moment, also after restarts and while a server is gone, what each server
// does is of the window, and the shares are those of what the servers do.
func TestServers(t *testing.T) {
	v, err := played()
	require.NoError(t, err)
	n, unknown := oracle(t), 0
	for _, p := range v.pages[:len(v.pages)-2] { // of the last no body is later
		after := p.At.Sub(v.pages[0].At)
		if after < time.Minute {
			continue
		}
		c := &checker{t, p, n, p.At}
		for _, metric := range []struct{ row, panel, name string }{{"requests", "servers", "apiserver_request_total"}, {"processes", "cpu", "process_cpu_seconds_total"}} {
			counts, all := map[string]float64{}, 0.0
			for _, e := range p.row(metric.row).panel(metric.panel).Entries {
				if e.Key == "kcm-2" { // takes over between two scrapes: no pace foretells that
					continue
				}
				counts[e.Key] = n.counted(e.Key, p.At, metric.name, noWatch)
				all += counts[e.Key]
				if rate := e.Cells[0].Amount; rate.Known {
					c.near(counts[e.Key], .02+.1*counts[e.Key], rate, after.String()+" "+e.Key)
				} else {
					unknown++
					assert.True(t, e.Lost)
				}
			}
			if metric.row == "requests" && all > 0 {
				for _, e := range p.row(metric.row).panel(metric.panel).Entries {
					if share := e.Cells[1].Amount; share.Known {
						c.near(counts[e.Key]/all, .01, share, after.String()+" share of "+e.Key)
					}
				}
				c.near(all, .05*all, c.figure("requests", "All servers"), after.String())
				assert.Equal(t, c.figure("requests", "Hottest server"), c.cell("requests", "servers", "apiserver-a", 1))
				assert.Contains(t, p.row("requests").Answer, Share.format(c.cell("requests", "servers", "apiserver-a", 1)))
			}
		}
	}
	assert.Zero(t, unknown, "each server answered in each minute")
}

// near asserts that an amount is near a number and its bounds hold it.
func (c *checker) near(want, delta float64, got Amount, what string) {
	c.Helper()
	assert.InDelta(c, want, got.Value, delta, what)
	assert.LessOrEqual(c, got.Lo, want+1e-9, what)
	assert.GreaterOrEqual(c, got.Hi, want-1e-9, what)
}

// A server that is killed is lost, and nothing of it reads 0.
func TestLost(t *testing.T) {
	p := pageAt(t, 142*time.Second)
	c := &checker{t, p, oracle(t), p.At}
	e := c.entry("requests", "servers", "apiserver-c")
	assert.True(t, e.Lost)
	assert.Positive(t, e.Cells[0].Amount.Value)
	assert.Equal(t, Alarm, p.row("trust").State)
	assert.Less(t, c.figure("trust", "Answers in full").Value, 1.0)
	for _, panel := range []string{"memory", "goroutines"} {
		e := c.entry("processes", panel, "apiserver-c")
		assert.True(t, e.Lost)
		assert.False(t, e.Cells[0].Amount.Known, "no value of a process that is gone")
	}
	assert.Contains(t, p.row("requests").Coverage, "2 of 3")
	assert.Contains(t, strings.Join(p.row("requests").Warnings, "\n"), "growth between the last scrape and the restart is unknown: apiserver-b")
	assert.True(t, c.entry("processes", "starts", "apiserver-c").Lost)

	before := pageAt(t, 100*time.Second) // apiserver-b restarted
	i := slices.IndexFunc(before.row("processes").panel("starts").Entries, func(e Entry) bool { return e.Key == "apiserver-b" })
	assert.Equal(t, 1.0, before.row("processes").panel("starts").Entries[i].Cells[1].Amount.Value)
	assert.Equal(t, Notice, before.row("processes").State)
}

// Where no server answers, no row about them is calm.
func TestNobodyAnswers(t *testing.T) {
	o, err := parseFlags([]string{"-text", "-window", "6s"}, nil)
	require.NoError(t, err)
	b, err := newBoard(o.settings)
	require.NoError(t, err)
	w := &watcher{o: o, board: b}
	begin := time.Unix(1_700_000_000, 0)
	require.NoError(t, b.fleet.SetTargets(begin, w.target("a", apiServers, false)))
	for i := range 30 {
		at := begin.Add(time.Duration(i) * time.Second)
		if i < 10 {
			_, err = b.fleet.Ingest(aggregate.Scrape{Target: "a", Time: at, Body: fmt.Appendf(nil, "# TYPE apiserver_request_total counter\napiserver_request_total{verb=\"LIST\",code=\"200\"} %d\n", 10*i)})
		} else {
			err = b.fleet.ScrapeFailed("a", at, syscall.ECONNREFUSED)
		}
		require.NoError(t, err)
		p, err := b.page(at)
		require.NoError(t, err)
		if i == 9 {
			assert.Equal(t, Fine, p.row("requests").State)
		}
		for _, r := range p.Rows {
			if i >= 10 && r.About == apiServers && r.State != Unknown {
				assert.Equal(t, Alarm, r.State, "%s, %d s", r.ID, i)
				assert.Contains(t, r.Answer, "None of 1 API servers answers")
			}
		}
	}
}

// Failed requests: apiserver-b was not ready for a moment, and said so.
func TestErrors(t *testing.T) {
	p := pageAt(t, 115*time.Second)
	c := &checker{t, p, oracle(t), p.At}
	const metric = "apiserver_request_total"
	bad, all := 0.0, 0.0
	for _, s := range c.targets("apiserver-") {
		g, _ := c.growth(s, c.at, time.Minute, metric, noWatch, `code="500"`)
		bad += total(g)
		g, _ = c.growth(s, c.at, time.Minute, metric, noWatch)
		all += total(g)
	}
	require.Positive(t, bad)
	c.close(bad/all, c.figure("errors", "Failed (5xx and 429)"), "failed")
	assert.NotEqual(t, Fine, p.row("errors").State)
}

// Each panel has a cell for each column, and each row an answer or no numbers.
func TestShape(t *testing.T) {
	v, err := played()
	require.NoError(t, err)
	require.Len(t, v.pages, 46)
	for _, p := range v.pages {
		for _, r := range p.Rows {
			assert.Equal(t, r.State == Unknown, r.Answer == "", r.ID)
			for _, x := range r.Panels {
				for _, e := range x.Entries {
					assert.Len(t, e.Cells, len(x.Columns), "%s/%s", r.ID, x.ID)
				}
			}
		}
	}
}
