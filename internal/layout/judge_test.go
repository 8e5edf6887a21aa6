package layout

import (
	"math/big"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func cumulative(n int, integers bool) *rapid.Generator[[]float64] {
	return rapid.Custom(func(t *rapid.T) []float64 {
		counts, total := make([]float64, n), 0.0
		for i := range counts {
			if integers {
				total += float64(rapid.IntRange(0, 5).Draw(t, "count"))
			} else {
				total += rapid.Float64Range(0, 3).Draw(t, "count")
			}
			counts[i] = total
		}
		return counts
	})
}

// fellSlowly is bucketFell by rational arithmetic.
func fellSlowly(p, c []float64) bool {
	rat := func(x float64) *big.Rat { return new(big.Rat).SetFloat64(x) }
	diff := func(s []float64, i int) *big.Rat {
		if i == 0 {
			return rat(s[0])
		}
		return new(big.Rat).Sub(rat(s[i]), rat(s[i-1]))
	}
	for i := range c {
		if diff(c, i).Cmp(diff(p, i)) < 0 {
			return true
		}
	}
	return false
}

// judged judges two scrapes and checks the verdict and what is counted: whatever they say, the increase is a histogram,
// it does not fall with le and ends at the increase of the count.
func judged(t require.TestingT, p, c []float64, integers, restarted, stable bool) Verdict {
	n := len(p)
	dst := make([]float64, n)
	v := Judge(dst, p, c, restarted, stable)
	fell := fellSlowly(p, c)
	countFell := c[n-1] < p[n-1]
	switch {
	case !slices.IsSorted(c): // sums of floats may be so
		require.Equal(t, Invalid, v)
		return v
	case restarted || countFell || fell && !stable:
		require.Equal(t, Reset, v)
		return v
	case fell:
		require.Equal(t, Torn, v)
	default:
		require.Equal(t, Grew, v)
		for i := range c {
			dst[i] = c[i] - p[i]
		}
	}
	require.True(t, slices.IsSorted(dst) || !integers)
	require.GreaterOrEqual(t, dst[0], 0.0)
	require.Equal(t, c[n-1]-p[n-1], dst[n-1])
	return v
}

func TestIncreasesAreHistograms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(t, "n")
		integers := rapid.Bool().Draw(t, "integers")
		p, c := cumulative(n, integers).Draw(t, "p"), cumulative(n, integers).Draw(t, "c")
		if rapid.Bool().Draw(t, "later") {
			for i := range c {
				c[i] += p[i]
			}
		}
		judged(t, p, c, integers, rapid.Bool().Draw(t, "restarted"), rapid.Bool().Draw(t, "stable"))
	})
}

// All pairs of small histograms: each verdict is among them.
func TestIncreasesOfAllSmallHistograms(t *testing.T) {
	var all [][]float64 // three buckets of at most two
	for code := range 27 {
		a, b, c := float64(code%3), float64(code/3%3), float64(code/9)
		all = append(all, []float64{a, a + b, a + b + c})
	}
	seen := map[Verdict]int{}
	for _, p := range all {
		for _, c := range all {
			for _, restarted := range []bool{false, true} {
				for _, stable := range []bool{false, true} {
					seen[judged(t, p, c, true, restarted, stable)]++
				}
			}
		}
	}
	for _, v := range []Verdict{Grew, Reset, Torn} {
		assert.Positive(t, seen[v], v.String())
	}
	assert.Zero(t, seen[Invalid])
}

func TestJudgeMayWriteToItsArguments(t *testing.T) {
	p, c, want := []float64{10, 20, 20}, []float64{25, 30, 33}, []float64{13, 13, 13}
	dst := slices.Clone(p)
	assert.Equal(t, Torn, Judge(dst, dst, c, false, true))
	assert.Equal(t, want, dst)
	dst = slices.Clone(c)
	assert.Equal(t, Torn, Judge(dst, p, dst, false, true))
	assert.Equal(t, want, dst)
}

func TestVerdictsHaveNames(t *testing.T) {
	for v, want := range map[Verdict]string{Invalid: "invalid", Grew: "grew", Reset: "reset", Torn: "torn", Changed: "changed", 9: "Verdict(9)"} {
		assert.Equal(t, want, v.String())
	}
}

// A judgement is made for each histogram of each scrape.
func BenchmarkJudge(b *testing.B) {
	p, c := make([]float64, 22), make([]float64, 22)
	for i := range c {
		p[i], c[i] = float64(100*i), float64(101*i)
	}
	b.ReportAllocs()
	for b.Loop() {
		if Judge(nil, p, c, false, true) != Grew {
			b.Fatal("it grew")
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/22, "ns/bucket")
}
