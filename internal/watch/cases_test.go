package watch

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The inputs that broke the algebra before this one, each with its right answer. Times are seconds since an epoch;
// watchers watch since 0 if nothing else is said.

const hour = 3600

func since(int64) *State { return New(agreed) }

func at(s int64) int64 { return began + 1000*s }

func told(name string, start int64) Key { return Key{name, at(start)} }

// counter returns what a watcher saw of the counter c of a process that it met at from with the first of values, and
// left at to with the last.
func counter(from, to int64, met, left int64) []Growth {
	return []Growth{{Group: "c", Met: Reading{at(from), Value{Count: number(met)}}, Left: Reading{at(to), Value{Count: number(left)}}}}
}

// histogram returns the same of a histogram of which the count and one form are known.
func histogram(from, to int64, form int, met, left int64) []Growth {
	m, l := amount{hist: true}, amount{hist: true}
	m, l = m.plus([4]int64{met}, form), l.plus([4]int64{left}, form)
	return []Growth{{Group: "h", Met: Reading{at(from), m.value()}, Left: Reading{at(to), l.value()}}}
}

func tell(t *testing.T, s *State, last int64, groups []Growth, keys ...Key) {
	t.Helper()
	require.NoError(t, s.Tell(Process{Keys: keys, Last: at(last), Groups: groups}))
}

func end(t *testing.T, s *State, when int64, k Key) {
	t.Helper()
	require.NoError(t, s.Tell(Process{Keys: []Key{k}, Ended: at(when)}))
}

// both joins two states with each other, by way of bytes, and requires that it does not matter how.
func both(t *testing.T, a, b *State) {
	t.Helper()
	x, err := Decode(a.AppendTo(nil))
	require.NoError(t, err)
	a.Join(b)
	b.Join(x)
	require.Equal(t, a.AppendTo(nil), b.AppendTo(nil))
}

func total(s *State, group string) float64 {
	for _, t := range s.Totals() {
		if t.Group == group {
			return t.Count.Float64()
		}
	}
	return 0
}

// 1a: four observations, read as exponential buckets by one watcher and as classic ones by the other.
func TestTwoForms(t *testing.T) {
	a, b := since(0), since(0)
	tell(t, a, 10, histogram(1, 10, schema3, 0, 4), told("i", 1))
	tell(t, b, 10, histogram(1, 10, fineText, 0, 4), told("i", 1))
	both(t, a, b)
	assert.EqualValues(t, 4, total(a, "h"))
	h := a.Totals()[0].Histogram
	require.Len(t, h.Parts, 1, "one form is all of it")
	assert.EqualValues(t, 4, h.Parts[0].Count.Float64())
	assert.False(t, h.NoSum)
	assert.EqualValues(t, 4, h.Sum.Float64())
}

// 1b: a bound more while the process goes on; one watcher has 10 by the old bounds and 12 in all, the other 12 by the
// new ones.
func TestNewBound(t *testing.T) {
	a, b := since(0), since(0)
	var was, is amount
	was.hist, is.hist = true, true
	was = was.plus([4]int64{10}, coarseText)
	all := was.plus([4]int64{2}, coarseText) // counted by the bounds that both have
	zero := amount{hist: true}
	tell(t, a, 20, []Growth{{Group: "h", Met: Reading{at(1), zero.value()}, Left: Reading{at(20), all.value()}}}, told("i", 1))
	tell(t, b, 20, histogram(1, 20, fineText, 0, 12), told("i", 1))
	both(t, a, b)
	assert.EqualValues(t, 12, total(a, "h"))
	n := refined(a.Totals()[0].Histogram.Parts)
	assert.EqualValues(t, 12, n.Float64(), "all of them are in known buckets")
}

// 1c: the same where a client lowers its resolution: 9 for 5.
func TestLowerResolution(t *testing.T) {
	a, b := since(0), since(0)
	var was amount
	was.hist = true
	was = was.plus([4]int64{4}, schema3)
	all := was.plus([4]int64{1}, schema2)
	zero := amount{hist: true}
	tell(t, a, 20, []Growth{{Group: "h", Met: Reading{at(1), zero.value()}, Left: Reading{at(20), all.value()}}}, told("i", 1))
	tell(t, b, 20, histogram(1, 20, schema2, 0, 5), told("i", 1))
	both(t, a, b)
	assert.EqualValues(t, 5, total(a, "h"))
}

