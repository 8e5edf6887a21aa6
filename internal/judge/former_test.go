package judge

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var inf = math.Inf(1)

const (
	second = int64(1000)
	minute = 60 * second
)

// at is a point at t seconds.
func at(t int64, value float64, start ...int64) Point {
	p := Point{Time: t * second, Value: value}
	if len(start) > 0 {
		p.Start = start[0] * second
	}
	return p
}

// TestVerdicts has every row of the table of verdicts, with value, bounds and span.
func TestVerdicts(t *testing.T) {
	process, external := Rules{Owner: OwnerProcess}, Rules{Owner: OwnerExternal}
	for _, c := range []struct {
		name  string
		rules Rules
		p, c  Point
		life  Life
		start int64 // seconds
		want  Step  // From and To in seconds; Add and Sub as they are
	}{
		{"grew", Rules{}, at(100, 5), at(115, 9), LifeUnmoved, 0, Step{Verdict: Grew, Add: 9, Sub: 5, Lo: 4, Hi: 4, From: 100, To: 115}},
		{"stood still", Rules{}, at(100, 5), at(115, 5), LifeUnknown, 0, Step{Verdict: Grew, Add: 5, Sub: 5, From: 100, To: 115}},
		{"grew, own start unmoved", Rules{}, at(100, 5, 10), at(115, 9, 11), LifeUnknown, 0, Step{Verdict: Grew, Add: 9, Sub: 5, Lo: 4, Hi: 4, From: 100, To: 115}},

		{"reset, proven, fell", Rules{}, at(100, 5), at(115, 2), LifeReset, 110, Step{Verdict: Reset, Add: 2, Lo: 2, Hi: inf, From: 110, To: 115}},
		{"reset, proven, did not fall", Rules{}, at(100, 5), at(115, 7), LifeReset, 110, Step{Verdict: Reset, Add: 7, Lo: 7, Hi: inf, From: 110, To: 115}},
		{"reset, proven by its own start", Rules{}, at(100, 5, 10), at(115, 7, 105), LifeUnknown, 110, Step{Verdict: Reset, Add: 7, Lo: 7, Hi: inf, From: 105, To: 115}},
		{"reset, proven by its own start, process unmoved", Rules{}, at(100, 5, 10), at(115, 7, 105), LifeUnmoved, 0, Step{Verdict: Reset, Add: 7, Lo: 7, Hi: inf, From: 105, To: 115}},
		{"reset, proven, new start before the old scrape", Rules{}, at(100, 5), at(115, 2), LifeReset, 95, Step{Verdict: Reset, Add: 2, Lo: 2, Hi: inf, From: 100, To: 115}},
		{"reset, proven, new start in the future", Rules{}, at(100, 5), at(115, 2), LifeReset, 500, Step{Verdict: Reset, Add: 2, Lo: 2, Hi: inf, From: 100, To: 115}},
		{"reset, proven, new start unknown", Rules{}, at(100, 5), at(115, 2), LifeReset, 0, Step{Verdict: Reset, Add: 2, Lo: 2, Hi: inf, From: 100, To: 115}},
		{"reset, proven, new start at the scrape", Rules{}, at(100, 5), at(115, 2), LifeReset, 115, Step{Verdict: Reset, Add: 2, Lo: 2, Hi: inf, From: 100, To: 115}},
		{"fell, though its family is said not to have", Rules{}, at(100, 5), at(115, 2), LifeMasked, 110, Step{Verdict: Reset, Add: 2, Lo: 2, Hi: inf, From: 110, To: 115}},
		{"restarted, owner process", process, at(100, 5), at(115, 7), LifeMasked, 110, Step{Verdict: Reset, Add: 7, Lo: 7, Hi: inf, From: 110, To: 115}},

		{"restarted, nothing in the family fell", Rules{}, at(100, 5), at(115, 7), LifeMasked, 110, Step{Verdict: Grew, Doubt: Masked, Add: 7, Sub: 5, Lo: 2, Hi: inf, From: 100, To: 115}},
		{"a network namespace's bytes over a restart", external, at(100, 2311950201), at(115, 2457692378), LifeReset, 110,
			Step{Verdict: Grew, Add: 2457692378, Sub: 2311950201, Lo: 145742177, Hi: 145742177, From: 100, To: 115}},
		{"a start newly present", Rules{}, at(100, 5), at(115, 7, 110), LifeUnknown, 0, Step{Verdict: Grew, Doubt: Masked, Add: 7, Sub: 5, Lo: 2, Hi: inf, From: 100, To: 115}},
		{"a start equal to the timestamp is unknown", Rules{}, at(100, 5, 10), at(115, 7, 115), LifeUnknown, 0, Step{Verdict: Grew, Add: 7, Sub: 5, Lo: 2, Hi: 2, From: 100, To: 115}},
		{"an earlier start is no restart", Rules{}, at(100, 5, 90), at(115, 7, 10), LifeUnknown, 0, Step{Verdict: Grew, Add: 7, Sub: 5, Lo: 2, Hi: 2, From: 100, To: 115}},
		{"a later start from long before the old scrape, nothing fell", Rules{}, at(100, 5, 10), at(115, 7, 30), LifeUnknown, 0, Step{Verdict: Grew, Add: 7, Sub: 5, Lo: 2, Hi: 2, From: 100, To: 115}},
		{"a later start from long before the old scrape, fell", Rules{}, at(100, 5, 10), at(115, 2, 30), LifeUnknown, 0, Step{Verdict: Reset, Add: 2, Lo: 2, Hi: inf, From: 100, To: 115}},

		{"reset, dropped", Rules{}, at(100, 5), at(115, 2), LifeUnknown, 0, Step{Verdict: Reset, Doubt: Unproven, Add: 2, Hi: inf, From: 100, To: 115}},
		{"reset, dropped, one vector cleared", Rules{}, at(100, 5), at(115, 2), LifeUnmoved, 0, Step{Verdict: Reset, Doubt: Unproven, Add: 2, Hi: inf, From: 100, To: 115}},
		{"external dropped", external, at(100, 5), at(115, 2), LifeUnknown, 0, Step{Verdict: Reset, Doubt: Unproven, Hi: inf, From: 100, To: 115}},
		{"external dropped over a restart", external, at(100, 5), at(115, 2), LifeReset, 110, Step{Verdict: Reset, Doubt: Unproven, Hi: inf, From: 100, To: 115}},
		{"external, its own start moved", external, at(100, 5, 10), at(115, 2, 105), LifeReset, 0, Step{Verdict: Reset, Add: 2, Lo: 2, Hi: inf, From: 105, To: 115}},
		{"fell to 0", Rules{}, at(100, 5), at(115, 0), LifeUnmoved, 0, Step{Verdict: Reset, Doubt: Unproven | FellToZero, Hi: inf, From: 100, To: 115, Keep: true}},
		{"fell to 0 with a proven restart", Rules{}, at(100, 5), at(115, 0), LifeReset, 110, Step{Verdict: Reset, Hi: inf, From: 110, To: 115}},

		{"jitter", Rules{}, at(100, 1000), at(115, 999), LifeUnmoved, 0, Step{Verdict: Jitter, From: 100, To: 115, Keep: true}},
		{"more than jitter", Rules{}, at(100, 1000), at(115, 998.5), LifeUnmoved, 0, Step{Verdict: Reset, Doubt: Unproven, Add: 998.5, Hi: inf, From: 100, To: 115}},
		{"jitter without a start", Rules{}, at(100, 1e6), at(115, 1e6-1), LifeUnknown, 0, Step{Verdict: Jitter, From: 100, To: 115, Keep: true}},
		{"more than jitter without a start", Rules{}, at(100, 1e6), at(115, 1e6-2), LifeUnknown, 0, Step{Verdict: Reset, Doubt: Unproven, Add: 1e6 - 2, Hi: inf, From: 100, To: 115}},
		{"no jitter over a proven restart", Rules{}, at(100, 1e6), at(115, 1e6-1), LifeReset, 0, Step{Verdict: Reset, Add: 1e6 - 1, Lo: 1e6 - 1, Hi: inf, From: 100, To: 115}},

		{"NaN", Rules{}, at(100, 5), at(115, math.NaN()), LifeUnmoved, 0, Step{Verdict: Gap, From: 115, To: 115, Keep: true}},
		{"stale marker", Rules{}, at(100, 5), at(115, math.Float64frombits(0x7ff0000000000002)), LifeReset, 110, Step{Verdict: Gap, From: 115, To: 115, Keep: true}},
		{"infinite", Rules{}, at(100, 5), at(115, inf), LifeUnmoved, 0, Step{Verdict: Gap, Doubt: NotACount, From: 115, To: 115, Keep: true}},
		{"negative", Rules{}, at(100, 5), at(115, -1), LifeUnknown, 0, Step{Verdict: Gap, Doubt: NotACount, From: 115, To: 115, Keep: true}},
		{"negative before", Rules{}, at(100, -1), at(115, 7), LifeUnmoved, 0, Step{Verdict: First, Hi: 7, From: 115, To: 115}},
		{"infinitely more", Rules{}, at(100, 1), at(115, inf), LifeUnmoved, 0, Step{Verdict: Gap, Doubt: NotACount, From: 115, To: 115, Keep: true}},
		{"nothing to compare with", Rules{}, at(100, math.NaN()), at(115, 7), LifeUnmoved, 0, Step{Verdict: First, Hi: 7, From: 115, To: 115}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.want.From *= second
			c.want.To *= second
			if c.want.Verdict == Reset && c.want.Doubt&Unproven == 0 {
				c.want.Lost = c.want.From - c.p.Time
			}
			assert.Equal(t, c.want, c.rules.Next(c.p, c.c, c.life, c.start*second))
		})
	}
}

