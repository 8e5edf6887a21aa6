package judge

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// pairs feeds counters of one family to a body: previous and present values by turns, 15 seconds apart.
func pairs(b *Body, f *Family, pace Pace, list ...float64) {
	for i := 0; i < len(list); i += 2 {
		s := Series{Last: at(1985, list[i])}
		b.Add(f, &s, at(2000, list[i+1]), pace)
	}
}

func body(prev, start int64) *Body {
	return &Body{Rules: &Rules{}, PrevTime: 1985 * second, Time: 2000 * second, PrevStart: prev * second, Start: start * second}
}

func TestRestarts(t *testing.T) {
	slow := Pace{10. / 15000, 10. / 15000, true}
	for _, c := range []struct {
		name        string
		prev, start int64 // seconds
		pace        Pace
		list        []float64
		want        Restart
		blind       bool
		fate        Fate
	}{
		{"same start", 1000, 1000, slow, []float64{5, 9}, RestartUnmoved, false, FateGoesOn},
		{"start jitters", 1000, 1002, slow, []float64{5, 9}, RestartUnmoved, false, FateGoesOn},
		{"start jitters backwards", 1000, 998, slow, []float64{5, 9}, RestartUnmoved, false, FateGoesOn},
		{"later, recent, nothing fell", 1000, 1990, slow, []float64{5, 9}, RestartProven, false, FateMixed},
		{"later, recent but for skew", 1000, 1926, slow, []float64{100, 9}, RestartProven, false, FateAnew},
		{"later, as old as the skew, it fell", 1000, 1925, slow, []float64{100, 9}, RestartOther, false, FateOther},
		{"later, nothing fell", 1000, 1050, slow, []float64{5, 9}, RestartMoved, false, FateMoved},
		{"much later, nothing fell", 1000, 1900, slow, []float64{5, 9}, RestartMoved, false, FateMovedFar},
		{"later, a dip", 1000, 1050, slow, []float64{1000, 999}, RestartMoved, false, FateMoved},
		{"earlier", 1000, 997, slow, []float64{5, 9}, RestartOther, false, FateOther},
		{"in the future", 1000, 9000, slow, []float64{500, 9}, RestartProven, false, FateAnew},
		{"newly present, few fell", 0, 1990, slow, []float64{500, 9, 5, 6, 5, 6}, RestartUnknown, false, FateGoesOn},
		{"newly present, most fell deep", 0, 1990, slow, []float64{500, 9, 600, 6}, RestartGuessed, false, FateGuessed},
		{"never a start, half fell deep", 0, 0, slow, []float64{500, 9, 5, 6}, RestartGuessed, false, FateGuessed},
		{"never a start, half fell a little", 0, 0, slow, []float64{500, 400, 5, 6}, RestartUnknown, true, FateGoesOn},
		{"never a start, one counter fell deep", 0, 0, slow, []float64{500, 9}, RestartUnknown, false, FateGoesOn},
		{"never a start, half dipped", 0, 0, slow, []float64{1e7, 1e7 - 1, 5, 6}, RestartUnknown, false, FateGoesOn},
		{"never a start, nothing in common", 0, 0, slow, nil, RestartUnknown, false, FateGoesOn},
		{"same start, half fell deep", 1000, 1000, slow, []float64{500, 9, 5, 6}, RestartGuessed, false, FateGuessed},
		{"same start, half fell a little", 1000, 1000, slow, []float64{500, 400, 5, 6}, RestartUnknown, true, FateGoesOn},
		{"same start, few fell", 1000, 1000, slow, []float64{500, 9, 5, 6, 5, 6}, RestartUnmoved, false, FateGoesOn},
		{"jumped up", 0, 0, slow, []float64{50, 120, 5, 6}, RestartCopies, false, FateGoesOn},
		{"doubled at its pace", 0, 0, slow, []float64{5, 15, 5, 15}, RestartUnknown, false, FateGoesOn},
		{"jumped up, start known", 1000, 1000, slow, []float64{50, 120}, RestartUnmoved, false, FateGoesOn},
		{"read back", 1000, 1990, slow, []float64{1000, 965, 2000, 1975, 3000, 2985, 7, 7}, RestartRestored, false, FateRestored},
		{"read back, within jitter", 1000, 1990, slow, []float64{10000, 9999, 7, 7}, RestartRestored, false, FateRestored},
		{"read back, its pace that of its life", -9000, 1990, Pace{}, []float64{1000, 965}, RestartRestored, false, FateRestored},
		{"a shallow fall that the new life explains", 1000, 1960, slow, []float64{60, 50}, RestartProven, false, FateAnew},
		{"the same, its pace that of its life", 1900, 1940, Pace{}, []float64{850, 600}, RestartProven, false, FateAnew},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, f := body(c.prev, c.start), Family{}
			pairs(b, &f, c.pace, c.list...)
			d := b.Decide()
			e := d.Of(&f)
			assert.Equal(t, c.want, d.Restart)
			assert.Equal(t, c.blind, d.Blind)
			assert.Equal(t, c.fate, e.Fate)
			assert.Equal(t, c.want == RestartUnmoved, e.Stands)
			assert.Equal(t, c.blind, e.Open)
			assert.Equal(t, strings.Contains(c.name, "half fell a little") || strings.Contains(c.name, "half dipped"), d.Lags)
		})
	}
}

