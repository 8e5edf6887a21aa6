package watch

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// drawProcess draws anything that a watcher may tell, likely or not, of few processes that have much in common.
func drawProcess(rt *rapid.T) Process {
	name := rapid.SampledFrom([]string{"a", "b"})
	start := rapid.SampledFrom([]int64{1000, 2500, 4000, 5500, 20_000})
	time := rapid.Int64Range(1, 40)
	p := Process{Version: rapid.SampledFrom([]int64{0, 0, 0, 7, 9}).Draw(rt, "version"), Last: time.Draw(rt, "last"),
		Ended: rapid.SampledFrom([]int64{0, 0, 10, 30}).Draw(rt, "ended"), Begin: rapid.SampledFrom([]int64{0, 0, 0, 10}).Draw(rt, "begin")}
	if rapid.IntRange(0, 3).Draw(rt, "no start") == 0 {
		p.Keys = []Key{{name.Draw(rt, "name"), rapid.SampledFrom([]int64{External, Unknown}).Draw(rt, "kind")}}
	} else {
		for range rapid.SampledFrom([]int{1, 1, 2}).Draw(rt, "keys") {
			p.Keys = append(p.Keys, Key{name.Draw(rt, "name"), start.Draw(rt, "start")})
		}
	}
	for _, group := range []string{"x", "y"} {
		if rapid.Bool().Draw(rt, group) {
			g := drawGrowth(rt, group, p.Begin)
			p.Groups, p.Last = append(p.Groups, g), max(p.Last, g.Left.At)
		}
	}
	return p
}

func drawGrowth(rt *rapid.T, group string, begin int64) Growth {
	value := func(what string) *Value { v := drawValue(rt, group == "y", what); return &v }
	g := Growth{Group: group}
	if rapid.IntRange(0, 3).Draw(rt, "readings") > 0 {
		g.Met = Reading{rapid.Int64Range(max(1, begin), max(3, begin+2)).Draw(rt, "met at"), *value("met")}
		g.Left = Reading{rapid.Int64Range(g.Met.At, g.Met.At+2).Draw(rt, "left at"), *value("left")}
	}
	if rapid.IntRange(0, 3).Draw(rt, "grown") == 0 {
		g.Grown = value("grown")
	}
	return g
}

func drawValue(rt *rapid.T, hist bool, what string) Value {
	if !hist {
		v := Value{Count: number(rapid.Int64Range(0, 9).Draw(rt, what))}
		v.Count.Add(rapid.SampledFrom([]float64{0, 0, 0.1, 1e300}).Draw(rt, "fraction"))
		v.Count.Compact()
		return v
	}
	a := amount{hist: true}
	for range rapid.IntRange(0, 2).Draw(rt, "parts") {
		n := rapid.Int64Range(0, 1)
		a = a.plus([4]int64{n.Draw(rt, "1"), n.Draw(rt, "2"), n.Draw(rt, "4"), n.Draw(rt, "inf")}, rapid.IntRange(0, forms-1).Draw(rt, "form"))
	}
	v := a.value()
	v.Histogram.NoSum = rapid.Bool().Draw(rt, "no sum")
	return v
}

func drawClocks(rt *rapid.T) Clocks {
	return Clocks{tolerance, rapid.SampledFrom([]int64{0, 1, 5}).Draw(rt, "skew")}
}

func drawState(rt *rapid.T, c Clocks) *State {
	s := New(c)
	for range rapid.IntRange(0, 4).Draw(rt, "processes") {
		if rapid.IntRange(0, 4).Draw(rt, "fold") == 0 {
			s.Fold(rapid.Int64Range(0, 40).Draw(rt, "before"))
		}
		require.NoError(rt, s.Tell(drawProcess(rt)))
	}
	return s
}

func joined(rt require.TestingT, list ...*State) *State {
	s := list[0].Clone()
	for _, o := range list[1:] {
		before := o.AppendTo(nil)
		s.Join(o)
		require.Equal(rt, before, o.AppendTo(nil), "the argument changed")
	}
	return s
}

// Joining is a semilattice, to the bit, whatever was told, however unlikely.
func TestLawsOfJoin(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		clocks := drawClocks(rt)
		a, b, c := drawState(rt, clocks), drawState(rt, clocks), drawState(rt, clocks)
		before := a.AppendTo(nil)
		require.Equal(rt, joined(rt, a, b).AppendTo(nil), joined(rt, b, a).AppendTo(nil), "commutative")
		require.Equal(rt, joined(rt, a, b, c).AppendTo(nil), joined(rt, a, joined(rt, b, c)).AppendTo(nil), "associative")
		require.Equal(rt, before, joined(rt, a, a.Clone()).AppendTo(nil), "idempotent")
		require.Equal(rt, joined(rt, a, b).AppendTo(nil), joined(rt, a, b, b, a).AppendTo(nil), "idempotent")
		require.Equal(rt, before, joined(rt, a, New(clocks)).AppendTo(nil), "who knows nothing changes nothing")
		require.Equal(rt, before, a.AppendTo(nil), "joining a clone changed the original")
	})
}

