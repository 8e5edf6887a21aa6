package layout

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold"
)

// fingerprint is all a distribution knows, in its one form.
func fingerprint(t testing.TB, d *Distribution) string {
	var b []byte
	for _, m := range d.counts() {
		b = appendMultiset(t, b, m)
	}
	for _, s := range d.summaries {
		b = fmt.Appendf(b, "%+v", s)
	}
	b, err := d.sum.AppendBinary(b)
	require.NoError(t, err)
	return fmt.Sprint(d.noSum) + string(b)
}

func appendMultiset(t testing.TB, b []byte, m *multiset) []byte {
	var err error
	put := func(x float64) { b = append(b, []byte(formatBits(x))...) }
	for i := range m.classic {
		c := &m.classic[i]
		for _, bound := range c.layout.bounds {
			put(bound)
		}
		put(c.layout.Floor())
		b, err = c.counts.AppendBinary(b)
		require.NoError(t, err)
	}
	for i := range m.native {
		c := &m.native[i]
		put(float64(c.schema))
		put(c.zeroThreshold)
		for _, s := range []*sparse{&c.positive, &c.negative} {
			for j := range s.index {
				put(float64(s.index[j]))
				b, err = s.counts[j].AppendBinary(b)
				require.NoError(t, err)
			}
		}
		b, err = c.zero.AppendBinary(b)
		require.NoError(t, err)
		b, err = c.outside.AppendBinary(b)
		require.NoError(t, err)
	}
	return append(b, '|')
}

func formatBits(x float64) string {
	n := math.Float64bits(x)
	return string([]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24), byte(n >> 32), byte(n >> 40), byte(n >> 48), byte(n >> 56)})
}

// drawMix draws a histogram of any kind: classic, custom, native, with integral or other counts.
func drawMix(t testing.TB, r *rand.Rand) *Distribution {
	d := new(Distribution)
	count := func() float64 { return float64(r.IntN(100)) }
	if r.IntN(4) == 0 {
		count = func() float64 { return r.Float64() * math.Exp(10*r.NormFloat64()) }
	}
	switch r.IntN(5) {
	case 0:
		s := &Summary{Count: count(), Sum: r.NormFloat64(), Described: r.IntN(2) == 0}
		for i, value := range sorted([]float64{r.NormFloat64(), r.NormFloat64()}) {
			s.Quantiles = append(s.Quantiles, SummaryQuantile{[]float64{.5, .9}[i], value})
		}
		require.NoError(t, d.AddSummary(s))
	case 1:
		bounds := [][]float64{{}, {1}, {1, 2}, {1, 3}, {.5, 1, 2}, {-1, 0, 1}}[r.IntN(6)]
		counts, total := make([]float64, len(bounds)+1), 0.0
		for i := range counts {
			total += count()
			counts[i] = total
		}
		if r.IntN(3) == 0 {
			require.NoError(t, d.AddBetween(layout(t, bounds...), nil, counts, doubled(counts), r.NormFloat64()))
		} else {
			require.NoError(t, d.Add(layout(t, bounds...), counts, r.NormFloat64()))
		}
	default:
		n := &Native{
			Schema: int32(r.IntN(13) - 4), ZeroThreshold: []float64{0, 1e-128, .1, 1, 3}[r.IntN(5)],
			ZeroCount: count(), Sum: r.NormFloat64(),
		}
		n.Count = n.ZeroCount
		for _, side := range []*[]Bucket{&n.Positive, &n.Negative} {
			index := int32(r.IntN(20) - 10)
			for range r.IntN(5) {
				b := Bucket{index, count()}
				*side = append(*side, b)
				index += 1 + int32(r.IntN(3))
				n.Count += b.Count
			}
		}
		if r.IntN(3) == 0 {
			require.NoError(t, d.AddNativeBetween(nil, n, nil))
		} else {
			require.NoError(t, d.AddNative(n))
		}
	}
	return d
}

func doubled(counts []float64) []float64 {
	var twice []float64
	for _, c := range counts {
		twice = append(twice, 2*c)
	}
	return twice
}

// The reference's Add is neither associative nor commutative where schema and zero threshold both differ.
func TestMergeIsACommutativeMonoid(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	mixed := 0
	for range max(*cases/10, 1000) {
		a, b, c := drawMix(t, r), drawMix(t, r), drawMix(t, r)
		left := merged(merged(a, b), c)
		right := merged(a, merged(b, c))
		back := merged(c, b, a)
		want := fingerprint(t, left)
		require.Equal(t, want, fingerprint(t, right))
		require.Equal(t, want, fingerprint(t, back))
		require.Equal(t, fingerprint(t, a), fingerprint(t, merged(new(Distribution), a, new(Distribution))))
		if len(left.value.classic)+len(left.value.native) > 1 {
			mixed++
		}
		for _, q := range []float64{0, .5, .99} {
			x, okx := left.Quantile(q)
			y, oky := back.Quantile(q)
			require.Equal(t, okx, oky)
			require.Equal(t, x, y)
		}
	}
	assert.Positive(t, mixed)
}

