package watch

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A process that one watcher took for ended, and folded, goes on at the other one: it counts on from where it was.
func TestLivesAfterAll(t *testing.T) {
	p, q := told("p", 1), told("q", 2)
	for _, reset := range []bool{false, true} {
		a, b := since(0), since(0)
		tell(t, a, 10, counter(2, 10, 0, 1000), q)
		tell(t, a, 10, counter(1, 10, 0, 100), p)
		for _, k := range []Key{p, q} {
			end(t, a, 11, k)
		}
		a.Fold(at(hour))
		left := int64(150)
		if reset {
			left = 100 + 20 // it was cleared, and counted 20 since
			b = since(0)
			tell(t, b, 20, []Growth{{Group: "c", Met: Reading{at(1), Value{Count: number(0)}}, Left: Reading{at(1), Value{Count: number(left)}}}}, p)
		} else {
			tell(t, b, 20, counter(1, 20, 0, left), p)
		}
		both(t, a, b)
		assert.EqualValues(t, 1100, total(a, "c"), "what one account holds and the other tells are alternatives")
		assert.EqualValues(t, left-100, lostOf(a, "c"), "and what is left out is said")
		a.Fold(at(2 * hour))
		assert.EqualValues(t, 1100, total(a, "c"))
		assert.Equal(t, Size{Processes: 1, Folded: 2, Accounts: 1, GaveUp: 1}, a.Size())

		// b goes on. Where nothing was reset it need not even know that a folded the process.
		if reset {
			version, begin := a.Standing(p)
			assert.Equal(t, []int64{0, at(20)}, []int64{version, begin})
			require.NoError(t, b.Tell(Process{Keys: []Key{p}, Begin: begin, Last: at(40), Groups: counter(30, 40, 25, 30)}))
		} else {
			tell(t, b, 40, counter(1, 40, 0, 155), p)
		}
		a.Join(b)
		assert.EqualValues(t, 1105, total(a, "c"))
		for range 2 {
			a.Fold(at(2 * hour))
			assert.EqualValues(t, 1105, total(a, "c"))
			a.Join(b) // once more, without news
		}
		if !reset {
			tell(t, b, 45, counter(1, 45, 0, 157), p)
		} else {
			require.NoError(t, b.Tell(Process{Keys: []Key{p}, Begin: at(20), Last: at(45), Groups: counter(30, 45, 25, 32)}))
		}
		end(t, b, 50, p)
		both(t, a, b)
		a.Fold(at(2 * hour))
		assert.EqualValues(t, 1107, total(a, "c"))
		assert.Zero(t, a.Size().Processes)
	}
}

func lostOf(s *State, group string) float64 {
	for _, t := range s.Totals() {
		if t.Group == group {
			return t.Lost.Float64()
		}
	}
	return 0
}

// A process that comes back after it was folded tells no birth, and counts from where it is met again.
func TestComesBack(t *testing.T) {
	a, k := since(0), told("p", 1)
	tell(t, a, 10, counter(1, 10, 0, 100), k)
	end(t, a, 11, k)
	a.Fold(at(hour))
	version, begin := a.Standing(k)
	require.Equal(t, []int64{0, at(10)}, []int64{version, begin})
	tell(t, a, 2*hour, counter(1, 2*hour, 0, 130), k) // it does, and nothing is counted twice
	assert.EqualValues(t, 130, total(a, "c"))
	b := a.Clone()
	require.NoError(t, b.Tell(Process{Keys: []Key{k}, Begin: begin, Last: at(3 * hour), Groups: counter(2*hour, 3*hour, 130, 140)}))
	assert.EqualValues(t, 140, total(b, "c"))
	// what cannot be compared with readings counts since then, too
	lb := Key{"lb", Unknown}
	tell(t, a, 10, []Growth{{Group: "c", Grown: &Value{Count: number(7)}}}, lb)
	end(t, a, 11, lb)
	a.Fold(at(hour))
	before := total(a, "c")
	_, begin = a.Standing(lb)
	require.NoError(t, a.Tell(Process{Keys: []Key{lb}, Begin: begin, Last: at(2 * hour), Groups: []Growth{{Group: "c", Grown: &Value{Count: number(5)}}}}))
	assert.Equal(t, before+5, total(a, "c"))
	d := a.Clone()
	end(t, d, 2*hour+1, lb)
	d.Fold(at(3 * hour))
	both(t, d, a)
	assert.Equal(t, before+5, total(a, "c"))
	a.Fold(at(hour))
	assert.Equal(t, before+5, total(a, "c"))
}

