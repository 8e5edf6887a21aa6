package room

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func of(n int64) func() (int64, bool) { return func() (int64, bool) { return n, false } }

func TestHeld(t *testing.T) {
	var s Sums
	var none Held
	a, b := Held{Lines: 3, Rows: 5}, Held{Lines: 1, Events: 7}
	s.Change(&none, &a)
	s.Change(&none, &b)
	h := s.Held()
	assert.Equal(t, Held{Lines: 4, Rows: 5, Events: 7}, h)
	assert.EqualValues(t, 16, h.Sum())
	assert.Equal(t, map[string]int64{"lines": 4, "plans": 0, "rows": 5, "events": 7, "vanished": 0, "totals": 0, "places": 0, "answers": 0}, h.ByWord())
	s.Change(&a, &none)
	assert.Equal(t, b, s.Held())
}

// Whoever asks for whatever, in whatever order: the limit holds, and one that has
// taken all that it was given leaves room for those that hold little.
func TestLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.Int64Range(0, 1<<40).Draw(t, "limit")
		own := make([]int64, rapid.IntRange(1, 20).Draw(t, "instances"))
		held := int64(0)
		for range rapid.IntRange(0, 200).Draw(t, "scrapes") {
			who := rapid.IntRange(0, len(own)-1).Draw(t, "who")
			more := rapid.Int64Range(1, 1<<41).Draw(t, "more") >> rapid.IntRange(0, 41).Draw(t, "smaller")
			if more > 0 && Limit(limit).Fits(held, more, of(own[who])) {
				own[who] += more
				held += more
			}
			require.LessOrEqual(t, held, limit)
		}
		require.True(t, Limit(limit).Fits(held, 0, of(0)))
	})
}

func TestWhoFloodsLeavesRoom(t *testing.T) {
	const limit = Limit(16 << 20)
	held, flood := int64(0), int64(0)
	for more := int64(1 << 20); more > 0; {
		if !limit.Fits(held, more, of(flood)) {
			more /= 2
			continue
		}
		held, flood = held+more, flood+more
	}
	assert.EqualValues(t, 14<<20, flood, "seven eighths")
	assert.True(t, limit.Fits(held, 100_000, of(10_000)), "of a neighbour")
	assert.True(t, limit.Fits(held+4<<20, 0, of(10_000)), "it goes on, whatever the other one holds")
	assert.False(t, limit.Fits(held+4<<20, 0, of(flood)), "which does not")
}

// Each limit to the byte: who brings nothing new may have all of it, and goes on above
// that with a sixteenth of it; of the last eighth one may have a sixteenth of what is free.
func TestLimitToTheByte(t *testing.T) {
	const limit = 16 << 20
	for _, c := range []struct {
		held, more, own int64
		fits            bool
	}{
		{14 << 20, 0, 14 << 20, true},
		{limit, 0, limit, true},
		{limit + 1, 0, limit, false},
		{limit + 1, 0, limit / 16, true},
		{limit + 1, 0, limit/16 + 1, false},
		{0, 14 << 20, 0, true},
		{0, 14<<20 + 1, 0, false},
		{14 << 20, 1, 2<<20/16 - 1, true},
		{14 << 20, 1, 2 << 20 / 16, false},
		{15 << 20, 1 << 20 / 16, 0, true},
		{15 << 20, 1<<20/16 + 1, 0, false},
	} {
		assert.Equal(t, c.fits, Limit(limit).Fits(c.held, c.more, of(c.own)), "%+v", c)
	}
}

// An instance may become twice what it was let in with, and its rows once more, by
// itself; what became less is not had again; lines do not count.
func TestCrept(t *testing.T) {
	var w Weight
	become := func(lines, events int64) { w.Become(&Held{Lines: lines, Events: events}, 2) }
	become(0, 100)
	become(1<<30, 200)
	assert.False(t, w.Crept(0))
	become(1<<30, 211)
	assert.False(t, w.Crept(11))
	assert.True(t, w.Crept(10))
	become(0, 50)
	become(0, 101)
	assert.True(t, w.Crept(0))
	w.LetIn(0)
	become(0, 101)
	assert.True(t, w.Crept(0), "it brought nothing")
	w.LetIn(1)
	become(0, 102)
	become(0, 204)
	assert.False(t, w.Crept(0))
	become(0, 205)
	assert.True(t, w.Crept(0))
	w.Become(&Held{Events: 500}, 3)
	assert.False(t, w.Crept(0), "of another view")
}

// One that crept to what it has is refused above the limit, however little that is.
func TestWhoCreptDoesNotGoOn(t *testing.T) {
	const limit = Limit(16 << 20)
	crept := func() (int64, bool) { return 1, true }
	assert.True(t, limit.Fits(16<<20, 0, crept))
	assert.False(t, limit.Fits(16<<20+1, 0, crept))
	assert.True(t, limit.Fits(0, 1, crept))
}
