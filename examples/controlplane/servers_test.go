package main

import (
	"compress/gzip"
	"encoding/csv"
	"errors"
	"io/fs"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/examples/internal/example"
)

// requestLog is when each server answered its requests, from its audit log, as
// far as apiserver_request_total counts them and this program selects them.
type requestLog map[string][]int64

func readRequests(t *testing.T, path string) requestLog {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the recording is not here: ", path)
	}
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	lines, err := csv.NewReader(z).ReadAll()
	require.NoError(t, err)
	log := requestLog{}
	for _, l := range lines[1:] {
		at, err := strconv.ParseInt(l[0], 10, 64)
		require.NoError(t, err)
		counted := l[5] != "/metrics" && l[5] != "/metrics/slis" && l[5] != "/healthz"
		if at > 0 && counted && l[2] != "WATCH" && l[2] != "CONNECT" {
			log[l[1]] = append(log[l[1]], at)
		}
	}
	return log
}

// in returns the requests a second of a server in the minute that ends at a time.
func (l requestLog) in(server string, at time.Time) float64 {
	n, to := 0, at.UnixMilli()
	for _, x := range l[server] {
		if x > to-60_000 && x <= to {
			n++
		}
	}
	return float64(n) / 60
}

// holds asserts that an amount's bounds hold the truth, to some requests that are
// counted a moment before or after they are logged.
func holds(t *testing.T, truth, slack float64, a Amount, what string) {
	t.Helper()
	assert.LessOrEqual(t, a.Lo, truth+slack, what)
	assert.GreaterOrEqual(t, a.Hi, truth-slack, what)
}

// At each moment what a server does and its share are those of the audit logs, also
// where it restarts, is killed, or did not answer for long.
func TestServersTruth(t *testing.T) {
	for name, flags := range map[string][]string{"apiserver-ha": nil, "rolling": {"-replay", "../../../shared/corpus/rolling"}} {
		t.Run(name, func(t *testing.T) {
			log := readRequests(t, "../../../shared/corpus/"+name+"/requests-true.csv.gz")
			if testing.Short() && flags != nil {
				t.Skip("it is long")
			}
			pages := playedWith(t, flags...)
			compared := 0
			for _, p := range pages {
				after := p.At.Sub(pages[0].At)
				if after < time.Minute {
					continue
				}
				all := 0.0
				for server := range log {
					all += log.in(server, p.At)
				}
				row := p.row("requests")
				holds(t, all, .1, row.Figures[0].Amount, after.String())
				for _, e := range row.panel("servers").Entries {
					truth := log.in(e.Key, p.At)
					rate, share := e.Cells[0].Amount, e.Cells[1].Amount
					if rate.Known {
						compared++
						holds(t, truth, .2, rate, after.String()+" "+e.Key)
						assert.InDelta(t, truth, rate.Value, max(1, .15*truth), after.String()+" "+e.Key)
					}
					if share.Known && all > 0 {
						holds(t, truth/all, .005, share, after.String()+" share of "+e.Key)
						assert.InDelta(t, truth/all, share.Value, .03, after.String()+" share of "+e.Key)
					}
				}
			}
			assert.Greater(t, compared, 60)
		})
	}
}

// playedWith returns the pages of a recording.
func playedWith(t *testing.T, flags ...string) []*Page {
	if flags == nil {
		v, err := played()
		require.NoError(t, err)
		return v.pages
	}
	o, err := parseFlags(append(flags, "-text"), nil)
	require.NoError(t, err)
	b, err := newBoard(o.settings)
	require.NoError(t, err)
	w := &watcher{o: o, board: b, history: newHistory(0), screen: example.NewScreen(o.Output, discard{}, discard{})}
	require.NoError(t, w.play(ctxOf(), func(*Page) error { return nil }))
	return w.history.view().pages
}