// Two watchers apart for longer than the horizon each fold what the other one never saw: the lesser account is given
// up, and how much that may be is said.
func TestApartForLongerThanTheHorizon(t *testing.T) {
	a, b := since(0), since(0)
	for _, s := range []*State{a, b} {
		tell(t, s, 10, counter(1, 10, 0, 1000), told("both", 1))
		end(t, s, 11, told("both", 1))
	}
	for i, s := range []*State{a, b} {
		k := told(string(rune('a'+i)), 20)
		tell(t, s, 30, counter(20, 30, 0, 10*int64(i+1)), k)
		end(t, s, 31, k)
		s.Fold(at(hour))
	}
	both(t, a, b)
	for range 2 {
		assert.EqualValues(t, 1020, total(a, "c"))
		assert.EqualValues(t, 10, lostOf(a, "c"))
		a.Fold(at(hour))
		assert.Equal(t, 1, a.Size().GaveUp)
	}
	// an account that holds all of both is found to, and nothing more is lost
	c := b.Clone()
	c.Join(a)
	assert.EqualValues(t, 1020, total(c, "c"))
	assert.EqualValues(t, 10, lostOf(c, "c"))
	// nor does it come back by someone who knows less, or by folding more
	d := since(0)
	tell(t, d, 25, counter(25, 25, 5, 5), told("a", 20))
	a.Join(d)
	assert.EqualValues(t, 10, lostOf(a, "c"))
	tell(t, a, 60, counter(50, 60, 0, 7), told("z", 50))
	end(t, a, 61, told("z", 50))
	a.Fold(at(hour))
	assert.EqualValues(t, 1027, total(a, "c"))
	assert.EqualValues(t, 10, lostOf(a, "c"))
	assert.Equal(t, 1, a.Size().GaveUp)
}

// What one watcher folded of a name without start times may be any process of it that began by then.
func TestFoldedBlindly(t *testing.T) {
	a := since(0)
	tell(t, a, 50, []Growth{{Group: "c", Grown: &Value{Count: number(40)}}}, Key{"i", Unknown})
	end(t, a, 51, Key{"i", Unknown})
	a.Fold(at(hour))
	b, c := since(0), since(0)
	tell(t, b, 30, counter(5, 30, 0, 15), told("i", 5))
	tell(t, c, 90, counter(60, 90, 0, 15), told("i", 60))
	tell(t, c, 90, counter(60, 90, 0, 2), Key{"i", External})
	d := c.Clone()
	end(t, d, 91, told("i", 60))
	d.Fold(at(hour))
	for _, s := range []*State{b, c, d} {
		s.Join(a)
	}
	assert.EqualValues(t, 57, total(d, "c"))
	assert.EqualValues(t, 40, total(b, "c"))
	assert.EqualValues(t, 57, total(c, "c"), "that one began later; and what outlives processes stands apart")
	b.Fold(at(hour))
	once := b.AppendTo(nil)
	b.Fold(at(hour))
	assert.Equal(t, once, b.AppendTo(nil))
	tell(t, b, 70, counter(5, 70, 0, 18), told("i", 5))
	assert.EqualValues(t, 40, total(b, "c"), "it lives; what grew until 50 may be in the account")
	_, begin := b.Standing(told("i", 5))
	assert.Equal(t, at(50), begin)
	require.NoError(t, b.Tell(Process{Keys: []Key{told("i", 5)}, Begin: begin, Last: at(80), Groups: counter(70, 80, 18, 21)}))
	assert.EqualValues(t, 43, total(b, "c"))
}

