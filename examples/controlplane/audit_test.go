package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/examples/internal/example"
)

// A limit is given by a user agent, an account or a program.
func TestLimits(t *testing.T) {
	q := &callers{limits: map[string]float64{"kube-scheduler scheduler": 2, "system:a": 4, "kcm": 8, "good/1.0": 16, "kubelet/v1.36.3 (linux/amd64) kubernetes/ab12": 32}}
	for _, x := range []struct {
		agent, account string
		want           Amount
	}{
		{"kube-scheduler scheduler", "system:a", exactly(2)}, {"curl", "system:a", exactly(1)}, {"kcm deployment-controller", "b", exactly(.5)},
		{"kube-scheduler", "b", Amount{}}, {"good", "b", exactly(.25)}, {"kubelet", "b", exactly(.125)}, {"good", "system:a", exactly(.25)},
	} {
		assert.Equal(t, x.want, q.ofLimit(x.agent, x.account, exactly(4)), x.agent)
	}
}

func TestAgentName(t *testing.T) {
	for agent, want := range map[string]string{
		"kube-controller-manager/v1.36.3 (linux/amd64) kubernetes/ab12/deployment-controller": "kube-controller-manager deployment-controller",
		"kube-apiserver/v0.0.0 (linux/amd64) kubernetes/$Format":                              "kube-apiserver",
		"kubectl/v1.36.3 (linux/amd64) kubernetes/ab12":                                       "kubectl",
		"curl/8.1": "curl", "": "(none)", "Mozilla/5.0 (X11) Gecko": "Mozilla",
	} {
		assert.Equal(t, want, agentName(agent), agent)
	}
}

// line returns a line of a log.
func line(agent, verb, resource string, code int, end time.Time, took time.Duration) string {
	return fmt.Sprintf(`{"kind":"Event","apiVersion":"audit.k8s.io/v1","stage":"ResponseComplete","verb":%q,"user":{"username":"u"},"userAgent":%q,"objectRef":{"resource":%q},"responseStatus":{"code":%d},"requestReceivedTimestamp":%q,"stageTimestamp":%q,"new":{"field":1}}`,
		verb, agent+"/v1 (linux) kubernetes/x/"+agent, resource, code, end.Add(-took).Format(time.RFC3339Nano), end.Format(time.RFC3339Nano))
}

// What is no whole event is counted by its flaw.
func TestFlaws(t *testing.T) {
	whole := line("a", "get", "pods", 200, time.Now(), time.Second)
	edit := func(from, to string) string {
		require.Contains(t, whole, from)
		return strings.Replace(whole, from, to, 1)
	}
	for text, want := range map[string]flaw{
		whole: "", whole[:80]: cutLine, "{}": otherKind, "": cutLine,
		edit("/v1\"", "/v2\""): otherKind, edit("ResponseComplete", "ResponseStarted"): otherStage,
		edit("requestReceived", "x"): noTime, edit(`"code":200`, `"code":0`): noCode, edit("responseStatus", "x"): noCode,
		line("a", "get", "pods", 200, time.Now(), -time.Second): noTime,
	} {
		_, got := readEvent([]byte(text))
		assert.Equal(t, want, got, text)
	}
}

// A log is followed through lines that are half written, rotation and a cut to
// the beginning.
func TestFollow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	l := logFile{path: path}
	defer l.close()
	var got []string
	read := func() []string {
		got = nil
		require.NoError(t, l.read(func(line []byte) { got = append(got, string(line)) }))
		return got
	}
	write := func(text string) {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
		require.NoError(t, err)
		_, err = f.WriteString(text)
		require.NoError(t, err)
		require.NoError(t, f.Close())
	}
	assert.Error(t, l.read(func([]byte) {}), "it is not there yet")
	write("a\nb\nhal")
	assert.Equal(t, []string{"a", "b"}, read())
	write("f\n\n")
	assert.Equal(t, []string{"half"}, read())
	assert.Empty(t, read())

	write("last\ncut")
	require.NoError(t, os.Rename(path, path+".1"))
	assert.Equal(t, []string{"last"}, read(), "for a moment there is no file")
	write("new\n")
	assert.Equal(t, []string{"cut", "new"}, read())

	assert.Empty(t, l.losses())
	require.NoError(t, os.Truncate(path, 0))
	write("x\n")
	assert.Equal(t, []string{"x"}, read())
	assert.Len(t, l.losses(), 1)

	write(strings.Repeat("y", lineLimit+1) + "\nz\n")
	assert.Equal(t, []string{"", "z"}, read(), "a line that is too long is one that is cut")

	end := logFile{path: path}
	defer end.close()
	require.NoError(t, end.fromEnd())
	require.NoError(t, end.read(func([]byte) { t.Error("it was there before") }))
	write("now\n")
	var late []string
	require.NoError(t, end.read(func(line []byte) { late = append(late, string(line)) }))
	assert.Equal(t, []string{"now"}, late)
}

