package aggregate_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

const (
	typeSeats  = "# TYPE apiserver_flowcontrol_current_executing_seats gauge"
	typeLimits = "# TYPE apiserver_flowcontrol_nominal_limit_seats gauge"
)

// seats are an API server's: its limits by priority level, and what each flow
// schema of a level executes.
func seats(limits map[string]float64, executing map[string][]float64) []string {
	lines := []string{typeLimits}
	for level, limit := range limits {
		lines = append(lines, fmt.Sprintf("apiserver_flowcontrol_nominal_limit_seats{priority_level=%q} %g", level, limit))
	}
	lines = append(lines, typeSeats)
	for level, schemas := range executing {
		for i, n := range schemas {
			lines = append(lines, fmt.Sprintf("apiserver_flowcontrol_current_executing_seats{flow_schema=\"%d\",priority_level=%q} %g", i, level, n))
		}
	}
	return lines
}

func (b bed) saturation(by ...string) *aggregate.GaugeView {
	b.Helper()
	return b.gauge(aggregate.View{
		Select: "apiserver_flowcontrol_current_executing_seats", Limit: "apiserver_flowcontrol_nominal_limit_seats",
		Combine: aggregate.Max, By: by, Sentinels: []float64{-1},
	})
}

// One of two API servers is at its limit. The copied dashboard takes the
// greatest series of each side, or adds both up.
func TestSaturationInsideEachInstance(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	executing := b.gauge(aggregate.View{Select: "apiserver_flowcontrol_current_executing_seats", Combine: aggregate.Sum})
	executingBy := b.gauge(aggregate.View{Select: "apiserver_flowcontrol_current_executing_seats", By: []string{"flow_schema"}})
	limits := b.gauge(aggregate.View{Select: "apiserver_flowcontrol_nominal_limit_seats", Combine: aggregate.Sum})
	v := b.saturation()
	b.scrape("a", 0, 0, seats(map[string]float64{"level": 245}, map[string][]float64{"level": {80, 80, 80}})...)
	b.scrape("b", 0, 0, seats(map[string]float64{"level": 245}, map[string][]float64{"level": {1, 1, 1}})...)

	g := b.reading(v, 0)
	m, ok := g.Max()
	require.True(t, ok)
	assert.Equal(t, "a", m.Instance)
	assert.Equal(t, 240.0/245, m.Estimate.Value)
	assert.Equal(t, 240.0/245, value(g))
	assert.Len(t, g.Members(), 2)
	assert.Empty(t, g.Warnings())

	limit, _ := b.reading(limits, 0).Max()
	byFlow, err := executingBy.At(b.Snapshot(at(0)))
	require.NoError(t, err)
	hottest, _ := byFlow[0].Max()
	assert.InDelta(t, 0.3265, hottest.Estimate.Value/limit.Estimate.Value, 5e-5, "the dashboard")
	assert.InDelta(t, 0.4959, value(b.reading(executing, 0))/value(b.reading(limits, 0)), 5e-5, "sum to sum")
}

// Several limits of an instance in a group: the one that is reached first, or
// with Min the one that is furthest from it.
func TestSharesGroupAsTheLimit(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	all, by := b.saturation(), b.saturation("priority_level")
	least := b.gauge(aggregate.View{
		Select: "apiserver_flowcontrol_current_executing_seats", Limit: "apiserver_flowcontrol_nominal_limit_seats", Combine: aggregate.Min})
	limits := map[string]float64{"x": 10, "y": 100}
	b.scrape("a", 0, 0, seats(limits, map[string][]float64{"x": {4, 4}, "y": {50}})...)
	b.scrape("b", 0, 0, seats(limits, map[string][]float64{"x": {2}, "y": {40, 50}})...)
	assert.Equal(t, "[a: 0.8 b: 0.9]", fmt.Sprint(b.reading(all, 0).Members()))
	assert.Equal(t, 0.9, value(b.reading(all, 0)))
	assert.Equal(t, "[a: 0.5 b: 0.2]", fmt.Sprint(b.reading(least, 0).Members()))

	groups, err := by.At(b.Snapshot(at(0)))
	require.NoError(t, err)
	require.Len(t, groups, 2)
	for i, want := range []float64{0.8, 0.9} {
		assert.Equal(t, want, value(groups[i]))
	}
}