// 2: a restart that was none. What was told of it is taken back at the other watcher, too, in whatever order it hears.
func TestTakenBack(t *testing.T) {
	a, b := since(-1), since(-1)
	elder, younger := told("vip", -500), told("vip", -400)
	tell(t, a, 0, counter(0, 0, 1000, 1000), elder)
	end(t, a, 10, elder)
	tell(t, a, 10, counter(10, 10, 500, 78_780), younger) // grows by what is the elder's
	both(t, a, b)
	assert.EqualValues(t, 78_280, total(b, "c"))
	old := b.Clone()
	require.NoError(t, a.Tell(Process{Keys: []Key{younger}, Version: at(20), Last: at(20), Ended: at(20)}))
	tell(t, a, 30, counter(0, 30, 1000, 1110), elder)
	both(t, a, b)
	assert.EqualValues(t, 110, total(a, "c"))
	both(t, b, old)
	assert.EqualValues(t, 110, total(b, "c"), "who did not hear of it cannot bring it back")
	a.Fold(at(2 * hour))
	a.Join(old)
	assert.EqualValues(t, 110, total(a, "c"), "nor after it was folded")
	version, _ := a.Standing(younger)
	assert.Equal(t, at(20), version)
}

// 3: P1 counts 10 and tells its start in the header; P2 counts 15 and tells it in the body, which is no evidence to the
// watcher that saw both; P3 counts 20. The other watcher saw P2 and P3. 50 for 45.
func TestStartToldInAnotherWay(t *testing.T) {
	a, b := since(0), since(0)
	tell(t, a, 20, counter(1, 20, 0, 15), told("i", 1), told("i", 12)) // one process, it seems
	tell(t, a, 30, counter(25, 30, 0, 20), told("i", 25))
	tell(t, b, 20, counter(12, 20, 0, 15), told("i", 12))
	tell(t, b, 30, counter(25, 30, 0, 20), told("i", 25))
	both(t, a, b)
	assert.EqualValues(t, 35, total(a, "c"), "as the watcher that saw all three")
	// a third one links what moved once more: the chain stays whole in every order
	c, d := since(0), since(0)
	tell(t, c, 40, nil, told("i", 12), told("i", 17))
	tell(t, d, 40, counter(17, 40, 0, 16), told("i", 17))
	both(t, c, d)
	both(t, c, a)
	assert.EqualValues(t, 36, total(c, "c"))
}

// 4: a histogram that outlives processes, and fell with one. 32 for 9: what was met at 7 was met by another watcher,
// after the one that left it at 39 had met it.
func TestExternalFell(t *testing.T) {
	a, b := since(0), since(0)
	key := Key{"i", External}
	tell(t, a, 20, counter(10, 10, 30, 39), key) // 9 since the fall: what it left compares only with what it met
	tell(t, b, 15, counter(15, 15, 7, 7), key)
	x := total(a, "c")
	both(t, a, b)
	assert.EqualValues(t, 9, x)
	assert.EqualValues(t, 9, total(a, "c"))
}

// 5: two parts that each heard of a third watcher, which sees both, are made one: 400 for 200. Making one of parts is
// joining: what is of one process is counted once, whoever told it.
func TestPartsThatHeardOfAThird(t *testing.T) {
	for _, fold := range []bool{false, true} {
		w, x, y := since(0), since(0), since(0)
		for _, s := range []*State{w, x} {
			tell(t, s, 10, counter(1, 10, 0, 100), told("x", 1))
			end(t, s, 20, told("x", 1))
		}
		for _, s := range []*State{w, y} {
			tell(t, s, 10, counter(1, 10, 0, 100), told("y", 1))
			end(t, s, 20, told("y", 1))
		}
		if fold {
			for _, s := range []*State{w, x, y} {
				s.Fold(at(hour))
			}
			apart := x.Clone()
			apart.Join(y)
			assert.EqualValues(t, 200, total(apart, "c"), "accounts of different processes add up")
		}
		both(t, x, w)
		both(t, y, w)
		both(t, x, y)
		assert.EqualValues(t, 200, total(x, "c"), "folded: %v", fold)
		x.Fold(at(hour))
		assert.EqualValues(t, 200, total(x, "c"))
		assert.Equal(t, Size{Folded: 2, Accounts: 1}, x.Size())
	}
}