// Of a recorded log the last line is whole without a line feed; what is no file
// is refused.
func TestRecordedEnd(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "audit.log")
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	read := func(end string) *auditLog {
		require.NoError(t, os.WriteFile(path, []byte(line("x", "get", "pods", 200, at, time.Second)+"\n"+end), 0o666))
		a, err := newAudit([]string{"a=" + path}, time.Minute)
		require.NoError(t, err)
		require.NoError(t, a.start(at, true))
		return a.logs[0]
	}
	assert.Len(t, read("").queue, 1)
	assert.Len(t, read(line("x", "get", "pods", 200, at, time.Second)).queue, 2)
	require.NoError(t, os.WriteFile(path, []byte("\ufeff"+line("x", "get", "pods", 200, at, time.Second)), 0o666))
	a, err := newAudit([]string{"a=" + path}, time.Minute)
	require.NoError(t, err)
	require.NoError(t, a.start(at, true))
	assert.Len(t, a.logs[0].queue, 1, "after a byte order mark")
	cut := read(`{"kind":"Event"`)
	assert.Len(t, cut.queue, 1)
	assert.Equal(t, map[flaw]int{cutLine: 1}, cut.flaws)

	a, err = newAudit([]string{"a=" + dir}, time.Minute)
	require.NoError(t, err)
	require.ErrorContains(t, a.start(at, true), "not a regular file")
}

// A recorded log may have been rotated: a server has several files, each once.
func TestSeveralFiles(t *testing.T) {
	dir := t.TempDir()
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var flags []string
	for i, name := range []string{"2", "1"} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(line("x", "get", "pods", 200, at.Add(time.Duration(2-i)*time.Second), time.Second)), 0o666))
		flags = append(flags, "a="+path)
	}
	a, err := newAudit(flags, time.Minute)
	require.NoError(t, err)
	require.NoError(t, a.start(at, true))
	require.Len(t, a.logs, 1)
	require.Len(t, a.logs[0].queue, 2)
	assert.True(t, a.logs[0].queue[0].Ended.Before(a.logs[0].queue[1].Ended))
	a, err = newAudit(flags, time.Minute)
	require.NoError(t, err)
	require.ErrorContains(t, a.start(at, false), "one file")
	_, err = newAudit([]string{flags[0], flags[0]}, time.Minute)
	require.Error(t, err)
}

// twoServers writes logs and answers of two servers: "busy" asks both twice a
// second, server b takes ten times as long, and "rare" gets errors. It returns
// the last page.
func twoServers(t *testing.T) (*Page, *board) {
	dir := t.TempDir()
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	took := map[string]time.Duration{"a": 10 * time.Millisecond, "b": 100 * time.Millisecond}
	flags := []string{"-text"}
	for name, d := range took {
		var log strings.Builder
		for i := range 240 {
			at := begin.Add(time.Duration(i)*time.Second/2 + 100*time.Millisecond)
			log.WriteString(line("busy", "list", "pods", 200, at, d) + "\n")
			if i%10 == 0 {
				log.WriteString(line("rare", "get", "secrets", 403, at, d) + "\n")
				log.WriteString(line("rare", "watch", "pods", 200, at, time.Minute) + "\n")
			}
		}
		log.WriteString("{\"kind\":\"Event\",\"apiVersi")
		path := filepath.Join(dir, name+".log")
		require.NoError(t, os.WriteFile(path, []byte(log.String()+"\n"), 0o666))
		flags = append(flags, "-audit", name+"="+path)
	}
	flags = append(flags, "-client-limit", "busy=5", "-client-limit", "nobody=1")
	o, err := parseFlags(flags, io.Discard)
	require.NoError(t, err)
	b, err := newBoard(o.settings)
	require.NoError(t, err)
	w := &watcher{o: o, board: b, history: newHistory(0), screen: example.NewScreen(o.Output, discard{}, discard{})}
	require.NoError(t, b.audit.start(begin, true))
	require.NoError(t, b.fleet.SetTargets(begin, w.target("a", apiServers, false), w.target("b", apiServers, false)))
	var last *Page
	for i := range 20 {
		at := begin.Add(time.Duration(i) * 5 * time.Second)
		for name := range took {
			n := i * 10 // of busy until then
			body := fmt.Sprintf("# TYPE apiserver_request_total counter\napiserver_request_total{verb=\"LIST\",resource=\"pods\",code=\"200\"} %d\napiserver_request_total{verb=\"GET\",resource=\"secrets\",code=\"403\"} %d\nprocess_start_time_seconds %d\n", n, i, begin.Unix()-10)
			b.audit.take(name, at)
			_, err := b.fleet.Ingest(aggregate.Scrape{Target: name, Time: at, Body: []byte(body)})
			require.NoError(t, err)
		}
		require.NoError(t, w.take(at, func(p *Page) error { last = p; return nil }))
	}
	return last, b
}