func TestAfterZero(t *testing.T) {
	external := Rules{Owner: OwnerExternal}
	for _, c := range []struct {
		name  string
		rules Rules
		c     Point
		life  Life
		want  Step
	}{
		{"back above", Rules{}, at(130, 1001), LifeUnmoved, Step{Verdict: Grew, Doubt: Glitch, Add: 1001, Sub: 1000, Lo: 1, Hi: 1001}},
		{"back above, own start unmoved", Rules{}, at(130, 1001, 10), LifeUnknown, Step{Verdict: Grew, Doubt: Glitch, Add: 1001, Sub: 1000, Lo: 1, Hi: 1001}},
		{"back above, nothing known", Rules{}, at(130, 1001), LifeUnknown, Step{Verdict: Grew, Doubt: Glitch, Add: 1001, Lo: 1, Hi: 1001}},
		{"back above, restarted, its family not", Rules{}, at(130, 1001), LifeMasked, Step{Verdict: Grew, Doubt: Glitch | Masked, Add: 1001, Lo: 1, Hi: 1001}},
		{"nearly back, nothing known", Rules{}, at(130, 999.9999), LifeUnknown, Step{Verdict: Grew, Doubt: Glitch, Add: 999.9999, Hi: 999.9999}},
		{"back above, external", external, at(130, 1001), LifeUnknown, Step{Verdict: Grew, Doubt: Glitch, Add: 1001, Sub: 1000, Lo: 1, Hi: 1001}},
		{"nearly back", Rules{}, at(130, 999.5), LifeUnmoved, Step{Verdict: Jitter, Doubt: Glitch, Hi: 999.5, Keep: true}},
		{"growing again", Rules{}, at(130, 3), LifeUnmoved, Step{Verdict: Grew, Add: 3, Lo: 3, Hi: 3}},
		{"growing again, external", external, at(130, 3), LifeUnknown, Step{Verdict: Grew, Add: 3, Lo: 3, Hi: 3}},
		{"still 0", Rules{}, at(130, 0), LifeUnmoved, Step{Verdict: Grew, Doubt: FellToZero, Keep: true}},
		{"restarted", Rules{}, at(130, 1001), LifeReset, Step{Verdict: Reset, Add: 1001, Lo: 1001, Hi: inf}},
		{"gone", Rules{}, at(130, math.NaN()), LifeUnmoved, Step{Verdict: Gap, From: 15, Keep: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := at(115, 1000, 10) // seen at 100 s, fell to 0 at 115 s
			c.want.From, c.want.To = c.want.From*second+115*second, 130*second
			assert.Equal(t, c.want, c.rules.AfterZero(p, c.c, c.life, 0))
		})
	}
}

