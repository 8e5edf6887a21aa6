//go:build unix

package checkpoint_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/checkpoint"
	"github.com/promfold/promfold/aggregate/expose"
	"github.com/promfold/promfold/counter"
)

// A world of four instances, in steps. What an instance counts in a step is
// known, and at which steps another process takes its place.
const (
	instances = 4
	life      = 11 // steps
	between   = 3  // checkpoints
)

var t0 = time.Unix(1_700_000_000, 0)

func grew(i, step int) int { return (7*i + 13*step + step*step) % 23 }

// process is the step in which the process that lives then began.
func process(i, step int) int { return max(0, step-(step+3*i)%life) }

func scrape(i, step int) aggregate.Scrape {
	n := 0
	for s := process(i, step); s <= step; s++ {
		n += grew(i, s)
	}
	start := float64(t0.Unix()+10*int64(process(i, step))) - 3
	return aggregate.Scrape{Target: fmt.Sprint("i", i), Time: t0.Add(time.Duration(10*step) * time.Second),
		Body: fmt.Appendf(nil, "# TYPE c counter\nc %d\n# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %.1f\n", n, start)}
}

// child is a program that is killed. It takes scrapes in, saves its state every
// third step and shows its total then, and says so in a log. It writes a byte
// to its output wherever it could be killed.
func child(dir string, final bool) error {
	state := filepath.Join(dir, "state")
	config := aggregate.Config{Since: t0.Add(-time.Hour)}
	var f *aggregate.Fleet
	err := checkpoint.Read(state, func(r io.Reader) (err error) {
		f, err = aggregate.Load(r, config)
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		f, err = aggregate.NewFleet(config)
	}
	if err != nil {
		return err
	}
	v, err := f.Counter(aggregate.View{Select: "c", Owner: counter.Process, TotalsOnly: true})
	if err != nil {
		return err
	}
	e := expose.New(f, func() time.Time { return t0 })
	if err := e.Counter("c_total", "", v); err != nil {
		return err
	}
	shown := expose.NewPublisher(e)
	log, err := os.OpenFile(filepath.Join(dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	world, err := os.OpenFile(filepath.Join(dir, "world"), os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	past, err := io.ReadAll(world)
	if err != nil {
		return err
	}
	loaded := -1
	for _, in := range f.Snapshot(t0).Instances() {
		loaded = int(in.Last.Sub(t0).Seconds()) / 10
	}
	say(log, "load %d %d", loaded, len(past))
	alive := ticker{os.Stdout}
	for step := len(past); ; step++ {
		if _, err := world.Write([]byte{'.'}); err != nil { // the world goes on, whatever becomes of us
			return err
		}
		for i := range instances {
			alive.tick()
			if _, err := f.Ingest(scrape(i, step)); err != nil {
				return err
			}
		}
		if step%between != between-1 {
			continue
		}
		alive.tick()
		if err := shown.Publish(func() error {
			return checkpoint.Write(state, func(w io.Writer) error { return f.Save(ticking{w, alive}) })
		}); err != nil {
			return err
		}
		alive.tick()
		families, err := shown.Gather()
		if err != nil {
			return err
		}
		say(log, "show %d %v", step, families[0].Metric[0].Counter.GetValue())
		if final {
			return nil
		}
	}
}

// say writes a line of 32 bytes to the log, the 128th part of a page: the kernel
// may end a write of a process that is killed between two pages.
func say(log io.Writer, format string, args ...any) {
	fmt.Fprintf(log, "%-31s\n", fmt.Sprintf(format, args...))
}

type ticker struct{ io.Writer }

func (t ticker) tick() { _, _ = t.Write([]byte{'.'}) }

// ticking is a slow writer: it could be killed in the midst.
type ticking struct {
	io.Writer
	ticker ticker
}

func (w ticking) Write(b []byte) (n int, err error) {
	for len(b) > 0 {
		m, err := w.Writer.Write(b[:min(100, len(b))])
		if n += m; err != nil {
			return n, err
		}
		b = b[m:]
		w.ticker.tick()
	}
	return n, nil
}

func TestMain(m *testing.M) {
	if dir := os.Getenv("PROMFOLD_KILL_CHILD"); dir != "" {
		if err := child(dir, os.Getenv("PROMFOLD_KILL_FINAL") != ""); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// A program is killed at a random moment, again and again: PROMFOLD_KILLS
// times. What it shows never falls and is never more than the truth; what is
// lost is what processes counted that ended between the last state saved and
// the first scrape after it, to the unit.
func TestKillLoop(t *testing.T) {
	kills := 200
	if testing.Short() {
		kills = 25
	}
	if s := os.Getenv("PROMFOLD_KILLS"); s != "" {
		var err error
		kills, err = strconv.Atoi(s)
		require.NoError(t, err)
	}
	dir := t.TempDir()
	run := func(env string) (*exec.Cmd, *bufio.Reader, *strings.Builder) {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "PROMFOLD_KILL_CHILD="+dir, env)
		var stderr strings.Builder
		cmd.Stderr = &stderr
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		return cmd, bufio.NewReader(out), &stderr
	}
	r := rand.New(rand.NewPCG(9, 9))
	begun := 0 // those that were not killed before their first sign of life
	for range kills {
		cmd, out, stderr := run("")
		signs := r.Int64N(200)
		if signs > 0 {
			begun++
		}
		_, err := io.CopyN(io.Discard, out, signs)
		require.NoError(t, err, stderr.String())
		require.NoError(t, cmd.Process.Kill())
		require.Error(t, cmd.Wait())
		require.Empty(t, stderr.String())
	}
	cmd, out, stderr := run("PROMFOLD_KILL_FINAL=1")
	_, err := io.Copy(io.Discard, out)
	require.NoError(t, err)
	require.NoError(t, cmd.Wait(), stderr.String())
	verify(t, filepath.Join(dir, "log"), begun+1, kills+1)
}

// verify reads the log of all lives of the program, of which there are at least
// and at most so many.
func verify(t *testing.T, path string, least, most int) {
	t.Helper()
	log, err := os.ReadFile(path)
	require.NoError(t, err)
	type tick struct{ instance, step int }
	lost := map[tick]bool{}
	loads, shows, before := 0, 0, 0.0
	truth, until := 0, 0 // what all processes counted before a step
	for line := range strings.Lines(string(log)) {
		var saved, step int
		var total float64
		line = strings.TrimRight(line, " \n")
		if _, err := fmt.Sscanf(line, "load %d %d", &saved, &step); err == nil {
			loads++
			maps.DeleteFunc(lost, func(x tick, _ bool) bool { return x.step > saved }) // that was in vain
			for i := range instances {
				for s := saved + 1; s < step; s++ {
					if process(i, s) != process(i, step) {
						lost[tick{i, s}] = true
					}
				}
			}
			continue
		}
		_, err := fmt.Sscanf(line, "show %d %g", &step, &total)
		require.NoError(t, err, line)
		shows++
		for ; until <= step; until++ {
			for i := range instances {
				truth += grew(i, until)
			}
		}
		want := truth
		for x := range lost { // all of them before the step: their processes have ended
			want -= grew(x.instance, x.step)
		}
		require.Equal(t, float64(want), total, "at %d", step)
		require.GreaterOrEqual(t, total, before)
		before = total
	}
	require.LessOrEqual(t, loads, most)
	require.GreaterOrEqual(t, loads, least)
	require.Positive(t, shows, "the last life ends with one")
	t.Logf("%d lives, %d totals shown, the last one %v; lost %d times what an instance counted in a step", loads, shows, before, len(lost))
}