func TestCallers(t *testing.T) {
	p, _ := twoServers(t)
	c := &checker{T: t, page: p}
	busy := c.entry("callers", "agents", "busy busy")
	assert.InDelta(t, 4, busy.Cells[0].Amount.Value, 1e-9, "calls a second")
	assert.Zero(t, busy.Cells[1].Amount.Value, "errors")
	assert.InDelta(t, .055, busy.Cells[2].Amount.Value, 1e-9, "mean")
	for _, i := range []int{3, 4} { // p99: that of b's calls, within a bucket
		assert.InDelta(t, .1, busy.Cells[i].Amount.Value, .005)
		assert.LessOrEqual(t, busy.Cells[i].Amount.Lo, .1)
		assert.GreaterOrEqual(t, busy.Cells[i].Amount.Hi, .1)
	}
	assert.Equal(t, "b", busy.Cells[5].Text)
	assert.Equal(t, "u", busy.Cells[6].Text)
	assert.InDelta(t, .8, busy.Cells[7].Amount.Value, 1e-9, "of its limit")
	assert.Equal(t, Notice, p.row("callers").State)
	rare := c.entry("callers", "kinds", "rare rare get secrets")
	assert.InDelta(t, 1, rare.Cells[1].Amount.Value, 1e-9, "errors")
	assert.InDelta(t, .4, c.cell("callers", "long", "rare rare watch pods", 0).Value, 1e-9, "watches are apart")
	assert.ElementsMatch(t, []string{"a: 1 lines cut or not JSON do not count", "b: 1 lines cut or not JSON do not count",
		"-client-limit nobody: nobody of that name called in the window"}, p.row("callers").Warnings)

	assert.Equal(t, Fine, p.row("agreement").State, p.row("agreement").Answer)
	for _, s := range []string{"a", "b"} {
		assert.Zero(t, c.cell("agreement", "servers", s, 2).Value, "the log and the metrics count the same")
		assert.InDelta(t, 132, c.cell("agreement", "servers", s, 0).Value, 1e-9)
	}
}

// /metrics shows the views of the fleet and of the logs.
func TestExposed(t *testing.T) {
	p, b := twoServers(t)
	e, err := b.exposition(func() time.Time { return p.At })
	require.NoError(t, err)
	var text strings.Builder
	require.NoError(t, e.Write(&text, ""))
	assert.Contains(t, text.String(), "controlplane_requests_total{code=\"200\"} 380\n")
	assert.Contains(t, text.String(), "controlplane_caller_request_duration_seconds_count{account=\"u\",agent=\"busy busy\"} 380\n")
	assert.Contains(t, text.String(), "promfold_")
}

// The recording of five servers with their logs: for each server both count the
// same, and each caller's calls are those that are written.
func TestRecordedLogs(t *testing.T) {
	dir := "../../../shared/corpus/rolling"
	if testing.Short() {
		t.Skip("it is long")
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		t.Skip("the recording is not here: ", dir)
	}
	args := []string{"-json", "-replay", dir, "-at", "3m25s"}
	var written []event
	for _, s := range []string{"a", "b", "c", "d", "e"} {
		path := filepath.Join(dir, "audit-"+s+".jsonl.gz")
		args = append(args, "-audit", "apiserver-"+s+"="+path)
		written = append(written, eventsOf(t, path)...)
	}
	status, out, said := runProgram(t, args...)
	require.Equal(t, example.Answered, status, said)
	var p struct {
		At   time.Time
		Rows []struct {
			ID     string
			Panels []struct {
				ID      string
				Entries []struct {
					Key   string
					Cells []struct {
						Amount *struct{ Value float64 }
					}
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(out), &p))
	calls := map[string]float64{}
	for _, e := range written {
		if c := e.caller(); !c.long && e.Ended.After(p.At.Add(-time.Minute)) && !e.Ended.After(p.At) {
			calls[c.agent+" "+c.verb+" "+c.resource]++
		}
	}
	compared, called := 0, 0
	for _, r := range p.Rows {
		for _, x := range r.Panels {
			for _, e := range x.Entries {
				if r.ID == "callers" && x.ID == "kinds" {
					called++
					assert.InEpsilon(t, calls[e.Key]/60, e.Cells[0].Amount.Value, .1, e.Key)
				}
				if r.ID == "agreement" {
					compared++
					assert.InEpsilon(t, e.Cells[0].Amount.Value, e.Cells[1].Amount.Value, .02, e.Key)
				}
			}
		}
	}
	assert.Equal(t, 5, compared)
	assert.Equal(t, callersShown, called)
}

func eventsOf(t *testing.T, path string) (list []event) {
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	all, err := io.ReadAll(z)
	require.NoError(t, err)
	for text := range bytes.Lines(all) {
		e, f := readEvent(text)
		require.Empty(t, f)
		list = append(list, e)
	}
	return list
}
