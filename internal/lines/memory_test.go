package lines

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/internal/recording"
)

// heap is the memory in use, without what nothing refers to any more.
func heap() float64 {
	runtime.GC()
	runtime.GC() // what waited for the first one
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// honest is how far what Bytes says may be from what the heap grew by: size
// classes, families, and what the runtime does meanwhile.
const honest = 0.1

// recordedBodies are the first bodies of the three recorded API servers.
func recordedBodies(t *testing.T) (bodies [][]byte) {
	t.Helper()
	list, err := recording.Manifest(recording.FS)
	require.NoError(t, err)
	for _, target := range []string{"apiserver-a", "apiserver-b", "apiserver-c"} {
		for _, s := range list {
			if s.Target == target {
				body, err := s.Body(recording.FS)
				require.NoError(t, err)
				bodies = append(bodies, body)
				break
			}
		}
	}
	require.Len(t, bodies, 3)
	return bodies
}

// raised is a body with n added to each of its values.
func raised(t *testing.T, body []byte, n int) (out []byte) {
	t.Helper()
	for line := range bytes.Lines(body) {
		end := bytes.LastIndexByte(line, ' ') + 1
		if line[0] == '#' || end == 0 {
			out = append(out, line...)
			continue
		}
		v, err := strconv.ParseFloat(string(bytes.TrimSpace(line[end:])), 64)
		require.NoError(t, err)
		out = append(out, line[:end]...)
		out = strconv.AppendFloat(out, v+float64(n), 'g', -1, 64)
		out = append(out, '\n')
	}
	return out
}

// Many instances of one service with long lines: the store is theirs together.
func TestColumnsAreSmall(t *testing.T) {
	const lines, instances = 15000, 30
	s := NewStore()
	r := NewReader(s, Limits{})
	cols := make([]Columns, instances)
	read := func(i int) {
		require.NoError(t, r.Read(&cols[i], service(count(0, lines), i), ""))
		r.Commit(&cols[i])
	}
	read(0)
	read(1)
	before, said := heap(), 0
	for i := 2; i < instances; i++ {
		read(i)
		said += cols[i].Bytes()
	}
	const each = lines * (instances - 2)
	grown := heap() - before
	t.Logf("%.1f bytes a line and instance on the heap, %.1f by Bytes", grown/each, float64(said)/each)
	assert.LessOrEqual(t, grown/each, 3.0)
	assert.LessOrEqual(t, float64(said)/each, 3.0)
	assert.InEpsilon(t, grown, said, honest)
	runtime.KeepAlive(cols)
	runtime.KeepAlive(r)
}

// The recorded instances, a hundred times each and with values of their own, in
// one store: what Bytes says is what they take, and that is a third of a float64 a
// line, values and references together.
func TestMemoryOfReplicatedInstances(t *testing.T) {
	const instances = 300
	bodies := recordedBodies(t)
	cols := make([]Columns, instances)
	before := heap()
	s := NewStore()
	r := NewReader(s, Limits{})
	lines := 0
	for i := range cols {
		require.NoError(t, r.Read(&cols[i], raised(t, bodies[i%len(bodies)], i), ""))
		r.Commit(&cols[i])
		lines += cols[i].Len()
	}
	r = nil // its buffers are no part of what is kept
	grown := heap() - before
	said := 0
	for i := range cols {
		said += cols[i].Bytes()
	}
	each := func(bytes float64) float64 { return bytes / float64(lines) }
	t.Logf("%d lines of %d instances: %.2f bytes each on the heap; %.2f by Columns.Bytes, %.2f by Store.Bytes (%d lines)",
		lines, instances, each(grown), each(float64(said)), each(float64(s.Bytes())), s.Len())
	assert.InEpsilon(t, grown, said+s.Bytes(), honest)
	assert.LessOrEqual(t, each(float64(said)), 4.0)
	for i := range cols {
		first := cols[i%len(bodies)]
		require.Equal(t, first.Len(), cols[i].Len())
		for j := range first.Len() {
			v, base := cols[i].Value(j), first.Value(j)-float64(i%len(bodies))
			require.InDelta(t, base+float64(i), v, 1e-9*math.Max(1, math.Abs(v)), "a value of its own")
		}
	}
	assert.Equal(t, bodies[0], raised(t, bodies[0], 0), "values are read and written as they stand")
	runtime.KeepAlive(cols)
	runtime.KeepAlive(s)
}

// A service through which lines pass leaves nothing behind: a day of scrapes a
// quarter of a minute apart, at each of which one of a hundred lines gives way
// to a new one, and the store is no larger than one that holds what is left. In
// -short it is a part of the day.
func TestChurnLeavesNothingBehind(t *testing.T) {
	const lines, instances = 2000, 2
	scrapes := 24 * 60 * 4
	if testing.Short() {
		scrapes = 100
	}
	rng := rand.New(rand.NewPCG(3, 4))
	live := make([][]byte, lines)
	next := 0
	name := func() []byte {
		next++
		return fmt.Appendf(nil, "requests_total{code=\"200\",pod=\"api-%07d\",verb=\"GET\"} ", next)
	}
	for i := range live {
		live[i] = name()
	}
	var body []byte
	exposed := func(v int) []byte {
		body = append(body[:0], "# TYPE requests_total counter\n"...)
		for _, l := range live {
			body = append(strconv.AppendInt(append(body, l...), int64(v), 10), '\n')
		}
		return body
	}
	exposed(scrapes)
	before := heap()
	s := NewStore()
	r := NewReader(s, Limits{})
	cols := make([]Columns, instances)
	for scrape := range scrapes {
		for range lines / 100 {
			live[rng.IntN(lines)] = name()
		}
		exposed(scrape)
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
	r = nil
	grown := heap() - before
	said := s.Bytes()
	for i := range cols {
		said += cols[i].Bytes()
	}

	fresh := NewStore()
	var c Columns
	fr := NewReader(fresh, Limits{})
	require.NoError(t, fr.Read(&c, body, ""))
	fr.Commit(&c)
	require.Equal(t, lines, fresh.Len())
	ratio := float64(s.Bytes()) / float64(fresh.Bytes())
	t.Logf("%d bytes after %d lines came and went, %d when fresh: %.2f; with the columns %d by Bytes and %.0f on the heap",
		s.Bytes(), next-lines, fresh.Bytes(), ratio, said, grown)
	assert.LessOrEqual(t, ratio, 1.3)
	assert.LessOrEqual(t, grown, float64(said)*(1+honest))
	// Texts that were freed count until they are no longer few, when those that
	// are held are copied together; the runtime may have had their memory before.
	freed := float64(s.lines.used/8 + maxSlab)
	assert.GreaterOrEqual(t, grown, (float64(said)-freed)*(1-honest))
	runtime.KeepAlive(cols)
	runtime.KeepAlive(s)
}
