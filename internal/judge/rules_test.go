package judge

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// lives is evidence of a process that is known to live on.
func lives() Evidence { return Evidence{Stands: true, Known: true, Interval: 15 * second} }

// of returns evidence with a fate.
func of(f Fate) Evidence {
	return Evidence{Fate: f, Start: 110 * second, Hidden: f != FateOutlives, Known: true, Interval: 15 * second}
}

// TestSteps has a step of every fate: p at 100 s, c at 115 s.
func TestSteps(t *testing.T) {
	hidden, deep, open := lives(), lives(), lives()
	hidden.Hidden, hidden.Stands, hidden.Known = true, false, false
	deep.Deep = true
	open.Open, open.Stands = true, false
	blind := Evidence{}
	copies := hidden
	copies.Copies = true
	denied := of(FateOwn)
	denied.Denied = true
	const at0, at1 = 100 * second, 115 * second
	for _, c := range []struct {
		name   string
		e      Evidence
		p, c   float64
		want   Step // To is filled in, From and Reach where they are not given
		memory Cause
	}{
		{"grew", lives(), 5, 9, Step{Verdict: Grew, Add: 9, Sub: 5, Lo: 4, Hi: 4}, 0},
		{"stood still", lives(), 5, 5, Step{Verdict: Grew, Add: 5, Sub: 5}, 0},
		{"grew, a restart may hide", hidden, 5, 9, Step{Verdict: Grew, Doubt: Masked, Add: 9, Sub: 5, Lo: 4, Hi: inf}, 0},
		{"grew, half of the body fell", open, 5, 9, Step{Verdict: Grew, Doubt: Masked | Unproven, Add: 9, Sub: 5, Hi: inf}, 0},
		{"jumped with half of the body", copies, 5, 11, Step{Verdict: Grew, Doubt: Masked | Unproven, Add: 11, Sub: 5, Hi: inf}, 0},
		{"fell deep", deep, 1000, 3, Step{Verdict: Reset, Doubt: Unproven, Add: 3, Hi: inf}, 0},
		{"fell shallow", lives(), 1000, 900, Step{Verdict: Reset, Doubt: Unproven, Hi: inf}, CauseFall},
		{"fell deep to 0", deep, 1000, 0, Step{Verdict: Reset, Doubt: Unproven, Hi: inf}, 0},
		{"jitter", lives(), 1000, 999, Step{Verdict: Jitter}, CauseDip},
		{"more than jitter", lives(), 1000, 998.5, Step{Verdict: Reset, Doubt: Unproven, Hi: inf}, CauseFall},
		{"jitter without a start", blind, 1e6, 1e6 - 1, Step{Verdict: Jitter, Hi: inf}, CauseDip},
		{"more than jitter without a start", blind, 1e6, 1e6 - 2, Step{Verdict: Reset, Doubt: Unproven, Hi: inf}, CauseFall},

		{"began anew, fell", of(FateAnew), 5, 2, Step{Verdict: Reset, Add: 2, Lo: 2, Hi: inf, From: 110 * second, Lost: 10 * second, Reach: at0}, CauseRestart},
		{"began anew, did not fall", of(FateAnew), 5, 7, Step{Verdict: Reset, Add: 7, Lo: 2, Hi: inf, From: 110 * second, Lost: 10 * second, Reach: at0}, 0},
		{"began anew, dipped", of(FateAnew), 1000, 999, Step{Verdict: Reset, Add: 999, Hi: inf, From: 110 * second, Lost: 10 * second, Reach: at0}, 0},
		{"own, fell", of(FateOwn), 5, 2, Step{Verdict: Reset, Add: 2, Lo: 2, Hi: inf, From: 110 * second, Lost: 10 * second}, 0},
		{"own, did not fall", of(FateOwn), 5, 7, Step{Verdict: Reset, Add: 7, Lo: 7, Hi: inf, From: 110 * second, Lost: 10 * second}, 0},
		{"own, perhaps read back, fell", denied, 5, 3, Step{Verdict: Reset, Doubt: Unproven, Add: 3, Hi: inf, From: 110 * second, Lost: 10 * second}, 0},
		{"own, perhaps read back, did not fall", denied, 5, 7, Step{Verdict: Reset, Doubt: Unproven, Add: 7, Lo: 2, Hi: inf, From: 110 * second, Lost: 10 * second}, 0},
		{"mixed, fell", of(FateMixed), 5, 2, Step{Verdict: Reset, Doubt: Unproven, Add: 2, Hi: inf, From: 110 * second, Lost: 10 * second, Reach: at0}, CauseRestart},
		{"mixed, did not fall", of(FateMixed), 5, 7, Step{Verdict: Grew, Doubt: Masked, Add: 7, Sub: 5, Lo: 2, Hi: inf}, 0},
		{"mixed, dipped", of(FateMixed), 1000, 999, Step{Verdict: Jitter, Doubt: Masked, Hi: inf}, CauseDip},
		{"restored, fell", of(FateRestored), 1000, 965, Step{Verdict: Reset, Doubt: Masked | Unproven, Hi: inf}, 0},
		{"restored, did not fall", of(FateRestored), 7, 9, Step{Verdict: Grew, Doubt: Masked | Unproven, Add: 9, Sub: 7, Lo: 2, Hi: inf}, 0},
		{"guessed, fell", of(FateGuessed), 1000, 3, Step{Verdict: Reset, Doubt: Unproven | Guessed, Add: 3, Hi: inf}, 0},
		{"guessed, did not fall", of(FateGuessed), 2, 3, Step{Verdict: Reset, Doubt: Unproven | Guessed, Add: 3, Hi: inf}, 0},
		{"clock set", of(FateMoved), 5, 7, Step{Verdict: Grew, Doubt: Masked, Add: 7, Sub: 5, Hi: 7}, 0},
		{"clock set far", of(FateMovedFar), 5, 7, Step{Verdict: Grew, Doubt: Masked, Hi: 7}, 0},
		{"clock set, and it fell", of(FateMoved), 7, 5, Step{Verdict: First, Doubt: Unproven, Hi: inf, From: at1}, 0},
		{"another process", of(FateOther), 7, 5, Step{Verdict: First, Doubt: Unproven, Hi: inf, From: at1}, 0},
		{"outlives, grew, a witness", of(FateOutlives), 5, 7, Step{Verdict: Grew, Add: 7, Sub: 5, Lo: 2, Hi: 2}, 0},
		{"outlives, fell", of(FateOutlives), 1000, 5, Step{Verdict: Reset, Doubt: Unproven, Hi: inf}, CauseFall},

		{"NaN", lives(), 5, math.NaN(), Step{Verdict: Gap, From: at1}, 0},
		{"stale marker", of(FateOwn), 5, math.Float64frombits(0x7ff0000000000002), Step{Verdict: Gap, From: at1}, 0},
		{"infinite", lives(), 5, inf, Step{Verdict: Gap, Doubt: NotACount, From: at1}, 0},
		{"negative", lives(), 5, -1, Step{Verdict: Gap, Doubt: NotACount, From: at1}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.want.From == 0 {
				c.want.From = at0
			}
			c.want.To = at1
			if c.want.Reach == 0 {
				c.want.Reach = c.want.From
			}
			before := Series{Last: at(100, c.p)}
			next, s := before.Next(&Rules{}, at(115, c.c), &c.e)
			assert.Equal(t, c.want, s)
			assert.Equal(t, c.memory, next.Cause)
			if s.Verdict == Gap {
				before.Gapped = true
				assert.Equal(t, before, next, "the point before a gap stays")
			} else {
				assert.Equal(t, at(115, c.c), next.Last)
			}
		})
	}
}