// What was told once may be told in any order.
func TestOrderOfTelling(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		list := rapid.SliceOfN(rapid.Custom(drawProcess), 1, 6).Draw(rt, "processes")
		clocks := drawClocks(rt)
		tellAll := func(list []Process) []byte {
			s := New(clocks)
			for _, p := range list {
				require.NoError(rt, s.Tell(p))
			}
			return s.AppendTo(nil)
		}
		want := tellAll(list)
		require.Equal(rt, want, tellAll(rapid.Permutation(list).Draw(rt, "order")))
		require.Equal(rt, want, tellAll(slices.Concat(list, list)))
	})
}

// Joining lowers no total, unless something was taken back or proved to be one process.
func TestJoinIsMonotone(t *testing.T) {
	plain := rapid.Custom(drawProcess).Filter(func(p Process) bool { return p.Version == 0 && p.Begin == 0 && len(p.Keys) == 1 })
	state := func(rt *rapid.T, skew int64) *State {
		s := New(Clocks{0, skew}) // no two starts are one process'
		for _, p := range rapid.SliceOfN(plain, 0, 5).Draw(rt, "processes") {
			require.NoError(rt, s.Tell(p))
		}
		return s
	}
	rapid.Check(t, func(rt *rapid.T) {
		skew := drawClocks(rt).Skew
		a, b := state(rt, skew), state(rt, skew)
		all := joined(rt, a, b)
		for _, s := range []*State{a, b} {
			for _, x := range s.Totals() {
				for _, y := range all.Totals() {
					require.True(rt, x.Group != y.Group || x.Count.Cmp(&y.Count) <= 0, "%s fell", x.Group)
				}
			}
		}
		require.GreaterOrEqual(rt, len(all.Totals()), max(len(a.Totals()), len(b.Totals())))
	})
}

// Folding changes no total, not even beside what it folded, and folding again changes nothing.
func TestFoldKeepsTotals(t *testing.T) {
	counts := func(s *State) map[string]float64 {
		m := map[string]float64{}
		for _, t := range s.Totals() {
			m[t.Group] = t.Count.Float64()
		}
		return m
	}
	rapid.Check(t, func(rt *rapid.T) {
		a := New(drawClocks(rt))
		for _, p := range rapid.SliceOfN(rapid.Custom(drawProcess), 0, 5).Draw(rt, "processes") {
			p.Begin = 0 // nothing was folded before
			require.NoError(rt, a.Tell(p))
		}
		before := rapid.Int64Range(0, 40).Draw(rt, "before")
		b := a.Clone()
		b.Fold(before)
		require.Equal(rt, counts(a), counts(b))
		once := b.AppendTo(nil)
		b.Fold(before)
		require.Equal(rt, once, b.AppendTo(nil))
		both := joined(rt, a, b)
		require.Equal(rt, counts(a), counts(both), "what was folded and is known by itself counts once")
		both.Fold(before)
		require.Equal(rt, counts(a), counts(both))
	})
}

func TestBytes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		clocks := drawClocks(rt)
		s := joined(rt, drawState(rt, clocks), drawState(rt, clocks))
		data := s.AppendTo([]byte("before"))[6:]
		o, err := Decode(data)
		require.NoError(rt, err)
		require.Equal(rt, data, o.AppendTo(nil))
		require.Zero(rt, slices.CompareFunc(s.Totals(), o.Totals(), func(x, y Total) int { return x.compareAll(&y) }))
		require.Equal(rt, s.Size(), o.Size())
		for range 10 { // what was cut or changed is refused, or is another state in order
			i := rapid.IntRange(0, len(data)-1).Draw(rt, "at")
			_, err := Decode(data[:i])
			require.ErrorIs(rt, err, ErrEncoding)
			bad := slices.Clone(data)
			bad[i] ^= byte(rapid.IntRange(1, 255).Draw(rt, "bits"))
			if x, err := Decode(bad); err == nil {
				require.Equal(rt, bad, x.AppendTo(nil))
			}
		}
	})
}

