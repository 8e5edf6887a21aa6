package gauge_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/internal/gauge"
	"github.com/promfold/promfold/internal/roster"
	"github.com/promfold/promfold/internal/saved"
)

// Two instances whose peaks do not coincide: the greatest sum is not the sum of
// the greatest.
func TestOverIsOfSums(t *testing.T) {
	var a, b gauge.Track
	for i, v := range [][2]float64{{1, 9}, {9, 1}, {5, 5}, {6, 5}} {
		a.Set(int64(10*i), v[0], true, 0, 64)
		b.Set(int64(10*i), v[1], true, 0, 64)
	}
	lines := []gauge.Line{{Name: "a", Steps: a.Steps}, {Name: "b", Steps: b.Steps}}
	r, ok := gauge.Over(gauge.Sum, lines, 0, 40, 0)
	require.True(t, ok)
	assert.Equal(t, "11 10 10.25", fmt.Sprint(r.Max, r.Min, r.Mean))
	assert.Equal(t, int64(40), r.Covers)
	r, _ = gauge.Over(gauge.Max, lines, 0, 40, 0)
	assert.Equal(t, "9 5", fmt.Sprint(r.Max, r.Min))
	r, _ = gauge.Over(gauge.Sum, lines, 9, 10, 0)
	assert.Equal(t, "10 10 10", fmt.Sprint(r.Max, r.Min, r.Mean), "a step that begins at the end counts")
	r, _ = gauge.Over(gauge.Sum, lines, 0, 10, 0)
	assert.Equal(t, "10 10 10", fmt.Sprint(r.Max, r.Min, r.Mean), "and takes no time")
	r, _ = gauge.Over(gauge.Max, lines, -10, 0, 0)
	assert.Equal(t, "9 9 9 0", fmt.Sprint(r.Max, r.Min, r.Mean, r.Covers), "of a first step that is all there is, too")
	_, ok = gauge.Over(gauge.Consensus, lines, 0, 40, 0)
	assert.False(t, ok)
	_, ok = gauge.Over(gauge.Sum, nil, 0, 40, 0)
	assert.False(t, ok)
	r, _ = gauge.Over(gauge.Sum, lines, 0, 40, 1)
	assert.Equal(t, "11 [11, +Inf]", r.Max.String())
}

func TestOverInDoubt(t *testing.T) {
	var a, b gauge.Track
	a.Set(0, 10, true, 0, 64)
	b.Set(0, 5, true, 0, 64)
	b.Set(50, 7, true, 0, 64)
	var p gauge.Presence
	p.Set(20, roster.Likely, 0)
	p.Set(30, roster.Doubtful, 0)
	p.Set(40, roster.Absent, 0)
	p.Set(50, roster.Present, 0)
	lines := []gauge.Line{{Name: "a", Steps: a.Steps}, {Name: "b", Steps: b.Steps, Presence: p}}
	r, ok := gauge.Over(gauge.Sum, lines, 0, 45, 0)
	require.True(t, ok)
	assert.Equal(t, "15 10", fmt.Sprint(r.Max, r.Min))
	assert.InDelta(t, (20*15+10*15+15*10)/45.0, r.Mean.Value, 1e-9)
	assert.InDelta(t, (20*15+10*10+15*10)/45.0, r.Mean.Lo, 1e-9)
	assert.InDelta(t, (20*15+10*15+10*15+5*10)/45.0, r.Mean.Hi, 1e-9)
	own, ok := lines[1].Own(0, 60)
	require.True(t, ok)
	assert.Equal(t, "7", own.Max.String())
	assert.Equal(t, int64(40), own.Covers, "30 ms present or slow, 10 since it came back")
	assert.Equal(t, int64(0), own.From)
	assert.Equal(t, int64(60), own.To)
}

func TestTrackIsBounded(t *testing.T) {
	var tr gauge.Track
	for i := range int64(1000) {
		tr.Set(i, float64(i%7), true, i-500, 16)
		require.LessOrEqual(t, len(tr.Steps), 16)
	}
	r, ok := (&gauge.Line{Steps: tr.Steps}).Own(500, 999)
	require.True(t, ok)
	assert.Equal(t, 6.0, r.Max.Value)
	assert.Equal(t, 0.0, r.Min.Value)
	assert.InDelta(t, 3, r.Mean.Value, 0.2)

	tr = gauge.Track{}
	tr.Set(0, 5, true, 0, 4)
	tr.Set(10, 5, true, 0, 4)
	assert.Len(t, tr.Steps, 1, "what does not change takes no room")
	tr.Set(20, 0, false, 0, 4)
	tr.Set(30, 0, false, 0, 4)
	tr.Set(30, 7, true, 0, 4)
	assert.Len(t, tr.Steps, 3)
	for i := range int64(10) { // a value that comes and goes
		tr.Set(100+20*i, 1, true, 0, 4)
		tr.Set(110+20*i, 0, false, 0, 4)
	}
	assert.LessOrEqual(t, len(tr.Steps), 4)
	c := tr.Clone()
	tr.Set(1000, 3, true, 900, 4)
	assert.NotEqual(t, c.Steps, tr.Steps)
}