// 6: processes that are older than the horizon when they are first met: 1800 for 2700.
func TestOlderThanTheHorizon(t *testing.T) {
	for _, age := range []int64{-3000, -4000, -400_000} {
		a, b := since(-1), since(-1)
		for i := range int64(3) {
			k := told(string(rune('a'+i)), age-100*i)
			tell(t, a, 60+i, counter(i, 60+i, 100, 700), k)
			tell(t, b, 100+i, counter(50+i, 100+i, 600, 1000), k)
			a.Fold(at(60 - hour))
			b.Fold(at(100 - hour))
		}
		both(t, a, b)
		assert.EqualValues(t, 2700, total(a, "c"), "age %d", age)
	}
}

// 6, too: born after Since, and first met later than the horizon: 1002 for 2002.
func TestMetLate(t *testing.T) {
	a, b := since(-1), since(-1)
	for _, s := range []*State{a, b} {
		tell(t, s, 1, counter(0, 1, 0, 1), told("i0", 0))
		end(t, s, 2, told("i0", 0))
		s.Fold(at(hour - 10)) // something was folded, much later than what follows began
	}
	tell(t, a, 4000, counter(10, 4000, 0, 1000), told("i1", 10))
	tell(t, b, 4000, counter(10, 4000, 0, 1000), told("i2", 10))
	tell(t, a, 4001, counter(3999, 4001, 0, 1), told("i3", 3999))
	tell(t, b, 4001, counter(3999, 4001, 0, 1), told("i3", 3999))
	both(t, a, b)
	assert.EqualValues(t, 2002, total(a, "c"))
}

// 7: of twenty workers half are seen by each of two watchers. One is restarted from nothing, and looks before it asks:
// the history stood at 2000 while 500 more were counted.
func TestLooksBeforeItAsks(t *testing.T) {
	const horizon = 60
	a, b := since(0), since(0)
	now := int64(1)
	fold := func() {
		a.Fold(at(now - horizon))
		b.Fold(at(now - horizon))
	}
	for i := range 20 {
		s, k := []*State{a, b}[i%2], told("w"+string(rune('a'+i)), now)
		tell(t, s, now+5, counter(now, now+5, 0, 100), k)
		now += 10
		end(t, s, now, k)
		both(t, a, b)
		fold()
	}
	for range 3 { // each is restarted, one after the other
		now += 120
		fold()
		before := total(a, "c")
		b = New(agreed)
		tell(t, b, now+1, counter(now+1, now+1, 7, 7), told("stays", 0))
		b.Fold(at(now + 1))
		both(t, a, b)
		assert.Equal(t, before, total(b, "c"))
		a, b = b, a
	}
	for i := range 5 {
		now += 10
		k := told("later"+string(rune('a'+i)), now)
		tell(t, a, now+5, counter(now, now+5, 0, 100), k)
		both(t, a, b)
		fold()
	}
	assert.EqualValues(t, 2500, total(a, "c"))
}

// 8: X is reached by one watcher alone, which does not reach it for longer than the horizon. It lives: 700 for 1200.
func TestSilentForLongerThanTheHorizon(t *testing.T) {
	a, b := since(0), since(0)
	for i := range int64(60) {
		now := 10 * i
		if i < 10 || i >= 20 {
			tell(t, a, now+5, counter(5, now+5, 10, 10+10*i), told("x", -50))
		}
		tell(t, b, now+5, counter(5, now+5, 10, 10+10*i), told("z", -50))
		if i%3 == 0 { // processes come and go
			for _, s := range []*State{a, b} {
				k := told("w"+string(rune('a'+i)), now+1)
				tell(t, s, now+6, counter(now+1, now+6, 0, 0), k)
				end(t, s, now+8, k)
			}
		}
		both(t, a, b)
		a.Fold(at(now - 60))
		b.Fold(at(now - 60))
	}
	assert.EqualValues(t, 2*590, total(a, "c"))
	assert.EqualValues(t, 2*590, total(b, "c"))
}

