package lines

import (
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
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