func TestSharesLeaveOutAndSay(t *testing.T) {
	level := map[string]float64{"l": 10}
	two := map[string][]float64{"l": {2}}
	type lines = []string
	for name, c := range map[string]struct {
		lines lines
		want  string // warning; empty: a member
	}{
		"0":             {seats(map[string]float64{"l": 0}, two), "1 limits are not above 0, or not known, left out: z"},
		"sentinel":      {seats(map[string]float64{"l": -1}, two), "1 limits are not above 0, or not known, left out: z"},
		"NaN":           {lines{typeLimits, `apiserver_flowcontrol_nominal_limit_seats{priority_level="l"} NaN`, typeSeats, `apiserver_flowcontrol_current_executing_seats{priority_level="l"} 1`}, "1 limits are not above 0, or not known, left out: z"},
		"missing":       {seats(nil, two), "1 series have no limit, left out: z"},
		"NaN above":     {append(seats(level, two), `apiserver_flowcontrol_current_executing_seats{priority_level="l",flow_schema="9"} NaN`), "1 values are not known, left out: z"},
		"no value":      {seats(level, nil), "1 limits have no value, left out: z"},
		"idle level":    {seats(map[string]float64{"l": 10, "m": 5}, two), ""},
		"another level": {seats(level, map[string][]float64{"l": {2}, "m": {1}}), "1 series have no limit, left out: z"},
	} {
		b := newBed(t, aggregate.Config{})
		v, by := b.saturation(), b.saturation("priority_level")
		b.scrape("a", 0, 0, seats(level, map[string][]float64{"l": {1}})...)
		b.scrape("z", 0, 0, c.lines...)
		g := b.reading(v, 0)
		assert.Equal(t, c.want, strings.Join(g.Warnings(), "\n"), name)
		m, ok := g.Max()
		require.True(t, ok, name)
		switch name {
		case "idle level":
			groups, err := by.At(b.Snapshot(at(0)))
			require.NoError(t, err)
			assert.Equal(t, "[z: 0]", fmt.Sprint(groups[1].Members()), "nothing executes there")
		case "another level":
			assert.Equal(t, "z", m.Instance, name)
		default:
			assert.Equal(t, "a", m.Instance, name)
			assert.Len(t, g.Members(), 1, name)
		}
	}
}

// Where no instance has a limit, that is said, not nothing.
func TestSharesWithoutAnyLimit(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v, by := b.saturation(), b.saturation("priority_level")
	b.scrape("a", 0, 0, seats(nil, map[string][]float64{"l": {1, 2}})...)
	groups, err := by.At(b.Snapshot(at(0)))
	require.NoError(t, err)
	require.Len(t, groups, 1)
	for _, g := range []*aggregate.GaugeGroup{b.reading(v, 0), groups[0]} {
		assert.Equal(t, []string{"2 series have no limit, left out: a"}, g.Warnings())
		_, ok := g.Value()
		assert.False(t, ok)
	}
}

func TestSharesAndSentinels(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(aggregate.View{Select: "used", Limit: "limit", Combine: aggregate.Max, Sentinels: []float64{-1, 1e18}})
	for name, x := range map[string][2]float64{"a": {5, 10}, "b": {-1, 10}, "c": {5, 1e18}, "d": {9, math.Inf(1)}} {
		b.scrape(name, 0, 0, "# TYPE used gauge", fmt.Sprintf("used %g", x[0]), "# TYPE limit gauge", fmt.Sprintf("limit %g", x[1]))
	}
	g := b.reading(v, 0)
	assert.Equal(t, []string{"1 limits are not above 0, or not known, left out: c", "1 values are not known, left out: b"}, g.Warnings())
	assert.Equal(t, "[a: 0.5 d: 0]", fmt.Sprint(g.Members()), "d has no limit")
}

// A value that is not known is no member's, neither the lowest nor the highest.
func TestSentinelsAreNoMembers(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	views := map[aggregate.Combine]*aggregate.GaugeView{}
	for _, c := range []aggregate.Combine{0, aggregate.Sum, aggregate.Min, aggregate.Max} {
		views[c] = b.gauge(aggregate.View{Select: "g", Combine: c, Sentinels: []float64{-1, 1e18}})
	}
	b.scrape("a", 0, 0, typeG, "g 5")
	b.scrape("b", 0, 0, typeG, "g -1")
	b.scrape("c", 0, 0, typeG, "g 1e18")
	b.scrape("d", 0, 0, typeG, `g{x="1"} 6`, `g{x="2"} -1`)
	for c, v := range views {
		g := b.reading(v, 0)
		lowest, _ := g.Min()
		highest, _ := g.Max()
		mean, _ := g.Mean()
		assert.Equal(t, "a d 5.5", fmt.Sprint(lowest.Instance, " ", highest.Instance, " ", mean), c)
		require.Len(t, g.Members(), 2, c)
		assert.Equal(t, []string{"3 series have a value that means not known, left out: b, c, d"}, g.Warnings(), c)
		assert.Equal(t, map[aggregate.Combine]float64{0: 0, aggregate.Sum: 11, aggregate.Min: 5, aggregate.Max: 6}[c], value(g), c)
	}
	b.scrape("a", 10, 0, typeG, "g -1")
	b.scrape("d", 10, 0, typeG, `g{x="2"} -1`)
	for c, v := range views {
		_, ok := b.reading(v, 10).Value()
		assert.False(t, ok, c)
	}
}
