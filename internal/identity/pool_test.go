package identity

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestMissed(t *testing.T) {
	for n, want := range map[int]int{0: math.MaxInt, 1: math.MaxInt, 2: 10, 3: 18, 5: 31, 20: 135} {
		assert.Equal(t, want, Missed(n), "%d instances", n)
	}
	for n := 2; n < 200; n++ {
		m := float64(Missed(n))
		assert.Less(t, math.Pow(1-1/float64(n), m), 0.001)
		assert.GreaterOrEqual(t, math.Pow(1-1/float64(n), m-1), 0.001)
	}
}

func pool(expected, scrapes, quiet int, members ...Member) Pool {
	return Pool{Expected: expected, Scrapes: scrapes, Quiet: quiet, Members: slices.Values(members)}
}

func TestWhoIsAlive(t *testing.T) {
	at := func(sighted int) Member { return Member{Sighted: sighted, Last: int64(10 * sighted)} }
	began := func(m Member, at int64) Member { m.Start = Start{at, Metric}; return m }
	for _, c := range []struct {
		name string
		p    Pool
		m    Member
		want State
	}{
		{"just met", pool(2, 20, 1, at(20), at(19)), at(20), Alive},
		{"passed over nine times", pool(2, 20, 1, at(20), at(11)), at(11), Alive},
		{"passed over ten times", pool(2, 20, 1, at(20), at(10)), at(10), Stale},
		{"and another one began since", pool(2, 20, 1, began(at(20), 101), at(10)), at(10), Dead},
		{"another one that was there before", pool(2, 20, 1, began(at(20), 99), at(10)), at(10), Stale},
		{"of three the one not met the longest", pool(2, 20, 1, at(20), at(19), at(18)), at(18), Dead},
		{"an address of its own has a place", pool(2, 20, 1, at(20), at(19), Member{Own: true}), at(19), Dead},
		{"of an unknown number: two", pool(0, 20, 1, at(20), at(11)), at(11), Alive},
		{"and one is missed", pool(0, 20, 1, at(20), at(10)), at(10), Stale},
		{"given up", pool(0, 20, 1, at(20), at(19)), Member{Sighted: 19, Lost: true}, Stale},
	} {
		assert.Equal(t, c.want, c.p.State(c.m), c.name)
	}
}

// After a deploy the one that died may be any that was not met since.
func TestDisputed(t *testing.T) {
	met := func(first, last int) Member {
		return Member{First: int64(10 * first), Last: int64(10 * last), Sighted: last}
	}
	a, b, c := met(1, 6), met(2, 7), met(8, 9)
	p := pool(2, 9, 1, a, b, c)
	assert.Equal(t, []State{Dead, Alive, Alive}, []State{p.State(a), p.State(b), p.State(c)})
	assert.True(t, p.Disputed(a), "b may have died in its place")
	assert.True(t, p.Disputed(b))
	assert.False(t, p.Disputed(c), "it was met since")
	b = met(2, 9)
	p = pool(2, 9, 1, a, b, c)
	assert.False(t, p.Disputed(a), "two others were there together")
	assert.False(t, p.Disputed(b))
	assert.False(t, pool(3, 9, 1, a, b, c).Disputed(a), "all are expected")
	assert.False(t, pool(0, 9, 1, a, b, c).Disputed(a), "nobody knows how many there are")
	own := Member{Own: true, Sighted: 8}
	assert.True(t, pool(3, 9, 1, met(1, 6), met(2, 7), c, own).Disputed(met(1, 6)), "an address of its own has a place")
}

func TestHowMany(t *testing.T) {
	at := func(sighted int) Member { return Member{Sighted: sighted} }
	p := pool(0, 20, 1, at(20), at(11), at(1))
	assert.Equal(t, 2, p.several(), "19 are more than 18")
	assert.Equal(t, 1, pool(0, 0, 0).several())
	assert.Equal(t, 3, pool(3, 20, 1, at(20)).Expects())
	assert.Equal(t, 2, pool(3, 20, 1, at(20), Member{Own: true}).Expects())
	assert.Equal(t, 2, pool(0, 20, 1, at(20), at(19)).Expects())
}

func TestSettled(t *testing.T) {
	met := func(first, last int) Member {
		return Member{First: int64(10 * first), Last: int64(10 * last), Sighted: last}
	}
	own := Member{Own: true, First: 1000}
	assert.False(t, pool(0, 0, 0).Settled())
	assert.False(t, pool(2, 5, 0, met(1, 5)).Settled())
	assert.True(t, pool(2, 5, 0, met(1, 5), met(2, 2)).Settled())
	assert.True(t, pool(2, 5, 0, met(1, 5), met(1, 2), met(4, 4)).Settled(), "two were met since the newcomer")
	assert.False(t, pool(2, 5, 0, met(1, 4), met(1, 2), met(5, 5)).Settled(), "the newcomer alone was")
	assert.True(t, pool(2, 5, 0, met(1, 5), own).Settled())
	assert.False(t, pool(0, 10, 9, met(1, 10)).Settled())
	assert.True(t, pool(0, 11, 10, met(1, 11)).Settled(), "of two one would have been met")
	assert.False(t, pool(0, 18, 17, met(1, 18), met(1, 17)).Settled())
	assert.True(t, pool(0, 19, 18, met(1, 19), met(1, 18)).Settled(), "of three one would have been met")
}