// Who ends a process of which nothing is known says nothing that is worth keeping; who takes one back does.
func TestNothingKnown(t *testing.T) {
	a := since(0)
	end(t, a, 10, told("p", 1))
	require.NoError(t, a.Tell(Process{Keys: []Key{told("q", 1)}, Version: at(10), Ended: at(10)}))
	a.Fold(at(hour))
	assert.Equal(t, Size{Folded: 1, Accounts: 1}, a.Size())
	tell(t, a, 9, counter(1, 9, 0, 5), told("q", 1))
	assert.Zero(t, total(a, "c"), "it was taken back")
}

// What two accounts say of one process is the same in either order.
func TestMergeMembers(t *testing.T) {
	var list []line
	for i := range int64(16) {
		list = append(list, line{Key: told("i", 1), version: i & 1, first: 1 + i>>1&1, last: 3 + i>>2&1, ended: i>>3 == 1, amount: number(i)})
	}
	for _, a := range list {
		for _, b := range list {
			x, y := a, b
			x.merge(&b)
			y.merge(&a)
			require.Zero(t, x.compareAll(y), "%v %v", a, b)
			require.Equal(t, []line{x}, mergeLines([]line{a}, []line{b}))
		}
	}
}

// Where some of a count came without a histogram, its sum is not known.
func TestWithoutHistogram(t *testing.T) {
	s := since(0)
	tell(t, s, 10, histogram(1, 10, fineText, 0, 4), told("i", 1))
	assert.False(t, s.Totals()[0].Histogram.NoSum)
	tell(t, s, 10, []Growth{{Group: "h", Grown: &Value{Count: number(3)}}}, told("j", 1))
	h := s.Totals()[0]
	assert.True(t, h.Histogram.NoSum)
	n := refined(h.Histogram.Parts)
	assert.Equal(t, []float64{7, 4}, []float64{h.Count.Float64(), n.Float64()}, "and three are in unknown buckets")
}

// A process with two names, of which some watchers see no start times at either.
func TestTwoNamesAndBlind(t *testing.T) {
	a := since(0)
	tell(t, a, 30, counter(5, 30, 0, 15), told("i", 5), told("j", 5))
	tell(t, a, 30, []Growth{{Group: "c", Grown: &Value{Count: number(14)}}}, Key{"i", Unknown})
	tell(t, a, 30, []Growth{{Group: "c", Grown: &Value{Count: number(16)}}}, Key{"j", Unknown})
	assert.EqualValues(t, 16, total(a, "c"), "it is one")
}

// A link between two names shows that two accounts hold one process.
func TestLinkedLater(t *testing.T) {
	a, b := since(0), since(0)
	for i, s := range []*State{a, b} {
		k := told(string(rune('i'+i)), 5)
		tell(t, s, 30, counter(5, 30, 0, 15), k)
		tell(t, s, 30, counter(6, 30, 0, int64(i+1)), told("other"+k.Name, 6))
		end(t, s, 31, k)
		end(t, s, 31, told("other"+k.Name, 6))
		s.Fold(at(hour))
	}
	both(t, a, b)
	assert.EqualValues(t, 15+1+15+2, total(a, "c"), "nobody knows better")
	tell(t, a, 30, counter(5, 30, 0, 15), told("i", 5), told("j", 5))
	assert.EqualValues(t, 15+2, total(a, "c"), "of two accounts with a process in common one stands")
	a.Fold(at(hour))
	assert.EqualValues(t, 15+2, total(a, "c"))
}