func TestAppear(t *testing.T) {
	tomb, dated := at(70, 40), at(70, 40, 10)
	const since = 50 * second
	for _, c := range []struct {
		name  string
		rules Rules
		c     Point
		a     Appearance
		want  Step
	}{
		{"first", Rules{}, at(115, 9), Appearance{Since: since}, Step{Verdict: First, Hi: 9, From: 115}},
		{"first, start before Since", Rules{}, at(115, 9), Appearance{Since: since, Start: 20 * second}, Step{Verdict: First, Hi: 9, From: 115}},
		{"born with the process", Rules{}, at(115, 9), Appearance{Since: since, Start: 60 * second}, Step{Verdict: Born, Add: 9, Lo: 9, Hi: 9, From: 60}},
		{"born with the process, a burst of lines", Rules{}, at(115, 9), Appearance{Since: since, Start: 60 * second, Previous: 100 * second, Churned: true}, Step{Verdict: Born, Add: 9, Lo: 9, Hi: 9, From: 60}},
		{"born after the process", Rules{}, at(115, 9), Appearance{Since: since, Start: 60 * second, Previous: 100 * second}, Step{Verdict: Born, Add: 9, Lo: 9, Hi: 9, From: 100}},
		{"born with the process, external", Rules{Owner: OwnerExternal}, at(115, 9), Appearance{Since: since, Start: 60 * second}, Step{Verdict: First, Hi: 9, From: 115}},
		{"born with the process, may have been there", Rules{}, at(115, 9), Appearance{Since: since, Start: 60 * second, Previous: 100 * second, Evicted: true}, Step{Verdict: First, Hi: 9, From: 115}},
		{"process start at Since", Rules{}, at(115, 9), Appearance{Since: since, Start: since}, Step{Verdict: First, Hi: 9, From: 115}},
		{"own start at Since", Rules{}, at(115, 9, 50), Appearance{Since: since}, Step{Verdict: First, Hi: 9, From: 115}},
		{"own start at the scrape that has forgotten it", Rules{}, at(115, 9, 100), Appearance{Since: since, Previous: 100 * second, Evicted: true}, Step{Verdict: First, Hi: 9, From: 115}},
		{"process start in the future", Rules{}, at(115, 9), Appearance{Since: since, Start: 600 * second}, Step{Verdict: First, Hi: 9, From: 115}},
		{"born at its own start", Rules{}, at(115, 9, 105), Appearance{Since: since, Start: 20 * second}, Step{Verdict: Born, Add: 9, Lo: 9, Hi: 9, From: 105}},
		{"born at its own start, external, evicted", Rules{Owner: OwnerExternal}, at(115, 9, 105), Appearance{Since: since, Previous: 100 * second, Evicted: true}, Step{Verdict: Born, Add: 9, Lo: 9, Hi: 9, From: 105}},
		{"own start before the scrape that has forgotten it", Rules{}, at(115, 9, 95), Appearance{Since: since, Previous: 100 * second, Evicted: true}, Step{Verdict: First, Hi: 9, From: 115}},
		{"own start before Since", Rules{}, at(115, 9, 20), Appearance{Since: since, Start: 20 * second, Previous: 100 * second}, Step{Verdict: First, Hi: 9, From: 115}},
		{"own start is the timestamp", Rules{}, at(115, 9, 115), Appearance{Since: since}, Step{Verdict: First, Hi: 9, From: 115}},
		{"own start in the future", Rules{}, at(115, 9, 600), Appearance{Since: since}, Step{Verdict: First, Hi: 9, From: 115}},

		{"born by absence", Rules{}, at(115, 9), Appearance{Since: since, Start: 20 * second, Previous: 100 * second}, Step{Verdict: Born, Doubt: Unproven, Add: 9, Hi: 9, From: 100}},
		{"born by absence, bounded", Rules{BoundBirths: true}, at(115, 9), Appearance{Since: since, Start: 20 * second, Previous: 100 * second}, Step{Verdict: Born, Doubt: Unproven, Hi: 9, From: 100}},
		{"absent, incarnation unknown", Rules{}, at(115, 9), Appearance{Since: since, Previous: 100 * second}, Step{Verdict: First, Hi: 9, From: 115}},
		{"absent, a burst of lines", Rules{}, at(115, 9), Appearance{Since: since, Start: 20 * second, Previous: 100 * second, Churned: true}, Step{Verdict: First, Hi: 9, From: 115}},
		{"absent, lines forgotten", Rules{}, at(115, 9), Appearance{Since: since, Start: 20 * second, Previous: 100 * second, Evicted: true}, Step{Verdict: First, Hi: 9, From: 115}},

		{"returned", Rules{}, at(115, 49), Appearance{Tombstone: &tomb, Life: LifeUnmoved}, Step{Verdict: Returned, Doubt: Gapped | Masked, Add: 49, Sub: 40, Lo: 9, Hi: inf, From: 70}},
		{"returned, own start unmoved", Rules{}, at(115, 49, 10), Appearance{Tombstone: &dated}, Step{Verdict: Returned, Doubt: Gapped, Add: 49, Sub: 40, Lo: 9, Hi: 9, From: 70}},
		{"returned lower", Rules{}, at(115, 9), Appearance{Tombstone: &tomb, Life: LifeUnmoved}, Step{Verdict: Reset, Doubt: Gapped | Unproven, Add: 9, Hi: inf, From: 70}},
		{"returned, own start moved", Rules{}, at(115, 49, 90), Appearance{Tombstone: &dated}, Step{Verdict: Reset, Doubt: Gapped, Add: 49, Lo: 49, Hi: inf, From: 90, Lost: 20 * second}},
		{"NaN", Rules{}, at(115, math.NaN()), Appearance{Since: since, Start: 60 * second}, Step{Verdict: Gap, From: 115, Keep: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.want.From *= second
			c.want.To = 115 * second
			assert.Equal(t, c.want, c.rules.Appear(c.c, c.a))
		})
	}
}

