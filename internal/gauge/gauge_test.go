package gauge_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/internal/gauge"
	"github.com/promfold/promfold/internal/roster"
)

var inf = math.Inf(1)

func TestCombine(t *testing.T) {
	for _, c := range []struct {
		c, within gauge.Combine
		inside    bool
	}{
		{gauge.None, gauge.None, false}, {gauge.Sum, gauge.Sum, true}, {gauge.Max, gauge.Max, true}, {gauge.Min, gauge.Min, true},
		{gauge.Consensus, gauge.None, false}, {gauge.Leader, gauge.None, false}, {gauge.Distinct, gauge.None, true}, {gauge.Mean, gauge.None, true},
	} {
		assert.Equal(t, c.within, c.c.Within(), c.c)
		assert.Equal(t, c.inside, c.c.Inside(), c.c)
	}
	assert.Equal(t, "mean Combine(9)", fmt.Sprint(gauge.Mean, gauge.Combine(9)))
}

func TestBody(t *testing.T) {
	for _, c := range []struct {
		within gauge.Combine
		lines  []float64 // −1 is a sentinel
		want   float64
		why    gauge.Refusal
	}{
		{gauge.Sum, []float64{1, 2, 4}, 7, gauge.Fine},
		{gauge.Max, []float64{1, 4, 2}, 4, gauge.Fine},
		{gauge.Min, []float64{4, 1, 2}, 1, gauge.Fine},
		{gauge.Mean, []float64{1, 2, 6}, 3, gauge.Fine},
		{gauge.Distinct, []float64{5, 5, 5}, 5, gauge.Fine},
		{gauge.Distinct, []float64{5, 6}, 0, gauge.Differ},
		{gauge.None, []float64{5}, 5, gauge.Fine},
		{gauge.None, []float64{5, 5}, 0, gauge.Unsaid},
		{gauge.None, []float64{5, -1, math.NaN()}, 5, gauge.Fine},
		{gauge.Sum, []float64{-1, math.NaN()}, 0, gauge.Nothing},
		{gauge.Sum, nil, 0, gauge.Nothing},
		{gauge.Sum, []float64{inf, -inf}, 0, gauge.NoSum},
		{gauge.Max, []float64{inf, -inf}, inf, gauge.Fine},
		{gauge.Sum, []float64{1e16, 1, -1e16}, 1, gauge.Fine},
	} {
		b := gauge.Body{Within: c.within}
		for i, x := range c.lines {
			b.Add(x, int64(100-i), x == -1)
		}
		got, why := b.Value()
		assert.Equal(t, c.why, why, "%s of %v", c.within, c.lines)
		assert.Equal(t, c.want, got, "%s of %v", c.within, c.lines)
		assert.Equal(t, slices.ContainsFunc(c.lines, func(x float64) bool { return x == -1 || x != x }), b.Silent())
		if len(c.lines) > 0 {
			assert.Equal(t, int64(101-len(c.lines)), b.Oldest)
		}
	}
}

// Every answer's interval holds the answers of all fleets that may be: those in
// which any of the members in doubt is dead, but for one in which nobody lives.
func TestBoundsHoldWhoeverIsAlive(t *testing.T) {
	combines := []gauge.Combine{gauge.Sum, gauge.Max, gauge.Min, gauge.Mean}
	rapid.Check(t, func(rt *rapid.T) {
		var m gauge.Members
		for i := range rapid.IntRange(0, 5).Draw(rt, "members") {
			m.List = append(m.List, gauge.Member{
				Name: string(rune('a' + i)), Value: float64(rapid.IntRange(-5, 5).Draw(rt, "value")),
				Standing: roster.Standing(rapid.IntRange(int(roster.Doubtful), int(roster.Present)).Draw(rt, "standing")),
			})
		}
		c := rapid.SampledFrom(combines).Draw(rt, "combine")
		x, who, ok := m.Combined(c)
		var counted []float64
		for _, p := range m.List {
			if p.Standing.Counts() {
				counted = append(counted, p.Value)
			}
		}
		require.Equal(rt, len(counted) > 0, ok)
		if !ok {
			return
		}
		require.InDelta(rt, naive(c, counted), x.Value, 1e-12)
		require.Equal(rt, c == gauge.Max || c == gauge.Min, who != "")
		lo, hi := inf, -inf
		for alive := range 1 << len(m.List) {
			var values []float64
			possible := true
			for i, p := range m.List {
				if alive>>i&1 == 1 {
					values = append(values, p.Value)
				} else {
					possible = possible && p.Standing != roster.Present
				}
			}
			if possible && (len(values) > 0 || c == gauge.Sum) {
				lo, hi = min(lo, naive(c, values)), max(hi, naive(c, values))
			}
		}
		require.InDelta(rt, lo, x.Lo, 1e-12, "%s %v", c, m.List)
		require.InDelta(rt, hi, x.Hi, 1e-12, "%s %v", c, m.List)

		m.Unmet = 1
		y, _, _ := m.Combined(c)
		require.Equal(rt, x.Value, y.Value)
		require.Equal(rt, c != gauge.Min, math.IsInf(y.Hi, 1))
		negative := slices.ContainsFunc(m.List, func(p gauge.Member) bool { return p.Value < 0 })
		require.Equal(rt, c == gauge.Min || c == gauge.Mean || c == gauge.Sum && negative, math.IsInf(y.Lo, -1))
	})
}

