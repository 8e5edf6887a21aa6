package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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
