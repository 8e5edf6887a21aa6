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

func (b bed) saturation(by ...string) *aggregate.GaugeRatioView {
	b.Helper()
	v, err := aggregate.GaugeRatio(
		b.gauge(aggregate.View{Metric: "apiserver_flowcontrol_current_executing_seats"}),
		b.gauge(aggregate.View{Metric: "apiserver_flowcontrol_nominal_limit_seats", By: by}))
	require.NoError(b, err)
	return v
}

func ratios(t *testing.T, v *aggregate.GaugeRatioView, seconds float64) []*aggregate.GaugeRatioGroup {
	t.Helper()
	groups, err := v.At(at(seconds))
	require.NoError(t, err)
	return groups
}

// One of two API servers is at its limit. The copied dashboard takes the
// greatest series of each side, or adds both up.
func TestSaturationInsideEachInstance(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	executing := b.gauge(aggregate.View{Metric: "apiserver_flowcontrol_current_executing_seats"})
	executingBy := b.gauge(aggregate.View{Metric: "apiserver_flowcontrol_current_executing_seats", By: []string{"flow_schema"}})
	limits := b.gauge(aggregate.View{Metric: "apiserver_flowcontrol_nominal_limit_seats"})
	v, err := aggregate.GaugeRatio(executing, limits)
	require.NoError(t, err)
	b.scrape("a", 0, 0, seats(map[string]float64{"level": 245}, map[string][]float64{"level": {80, 80, 80}})...)
	b.scrape("b", 0, 0, seats(map[string]float64{"level": 245}, map[string][]float64{"level": {1, 1, 1}})...)

	groups := ratios(t, v, 0)
	require.Len(t, groups, 1)
	m, ok := groups[0].Max()
	require.True(t, ok)
	assert.Equal(t, "a", m.Instance)
	assert.Equal(t, `{priority_level="level"}`, m.Labels.String())
	assert.Equal(t, 240.0, m.Numerator)
	assert.Equal(t, 245.0, m.Denominator)
	assert.InDelta(t, 0.9796, m.Ratio, 5e-5)
	assert.Len(t, groups[0].Members(), 2)
	assert.Len(t, groups[0].Top(1), 1)
	assert.Empty(t, groups[0].Warnings())

	limit, _ := reading(t, limits, 0).Max()
	byFlow, err := executingBy.At(at(0))
	require.NoError(t, err)
	hottest, _ := byFlow[0].Max()
	assert.InDelta(t, 0.3265, hottest.Value/limit.Value, 5e-5, "the dashboard")
	sum, _ := reading(t, executing, 0).Sum()
	sumOfLimits, _ := reading(t, limits, 0).Sum()
	assert.InDelta(t, 0.4959, sum/sumOfLimits, 5e-5, "sum to sum")
}

func TestRatioGroupsAsTheDenominator(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	all, by := b.saturation(), b.saturation("priority_level")
	limits := map[string]float64{"x": 10, "y": 100}
	b.scrape("a", 0, 0, seats(limits, map[string][]float64{"x": {4, 4}, "y": {50}})...)
	b.scrape("b", 0, 0, seats(limits, map[string][]float64{"x": {2}, "y": {40, 50}})...)
	groups := ratios(t, all, 0)
	require.Len(t, groups, 1)
	assert.Len(t, groups[0].Members(), 4)
	m, _ := groups[0].Max()
	assert.Equal(t, 0.9, m.Ratio)
	assert.Equal(t, `b {priority_level="y"}`, fmt.Sprint(m.Instance, " ", m.Labels))

	groups = ratios(t, by, 0)
	require.Len(t, groups, 2)
	for i, want := range []float64{0.8, 0.9} {
		m, _ := groups[i].Max()
		assert.Equal(t, want, m.Ratio)
	}
}