func TestPresence(t *testing.T) {
	var p gauge.Presence
	assert.Equal(t, roster.Present, p.At(5))
	p.Set(10, roster.Present, 0)
	assert.Empty(t, p, "nothing new")
	p.Set(20, roster.Doubtful, 0)
	p.Set(20, roster.Likely, 0)
	p.Set(30, roster.Present, 0)
	assert.Equal(t, gauge.Presence{{20, roster.Likely}, {30, roster.Present}}, p)
	p.Set(40, roster.Absent, 35)
	assert.Equal(t, gauge.Presence{{30, roster.Present}, {40, roster.Absent}}, p)
	for i := range int64(200) {
		p.Set(100+2*i, roster.Present, 0)
		p.Set(101+2*i, roster.Doubtful, 0)
	}
	assert.LessOrEqual(t, len(p), 64)
	assert.Equal(t, roster.Likely, p.At(200), "it is not known any more which it was")
}

// Whatever is merged, and however many instances there are: the bounds hold what
// an answer from all values says, and where nothing was merged they are that.
func TestOverAgainstAllMoments(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
		n, most := rapid.IntRange(1, 4).Draw(rt, "members"), rapid.SampledFrom([]int{3, 6, 1000}).Draw(rt, "most")
		c := rapid.SampledFrom([]gauge.Combine{gauge.Sum, gauge.Max, gauge.Min, gauge.Mean}).Draw(rt, "combine")
		const end = 120
		s := rapid.Int64Range(0, end-2).Draw(rt, "s")
		e := rapid.Int64Range(s+1, end-1).Draw(rt, "e")
		values := make([][]float64, n) // by ms
		lines := make([]gauge.Line, n)
		for i := range n {
			values[i] = make([]float64, end)
			var tr gauge.Track
			v := 0.0
			for at := range int64(end) {
				if at == 0 || r.IntN(8) == 0 {
					v = float64(r.IntN(10))
					tr.Set(at, v, true, 0, most)
				}
				values[i][at] = v
			}
			lines[i] = gauge.Line{Name: string(rune('a' + i)), Steps: tr.Steps}
		}
		highest, lowest, sum := -inf, inf, 0.0
		for at := s; at <= e; at++ { // what it is from at on
			var now []float64
			for i := range values {
				now = append(now, values[i][at])
			}
			x := naive(c, now)
			if highest, lowest = max(highest, x), min(lowest, x); at < e {
				sum += x
			}
		}
		got, ok := gauge.Over(c, lines, s, e, 0)
		known := func(want float64, got promfold.Estimate, what string) {
			require.LessOrEqual(rt, got.Lo, want+1e-9, "%s", what)
			require.GreaterOrEqual(rt, got.Hi, want-1e-9, "%s", what)
			require.True(rt, got.Lo <= got.Value && got.Value <= got.Hi, "%s: %s", what, got)
			if most == 1000 {
				require.InDelta(rt, want, got.Value, 1e-9, "%s", what)
				require.InDelta(rt, got.Lo, got.Hi, 1e-9, "%s", what)
			}
		}
		if most < 1000 && lines[0].Steps[0].At > s { // what was dropped is not in it
			return
		}
		require.True(rt, ok)
		known(highest, got.Max, "max")
		known(lowest, got.Min, "min")
		known(sum/float64(e-s), got.Mean, "mean")
		if n == 1 {
			own, ok := lines[0].Own(s, e)
			require.True(rt, ok)
			known(highest, own.Max, "own max")
			known(lowest, own.Min, "own min")
			known(sum/float64(e-s), own.Mean, "own mean")
		}
	})
}

// More changes than intervals widen, and do not miss.
func TestOverOfManyChanges(t *testing.T) {
	var lines []gauge.Line
	for i := range 50 {
		var tr gauge.Track
		for at := range int64(64) {
			tr.Set(at*1000+int64(i), float64((at*7+int64(i))%10), true, 0, 64)
		}
		lines = append(lines, gauge.Line{Name: fmt.Sprint(i), Steps: tr.Steps})
	}
	r, ok := gauge.Over(gauge.Sum, lines, 100, 63_000, 0)
	require.True(t, ok)
	highest, lowest, total := -inf, inf, 0.0
	for at := int64(100); at < 63_000; at++ {
		sum := 0.0
		for i := range int64(50) {
			sum += float64(((at-i)/1000*7 + i) % 10)
		}
		highest, lowest, total = max(highest, sum), min(lowest, sum), total+sum
	}
	assert.True(t, r.Max.Lo <= highest && highest <= r.Max.Hi, "%g in %s", highest, r.Max)
	assert.True(t, r.Min.Lo <= lowest && lowest <= r.Min.Hi, "%g in %s", lowest, r.Min)
	assert.InDelta(t, total/62_900, r.Mean.Value, 0.01)
}

// A track of any values is saved and read back: what is merged has a mean, or is
// nothing where +Inf and −Inf would make one.
func TestTrackOfExtremes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var tr gauge.Track
		value := rapid.SampledFrom([]float64{math.Inf(1), math.Inf(-1), math.MaxFloat64, -math.MaxFloat64, 0, 1, math.SmallestNonzeroFloat64})
		for i := range rapid.IntRange(1, 12).Draw(rt, "steps") {
			tr.Set(int64(1000*i), value.Draw(rt, "value"), rapid.IntRange(0, 5).Draw(rt, "none") > 0, 0, 3)
		}
		w := &saved.Codec{}
		tr.Code(w)
		r := &saved.Codec{In: saved.Read(w.Out)}
		var back gauge.Track
		back.Code(r)
		require.False(rt, r.Failed(), "%+v", tr)
		require.Equal(rt, tr, back)
	})
}