// After a jitter the high-water mark is seen again now; after a gap nothing was seen.
func TestBaseline(t *testing.T) {
	var r Rules
	p := at(100, 1000, 10)
	for _, c := range []struct{ c, want Point }{
		{at(115, 1001, 10), at(115, 1001, 10)},
		{at(115, 999.5, 11), at(115, 1000, 11)},
		{at(115, 999.9999, 115), at(115, 1000, 10)}, // a start equal to the time is none
		{at(115, math.NaN(), 10), p},
	} {
		assert.Equal(t, c.want, r.Next(p, c.c, LifeUnknown, 0).Baseline(p, c.c))
	}
}

func TestRestartEvidence(t *testing.T) {
	for _, c := range []struct {
		name string
		e    RestartEvidence
		want Restart
	}{
		{"same start", RestartEvidence{PrevStart: 1000 * second, Start: 1000 * second, PrevTime: 2000 * second}, RestartUnmoved},
		{"start jitters", RestartEvidence{PrevStart: 1000 * second, Start: 1002 * second, PrevTime: 1010 * second, Fell: 5, Common: 5}, RestartUnmoved},
		{"start jitters backwards", RestartEvidence{PrevStart: 1000 * second, Start: 998 * second, PrevTime: 2000 * second}, RestartUnmoved},
		{"later, recent, nothing fell", RestartEvidence{PrevStart: 1000 * second, Start: 2005 * second, PrevTime: 2000 * second, Common: 9}, RestartProven},
		{"later, recent but for skew", RestartEvidence{PrevStart: 1000 * second, Start: 1941 * second, PrevTime: 2000 * second}, RestartProven},
		{"later, old, something fell", RestartEvidence{PrevStart: 1000 * second, Start: 1500 * second, PrevTime: 2000 * second, Fell: 1, Common: 9}, RestartProven},
		{"later, old, nothing fell", RestartEvidence{PrevStart: 1000 * second, Start: 1940 * second, PrevTime: 2000 * second, Common: 9}, RestartMoved},
		{"earlier", RestartEvidence{PrevStart: 1000 * second, Start: 997 * second, PrevTime: 2000 * second, Fell: 9, Common: 9}, RestartOther},
		{"newly present", RestartEvidence{Start: 2005 * second, PrevTime: 2000 * second, Fell: 9, Common: 9}, RestartUnknown},
		{"newly absent", RestartEvidence{PrevStart: 1000 * second, PrevTime: 2000 * second, Fell: 9, Common: 9}, RestartUnknown},
		{"never a start, half fell", RestartEvidence{PrevTime: 2000 * second, Fell: 5, Common: 10}, RestartGuessed},
		{"never a start, few fell", RestartEvidence{PrevTime: 2000 * second, Fell: 4, Common: 10}, RestartUnknown},
		{"never a start, nothing in common", RestartEvidence{PrevTime: 2000 * second}, RestartUnknown},
		{"future", RestartEvidence{PrevStart: 1000 * second, Start: 9000 * second, PrevTime: 2000 * second}, RestartProven},
	} {
		assert.Equal(t, c.want, c.e.Judge(&Rules{}), c.name)
	}
	assert.Equal(t, RestartProven, RestartEvidence{PrevStart: 1000, Start: 1001, PrevTime: 1000}.Judge(&Rules{StartTolerance: -1}))
	assert.Equal(t, RestartMoved, RestartEvidence{PrevStart: 1000, Start: 5000, PrevTime: 5000}.Judge(&Rules{ClockSkew: -1}))
	assert.Equal(t, []Life{LifeUnknown, LifeUnmoved, LifeReset, LifeReset, LifeUnknown, LifeUnknown}, livesOf(true))
	assert.Equal(t, []Life{LifeUnknown, LifeUnmoved, LifeMasked, LifeMasked, LifeUnknown, LifeUnknown}, livesOf(false))
}