func TestMedians(t *testing.T) {
	for _, c := range []struct {
		list []float64
		deep bool
	}{
		{[]float64{100, 50}, true},
		{[]float64{100, 51}, false},
		{[]float64{100, 40, 100, 90}, true}, // of an even number the lower one
		{[]float64{100, 40, 100, 90, 100, 80}, false},
		{[]float64{100, 99.9999}, false}, // jitter has no say
		{[]float64{100, 99.9999, 100, 3}, true},
		{nil, false},
	} {
		b, f := body(1000, 1000), Family{}
		pairs(b, &f, Pace{}, c.list...)
		d := b.Decide()
		assert.Equal(t, c.deep, d.Of(&f).Deep, c.list)
	}
}

func TestFamilies(t *testing.T) {
	of := func(owner Owner, habits Habits, list ...float64) Fate {
		b, f := body(1000, 1990), Family{Owner: owner, Habits: habits}
		pairs(b, &f, Pace{}, list...)
		d := Decision{Restart: RestartProven}
		e := d.Of(&f)
		return e.Fate
	}
	assert.Equal(t, FateAnew, of(0, 0, 100, 3, 100, 101), "as much fell as did not")
	assert.Equal(t, FateMixed, of(0, 0, 100, 3, 101, 102), "by mass, not by number")
	assert.Equal(t, FateMixed, of(0, 0, 100, 3, 50, 51, 51, 52))
	assert.Equal(t, FateMixed, of(0, 0, 1000, 999, 5, 6), "a fall within jitter is none")
	assert.Equal(t, FateMixed, of(0, 0), "nothing is known of it")
	assert.Equal(t, FateOwn, of(OwnerProcess, 0, 100, 101))
	assert.Equal(t, FateOutlives, of(OwnerExternal, sawAnew, 100, 3))
	assert.Equal(t, FateAnew, of(0, sawAnew, 100, 101), "seen to begin anew before")
	assert.Equal(t, FateMixed, of(0, sawAnew|sawGoOn, 100, 101), "and seen to go on")
}

func TestHabits(t *testing.T) {
	anew, on, none := Family{}, Family{}, Family{}
	anew.add(100, 3, jitter)
	on.add(100, 101, jitter)
	proven := Decision{Restart: RestartProven}
	assert.Equal(t, sawAnew, Habits(0).After(&proven, &anew))
	assert.Equal(t, sawGoOn, Habits(0).After(&proven, &on))
	assert.Equal(t, Habits(0), Habits(0).After(&proven, &none))
	assert.Equal(t, sawAnew|sawGoOn, sawAnew.After(&proven, &on))
	assert.Equal(t, sawAnew, sawAnew.After(&Decision{Restart: RestartUnmoved}, &on))
	assert.Equal(t, sawAnew|sawGoOn, sawAnew.After(&Decision{Restart: RestartRestored}, &anew), "counts that are read back survive")
	assert.Equal(t, sawAnew|sawGoOn, sawAnew.Outlived())
}

