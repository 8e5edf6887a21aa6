package process_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/life"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/process"
	"github.com/promfold/promfold/internal/window"
)

// place is a place at which processes answer, in a fleet without views.
type place struct {
	*testing.T
	process.Process
	set process.Setting
	s   process.Staged
}

func newPlace(t *testing.T) *place {
	store := lines.NewStore()
	set := process.Setting{Store: store, Router: growth.NewRouter(store), Layouts: &window.Set{}}
	set.Router.Tolerance = judge.Rules{StartTolerance: 2000, ClockSkew: 60_000}
	return &place{T: t, set: set, s: process.New(set)}
}

// read stages a scrape of a process that said when it started, in seconds, and
// judges it.
func (p *place) read(at, start int64, counted float64) {
	p.s.Begin(at)
	p.s.Of = &p.Process
	body := fmt.Sprintf("process_start_time_seconds %d\n# TYPE a_total counter\na_total %g\n", start, counted)
	if start == 0 {
		body = fmt.Sprintf("# TYPE a_total counter\na_total %g\n", counted)
	}
	require.NoError(p, p.s.Reader.Read(&p.Columns, []byte(body), "text/plain"))
	p.s.ReadStart(http.Header{}, time.Time{})
	p.s.Judge()
}

// accept takes the staged scrape in.
func (p *place) accept() {
	if p.s.Scraped.Process {
		p.Meet(&p.s.Scrape)
	}
	p.s.Reader.Commit(&p.Columns)
	p.Accept(&p.s.Scrape)
	p.s.End()
}

func TestWhoAnswers(t *testing.T) {
	const first int64 = 1_700_000_000
	for _, c := range []struct {
		what     string
		start    int64
		counted  float64
		restart  life.Restart
		baseline bool
	}{
		{"the same process", first, 8, life.NoRestart, false},
		{"it started anew", first + 100, 1, life.Proven, false},
		{"another one, that was there before", first - 500, 1, life.Another, true},
		{"a start that is read a little differently", first + 1, 8, life.NoRestart, false},
		{"it stopped saying when it started", 0, 8, life.NoRestart, false},
	} {
		t.Run(c.what, func(t *testing.T) {
			p := newPlace(t)
			p.read(1000*(first+90), first, 7)
			require.True(t, p.s.Baseline)
			p.accept()
			p.read(1000*(first+105), c.start, c.counted)
			require.Equal(t, c.restart, p.s.Restart)
			require.Equal(t, c.baseline, p.s.Baseline)
			require.Equal(t, c.restart != life.NoRestart, p.s.Scraped.Process)
			require.EqualValues(t, 1000*(first+90), p.Last, "nothing is accepted yet")
		})
	}
}

// A process that was taken back is what it was, and what it holds of the store is
// let go of.
func TestTakenBack(t *testing.T) {
	p := newPlace(t)
	p.read(1_700_000_090_000, 1_700_000_000, 7)
	p.accept()
	p.Keep(p.set.Store, func(func(*window.Table, *window.Met)) {})
	p.read(1_700_000_105_000, 1_700_000_000, 9)
	p.accept()
	require.Equal(t, 9.0, p.Columns.Value(1))
	p.Retract()
	require.Equal(t, int64(1_700_000_090_000), p.Last)
	require.Equal(t, 7.0, p.Columns.Value(1))
	require.Equal(t, 9.0, p.Past().Columns.Value(1))
	p.Settle(p.set.Store)
	require.Nil(t, p.Past())
	p.Release(p.set.Store)
	require.Len(t, p.set.Store.Sweep(), 2)
	require.Zero(t, p.set.Store.Len())
}