// paced adds a pace of 2 a second.
func paced(e Evidence) Evidence {
	e.Pace = Pace{2. / 1000, 2. / 1000, true}
	return e
}

// What a series says of its own start.
func TestCreated(t *testing.T) {
	fromHidden := lives()
	fromHidden.Hidden, fromHidden.Stands, fromHidden.Known = true, false, false
	for _, c := range []struct {
		name string
		e    Evidence
		p, c Point
		want [3]float64
		v    Verdict
	}{
		{"stands, no process start", fromHidden, at(100, 5, 10), at(115, 9, 11), [3]float64{4, 4, 4}, Grew},
		{"moved, fell", lives(), at(100, 5, 10), at(115, 2, 105), [3]float64{2, 2, inf}, Reset},
		{"moved, did not fall, the process lives on", lives(), at(100, 5, 10), at(115, 9, 105), [3]float64{4, 4, inf}, Grew},
		{"moved, did not fall, no process start", fromHidden, at(100, 5, 10), at(115, 9, 105), [3]float64{9, 9, inf}, Reset},
		{"moved, but to long before", lives(), at(100, 5, 10), at(115, 9, 30), [3]float64{4, 4, inf}, Grew},
		{"moved, over a read-back", of(FateRestored), at(100, 500, 10), at(115, 490, 112), [3]float64{490, 490, inf}, Reset},
		{"moved, of an aggregate that one joined", paced(fromHidden), at(100, 3000, 10), at(115, 3030, 105), [3]float64{30, 30, inf}, Grew},
		{"moved, of an aggregate that one left and one joined", paced(lives()), at(100, 3000, 10), at(115, 2010, 105), [3]float64{0, 0, inf}, Reset},
		{"moved, and no more was counted than could be", paced(lives()), at(100, 3000, 10), at(115, 40, 105), [3]float64{40, 40, inf}, Reset},
		{"of the scrape's own time", lives(), at(100, 5, 99), at(115, 9, 114), [3]float64{4, 4, 4}, Grew},
		{"equal to the timestamp", lives(), at(100, 5, 10), at(115, 9, 115), [3]float64{4, 4, 4}, Grew},
		{"in the future", lives(), at(100, 5, 10), at(115, 9, 500), [3]float64{4, 4, 4}, Grew},
		{"new, after the point before", lives(), at(100, 5), at(115, 9, 105), [3]float64{4, 4, inf}, Grew},
		{"new, before the point before", lives(), at(100, 5), at(115, 9, 50), [3]float64{4, 4, 4}, Grew},
		{"stands, but it fell", lives(), at(100, 3015, 10), at(115, 2022, 10), [3]float64{0, 0, inf}, Reset},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, s := Series{Last: c.p}.Next(&Rules{}, c.c, &c.e)
			assert.Equal(t, c.want, [3]float64{s.Value(), s.Lo, s.Hi})
			assert.Equal(t, c.v, s.Verdict)
		})
	}
}