func naive(c gauge.Combine, values []float64) float64 {
	sum := 0.0
	for _, x := range values {
		sum += x
	}
	switch c {
	case gauge.Max:
		return slices.Max(values)
	case gauge.Min:
		return slices.Min(values)
	case gauge.Mean:
		return sum / float64(len(values))
	}
	return sum
}

func members(values ...float64) gauge.Members {
	var m gauge.Members
	for i, x := range values {
		m.List = append(m.List, gauge.Member{Name: string(rune('a' + i)), Value: x, Standing: roster.Present})
	}
	return m
}

func TestEdgesOfMembers(t *testing.T) {
	m := members(inf, -inf)
	for _, c := range []gauge.Combine{gauge.None, gauge.Sum, gauge.Mean, gauge.Distinct, gauge.Leader} {
		_, _, ok := m.Combined(c)
		assert.False(t, ok, c)
	}
	m.List[1].Standing = roster.Doubtful
	x, _, ok := m.Combined(gauge.Sum)
	assert.True(t, ok)
	assert.Equal(t, promfold.Estimate{Value: inf, Lo: -inf, Hi: inf}, x)
	m = members(3, 3, 1)
	_, who, _ := m.Combined(gauge.Max)
	assert.Equal(t, "a", who, "ties go to the first name")
	m.Leader = "b"
	x, who, ok = m.Combined(gauge.Leader)
	assert.Equal(t, "3 b true", fmt.Sprint(x, " ", who, " ", ok))
	m.List[1].Standing = roster.Doubtful
	_, _, ok = m.Combined(gauge.Leader)
	assert.False(t, ok)
	s, ok := (&gauge.Members{}).Stddev()
	assert.False(t, ok)
	assert.Zero(t, s)
	m = members(2, 4, 4, 4, 5, 5, 7, 9)
	s, ok = m.Stddev()
	assert.True(t, ok)
	assert.Equal(t, 2.0, s)
	m = members(7, 7)
	s, ok = m.Stddev()
	assert.True(t, ok)
	assert.Zero(t, s)
	m = members(1e300, -1e300)
	s, ok = m.Stddev()
	assert.True(t, ok)
	assert.Equal(t, 1e300, s, "squares do not overflow")
}

func TestAgreement(t *testing.T) {
	m := members(5, 5, 6, 9, 1)
	for i, changed := range []int64{0, 0, 10, 20, 10} {
		m.List[i].Changed = changed
	}
	m.List[3].Silent = true
	assert.Equal(t, gauge.Agreement{Value: 6, Name: "c", Least: 1, Most: 6, Agree: 1, Of: 4}, m.Agreement(), "the latest with a vote, then the larger")
	m.List[2].Standing = roster.Doubtful
	assert.Equal(t, gauge.Agreement{Value: 1, Name: "e", Least: 1, Most: 6, Agree: 1, Of: 3}, m.Agreement())
	m.List = m.List[:2]
	assert.Equal(t, gauge.Agreement{Value: 5, Name: "a", Least: 5, Most: 5, Agree: 2, Of: 2}, m.Agreement())
	assert.Zero(t, (&gauge.Members{}).Agreement())
}

func TestElect(t *testing.T) {
	for _, c := range []struct {
		list []gauge.Candidate
		want string
		said string
	}{
		{nil, "", "nobody leads"},
		{[]gauge.Candidate{{Name: "a"}}, "a", ""},
		{[]gauge.Candidate{{Name: "a", Failed: true}}, "", "nobody is known to lead, the last scrape failed: a"},
		{[]gauge.Candidate{{Name: "a", Since: 20, Failed: true}, {Name: "b"}}, "b", ""},
		{[]gauge.Candidate{{Name: "a", Since: 10}, {Name: "b", Since: 20}}, "b", "two say they lead, the first began later: b, a"},
		{[]gauge.Candidate{{Name: "a", Last: 30}, {Name: "b", Last: 40}}, "b", "two say they lead, the first was scraped later: b, a"},
		{[]gauge.Candidate{{Name: "a", Last: 30}, {Name: "b", Last: 30}}, "", "two lead: a, b"},
	} {
		leader, said := gauge.Elect(c.list)
		assert.Equal(t, c.want, leader, "%v", c.list)
		assert.Equal(t, c.said, strings.Join(said, ""), "%v", c.list)
	}
}

// What is known of a metric completes a view of many, and corrects a sum that
// would be wrong.
func TestKnown(t *testing.T) {
	for _, c := range []struct {
		says, known gauge.Combine
		limited     bool
		want        gauge.Combine
	}{
		{gauge.None, gauge.Max, false, gauge.Max},
		{gauge.None, gauge.Sum, true, gauge.None},
		{gauge.None, gauge.Mean, false, gauge.None},
		{gauge.None, gauge.Consensus, true, gauge.Consensus},
		{gauge.Sum, gauge.Consensus, false, gauge.Consensus},
		{gauge.Sum, gauge.Leader, false, gauge.None},
		{gauge.Sum, gauge.Max, false, gauge.Sum},
		{gauge.Max, gauge.Consensus, false, gauge.Max},
	} {
		assert.Equal(t, c.want, c.says.Known(c.known, c.limited), "%+v", c)
	}
}
