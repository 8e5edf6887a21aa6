package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

// liveLogs follows the logs of servers, of which each is scraped at times of its
// own.
type liveLogs struct {
	*testing.T
	*board
	dir string
}

func newLiveLogs(t *testing.T, begin time.Time, servers ...string) *liveLogs {
	l := &liveLogs{T: t, dir: t.TempDir()}
	s := settings{window: time.Minute, slo: time.Second}
	for _, name := range servers {
		s.logs = append(s.logs, name+"="+l.path(name))
	}
	var err error
	l.board, err = newBoard(s)
	require.NoError(t, err)
	l.Cleanup(func() {
		for _, log := range l.audit.logs {
			log.file.close()
		}
	})
	return l
}

func (l *liveLogs) path(server string) string { return filepath.Join(l.dir, server+".log") }

func (l *liveLogs) write(server, text string) {
	f, err := os.OpenFile(l.path(server), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	require.NoError(l, err)
	_, err = f.WriteString(text)
	require.NoError(l, err)
	require.NoError(l, f.Close())
}

// calls writes n events of an agent.
func (l *liveLogs) calls(server, agent string, n int, at time.Time) {
	l.write(server, strings.Repeat(line(agent, "get", "pods", 200, at, time.Millisecond)+"\n", n))
}

// rate is how often an agent calls, as the page says.
func (l *liveLogs) rate(at time.Time, agent string) Amount {
	p, err := l.page(at)
	require.NoError(l, err)
	c := &checker{T: l.T, page: &p}
	return c.cell("callers", "agents", agent+" "+agent, 0)
}

// What the program counts itself began at 0: the first calls count, surely and at
// once, however soon a server answered.
func TestFirstCalls(t *testing.T) {
	for _, delays := range [][]time.Duration{
		{0}, {time.Millisecond / 2}, {time.Millisecond}, {2 * time.Millisecond}, {20 * time.Millisecond}, {3 * time.Second},
		{0, 0}, {0, time.Millisecond}, {time.Millisecond, 5 * time.Millisecond}, {20 * time.Millisecond, 0},
	} {
		begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		servers := []string{"a", "b"}[:len(delays)]
		l := newLiveLogs(t, begin, servers...)
		for _, s := range servers {
			l.calls(s, "old", 100, begin)
		}
		require.NoError(t, l.audit.start(begin, false))
		take := func(after time.Duration) {
			for i, s := range servers {
				l.audit.take(s, begin.Add(delays[i]+after))
			}
		}
		take(0)
		for _, s := range servers {
			l.calls(s, "x", 40, begin.Add(5*time.Second))
		}
		take(8 * time.Second)
		for _, s := range servers {
			l.calls(s, "late", 20, begin.Add(9*time.Second))
		}
		take(10 * time.Second)
		at := begin.Add(slices.Max(delays) + 10*time.Second)
		n := float64(len(servers))
		for agent, calls := range map[string]float64{"x": 40, "late": 20} {
			got := l.rate(at, agent)
			if len(delays) == 1 {
				assert.Equal(t, exactly(calls/10), got, "%v %s", delays, agent)
			}
			for _, x := range []float64{got.Lo, got.Value, got.Hi} {
				assert.InEpsilon(t, n*calls/10, x, .01, "%v %s %v", delays, agent, got)
			}
		}
	}
}

// A file that comes later counts from its first line; until then nothing is known.
func TestLogThatComes(t *testing.T) {
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	l := newLiveLogs(t, begin, "a")
	require.NoError(t, l.audit.start(begin, false))
	for after := time.Duration(0); after <= 10*time.Second; after += 5 * time.Second {
		l.audit.take("a", begin.Add(after))
	}
	p, err := l.page(begin.Add(10 * time.Second))
	require.NoError(t, err)
	assert.Empty(t, p.row("callers").panel("agents").Entries)
	assert.Contains(t, strings.Join(p.row("callers").Warnings, "\n"), "no such file")
	assert.Equal(t, Notice, p.row("callers").State)
	assert.Contains(t, p.row("callers").Answer, "Who calls a is not known")
	l.calls("a", "x", 30, begin.Add(11*time.Second))
	l.audit.take("a", begin.Add(15*time.Second))
	assert.Equal(t, exactly(2), l.rate(begin.Add(15*time.Second), "x"))
}

// A name that no server has is said, with those that there are; its calls count.
func TestLogOfNobody(t *testing.T) {
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	l := newLiveLogs(t, begin, "nobody")
	require.NoError(t, l.audit.start(begin, false))
	require.NoError(t, l.fleet.SetTargets(begin, (&watcher{}).target("a:6443", apiServers, false)))
	for i := range 3 {
		at := begin.Add(time.Duration(i) * 5 * time.Second)
		body := fmt.Sprintf("# TYPE apiserver_request_total counter\napiserver_request_total{resource=\"pods\"} %d\n", i)
		_, err := l.fleet.Ingest(aggregate.Scrape{Target: "a:6443", Time: at, Body: []byte(body)})
		require.NoError(t, err)
		l.audit.take("a:6443", at)
		l.audit.takeOthers(at)
		l.calls("nobody", "x", 10, at)
	}
	at := begin.Add(10 * time.Second)
	assert.Equal(t, exactly(2), l.rate(at, "x"))
	p, err := l.page(at)
	require.NoError(t, err)
	assert.Contains(t, p.row("agreement").Answer, "one of a:6443")
}

// What a client calls itself is shortened before it is a label.
func TestLongNames(t *testing.T) {
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	l := newLiveLogs(t, begin, "a")
	require.NoError(t, l.audit.start(begin, false))
	l.audit.take("a", begin)
	long := strings.Repeat("é", 20_000)
	l.write("a", line(long, long, long, 200, begin, time.Millisecond)+"\n")
	l.calls("a", "x", 10, begin)
	l.audit.take("a", begin.Add(5*time.Second))
	assert.Equal(t, exactly(2), l.rate(begin.Add(5*time.Second), "x"))
}

// Events that end after a scrape count with the next one, as in the metrics. A
// clock that is far off is said to be, and its events count when they are read.
func TestClocks(t *testing.T) {
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for off, want := range map[time.Duration]struct {
		rate float64
		said bool
	}{
		-time.Second: {2, false}, time.Second: {1, false}, time.Hour: {2, true}, -time.Hour: {2, true},
	} {
		l := newLiveLogs(t, begin, "a")
		require.NoError(t, l.audit.start(begin, false))
		l.audit.take("a", begin)
		l.calls("a", "x", 10, begin.Add(time.Second))
		l.calls("a", "x", 10, begin.Add(10*time.Second+off))
		l.audit.take("a", begin.Add(10*time.Second))
		at := begin.Add(10 * time.Second)
		assert.Equal(t, exactly(want.rate), l.rate(at, "x"), off)
		p, err := l.page(at)
		require.NoError(t, err)
		assert.Equal(t, want.said, strings.Contains(strings.Join(p.row("callers").Warnings, "\n"), "the clocks differ"), off)
		l.audit.take("a", begin.Add(20*time.Second))
		assert.Equal(t, exactly(1), l.rate(begin.Add(20*time.Second), "x"), off)
	}
}