// No restart hides where a counter of the family, or thirty of the body, show it.
func TestWitnesses(t *testing.T) {
	pace := Pace{10. / 15000, 10. / 15000, true}
	hidden := func(owner Owner, pace Pace, list ...float64) bool {
		b, f := body(0, 0), Family{Owner: owner}
		pairs(b, &f, pace, list...)
		d := b.Decide()
		e := d.Of(&f)
		return e.Hidden
	}
	assert.True(t, hidden(0, Pace{}, 1e6, 1e6+1), "no pace is known at the first step")
	assert.False(t, hidden(0, pace, 20, 25), "twice its pace is 20")
	assert.True(t, hidden(0, pace, 19, 25))
	assert.False(t, hidden(0, pace, 1, 2, 20, 21), "one witness is enough for its family")
	assert.True(t, hidden(0, pace, 0, 2), "from 0 everything comes back")
	assert.False(t, hidden(OwnerExternal, pace, 20, 25))

	var thirty []float64
	for range 30 {
		thirty = append(thirty, 5, 9)
	}
	assert.False(t, hidden(0, Pace{}, thirty...))
	assert.True(t, hidden(0, Pace{}, thirty[2:]...))
	assert.True(t, hidden(0, Pace{}, append(thirty, 1e7, 1e7-1)...), "one fell")
	assert.True(t, hidden(OwnerExternal, Pace{}, thirty...), "they are of something else")

	b, f := body(0, 0), Family{}
	pairs(b, &f, Pace{}, thirty...)
	d := b.Decide()
	e := d.Of(&Family{})
	assert.False(t, e.Hidden, "of the body, for every family")

	known := body(1000, 1000)
	d = known.Decide()
	e = d.Of(&Family{})
	assert.False(t, e.Hidden, "nothing needs to be added where the start stands")
	assert.True(t, e.Plain())
}

// Of a body that fell deep and is back, all series are.
func TestBodyComesBack(t *testing.T) {
	b, f := body(0, 0), Family{}
	for _, x := range []struct{ other, p, c float64 }{{100, 3, 101}, {50, 2, 55}, {70, 1, 4}} {
		s := Series{Last: at(1985, x.p), Memory: Memory{Other: x.other}}
		b.Add(&f, &s, at(2000, x.c), Pace{1e-3, 1e-3, true})
	}
	d := b.Decide()
	assert.True(t, d.Of(&f).Back)
	b.Reset()
	assert.Equal(t, new(Body), b)
}

// A pace kept in a byte errs to the wide side of the true one.
func TestCoarsePace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var exact Pace // the fastest growth itself
		var coarse Coarse
		for range rapid.IntRange(0, 5).Draw(t, "steps") {
			s := Step{Verdict: Grew, To: rapid.Int64Range(1, 1e6).Draw(t, "ms"), Add: rapid.OneOf(rapid.Float64Range(0, 1e12), rapid.SampledFrom([]float64{0, 1e-300, 1e300})).Draw(t, "grown")}
			s.Lo = s.Add
			x := s.Add / float64(s.To)
			exact, coarse = Pace{max(exact.Least, x), max(exact.Most, x), true}, coarse.After(s)
		}
		p := coarse.Pace()
		assert.Equal(t, exact.Known, p.Known)
		assert.LessOrEqual(t, p.Least, exact.Least)
		assert.GreaterOrEqual(t, p.Most, exact.Most)
		if exact.Least > 1e-35 && exact.Most < 1e35 {
			assert.LessOrEqual(t, p.Most, 2*exact.Most)
		}
		x, ms := rapid.Float64Range(0, 1e12).Draw(t, "x"), rapid.Int64Range(1, 1e6).Draw(t, "of")
		assert.False(t, exact.Exceeded(x, ms) && !p.Exceeded(x, ms))
		assert.False(t, p.Witness(x, ms) && !exact.Witness(x, ms))
		assert.GreaterOrEqual(t, p.Makes(ms), exact.Makes(ms))
		family := coarse.OfFamily()
		assert.Equal(t, p.Most, family.Most)
		assert.Zero(t, family.Least)
	})
	assert.True(t, math.IsInf(Pace{}.Makes(1), 1))
}

// One sudden step does not make the next usual.
func TestPaceRisesSlowly(t *testing.T) {
	step := func(v Verdict, grown float64) Step { return Step{Verdict: v, Add: grown, Lo: grown, To: 1000} }
	p := Pace{}.After(step(Grew, 10))
	assert.Equal(t, Pace{.01, .01, true}, p)
	p = p.After(step(Grew, 15))
	assert.Equal(t, Pace{.015, .015, true}, p)
	p = p.After(step(Grew, 1000))
	assert.Equal(t, Pace{.03, 1, true}, p)
	p = p.After(step(Grew, 1000))
	assert.Equal(t, Pace{.06, 1, true}, p)
	assert.Equal(t, Pace{.06, 2, true}, p.After(step(Reset, 2000)))
	assert.Equal(t, p, p.After(Step{Verdict: Grew, Add: 5000, To: 1000}), "not sure")
	assert.Equal(t, Pace{1, 1, true}, Pace{Known: true}.After(step(Grew, 1000)), "after rest")
}