// Buckets are known where those of both readings compare, and else not at all.
func TestBucketsOfGrowth(t *testing.T) {
	value := func(kinds [4]int64, form int, unrefined int64) Value {
		a := amount{hist: true}
		a = a.plus(kinds, form)
		v := a.value()
		v.Count.AddInt(unrefined)
		return v
	}
	parts := func(left, met Value) (n float64, exact bool) {
		v := growth(&left, &met)
		x := refined(v.Histogram.Parts)
		return x.Float64(), !v.Histogram.NoSum
	}
	left := value([4]int64{5, 4, 3, 2}, schema3, 0)
	for name, c := range map[string]struct {
		met  Value
		want float64
	}{
		"same form":                       {value([4]int64{1, 2, 3, 0}, schema3, 0), 8},
		"another form":                    {value([4]int64{1, 2, 3, 0}, schema2, 0), 0},
		"more in one bucket than later":   {value([4]int64{6, 0, 0, 0}, schema3, 0), 0},
		"a bucket that is not there":      {value([4]int64{0, 0, 0, 0}, schema3, 0), 14},
		"met with some in unknown places": {value([4]int64{1, 0, 0, 0}, schema3, 5), 0},
	} {
		n, sum := parts(left, c.met)
		assert.Equal(t, c.want, n, name)
		assert.True(t, sum, name)
	}
	n, sum := parts(left, Value{Count: number(3)})
	assert.Zero(t, n, "a counter's reading says nothing of buckets")
	assert.False(t, sum)
	text := value([4]int64{5, 4, 3, 2}, fineText, 0)
	n, _ = parts(text, value([4]int64{1, 1, 1, 1}, fineText, 0))
	assert.EqualValues(t, 10, n)
	lost := value([4]int64{5, 4, 3, 2}, schema3, 0)
	lost.Histogram.Parts[0].Places, lost.Histogram.Parts[0].Counts = nil, formPart(schema3, [4]int64{}).Counts
	n, _ = parts(lost, value([4]int64{1, 0, 0, 0}, schema3, 0))
	assert.Zero(t, n)
}

// One form is kept while it has half of what the fullest knows.
func TestPreferredForm(t *testing.T) {
	for _, c := range []struct {
		native, text int64
		exponential  bool
	}{{100, 100, true}, {95, 100, true}, {50, 100, true}, {49, 100, false}, {0, 1, false}} {
		a, b := since(0), since(0)
		tell(t, a, 10, histogram(1, 10, schema3, 0, c.native), told("i", 1))
		tell(t, b, 20, histogram(1, 20, fineText, 0, c.text), told("i", 1))
		both(t, a, b)
		h := a.Totals()[0]
		assert.EqualValues(t, c.text, h.Count.Float64())
		assert.Equal(t, c.exponential, h.Histogram.Parts[0].Class.Layout == nil, "%+v", c)
	}
}

// Exponential buckets of different places are added by place.
func TestAddPlaces(t *testing.T) {
	s := since(0)
	for i := range int64(3) {
		n := [4]int64{}
		n[i] = i + 1
		a := amount{hist: true}
		zero := a
		a = a.plus(n, schema3)
		tell(t, s, 10, []Growth{{Group: "h", Met: Reading{at(1), zero.value()}, Left: Reading{at(10), a.value()}}}, told(string(rune('a'+i)), 1))
	}
	h := s.Totals()[0].Histogram
	require.Len(t, h.Parts, 1)
	want := formPart(schema3, [4]int64{1, 2, 3})
	assert.Zero(t, h.Parts[0].compare(&want))
	assert.Equal(t, []int64{NegativePlace(3), NegativePlace(2), ZeroPlace, PositivePlace(-4), PositivePlace(1)},
		[]int64{-1<<33 - 3, -1<<33 - 2, 0, 1<<33 - 4, 1<<33 + 1}, "from the least to the greatest")
}

// What a watcher tells joins what is known, which stays as it is. Processes that
// it cannot tell apart are told as one.
func TestTogether(t *testing.T) {
	process := func(start, n int64) Process {
		v := Value{}
		v.Count.AddInt(n)
		return Process{Keys: []Key{{Name: "lb", Start: start}}, Last: 90, Groups: []Growth{{Group: "g", Grown: &v}}}
	}
	total := func(s *State) (n float64) {
		for _, x := range s.Totals() {
			n += x.Count.Float64()
		}
		return n
	}
	known := New(Clocks{})
	require.NoError(t, known.Tell(process(5, 100)))
	told := func(pooled bool, list ...Process) func(func(Process, bool) bool) {
		return func(yield func(Process, bool) bool) {
			for _, p := range list {
				yield(p, pooled)
			}
		}
	}
	assert.Equal(t, 7.0, total(Together(nil, Clocks{}, told(true, process(Unknown, 3), process(Unknown, 4)))))
	both := Together(known, Clocks{}, told(false, process(20, 3), process(40, 4)))
	assert.Equal(t, 107.0, total(both))
	assert.Equal(t, 100.0, total(known))
}