func TestMergeWithItselfDoubles(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	for range 1000 {
		a := merged(drawMix(t, r), drawMix(t, r))
		want := merged(a, a)
		a.Merge(a)
		require.Equal(t, fingerprint(t, want), fingerprint(t, a))
	}
}

func TestMergeLeavesItsArgument(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	for range 1000 {
		a, b := drawMix(t, r), drawMix(t, r)
		was := fingerprint(t, b)
		a.Merge(b)
		a.Merge(drawMix(t, r))
		a.Merge(a)
		require.Equal(t, was, fingerprint(t, b))
	}
}

func TestResetIsAsNew(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 18))
	used := new(Distribution)
	for range 1000 {
		used.Reset()
		fresh := new(Distribution)
		for range 1 + r.IntN(3) {
			part := drawMix(t, r)
			used.Merge(part)
			fresh.Merge(part)
		}
		require.Equal(t, fingerprint(t, fresh), fingerprint(t, used))
		x, _ := fresh.Quantile(.9)
		y, _ := used.Quantile(.9)
		require.Equal(t, x, y)
	}
}

func TestFailedAddChangesNothing(t *testing.T) {
	d := dist(t, []float64{1}, 1, 2)
	was := fingerprint(t, d)
	l := layout(t, 1, 2)
	for _, counts := range [][]float64{{1, 2}, {2, 1, 3}, {-1, 2, 3}, {math.NaN(), 2, 3}, {1, 2, inf}, {1, 2, math.NaN()}, {1, 2, 1e101}} {
		assert.Error(t, d.Add(l, counts, 1), "%v", counts)
	}
	for _, n := range []Native{
		{Schema: -5}, {Schema: 9}, {ZeroThreshold: -1}, {ZeroThreshold: inf}, {ZeroThreshold: math.NaN()},
		{Count: -1}, {Count: math.NaN()}, {Count: inf}, {ZeroCount: 2, Count: 1},
		{Positive: []Bucket{{math.MinInt32, 1}}, Count: 1}, {Positive: []Bucket{{1026, 1}}, Count: 1}, {Negative: []Bucket{{math.MaxInt32, 1}}, Count: 1},
		{Positive: []Bucket{{1, 1}, {1, 1}}, Count: 2}, {Negative: []Bucket{{2, 1}, {1, 1}}, Count: 2},
		{Positive: []Bucket{{1, -1}}, Count: 2}, {Positive: []Bucket{{1, 3}}, Count: 2},
		{Custom: l, Positive: []Bucket{{3, 1}}, Count: 1}, {Custom: l, Positive: []Bucket{{-1, 1}}, Count: 1},
		{Custom: l, ZeroCount: 1, Count: 1}, {Custom: l, Negative: []Bucket{{0, 1}}, Count: 1},
	} {
		assert.Error(t, d.AddNative(&n), "%+v", n)
	}
	assert.Equal(t, was, fingerprint(t, d))
}

// sweep is the definition of the envelope for classic layouts, word by word: every union bound is looked at.
func sweep(layouts []*Layout, counts [][]float64, floor, r float64) (lo, hi float64) {
	var union []float64
	for _, l := range layouts {
		union = append(union, l.bounds...)
	}
	slices.Sort(union)
	lo, hi = math.NaN(), math.NaN()
	prev := floor
	for _, x := range slices.Compact(union) {
		var sumLo, sumHi float64
		for i, l := range layouts {
			for j, b := range l.bounds { // C at the greatest own bound ≤ x
				if b <= x {
					continue
				}
				if j > 0 {
					sumLo += counts[i][j-1]
				}
				break
			}
			if x == inf {
				sumLo += counts[i][len(counts[i])-1]
			}
			j := slices.IndexFunc(l.bounds, func(b float64) bool { return b >= x })
			sumHi += counts[i][j]
		}
		if math.IsNaN(lo) && sumHi >= r {
			lo = prev
		}
		if math.IsNaN(hi) && sumLo >= r {
			hi = x
		}
		prev = x
	}
	return lo, hi
}

func TestEnvelopeIsTheSweep(t *testing.T) {
	r := rand.New(rand.NewPCG(19, 20))
	for range max(*cases/10, 1000) {
		var f fleet
		var layouts []*Layout
		var counts [][]float64
		d := new(Distribution)
		f.signed = r.IntN(2) == 0
		floor, n := 0.0, 0.0
		for range 1 + r.IntN(5) {
			l := f.drawLayout(t, r)
			if !f.signed && l.signed {
				continue // floors of both kinds are more than the sweep's one floor
			}
			c, total := make([]float64, l.Len()), 0.0
			for i := range c {
				total += float64(r.IntN(4))
				c[i] = total
			}
			layouts, counts, n = append(layouts, l), append(counts, c), n+total
			require.NoError(t, d.Add(l, c, 0))
		}
		if f.signed {
			floor = -inf
		}
		q := drawLevel(r)
		e, _ := bounds(d, q)
		if n == 0 {
			continue
		}
		level, _ := levelOf(q)
		lo, hi := sweep(layouts, counts, floor, level.rank(n, true))
		require.Equal(t, lo, e.Lo, "%v %v", layouts, counts)
		require.Equal(t, hi, e.Hi)
	}
}

