package parse

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// service is a made-up instance: n lines by name, the value v in each.
func service(names []int, v int) []byte {
	var b strings.Builder
	b.WriteString("# HELP requests_total Requests.\n# TYPE requests_total counter\n")
	for _, n := range names {
		fmt.Fprintf(&b, "requests_total{code=\"200\",pod=\"api-%07d\",verb=\"GET\"} %d\n", n, v)
	}
	return []byte(b.String())
}

func count(from, to int) []int {
	var ns []int
	for n := from; n < to; n++ {
		ns = append(ns, n)
	}
	return ns
}

func TestReadersShareAStore(t *testing.T) {
	s := NewStore()
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			r := NewReader(s, Limits{})
			ins := []*instance{newInstance(s), newInstance(s)}
			for step := range 20 {
				in := ins[step%2]
				// Overlapping lines, some new to the store at each step.
				from := 37*step + 11*worker
				if !in.read(t, r, service(count(from, from+400), step)) {
					t.Error("refused")
				}
			}
			for _, in := range ins {
				in.cols.Release(s)
			}
		})
	}
	wg.Wait()
	s.Sweep()
	assert.Zero(t, s.Len())
}

var wholeDay = flag.Bool("day", false, "let lines churn for a day of scrapes a quarter of a minute apart")

// A store through which lines pass is no larger than one that holds what is left.
func TestChurnLeavesNothingBehind(t *testing.T) {
	const lines, instances = 2000, 3
	scrapes := 300
	if *wholeDay {
		scrapes = 24 * 60 * 4
	}
	rng := rand.New(rand.NewPCG(3, 4))
	s := NewStore()
	r := NewReader(s, Limits{})
	names := count(0, lines)
	next := lines
	var cols [instances]Columns
	for scrape := range scrapes {
		for range lines / 100 {
			names[rng.IntN(lines)] = next
			next++
		}
		body := service(names, scrape)
		for i := range cols {
			require.NoError(t, r.Read(&cols[i], body, ""))
			r.Commit(&cols[i])
		}
		if scrape%10 == 9 {
			s.Sweep()
		}
	}
	s.Sweep()
	require.Equal(t, lines, s.Len())

	fresh := NewStore()
	var c Columns
	fr := NewReader(fresh, Limits{})
	require.NoError(t, fr.Read(&c, service(names, 0), ""))
	fr.Commit(&c)
	require.Equal(t, lines, fresh.Len())
	ratio := float64(s.Bytes()) / float64(fresh.Bytes())
	t.Logf("%d bytes after %d lines came and went, %d when fresh: %.2f", s.Bytes(), next-lines, fresh.Bytes(), ratio)
	assert.LessOrEqual(t, ratio, 1.3)
}

func TestColumnsAreSmall(t *testing.T) {
	s := NewStore()
	r := NewReader(s, Limits{})
	const lines, instances = 15000, 30
	cols := make([]Columns, instances)
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	for i := range 2 {
		require.NoError(t, r.Read(&cols[i], service(count(0, lines), i), ""))
		r.Commit(&cols[i])
	}
	before := heap()
	said := 0
	for i := 2; i < instances; i++ {
		r.Seed(&cols[i], &cols[0])
		require.NoError(t, r.Read(&cols[i], service(count(0, lines), i), ""))
		r.Commit(&cols[i])
		said += cols[i].Bytes()
	}
	const each = lines * (instances - 2)
	grown := float64(heap()) - float64(before)
	t.Logf("%.1f bytes a line and instance on the heap, %.1f by Bytes", grown/each, float64(said)/each)
	assert.LessOrEqual(t, grown/each, 14.0)
	assert.LessOrEqual(t, float64(said)/each, 14.0)
	runtime.KeepAlive(cols)
	runtime.KeepAlive(r)
}

func TestSteadyReadDoesNotAllocate(t *testing.T) {
	s := NewStore()
	r := NewReader(s, Limits{})
	const rest = "# TYPE t gauge\nt 1.5\nt{a=\"1\"} NaN\nt{a=\"2\"} +Inf\nt{a=\"3\"} -12.5\nt{a=\"4\"} 12345678901\n"
	bodies := [][]byte{append(service(count(0, 500), 1), rest...), append(service(count(0, 500), 22), rest...)}
	timed := [][]byte{[]byte("# TYPE t gauge\nt 1.5 100\nt{a=\"1\"} 5 1712345678901\n"), []byte("# TYPE t gauge\nt 1.5 101\nt{a=\"1\"} 5 1712345678902\n")}
	for _, bodies := range [][][]byte{bodies, timed} {
		var c Columns
		i := 0
		read := func() {
			if err := r.Read(&c, bodies[i%2], "text/plain; version=0.0.4; charset=utf-8"); err != nil {
				t.Fatal(err)
			}
			if i > 1 && (r.Structural() || r.rebuilt) {
				t.Fatal("rebuilt")
			}
			r.Commit(&c)
			i++
		}
		read()
		read()
		assert.Zero(t, testing.AllocsPerRun(100, read))
	}
}

// The hot path stays without calls: what it is made of must be inlined.
func TestHotPathIsInlined(t *testing.T) {
	out, err := exec.Command("go", "build", "-gcflags=-m", ".").CombinedOutput()
	if err != nil {
		t.Skipf("go build: %v\n%s", err, out)
	}
	for _, f := range []string{"same32", "same16", "same8", "countDigits", "alignDigits", "areDigits", "sumDigits", "endsToken", "windowAt"} {
		assert.True(t, strings.Contains(string(out), "inlining call to "+f+"\n"), f)
	}
}