func TestWraps(t *testing.T) {
	rules := Rules{WrapBits: 32}
	unknown := Evidence{Hidden: true}
	_, s := Series{Last: at(100, 1<<32-6)}.Next(&rules, at(115, 10), new(lives()))
	assert.Equal(t, [3]float64{16, 16, 16}, [3]float64{s.Value(), s.Lo, s.Hi})
	assert.Equal(t, Grew, s.Verdict)
	_, s = Series{Last: at(100, 1<<32-6)}.Next(&rules, at(115, 10), &unknown)
	assert.Equal(t, [3]float64{16, 0, inf}, [3]float64{s.Value(), s.Lo, s.Hi})
	_, s = Series{Last: at(100, 1000)}.Next(&rules, at(115, 10), &Evidence{Stands: true, Deep: true})
	assert.Equal(t, Reset, s.Verdict, "half of the range is no growth")
	_, s = Series{Last: at(100, 1<<32-6)}.Next(&Rules{}, at(115, 10), &Evidence{Stands: true, Deep: true})
	assert.Equal(t, Reset, s.Verdict)
}

// What a line that comes back was counted while it was away.
func TestReturned(t *testing.T) {
	e := paced(lives())
	gone, s := Series{Last: at(100, 40)}.Vanish(115*second, &e)
	assert.Equal(t, Step{Verdict: Gap, Doubt: Gapped, Hi: 30, From: 115 * second, To: 115 * second, Reach: 115 * second}, s, "its pace, for an interval")
	assert.Equal(t, CauseGone, gone.Cause)

	back, s := Begin(&Rules{}, at(160, 49), &Arrival{Before: &gone, Evidence: &e})
	assert.Equal(t, Step{Verdict: Returned, Doubt: Gapped | Masked, Add: 49, Sub: 40, Lo: 9, Hi: 49 + 120, From: 100 * second, To: 160 * second, Reach: 100 * second}, s)
	assert.True(t, back.Ordinary())

	_, s = Begin(&Rules{}, at(160, 9), &Arrival{Before: &gone, Evidence: &Evidence{Stands: true, Deep: true}})
	assert.Equal(t, Step{Verdict: Reset, Doubt: Gapped | Unproven, Add: 9, Hi: inf, From: 100 * second, To: 160 * second, Reach: 100 * second}, s)

	// Nothing of a body that it was not in tells whether it fell deep.
	_, s = Begin(&Rules{}, at(160, 20), &Arrival{Before: &gone, Evidence: &Evidence{Stands: true}})
	assert.Equal(t, 20.0, s.Value(), "at most half: it began again")
	_, s = Begin(&Rules{}, at(160, 21), &Arrival{Before: &gone, Evidence: &Evidence{Stands: true}})
	assert.Equal(t, [3]float64{0, 0, inf}, [3]float64{s.Value(), s.Lo, s.Hi}, "more: an older copy, perhaps")

	dated, _ := Series{Last: at(100, 40, 10)}.Vanish(115*second, &e)
	_, s = Begin(&Rules{}, at(160, 49, 10), &Arrival{Before: &dated, Evidence: &e})
	assert.Equal(t, 9.0, s.Hi, "its own start is the same: it never began again")

	restart := of(FateMixed)
	lost, s := Series{Last: at(100, 40)}.Vanish(115*second, &restart)
	assert.Equal(t, inf, s.Hi, "what was counted before the end is unknown")
	after := Arrival{Since: 50 * second, Start: 110 * second, Previous: 145 * second, Before: &lost, Evidence: &e}
	_, s = Begin(&Rules{}, at(160, 300), &after)
	assert.Equal(t, [3]float64{260, 0, inf}, [3]float64{s.Value(), s.Lo, s.Hi}, "handed over late")
	assert.Equal(t, Returned, s.Verdict)
	_, s = Begin(&Rules{}, at(160, 5), &after)
	assert.Equal(t, Born, s.Verdict, "smaller than before: it began with the process")
	_, s = Begin(&Rules{}, at(170, 300), &after)
	assert.Equal(t, Born, s.Verdict, "after three intervals the old value is forgotten")
}

