package lines

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// seedBodies are small bodies with everything the format has.
var seedBodies = []string{
	"# HELP a_total Things.\n# TYPE a_total counter\na_total{code=\"200\",method=\"get\"} 1027\na_total{code=\"400\",method=\"get\"} 3\n" +
		"# HELP t Temperature\n# TYPE t gauge\nt 21.5 1712345678901\nt{room=\"\\\"a\\\\b\\n\"} -3e-05 1712345678901\n",
	"# TYPE h histogram\nh_bucket{le=\"0.1\"} 24054\nh_bucket{le=\"1\"} 33444\nh_bucket{le=\"+Inf\"} 144320\nh_sum 53423.0123456789\nh_count 144320\n" +
		"# TYPE s summary\ns{quantile=\"0.5\"} 4773\ns{quantile=\"1\"} NaN\ns_sum 1.7560473e+07\ns_count 2693\nuntyped_one 1\nuntyped_two 0\n",
	"\n# a comment\n\nx 1\nx 2\n{\"quoted.name\",l=\"v\"} 3\n  y 4\nz{a=\"new\nline\"} 5\nz{a=\"b\",} +Inf\n#EOF\n",
	"",
	"# TYPE h histogram\nh_bucket{z=\"1\",le=\"1\"} 1\nh_bucket{A=\"1\",a=\"\",le=\"2\"} 1\nh_bucket{le=\"+Inf\"} 1\n" +
		"x{le=\"01\",quantile=\"1\"} 1\nx{a=\"\x7f\xc3\xa9\"} 1\nx{a=\"\t\"} 1\nx{a=\"1\"}  1\nx{a=\"b}\",c=\"d e\"} 1\n",
	"short 1\nlong_enough_for_a_word 2\nfar_longer_than_thirty_two_bytes{label=\"value\"} 3\nfar_longer_than_thirty_two_bytes{label=\"value\",other_label=\"another value that is long\"} 1234567\n",
}

// FuzzRead reads three bodies in turn, each against what the one before left, and
// each as a first body with a store that knows all.
func FuzzRead(f *testing.F) {
	require.NotEmpty(f, seedBodies)
	for i, a := range seedBodies {
		b := seedBodies[(i+1)%len(seedBodies)]
		f.Add([]byte(a), []byte(b), []byte(a+b))
		f.Add([]byte(a+"x{a:b=\"1\"} 1\n"), []byte("x{le=\"1\",le=\"2\"} 1\nx{1a=\"1\"} 1\n"), []byte("x{} 1\nx {a=\"1\"} 1\n"))
	}
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		if ambiguousName(a) || ambiguousName(b) || ambiguousName(c) {
			t.Skip()
		}
		in := newInstance(NewStore())
		r := NewReader(in.store, Limits{Line: 1 << 20, Labels: 1 << 20})
		for _, body := range [][]byte{a, a, b, c, b, a} {
			in.read(t, r, body)
		}
		for _, body := range [][]byte{c, b, a} {
			first := newInstance(in.store)
			first.read(t, r, body)
			first.cols.Release(in.store)
		}
		checkReferences(t, in)
	})
}

// FuzzMutations reads a body and then ever new variations of it: what fuzzing
// bytes alone seldom finds.
func FuzzMutations(f *testing.F) {
	require.NotEmpty(f, seedBodies)
	for i := range seedBodies {
		f.Add([]byte(seedBodies[i]), uint64(i), uint8(10))
	}
	f.Fuzz(func(t *testing.T, body []byte, seed uint64, steps uint8) {
		if ambiguousName(body) || len(body) > 1<<14 {
			t.Skip()
		}
		mutations(t, body, seed, int(steps%32))
	})
}

func mutations(t testing.TB, body []byte, seed uint64, steps int) (read, refused int) {
	rng := rand.New(rand.NewPCG(seed, 7))
	store := NewStore()
	r := NewReader(store, Limits{Line: 1 << 20, Labels: 1 << 20})
	in, other := newInstance(store), newInstance(store)
	orig := body
	for range steps {
		if in.read(t, r, body) {
			read++
		} else {
			refused++
			body = orig
		}
		switch rng.IntN(6) {
		case 0:
			other.read(t, r, body)
		case 1:
			fresh := newInstance(store)
			fresh.read(t, r, body)
			fresh.cols.Release(store)
		case 2:
			store.Sweep()
			clear(in.text)
			clear(other.text)
		}
		body = mutate(rng, body, []float64{0, 0.01, 0.1, 0.5}[rng.IntN(4)])
	}
	checkReferences(t, in, other)
	return read, refused
}