func livesOf(fell bool) []Life {
	var l []Life
	for k := RestartUnknown; k <= RestartOther; k++ {
		l = append(l, k.Life(fell))
	}
	return l
}

func anyValue() *rapid.Generator[float64] {
	return rapid.OneOf(
		rapid.Map(rapid.IntRange(0, 2000), func(i int) float64 { return float64(i) }),
		rapid.Map(rapid.Int64Range(0, 1<<55), func(i int64) float64 { return float64(i) }),
		rapid.SampledFrom([]float64{0, math.Copysign(0, -1), -1, inf, -inf, math.NaN(), 1e6, 1e6 - 1, 999, 999.5, math.MaxFloat64, 5e-324}),
		rapid.Float64(),
	)
}

func anyPoint() *rapid.Generator[Point] {
	return rapid.Custom(func(t *rapid.T) Point {
		return Point{rapid.Int64Range(0, 200).Draw(t, "t") * second, anyValue().Draw(t, "v"), rapid.Int64Range(0, 200).Draw(t, "start") * second}
	})
}

// Whatever it is given, a step is one: it counts from 0 up, within its bounds, in the past, and its quick path is none
// of its own.
func TestEveryStepIsSound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, c := anyPoint().Draw(t, "p"), anyPoint().Draw(t, "c")
		c.Time = max(c.Time, p.Time)
		life := Life(rapid.IntRange(0, 3).Draw(t, "life"))
		start := rapid.Int64Range(0, 200).Draw(t, "incarnation") * second
		r := Rules{Owner: Owner(rapid.IntRange(0, 2).Draw(t, "owner")), BoundBirths: rapid.Bool().Draw(t, "births")}
		next := r.Next(p, c, life, start)
		require.Equal(t, r.judge(p, c, life, start), next)
		a := Appearance{Since: p.Time, Start: start, Previous: p.Time, Churned: rapid.Bool().Draw(t, "churned"), Life: life}
		if rapid.Bool().Draw(t, "tombstone") {
			a.Tombstone = &p
		}
		for _, s := range []Step{next, r.AfterZero(p, c, life, start), r.Appear(c, a)} {
			v := s.Value()
			require.GreaterOrEqual(t, v, 0.0)
			require.LessOrEqual(t, v, math.MaxFloat64)
			require.LessOrEqual(t, s.Lo, v)
			require.GreaterOrEqual(t, s.Hi, v)
			require.LessOrEqual(t, s.From, s.To)
			require.Equal(t, c.Time, s.To)
			require.Equal(t, s.Doubt&FellToZero != 0, (s.Verdict == Reset || s.Verdict == Grew) && s.Keep)
			b := s.Baseline(p, c)
			require.True(t, s.Keep || b.Time == c.Time)
			if s.Keep && countable(p.Value) {
				require.Equal(t, p.Value, b.Value)
			}
		}
	})
}

func TestNames(t *testing.T) {
	assert.Equal(t, "reset", Reset.String())
	assert.Equal(t, "gap", Gap.String())
	assert.Equal(t, "Verdict(99)", Verdict(99).String())
	assert.Equal(t, "gapped, fell to zero", (Gapped | FellToZero).String())
	assert.Equal(t, "guessed", Guessed.String())
	assert.Empty(t, Doubt(0).String())
	assert.Equal(t, "other instance", RestartOther.String())
	assert.Equal(t, "Restart(9)", Restart(9).String())
}
