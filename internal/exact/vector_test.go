package exact

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestVectorIsARowOfSums runs a vector beside the sums it stands for.
func TestVectorIsARowOfSums(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const n = 4
		var v, other Vector
		sums, others := make([]Sum, n), make([]Sum, n)
		v.Grow(n)
		other.Grow(n - 1)
		index := rapid.IntRange(0, n-1)
		t.Repeat(map[string]func(*rapid.T){
			"Add": func(t *rapid.T) {
				i, x := index.Draw(t, "i"), value().Draw(t, "x")
				v.Add(i, x)
				sums[i].Add(x)
			},
			"AddInt": func(t *rapid.T) {
				i, x := index.Draw(t, "i"), rapid.Int64().Draw(t, "x")
				v.AddInt(i, x)
				sums[i].AddInt(x)
			},
			"AddDiff": func(t *rapid.T) {
				i, c, p := rapid.IntRange(0, n-2).Draw(t, "i"), value().Draw(t, "c"), value().Draw(t, "p")
				other.AddDiff(i, c, p)
				others[i].AddDiff(c, p)
			},
			"Merge": func(*rapid.T) {
				v.Merge(&other)
				for i := range sums {
					sums[i].Merge(&others[i])
				}
			},
			"Set": func(*rapid.T) {
				other.Set(&v)
				other.n = other.n[:n-1]
				for i := range n - 1 {
					others[i].Set(&sums[i])
				}
				others[n-1].Reset()
			},
			"SumDiff": func(t *rapid.T) {
				i := index.Draw(t, "i")
				var got, want Sum
				v.SumDiff(&got, i, &other)
				want.Merge(&sums[i])
				want.Sub(&others[i])
				require.Zero(t, got.Cmp(&want))
			},
			"Binary": func(t *rapid.T) {
				b, err := v.AppendBinary(nil)
				require.NoError(t, err)
				var back Vector
				rest, err := back.DecodeBinary(append(b, 1, 2, 3))
				require.NoError(t, err)
				require.Equal(t, []byte{1, 2, 3}, rest)
				again, _ := back.AppendBinary(nil)
				require.Equal(t, b, again)
				v.Set(&back)
			},
			"": func(t *rapid.T) {
				for i := range sums {
					s := v.get(i)
					require.Zero(t, s.Cmp(&sums[i]))
					require.Equal(t, sums[i].Float64(), v.Float64(i))
				}
			},
		})
	})
}

func TestVectorOfIntegersIsSmall(t *testing.T) {
	var v, w Vector
	v.Grow(10)
	v.Add(3, 1<<53)
	v.AddDiff(4, 10, 3)
	assert.Nil(t, v.w)
	assert.Equal(t, 80, v.Bytes())
	w.Set(&v)
	assert.Nil(t, w.w)
	v.Add(3, 0.5)
	v.Add(5, 0.25)
	w.Set(&v)
	assert.Zero(t, testing.AllocsPerRun(10, func() { w.Set(&v) }))
	assert.Greater(t, v.Bytes(), 80)
}

func TestVectorSetShrinks(t *testing.T) {
	var long, short Vector
	long.Grow(3)
	for i := range 3 {
		long.Add(i, 0.5)
	}
	short.Grow(1)
	short.AddSum(0, sum(0.25))
	long.Set(&short)
	assert.Equal(t, 1, long.Len())
	long.Set(&long)
	long.Grow(3)
	assert.Equal(t, []float64{0.25, 0, 0}, []float64{long.Float64(0), long.Float64(1), long.Float64(2)})
	long.Grow(1)
	assert.Equal(t, 3, long.Len())
}

func TestVectorEnds(t *testing.T) {
	var v Vector
	var s Sum
	v.SumDiff(&s, 3, nil)
	assert.Zero(t, s.Float64())
	assert.Zero(t, v.Float64(9))
	v.Grow(2)
	v.Add(1, 0.5)
	v.Merge(&v)
	assert.Equal(t, 1.0, v.Float64(1))
	v.SumDiff(&s, 1, &Vector{})
	assert.Equal(t, 1.0, s.Float64())
	v.Reset()
	assert.Zero(t, v.Float64(1))
}

// AddAll is Add, one by one.
func TestVectorAddAll(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var a, b Vector
	a.Grow(9)
	b.Grow(9)
	for range 1000 {
		xs := make([]float64, r.IntN(10))
		for i := range xs {
			if xs[i] = float64(r.Int64N(1 << 60)); r.IntN(5) == 0 {
				xs[i] = r.NormFloat64()
			}
			b.Add(i, xs[i])
		}
		a.AddAll(xs)
		for i := range a.Len() {
			x, y := a.get(i), b.get(i)
			require.Zero(t, x.Cmp(&y))
		}
	}
	_, ok := a.Integers()
	require.False(t, ok)
}

// What rises is added as it is, all of it or nothing.
func TestAddRising(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.OneOf(rapid.Int64Range(0, 9), rapid.Int64Range(-2, 1<<62))
		xs, start := rapid.SliceOfN(number, 0, 6).Draw(t, "xs"), rapid.SliceOfN(rapid.Int64Range(-9, small), 6, 6).Draw(t, "start")
		if rapid.Bool().Draw(t, "sorted") {
			slices.Sort(xs)
		}
		var v, want Vector
		for _, w := range []*Vector{&v, &want} {
			w.Grow(len(start))
			for i, x := range start {
				w.AddInt(i, x)
			}
		}
		if v.AddRising(xs) {
			require.True(t, slices.IsSorted(xs) && (len(xs) == 0 || xs[0] >= 0))
			for i, x := range xs {
				want.AddInt(i, x)
			}
		} else {
			require.False(t, slices.IsSorted(xs) && len(xs) > 0 && xs[0] >= 0 && slices.Max(xs)+slices.Max(start) < small && slices.Min(start) >= 0)
		}
		for i := range start {
			require.Equal(t, want.Float64(i), v.Float64(i))
		}
	})
}