func TestBegin(t *testing.T) {
	const since = 50 * second
	absent := Arrival{Since: since, Start: 20 * second, Previous: 100 * second, Interval: 15 * second, Unmoved: true}
	guard := func(change func(*Arrival)) Arrival {
		a := absent
		change(&a)
		return a
	}
	for _, c := range []struct {
		name  string
		rules Rules
		c     Point
		a     Arrival
		want  Step // From in seconds; 0 is 115
	}{
		{"first", Rules{}, at(115, 9), Arrival{Since: since}, Step{Verdict: First, Hi: 9}},
		{"first round", Rules{}, at(115, 9), Arrival{Since: since, FirstRound: true}, Step{Verdict: First}},
		{"process older than Since", Rules{}, at(115, 9), Arrival{Since: since, Start: 20 * second}, Step{Verdict: First, Hi: 9}},
		{"born with the process", Rules{}, at(115, 9), Arrival{Since: since, Start: 60 * second}, Step{Verdict: Born, Add: 9, Hi: 9, From: 60, Reach: 60}},
		{"born with the process, which counts", Rules{Owner: OwnerProcess}, at(115, 9), Arrival{Since: since, Start: 60 * second}, Step{Verdict: Born, Add: 9, Lo: 9, Hi: 9, From: 60, Reach: 60}},
		{"born with the process, which counts, as was seen", Rules{}, at(115, 9), Arrival{Since: since, Start: 60 * second, Evidence: &Evidence{Own: true}}, Step{Verdict: Born, Add: 9, Lo: 9, Hi: 9, From: 60, Reach: 60}},
		{"born at a restart", Rules{Owner: OwnerProcess}, at(115, 9), Arrival{Since: since, Start: 60 * second, Restarted: true}, Step{Verdict: Born, Add: 9, Lo: 9, Hi: inf, From: 60, Reach: 60}},
		{"born after the process", Rules{}, at(115, 9), Arrival{Since: since, Start: 60 * second, Previous: 100 * second}, Step{Verdict: Born, Add: 9, Hi: 9, From: 100, Reach: 60}},
		{"born after the process, many lines vanished", Rules{}, at(115, 9), Arrival{Since: since, Start: 60 * second, Previous: 100 * second, Vanishing: true}, Step{Verdict: Born, Add: 9, Hi: 9, From: 60, Reach: 60}},
		{"born with the process, external", Rules{Owner: OwnerExternal}, at(115, 9), Arrival{Since: since, Start: 60 * second}, Step{Verdict: First, Hi: 9}},
		{"born with the process, may have been there", Rules{}, at(115, 9), Arrival{Since: since, Start: 60 * second, Previous: 100 * second, Evicted: true}, Step{Verdict: First, Hi: 9}},
		{"process start in the future", Rules{}, at(115, 9), Arrival{Since: since, Start: 600 * second}, Step{Verdict: First, Hi: 9}},
		{"born at its own start", Rules{}, at(115, 9, 105), Arrival{Since: since, Start: 20 * second}, Step{Verdict: Born, Add: 9, Lo: 9, Hi: 9, From: 105, Reach: 105}},
		{"born at its own start, external", Rules{Owner: OwnerExternal}, at(115, 9, 105), Arrival{Since: since}, Step{Verdict: Born, Add: 9, Lo: 9, Hi: 9, From: 105, Reach: 105}},
		{"own start before the scrape that has forgotten it", Rules{}, at(115, 9, 95), Arrival{Since: since, Previous: 100 * second, Evicted: true}, Step{Verdict: First, Hi: 9}},
		{"own start at Since", Rules{}, at(115, 9, 50), Arrival{Since: since}, Step{Verdict: First, Hi: 9}},
		{"own start of the scrape's time", Rules{}, at(115, 9, 114), Arrival{Since: since}, Step{Verdict: First, Hi: 9}},

		{"absent", Rules{}, at(115, 9), absent, Step{Verdict: Born, Doubt: Unproven, Add: 9, Hi: 9, From: 100, Reach: 100}},
		{"absent, bounded", Rules{BoundBirths: true}, at(115, 9), absent, Step{Verdict: Born, Doubt: Unproven, Hi: 9, From: 100, Reach: 100}},
		{"absent, a start of its own", Rules{}, at(115, 9, 20), absent, Step{Verdict: First, Hi: 9}},
		{"absent, start unknown", Rules{}, at(115, 9), guard(func(a *Arrival) { a.Start = 0 }), Step{Verdict: First, Hi: 9}},
		{"absent, start moved", Rules{}, at(115, 9), guard(func(a *Arrival) { a.Unmoved = false }), Step{Verdict: First, Hi: 9}},
		{"absent, a young process", Rules{}, at(115, 9), guard(func(a *Arrival) { a.Interval = 48 * second }), Step{Verdict: First, Hi: 9}},
		{"absent, many lines vanished", Rules{}, at(115, 9), guard(func(a *Arrival) { a.Vanishing = true }), Step{Verdict: First, Hi: 9}},
		{"absent, lines forgotten", Rules{}, at(115, 9), guard(func(a *Arrival) { a.Evicted = true }), Step{Verdict: First, Hi: 9}},
		{"NaN", Rules{}, at(115, nan), absent, Step{Verdict: Gap}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.want.From == 0 {
				c.want.From, c.want.Reach = 115, 115
			}
			c.want.From *= second
			c.want.Reach *= second
			c.want.To = 115 * second
			next, s := Begin(&c.rules, c.c, &c.a)
			assert.Equal(t, c.want, s)
			if s.Verdict != Gap {
				assert.Equal(t, Series{Last: c.c}, next)
			}
		})
	}
}

