package identity

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func same(common, fell, moved int) Likeness {
	return Likeness{Common: common, Fell: fell, Moved: moved, Before: 50, Shared: 50, Union: 50}
}

func TestSuspicion(t *testing.T) {
	type round struct {
		l    Likeness
		turn bool
		want Verdict
	}
	otherSeries := Likeness{Common: 5, Moved: 1, Before: 50, Shared: 20, Union: 80}
	ownSeries := Likeness{Common: 40, Moved: 40, Before: 120, Shared: 42, Union: 198}
	for _, c := range []struct {
		name     string
		rounds   []round
		possible bool
	}{
		{"nothing seen", nil, false},
		{"the first round that fits", []round{{same(21, 0, 5), true, Open}}, true},
		{"a small process proves nothing", []round{{same(29, 0, 29), true, Open}, {same(29, 0, 29), true, Open}, {same(29, 0, 29), true, Open}, {same(29, 0, 29), true, Open}}, true},
		{"three alternations", []round{{same(30, 0, 4), true, Open}, {same(30, 0, 4), true, Open}, {same(30, 0, 4), true, Proven}}, true},
		{"too little moved", []round{{same(30, 0, 3), true, Open}, {same(30, 0, 3), true, Open}, {same(30, 0, 3), true, Open}, {same(30, 0, 1), true, Proven}}, true},
		{"no change of side", []round{{same(30, 0, 30), false, Open}, {same(30, 0, 30), false, Open}, {same(30, 0, 30), false, Open}}, false},
		{"one fell", []round{{same(30, 0, 4), true, Open}, {same(30, 1, 20), true, Refuted}}, true},
		{"one fell, of a small one", []round{{same(3, 1, 2), true, Refuted}}, false},
		{"one fell, without a change of side", []round{{same(30, 1, 2), false, Refuted}}, false},
		{"other series", []round{{otherSeries, true, Open}}, false},
		{"many series of their own", []round{{ownSeries, true, Open}, {ownSeries, true, Open}, {ownSeries, true, Open}, {ownSeries, true, Open}}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s Suspicion
			for i, r := range c.rounds {
				assert.Equal(t, r.want, s.Weigh(r.l, 5000, r.turn), "round %d", i)
			}
			assert.Equal(t, c.possible, s.Possible())
		})
	}
}

// Two scrapes that overlap in time have no order.
func TestSuspicionOfScrapesAtOnce(t *testing.T) {
	var s Suspicion
	assert.Equal(t, Open, s.Weigh(same(30, 5, 5), 1999, true))
	assert.False(t, s.Possible())
	assert.Equal(t, Open, s.Weigh(same(30, 0, 5), 1999, true))
	assert.True(t, s.Possible())
	assert.Equal(t, Refuted, s.Weigh(same(30, 5, 5), 2000, true))
}

// Two that are scraped together, and grow by more until the next time than they differ, are not proven to be one where
// some counters are ahead and others behind.
func TestSuspicionOfScrapesThatCross(t *testing.T) {
	var s, one Suspicion
	for range 20 {
		assert.Equal(t, Open, s.Weigh(same(40, 0, 40), 15_000, true))
		assert.Equal(t, Open, s.Weigh(same(40, 3, 4), 100, true))
	}
	assert.True(t, s.Possible())
	for i := range 3 { // the same scrapes of one process, whose times are those of their ends
		assert.Equal(t, []Verdict{Open, Open, Proven}[i], one.Weigh(same(40, 0, 40), 15_000, true))
		assert.Equal(t, Open, one.Weigh(same(40, 7, 0), 14, true))
	}
}

