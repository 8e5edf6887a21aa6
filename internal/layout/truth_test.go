package layout

import (
	"flag"
	"maps"
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The full number is 1,000,000: go test ./internal/layout -run TestTruth -cases 1000000
var cases = flag.Int("cases", 10_000, "random cases of the tests against true observations")

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		*cases = min(*cases, 2000)
	}
	os.Exit(m.Run())
}

// fleet is raw observations and how instances bucketed them.
type fleet struct {
	signed  bool
	values  []float64 // sorted
	members []*Distribution
	layouts []*Layout // nil if native
	parts   [][]float64
}

// drawFleet draws up to 5 instances with layouts and values of their own, some of them native. Values and bounds are
// drawn from a small set too, so that they meet, zero among them.
func drawFleet(t testing.TB, r *rand.Rand) fleet {
	f := fleet{signed: r.IntN(3) == 0}
	for range 1 + r.IntN(5) {
		values := make([]float64, r.IntN(30))
		for i := range values {
			values[i] = f.draw(r)
		}
		d := new(Distribution)
		if r.IntN(4) == 0 {
			require.NoError(t, d.AddNative(nativeOf(int32(r.IntN(13)-4), []float64{0, 0.5, 0.7, 1e-128}[r.IntN(4)], values)))
			f.layouts = append(f.layouts, nil)
		} else {
			l := f.drawLayout(t, r)
			require.NoError(t, d.Add(l, bucketed(l, values), 0))
			f.layouts = append(f.layouts, l)
		}
		f.parts, f.members = append(f.parts, values), append(f.members, d)
		f.values = append(f.values, values...)
	}
	slices.Sort(f.values)
	return f
}

func (f *fleet) draw(r *rand.Rand) float64 {
	v := math.Exp(r.NormFloat64())
	if r.IntN(2) == 0 {
		v = float64(r.IntN(8)) / 2
	}
	if f.signed && r.IntN(2) == 0 {
		v = -v
	}
	return v + 0
}

func (f *fleet) drawLayout(t testing.TB, r *rand.Rand) *Layout {
	var bounds []float64
	for range r.IntN(7) {
		if b := f.draw(r); f.signed || b > 0 || r.IntN(4) == 0 {
			bounds = append(bounds, b)
		}
	}
	slices.Sort(bounds)
	l, err := newLayout(slices.Compact(bounds), f.signed)
	require.NoError(t, err)
	return l
}

// nativeOf counts values as a native histogram does, looking at every bucket that can be meant.
func nativeOf(schema int32, zeroThreshold float64, values []float64) *Native {
	n := &Native{Schema: schema, ZeroThreshold: zeroThreshold, Count: float64(len(values))}
	positive, negative := map[int32]float64{}, map[int32]float64{}
	for _, v := range values {
		n.Sum += v
		index := int32(math.Ceil(math.Ldexp(math.Log2(math.Abs(v)), int(schema)))) - 1
		for bound(index, schema) < math.Abs(v) && v != 0 {
			index++
		}
		switch {
		case math.Abs(v) <= zeroThreshold:
			n.ZeroCount++
		case v > 0:
			positive[index]++
		default:
			negative[index]++
		}
	}
	n.Positive, n.Negative = sortedBuckets(positive), sortedBuckets(negative)
	return n
}

func sortedBuckets(counts map[int32]float64) []Bucket {
	var b []Bucket
	for _, index := range slices.Sorted(maps.Keys(counts)) {
		b = append(b, Bucket{index, counts[index]})
	}
	return b
}

// bucketed counts values as a classic histogram does.
func bucketed(l *Layout, values []float64) []float64 {
	counts := make([]float64, l.Len())
	for i := range counts {
		for _, v := range values {
			if v <= l.Bound(i) {
				counts[i]++
			}
		}
	}
	return counts
}

func drawLevel(r *rand.Rand) float64 {
	switch r.IntN(4) {
	case 0:
		return float64(r.IntN(101)) / 100
	case 1:
		return []float64{0, .5, .9, .99, .999, 1}[r.IntN(6)]
	}
	return r.Float64()
}

// trueQuantile is the observation of rank max(1, ⌈qn⌉), by rational arithmetic on q's shortest decimal.
func trueQuantile(sorted []float64, q float64) float64 {
	rank, _ := new(big.Rat).SetString(strconv.FormatFloat(q, 'g', -1, 64))
	rank.Mul(rank, big.NewRat(int64(len(sorted)), 1))
	k, rest := new(big.Int).QuoRem(rank.Num(), rank.Denom(), new(big.Int))
	if rest.Sign() > 0 {
		k.Add(k, big.NewInt(1))
	}
	return sorted[max(1, k.Int64())-1]
}

func TestTruthLiesInTheInterval(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	answered := 0
	for range *cases {
		f := drawFleet(t, r)
		d, q := merged(f.members...), drawLevel(r)
		e, ok := bounds(d, q)
		if len(f.values) == 0 {
			require.False(t, ok)
			continue
		}
		truth := trueQuantile(f.values, q)
		require.True(t, e.Lo <= truth && truth <= e.Hi, "q=%v: %v is not in %+v", q, truth, e)
		if ok {
			answered++
			require.True(t, e.Lo <= e.Value && e.Value <= e.Hi, "%+v", e)
		}
	}
	assert.Greater(t, answered, *cases/2)
}

func sorted(values []float64) []float64 {
	values = slices.Clone(values)
	slices.Sort(values)
	return values
}