// Whatever it is given, a step is one: it counts from 0 up, ends with its point, its bounds hold what it counted, and
// an ordinary one is found by Rise and Plain.
func TestEveryNextIsSound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Series{Last: Point{Time: 1, Value: math.Abs(anyValue().Draw(t, "p"))}}
		if !Countable(s.Last.Value) {
			t.Skip()
		}
		r := Rules{Owner: Owner(rapid.IntRange(0, 2).Draw(t, "owner")), WrapBits: uint8(rapid.SampledFrom([]int{0, 0, 32, 64}).Draw(t, "wrap"))}
		for range 6 {
			c := anyPoint().Draw(t, "c")
			c.Time += s.Last.Time + 1
			e := Evidence{
				Fate: Fate(rapid.IntRange(0, int(FateOutlives)).Draw(t, "fate")), Start: c.Time - 500, Interval: 1000,
				Deep: rapid.Bool().Draw(t, "deep"), Back: rapid.Bool().Draw(t, "back"), Hidden: rapid.Bool().Draw(t, "hidden"),
				Open: rapid.Bool().Draw(t, "open"), Copies: rapid.Bool().Draw(t, "copies"), Stands: rapid.Bool().Draw(t, "stands"), Known: rapid.Bool().Draw(t, "known"),
			}
			if rapid.Bool().Draw(t, "paced") {
				e.Pace = Pace{1e-3, 1e-3, true}
			}
			next, step := s.Next(&r, c, &e)
			v := step.Value()
			require.GreaterOrEqual(t, v, 0.0)
			require.GreaterOrEqual(t, step.Lo, 0.0)
			require.GreaterOrEqual(t, step.Hi, v)
			require.GreaterOrEqual(t, step.Hi, step.Lo)
			require.True(t, step.Lo <= v || step.Reach < step.From, "%+v", step)
			require.LessOrEqual(t, step.Reach, max(step.From, step.Reach))
			require.LessOrEqual(t, step.From, step.To)
			require.Equal(t, c.Time, step.To)
			if s.Ordinary() && e.Plain() && Rise(s.Last, c) {
				require.Equal(t, Step{Verdict: Grew, Add: c.Value, Sub: s.Last.Value, Lo: v, Hi: v, From: s.Last.Time, To: c.Time, Reach: s.Last.Time}, step)
				require.True(t, next.Ordinary())
			}
			require.LessOrEqual(t, next.Left, uint8(patience))
			require.GreaterOrEqual(t, next.Lost, 0.0)
			require.GreaterOrEqual(t, next.Fell, 0.0)
			if next.Cause == CauseDip || next.Cause == CauseFall {
				require.Greater(t, next.Mark, next.Last.Value)
			}
			require.Equal(t, next.Memory == Memory{}, next.Ordinary(), "%+v", next)
			s = next
			if rapid.IntRange(0, 9).Draw(t, "vanish") == 0 {
				s, _ = s.Vanish(c.Time+1, &e)
			}
		}
	})
}