// A failed call changes nothing.
func TestRefused(t *testing.T) {
	s := since(0)
	tell(t, s, 10, counter(1, 10, 0, 5), told("i", 1))
	before := s.AppendTo(nil)
	good := counter(5, 10, 1, 5)
	minus, nan := number(-1), number(0)
	nan.Add(math.NaN())
	for name, p := range map[string]Process{
		"no key":            {Last: 1},
		"a start below -1":  {Keys: []Key{{"i", -2}}},
		"unknown with more": {Keys: []Key{{"i", Unknown}, {"i", 7}}},
		"before it began":   {Keys: []Key{told("i", 1)}, Begin: at(6), Last: at(20), Groups: good},
		"left before met":   {Keys: []Key{told("i", 1)}, Last: at(20), Groups: counter(11, 10, 0, 5)},
		"left after last":   {Keys: []Key{told("i", 1)}, Last: at(9), Groups: good},
		"never met":         {Keys: []Key{told("i", 1)}, Last: at(20), Groups: []Growth{{Group: "c", Left: Reading{At: 5}}}},
		"twice":             {Keys: []Key{told("i", 1)}, Last: at(20), Groups: slices.Concat(good, good)},
		"less than nothing": {Keys: []Key{told("i", 1)}, Groups: []Growth{{Group: "c", Grown: &Value{Count: minus}}}},
		"no number":         {Keys: []Key{told("i", 1)}, Groups: []Growth{{Group: "c", Grown: &Value{Count: nan}}}},
		"too many in parts": {Keys: []Key{told("i", 1)}, Groups: []Growth{{Group: "c", Grown: &Value{Histogram: &Histogram{
			Parts: []Part{formPart(schema2, [4]int64{1})}}}}}},
		"no such layout": {Keys: []Key{told("i", 1)}, Groups: []Growth{{Group: "c", Grown: &Value{Count: number(9), Histogram: &Histogram{
			Parts: []Part{{Class: formClasses[fineText], Count: number(1)}}}}}}},
	} {
		assert.ErrorIs(t, s.Tell(p), ErrProcess, name)
	}
	s.Join(s)
	assert.Equal(t, before, s.AppendTo(nil))
}

// Joining shares what did not change, and a state does not grow by hearing the same again.
func TestSharing(t *testing.T) {
	a := fleet(20, 50, 0, 0)
	b, err := Decode(fleet(20, 50, 0, 15_000).AppendTo(nil)) // ahead in all
	require.NoError(t, err)
	both := joined(t, a, b)
	for i, e := range both.entries {
		require.True(t, sameSlice(e.process.records, b.entries[i].process.records), "records of the greater one are shared")
	}
	size := len(both.AppendTo(nil))
	for range 10 {
		both.Join(a)
		both.Join(b)
	}
	for i, e := range both.entries {
		require.Same(t, e.process, b.entries[i].process)
	}
	require.Equal(t, size, len(both.AppendTo(nil)))
}

func FuzzDecode(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s.AppendTo(nil))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Decode(data)
		if err != nil {
			return
		}
		require.Equal(t, data, s.AppendTo(nil))
		s.Totals()
		o := s.Clone()
		o.Join(s)
		require.Equal(t, data, o.AppendTo(nil))
		o.Fold(math.MaxInt64)
		_, err = Decode(o.AppendTo(nil))
		require.NoError(t, err)
	})
}

// seeds are states with everything in them.
func seeds() []*State {
	a, b := New(agreed), New(agreed)
	var h amount
	h.hist = true
	h = h.plus([4]int64{1, 2, 3, 4}, fineText).plus([4]int64{0, 1, 0, 2}, schema3)
	v, n := h.value(), Value{Count: number(3)}
	n.Count.Add(0.25)
	for i, s := range []*State{a, b} {
		for j := range int64(4) {
			p := Process{Keys: []Key{{"i", 10_000*j + int64(i) + 1}, {fmt.Sprint("j", j), 5}}, Last: 40 + j, Ended: 41 * (j % 2), Begin: 3 * (j / 2)}
			p.Groups = []Growth{{Group: "c", Met: Reading{At: 4, Value: n}, Left: Reading{At: 30 + int64(i), Value: Value{Count: number(9 - int64(i))}}},
				{Group: "h", Met: Reading{At: 20, Value: Value{Histogram: &Histogram{}}}, Left: Reading{At: 30, Value: v}, Grown: &v}}
			if s.Tell(p) != nil || s.Tell(Process{Keys: []Key{{"u", Unknown}}, Last: 40, Groups: p.Groups[:1]}) != nil {
				panic("refused")
			}
		}
	}
	c := a.Clone()
	c.Fold(100)
	d := c.Clone()
	d.Join(b)
	return []*State{New(Clocks{}), a, b, c, d}
}

func TestSeeds(t *testing.T) {
	list := seeds()
	require.Len(t, list, 5)
	require.NotZero(t, list[3].Size().Folded)
	for _, s := range list {
		o, err := Decode(s.AppendTo(nil))
		require.NoError(t, err)
		require.Equal(t, s.AppendTo(nil), o.AppendTo(nil))
	}
}
