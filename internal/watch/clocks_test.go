package watch

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Watchers whose clocks may differ by a minute.
func differing() (a, b *State) {
	c := Clocks{Tolerance: tolerance, Skew: 60_000}
	return New(c), New(c)
}

// One watcher met a process at 400; it began anew, unnoticed, and another one, whose clock is behind, met it at 23, at a
// time before that of the first: 377 for 0. What each saw by itself counts.
func TestClocksThatDiffer(t *testing.T) {
	for _, start := range []int64{Unknown, External} {
		k := Key{"i", start}
		a, b := differing()
		tell(t, a, 110, counter(103, 110, 23, 30), k)
		tell(t, b, 106, counter(105, 106, 400, 400), k)
		both(t, a, b)
		assert.EqualValues(t, 7, total(a, "c"))

		c, d := differing()
		tell(t, c, 190, counter(163, 190, 90, 95), k)
		both(t, c, a)
		assert.EqualValues(t, 72, total(c, "c"), "a minute later it is surely later")
		tell(t, d, 300, counter(290, 300, 3, 80), k)
		both(t, c, d)
		assert.EqualValues(t, 77, total(c, "c"))
		once := c.AppendTo(nil)
		c.Join(a)
		c.Join(b)
		assert.Equal(t, once, c.AppendTo(nil))
	}
	a, b := since(0), since(0)
	tell(t, a, 110, counter(103, 110, 23, 30), Key{"i", Unknown})
	tell(t, b, 106, counter(105, 106, 400, 400), Key{"i", Unknown})
	both(t, a, b)
	assert.EqualValues(t, 377, total(a, "c"), "clocks that agree")
}

// Of a histogram the same, with its buckets; the one of several watches that saw most by itself is kept.
func TestClocksThatDifferOfHistograms(t *testing.T) {
	a, b := differing()
	tell(t, a, 110, histogram(103, 110, fineText, 23, 30), Key{"i", Unknown})
	tell(t, b, 106, histogram(105, 106, fineText, 400, 400), Key{"i", Unknown})
	both(t, a, b)
	h := a.Totals()[0]
	assert.EqualValues(t, 7, h.Count.Float64())
	assert.EqualValues(t, 7, h.Histogram.Parts[0].Count.Float64())
	tell(t, a, 112, histogram(103, 112, fineText, 23, 33), Key{"i", Unknown})
	both(t, a, b)
	assert.EqualValues(t, 10, total(b, "h"))
}

// What a watcher read by a clock that is ahead, after the last reading of an account, may be in that account.
func TestClocksThatDifferBesideAnAccount(t *testing.T) {
	k := told("i", 5)
	a, b := differing()
	tell(t, a, 100, counter(5, 100, 0, 50), k)
	end(t, a, 101, k)
	a.Fold(at(hour))
	require.Equal(t, 1, a.Size().Folded)
	tell(t, b, 120, counter(110, 120, 40, 47), k)
	both(t, a, b)
	assert.EqualValues(t, 50, total(a, "c"))
	_, begin := a.Standing(k)
	assert.Equal(t, at(160), begin)
	require.NoError(t, a.Tell(Process{Keys: []Key{k}, Begin: begin, Last: at(170), Groups: counter(160, 170, 55, 58)}))
	assert.EqualValues(t, 53, total(a, "c"))

	// so may the counts of a process that began since, where one watcher saw no starts
	a, b = differing()
	tell(t, a, 100, counter(5, 100, 0, 50), Key{"i", Unknown})
	end(t, a, 101, Key{"i", Unknown})
	a.Fold(at(hour))
	tell(t, b, 140, counter(130, 140, 0, 30), told("i", 130))
	both(t, a, b)
	assert.EqualValues(t, 50, total(a, "c"))
	tell(t, b, 190, counter(170, 190, 0, 30), told("i", 170))
	both(t, a, b)
	assert.EqualValues(t, 80, total(a, "c"))
}