func TestAnAddedBoundNeverWidens(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	for range max(*cases/10, 1000) {
		f := drawFleet(t, r)
		q := drawLevel(r)
		wide, _ := bounds(merged(f.members...), q)
		i := slices.IndexFunc(f.layouts, func(l *Layout) bool { return l != nil })
		if i < 0 || len(f.values) == 0 {
			continue
		}
		own := append(slices.Clone(f.layouts[i].bounds), f.draw(r))
		slices.Sort(own)
		l, err := newLayout(slices.Compact(own), f.layouts[i].signed)
		require.NoError(t, err)
		f.members[i] = new(Distribution)
		require.NoError(t, f.members[i].Add(l, bucketed(l, f.parts[i]), 0))
		narrow, _ := bounds(merged(f.members...), q)
		if !f.signed && f.layouts[i].signed != l.signed {
			continue // the bound 0 takes the floor away
		}
		require.GreaterOrEqual(t, narrow.Lo, wide.Lo)
		require.LessOrEqual(t, narrow.Hi, wide.Hi)
	}
}

// Keeping only the bounds that all have, as Prometheus does for custom buckets, is never tighter.
func TestEnvelopeIsInTheIntersectionsInterval(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 24))
	tighter := 0
	for range max(*cases/10, 1000) {
		f := fleet{signed: r.IntN(3) == 0}
		all, common := new(Distribution), new(Distribution)
		var shared []float64
		var layouts []*Layout
		for i := range 1 + r.IntN(4) {
			l := f.drawLayout(t, r)
			layouts = append(layouts, l)
			if i == 0 {
				shared = l.bounds
			}
			shared = slices.DeleteFunc(slices.Clone(shared), func(b float64) bool { return !slices.Contains(l.bounds, b) })
		}
		signed := slices.ContainsFunc(layouts, func(l *Layout) bool { return l.signed })
		least, err := newLayout(shared, signed)
		require.NoError(t, err)
		for _, l := range layouts {
			values := make([]float64, r.IntN(20))
			for i := range values {
				values[i] = f.draw(r)
			}
			require.NoError(t, all.Add(l, bucketed(l, values), 0))
			require.NoError(t, common.Add(least, bucketed(least, values), 0))
		}
		q := drawLevel(r)
		e, _ := bounds(all, q)
		wide, _ := bounds(common, q)
		require.GreaterOrEqual(t, e.Lo, wide.Lo)
		require.LessOrEqual(t, e.Hi, wide.Hi)
		if e.Hi-e.Lo < wide.Hi-wide.Lo {
			tighter++
		}
	}
	assert.Positive(t, tighter)
}

func TestQuantilesRiseWithTheLevel(t *testing.T) {
	r := rand.New(rand.NewPCG(25, 26))
	for range max(*cases/20, 1000) {
		d := merged(drawFleet(t, r).members...)
		var levels []float64
		for range 8 {
			levels = append(levels, drawLevel(r))
		}
		slices.Sort(levels)
		last, seen := promfold.Estimate{}, false
		for _, q := range levels {
			e, ok := d.Quantile(q)
			if !ok {
				continue
			}
			if seen {
				require.GreaterOrEqual(t, e.Lo, last.Lo)
				require.GreaterOrEqual(t, e.Hi, last.Hi)
				require.GreaterOrEqual(t, e.Value, last.Value, "%v: %+v after %+v", levels, e, last)
			}
			last, seen = e, true
		}
	}
}

func TestScalingBoundsScalesTheEstimate(t *testing.T) {
	r := rand.New(rand.NewPCG(27, 28))
	for range max(*cases/20, 1000) {
		var f fleet
		a, b := new(Distribution), new(Distribution)
		power := r.IntN(40) - 20
		for range 1 + r.IntN(4) {
			l := f.drawLayout(t, r)
			scaled := slices.Clone(l.bounds)
			for i := range scaled {
				scaled[i] = math.Ldexp(scaled[i], power)
			}
			counts, total := make([]float64, l.Len()), 0.0
			for i := range counts {
				total += float64(r.IntN(9))
				counts[i] = total
			}
			require.NoError(t, a.Add(l, counts, 0))
			require.NoError(t, b.Add(layout(t, scaled...), counts, 0))
		}
		q := drawLevel(r)
		x, okx := a.Quantile(q)
		y, oky := b.Quantile(q)
		require.Equal(t, okx, oky)
		if okx {
			require.Equal(t, math.Ldexp(x.Value, power), y.Value)
			require.Equal(t, math.Ldexp(x.Hi, power), y.Hi)
		}
	}
}