// 9: no start is told, or there is none: 110 one way, 90 the other.
func TestCommutesWithoutStarts(t *testing.T) {
	for _, start := range []int64{Unknown, External} {
		a, b := since(0), since(0)
		tell(t, a, 90, counter(10, 90, 100, 190), Key{"i", start})
		tell(t, b, 85, counter(80, 85, 180, 185), Key{"i", start})
		tell(t, b, 90, counter(86, 90, 5, 25), Key{"only b saw it", start})
		a.Fold(at(90 - 60))
		b.Fold(at(90 - 60))
		both(t, a, b)
		assert.EqualValues(t, 110, total(a, "c"))
	}
}

// 10: an instance was silent for an hour, in the meantime others came in the same part or in another one: 502.
func TestReturns(t *testing.T) {
	whole, a, b := since(-1), since(-1), since(-1)
	see := func(part *State, now int64, k Key, n int64) {
		for _, s := range []*State{whole, part} {
			tell(t, s, now, counter(k.Start/1000-began/1000, now, 0, n), k)
			s.Fold(at(now - hour))
		}
	}
	see(a, 10, told("i", 1), 100)
	for s := int64(20); s < 4500; s += 600 {
		see(b, s, told("j", 2), 1)
	}
	see(b, 4500, told("k", 4499), 1)
	see(a, 4600, told("i", 1), 500)
	a.Join(b)
	assert.EqualValues(t, 502, total(a, "c"))
	assert.Equal(t, whole.AppendTo(nil), a.AppendTo(nil), "as one that saw all")
}

// Watchers that know one process by keys that nobody links know two processes; one that tells without a start what
// another one tells with one is an alternative to it.
func TestBlindWatcher(t *testing.T) {
	a, b := since(0), since(0)
	tell(t, a, 90, []Growth{{Group: "c", Grown: &Value{Count: number(40)}}}, Key{"i", Unknown})
	tell(t, b, 30, counter(5, 30, 0, 15), told("i", 5))
	tell(t, b, 60, counter(40, 60, 0, 20), told("i", 40))
	end(t, b, 40, told("i", 5))
	both(t, a, b)
	assert.EqualValues(t, 40, total(a, "c"))
	more := b.Clone()
	tell(t, more, 90, counter(80, 90, 0, 50), told("i", 80))
	assert.EqualValues(t, 85, total(more, "c"))
	b.Fold(at(hour))
	assert.EqualValues(t, 40, total(b, "c"))
	assert.Equal(t, 3, b.Size().Folded, "all of the name, as it is not known which is which")
	once := b.AppendTo(nil)
	b.Fold(at(hour))
	assert.Equal(t, once, b.AppendTo(nil))
	tell(t, b, 70, counter(40, 70, 0, 24), told("i", 40))
	assert.EqualValues(t, 40, total(b, "c"), "what was told until 90 without a start may hold it")
	tell(t, b, 100, counter(40, 100, 0, 25), told("i", 40))
	_, begin := b.Standing(told("i", 40))
	assert.Equal(t, at(90), begin)
	require.NoError(t, b.Tell(Process{Keys: []Key{told("i", 40)}, Begin: begin, Last: at(110), Groups: counter(100, 110, 25, 27)}))
	assert.EqualValues(t, 42, total(b, "c"))
	// folded before it was known that someone watches blindly: the lesser is given up
	c := since(0)
	tell(t, c, 30, counter(5, 30, 0, 15), told("i", 5))
	end(t, c, 40, told("i", 5))
	c.Fold(at(hour))
	both(t, a, c)
	assert.EqualValues(t, 40, total(a, "c"))
}