// checkReferences sweeps, and sees that exactly what the instances hold stays.
func checkReferences(t testing.TB, ins ...*instance) {
	t.Helper()
	s := ins[0].store
	s.Sweep()
	held := map[ID]bool{}
	for _, in := range ins {
		for _, id := range in.cols.IDs() {
			held[id] = true
		}
		requireSame(t, in.was, in.held(), nil, "a sweep takes nothing that is held")
	}
	require.Equal(t, len(held), s.Len())
	for _, in := range ins {
		in.cols.Release(s)
	}
	s.Sweep()
	require.Zero(t, s.Len())
	require.Empty(t, s.families)
}

// ambiguousName reports whether a body may set the metric's name twice, where
// the order of textparse's labels is not defined.
func ambiguousName(body []byte) bool { return bytes.Contains(body, []byte("__name__")) }

var (
	oddValues = []string{
		"NaN", "+Inf", "-Inf", "-0", "1e3", "1.5", "12345678901234567890", "0.1", "1.7976931348623157e+308", "5e-324", "1.083857e+06",
		"123 1712345678901", "  7", "7 ", "7\t", "4_2", "42 -3", "0x1p2", "", "abc", ".5", "5.", "+5", "1e", "9007199254740993", "12345.678901234567", "1 2 3",
	}
	oddLines = []string{
		"# a comment\n", "\n", "  \n", "# HELP foo bar\n", "# TYPE foo counter\n", "# TYPE foo histogram\n", "# TYPE h summary\n", "# TYPE t gauge\n", "#\n", "# HELP foo\n",
		"foo{a=\"x\ny\"} 3\n", "foo{le=\"1\"} 3\n", "{\"foo.bar\",le=\"2\"} 3\n", "foo {a=\"b\"} 5\n", "foo{a=\"b\",} 5\n", "foo{a=\"b\"}5\n", " foo 5\n", "foo 5\n", "\x00\n",
	}
)

// mutate changes, removes, repeats, moves, adds and damages lines.
func mutate(rng *rand.Rand, body []byte, rate float64) []byte {
	var out [][]byte
	for l := range bytes.Lines(body) {
		if rng.Float64() > rate {
			out = append(out, l)
			continue
		}
		switch rng.IntN(12) {
		case 0, 1, 2, 3, 4:
			out = append(out, mutateValue(rng, l))
		case 5, 6: // removed
		case 7:
			out = append(out, l, l)
		case 8, 9:
			if n := len(oddLines); rng.IntN(100) > 0 {
				out = append(out, []byte(oddLines[rng.IntN(n-1)]))
			} else {
				out = append(out, []byte(oddLines[n-1]))
			}
			out = append(out, l)
		case 10:
			out = slices.Insert(out, rng.IntN(len(out)+1), l)
		case 11:
			l = slices.Clone(l)
			l[rng.IntN(len(l))] = "{}\" a1,=\\\n"[rng.IntN(10)]
			out = append(out, l)
		}
	}
	body = bytes.Join(out, nil)
	if len(body) > 0 && rng.IntN(40) == 0 {
		body = body[:rng.IntN(len(body))]
	}
	return body
}

func mutateValue(rng *rand.Rand, line []byte) []byte {
	i := bytes.LastIndexByte(line, ' ')
	if line[0] == '#' || i < 0 {
		return line
	}
	v := fmt.Sprint(rng.IntN(100))
	switch rng.IntN(20) {
	case 0:
		v = oddValues[rng.IntN(len(oddValues))]
	case 1, 2, 3, 4:
		v = oddValues[rng.IntN(11)]
	case 5, 6, 7, 8:
		v = fmt.Sprint(rng.IntN(1 << 24))
	}
	return fmt.Appendf(nil, "%s%s\n", line[:i+1], v)
}

func TestMutations(t *testing.T) {
	read, refused := 0, 0
	for seed := range uint64(300) {
		a, b := mutations(t, []byte(seedBodies[seed%uint64(len(seedBodies))]), seed, 40)
		read, refused = read+a, refused+b
	}
	t.Logf("%d bodies read, %d refused", read, refused)
	require.Greater(t, read, 1000)
	require.Greater(t, refused, 100)
}