// One process under two names is found out; two processes never are taken for one, however often they are asked in turn,
// as long as each has counted something that the other one has not.
func TestSuspicionIsRight(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 5))
		one := rapid.Bool().Draw(rt, "one process")
		a := random(r, 40, Start{}, 1000, 20)
		b := a
		if !one {
			b = random(r, 40, Start{}, 1000, 20)
			b.counters[0], b.counters[1] = a.counters[0]+1e6, max(1, a.counters[1]-1)
			a.counters[1] = b.counters[1] + 1e6
		}
		var s Suspicion
		verdict, before := Open, append([]float64(nil), a.counters...)
		for i := 0; i < 20 && verdict == Open; i++ {
			p := []*process{b, a}[i%2]
			p.moves(r, 1)
			now := append([]float64(nil), p.counters...)
			verdict, before = s.Weigh(compare(before, now), 5000, true), now
		}
		require.Equal(rt, one, verdict == Proven)
		require.Equal(rt, !one, verdict == Refuted)
	})
}

// alike is one of twins.
type alike struct {
	Alias
	kin Kin[*alike]
}

func (a *alike) Name() string            { return a.Alias.Name }
func (a *alike) Relations() *Kin[*alike] { return &a.kin }

// Who has no twin speaks for itself.
func TestSpeaksAlone(t *testing.T) {
	in := &alike{Alias: Alias{Name: "x"}}
	assert.True(t, Speaks(in, func(*alike) Alias { panic("nobody asks what it is") }))
	assert.Same(t, in, First(in))
}

// Nodes that share an address; the Ready condition True, False, Unknown, or none.
func TestSpeaker(t *testing.T) {
	const none, unknown, no, yes = 0, 1, 2, 3
	old, young := time.Unix(1000, 0), time.Unix(2000, 0)
	node := func(name string, ready int, created time.Time) Alias {
		return Alias{Name: name, Live: true, Priority: ready, Created: created}
	}
	for _, c := range []struct {
		list []Alias
		want string
	}{
		{[]Alias{node("a", unknown, old), node("b", yes, old)}, "b"},
		{[]Alias{node("a", none, young), node("b", yes, old)}, "b"},
		{[]Alias{node("a", no, young), node("b", yes, old)}, "b"},
		{[]Alias{node("a", unknown, old), node("b", unknown, young)}, "b"},
		{[]Alias{node("a", yes, old), node("b", yes, young)}, "b"},
		{[]Alias{node("a", yes, old), node("b", yes, old)}, "a"},
		{[]Alias{node("a", yes, old), node("b", no, young), node("c", unknown, young)}, "a"},
		{[]Alias{{Name: "a", Priority: yes}, {Name: "b", Live: true}}, "b"},
		{[]Alias{{Name: "a", Live: true, Pooled: true, Priority: yes}, {Name: "b", Live: true}}, "b"},
		{[]Alias{node("a", unknown, old)}, "a"}, // alone it is kept, whatever is said of it
	} {
		for range 10 {
			rand.Shuffle(len(c.list), func(i, j int) { c.list[i], c.list[j] = c.list[j], c.list[i] })
			assert.Equal(t, c.want, c.list[Speaker(c.list)].Name)
		}
		twins := &Twins[*alike]{}
		for _, a := range c.list {
			twins.Members = append(twins.Members, &alike{a, Kin[*alike]{Twins: twins}})
		}
		for _, in := range twins.Members {
			assert.Equal(t, in.Alias.Name == c.want, Speaks(in, func(in *alike) Alias { return in.Alias }))
			assert.Equal(t, "a", First(in).Name())
		}
	}
}

// Two that no part saw together may be one, unless what they exposed last crosses, or fell long after.
func TestUnseen(t *testing.T) {
	many := Likeness{Common: 40, Moved: 20, Before: 50, Shared: 50, Union: 50}
	crossed := many
	crossed.Fell = 3
	for _, c := range []struct {
		l     Likeness
		apart int64
		ok    bool
		n     int
	}{
		{many, 10_000, true, 1},
		{crossed, 10_000, false, 0},
		{crossed, 10, false, 0},
		{Likeness{Common: 5, Fell: 1, Before: 9, Shared: 9, Union: 9}, 10, true, 0},
		{Likeness{}, 0, true, 0},
	} {
		s, ok := Unseen(c.l, c.apart)
		assert.Equal(t, c.ok, ok, "%+v", c)
		assert.Equal(t, c.n, s.Alternations, "%+v", c)
	}
}