func TestRatioLeavesOutAndSays(t *testing.T) {
	level := map[string]float64{"l": 10}
	two := map[string][]float64{"l": {2}}
	type lines = []string
	for name, c := range map[string]struct {
		lines lines
		want  string // warning; empty: a member
	}{
		"0":             {seats(map[string]float64{"l": 0}, two), "1 denominators not above 0, or not known, left out: z"},
		"sentinel":      {seats(map[string]float64{"l": -1}, two), "1 denominators not above 0, or not known, left out: z"},
		"NaN":           {lines{typeLimits, `apiserver_flowcontrol_nominal_limit_seats{priority_level="l"} NaN`, typeSeats, `apiserver_flowcontrol_current_executing_seats{priority_level="l"} 1`}, "1 denominators not above 0, or not known, left out: z"},
		"missing":       {seats(nil, two), "1 series of the numerator without a denominator, left out: z"},
		"NaN above":     {append(seats(level, two), `apiserver_flowcontrol_current_executing_seats{priority_level="l",flow_schema="9"} NaN`), "1 numerators not known, left out: z"},
		"no numerator":  {seats(level, nil), "1 series without a numerator, left out: z"},
		"idle level":    {seats(map[string]float64{"l": 10, "m": 5}, two), ""},
		"another level": {seats(level, map[string][]float64{"l": {2}, "m": {1}}), "1 series of the numerator without a denominator, left out: z"},
	} {
		b := newBed(t, aggregate.Config{})
		v := b.saturation()
		b.scrape("a", 0, 0, seats(level, map[string][]float64{"l": {1}})...)
		b.scrape("z", 0, 0, c.lines...)
		groups := ratios(t, v, 0)
		require.Len(t, groups, 1, name)
		assert.Equal(t, c.want, strings.Join(groups[0].Warnings(), "\n"), name)
		m, ok := groups[0].Max()
		require.True(t, ok, name)
		switch name {
		case "idle level":
			require.Len(t, groups[0].Members(), 3)
			assert.Equal(t, 0.0, groups[0].Members()[2].Ratio, "nothing executes there")
		case "another level":
			assert.Equal(t, "z", m.Instance, name)
		default:
			assert.Equal(t, "a", m.Instance, name)
			assert.Len(t, groups[0].Members(), 1, name)
		}
	}
}

// Where no instance has a denominator, that is said, not nothing.
func TestRatioWithoutAnyDenominator(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.saturation()
	b.scrape("a", 0, 0, seats(nil, map[string][]float64{"l": {1, 2}})...)
	groups := ratios(t, v, 0)
	require.Len(t, groups, 1)
	assert.Equal(t, []string{"2 series of the numerator without a denominator, left out: a"}, groups[0].Warnings())
	_, ok := groups[0].Max()
	assert.False(t, ok)
}

func TestRatioSentinels(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v, err := aggregate.GaugeRatio(
		b.gauge(aggregate.View{Metric: "used", Sentinels: []float64{-1}}),
		b.gauge(aggregate.View{Metric: "limit", Sentinels: []float64{1e18}}))
	require.NoError(t, err)
	for name, x := range map[string][2]float64{"a": {5, 10}, "b": {-1, 10}, "c": {5, 1e18}, "d": {9, math.Inf(1)}} {
		b.scrape(name, 0, 0, "# TYPE used gauge", fmt.Sprintf("used %g", x[0]), "# TYPE limit gauge", fmt.Sprintf("limit %g", x[1]))
	}
	groups := ratios(t, v, 0)
	require.Len(t, groups, 1)
	assert.Equal(t, []string{"1 denominators not above 0, or not known, left out: c", "1 numerators not known, left out: b"}, groups[0].Warnings())
	require.Len(t, groups[0].Members(), 2)
	assert.Equal(t, 0.5, groups[0].Members()[0].Ratio)
	assert.Zero(t, groups[0].Members()[1].Ratio, "no limit")
}

func TestRatioOfTwoFleetsIsRefused(t *testing.T) {
	a, b := newBed(t, aggregate.Config{}), newBed(t, aggregate.Config{})
	_, err := aggregate.GaugeRatio(a.gauge(aggregate.View{Metric: "g"}), b.gauge(aggregate.View{Metric: "g"}))
	assert.Error(t, err)
}
