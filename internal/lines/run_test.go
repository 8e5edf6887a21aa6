package lines

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// naiveIntegers is runIntegers, readable in a minute.
func naiveIntegers(texts []string, body string, at int, before, values []float64, changed []uint32, pos int) (end, n, value int, _ []uint32) {
	for i, text := range texts {
		value := at + len(text)
		if len(text) < 8 || len(body) < value+8 || body[at:value] != text {
			return at, i, 0, changed
		}
		digits, _, _ := strings.Cut(body[value:value+8], "\n")
		v, err := strconv.ParseUint(digits, 10, 64)
		if err != nil || len(digits) == 8 {
			return at, i, value, changed
		}
		if values[i] = float64(v); math.Float64bits(values[i]) != math.Float64bits(before[i]) {
			changed = append(changed, uint32(pos+i))
		}
		at = value + len(digits) + 1
	}
	return at, len(texts), 0, changed
}

// checkIntegers holds what is written for the processor, and what is not, against
// the naive one.
func checkIntegers(t testing.TB, texts []string, body string, at int, before []float64) {
	t.Helper()
	const pos = 1000
	want := make([]float64, len(texts))
	end, n, value, changed := naiveIntegers(texts, body, at, before, want, []uint32{7}, pos)
	for name, read := range map[string]func([]string, []byte, int, []float64, []float64, []uint32, int) (int, int, int, []uint32){
		"runIntegers": runIntegers, "portableIntegers": portableIntegers,
	} {
		values := make([]float64, len(texts)+1)
		values[len(texts)] = -1
		got := struct {
			end, n, value int
			changed       []uint32
		}{}
		got.end, got.n, got.value, got.changed = read(texts, []byte(body), at, before, values, append(make([]uint32, 0, len(texts)+1), 7), pos)
		require.Equal(t, []int{end, n, value}, []int{got.end, got.n, got.value}, "%s of %q at %d, texts %q", name, body, at, texts)
		require.Equal(t, changed, got.changed, "%s of %q", name, body)
		require.Equal(t, want[:n], values[:n], "%s of %q", name, body)
		require.Equal(t, -1.0, values[len(texts)], name)
	}
}

// textOf returns a text of a length. All bytes of it differ from their neighbours.
func textOf(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('a' + i%23)
	}
	return string(b)
}

func TestIntegersComparesEveryByteOfATextOfAnyLength(t *testing.T) {
	for n := range 300 {
		text := textOf(n)
		checkIntegers(t, []string{text}, text+"12\n and more", 0, []float64{12})
		for i := range n {
			other := []byte(text)
			other[i] ^= 1 << (i % 8)
			checkIntegers(t, []string{text, text}, text+"1\n"+string(other)+"1\n and more", 0, []float64{1, 0})
		}
	}
}

func TestIntegersReadsDigitsAndNothingElse(t *testing.T) {
	text := textOf(40)
	for c := range 256 {
		for at := range 8 {
			number := []byte("1234567\n")
			number[at] = byte(c)
			checkIntegers(t, []string{text, text}, text+"1\n"+text+string(number)+"1234567\n", 0, []float64{1, 1})
		}
	}
	for digits := range 9 {
		body := text + strings.Repeat("9", digits) + "\n" + text + "0\n"
		checkIntegers(t, []string{text, text}, body+"\n\n\n\n\n\n", 0, []float64{0, math.Copysign(0, -1)})
		for end := range len(body) {
			checkIntegers(t, []string{text, text}, body[:end], 0, []float64{0, 0})
		}
	}
}

// FuzzIntegers reads lines of random lengths, most of which are the expected ones.
func FuzzIntegers(f *testing.F) {
	for i := range uint64(8) {
		f.Add(i, []byte("\x00 1.5e3\n"), uint16(i*100))
	}
	f.Fuzz(func(t *testing.T, seed uint64, odd []byte, where uint16) {
		rng := rand.New(rand.NewPCG(seed, 1))
		var texts []string
		var body strings.Builder
		body.WriteString("before\n")
		at := body.Len()
		for i := range 1 + rng.IntN(40) {
			texts = append(texts, textOf(rng.IntN(200))+strconv.Itoa(i)+`"} `)
			fmt.Fprintf(&body, "%s%d\n", texts[i], rng.Uint32()>>rng.IntN(32))
		}
		b := []byte(body.String())
		b = slices.Replace(b, min(len(b), at+int(where)), min(len(b), at+int(where)+len(odd)), odd...)
		before := make([]float64, len(texts))
		for i := range before {
			before[i] = float64(rng.IntN(3))
		}
		checkIntegers(t, texts, string(b), min(at, len(b)), before)
	})
}
