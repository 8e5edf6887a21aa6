package gauge_test

import (
	"math"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"

	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/gauge"
)

// Each limit has the sum of the values that have all of its labels.
func TestLimits(t *testing.T) {
	x := gauge.Limits{Sentinels: []float64{-1}}
	limits := []struct {
		labels labels.Labels
		value  float64
		want   gauge.Share
	}{
		{labels.FromStrings("__name__", "limit", "level", "low"), 100, gauge.Share{Value: 0.98}},
		{labels.FromStrings("__name__", "limit", "level", "high"), 50, gauge.Share{}},
		{labels.FromStrings("__name__", "limit", "level", "off"), 0, gauge.Share{Refusal: explain.BadLimit}},
		{labels.FromStrings("__name__", "limit", "level", "unlimited"), -1, gauge.Share{Refusal: explain.BadLimit}},
		{labels.FromStrings("__name__", "limit", "level", "unread"), 10, gauge.Share{Refusal: explain.BadValue}},
		{labels.FromStrings("__name__", "limit", "flow", "1"), 180, gauge.Share{Value: 0.5}},
	}
	for i, l := range limits {
		x.Add(i, l.labels, l.value)
	}
	for _, v := range []struct {
		flow, level string
		value       float64
		matched     bool
	}{{"1", "low", 90, true}, {"2", "low", 8, true}, {"2", "unread", -1, true}, {"2", "other", 7, false}, {"1", "off", 0, true}} {
		assert.Equal(t, v.matched, x.Use(labels.FromStrings("__name__", "used", "flow", v.flow, "level", v.level), v.value), v)
	}
	n := 0
	for group, s := range x.Shares() {
		assert.Equal(t, n, group)
		assert.Equal(t, limits[n].want.Refusal, s.Refusal, n)
		if s.Refusal == "" {
			assert.InDelta(t, limits[n].want.Value, s.Value, 1e-15, n)
		}
		n++
	}
	assert.Len(t, limits, n)

	none := gauge.Limits{}
	none.Add(3, labels.FromStrings("__name__", "limit"), 100)
	for group, s := range none.Shares() {
		assert.Equal(t, 3, group)
		assert.Equal(t, explain.NoValue, s.Refusal)
	}
	other := gauge.Limits{} // its values have other labels: nothing says that it is not used
	other.Add(0, labels.FromStrings("__name__", "limit", "level", "low"), 100)
	assert.False(t, other.Use(labels.FromStrings("__name__", "used", "flow", "1"), 7))
	for _, s := range other.Shares() {
		assert.Equal(t, explain.NoValue, s.Refusal)
	}
	assert.False(t, (&gauge.Limits{}).Use(labels.FromStrings("__name__", "used"), math.Inf(1)), "there is no limit")
}

// The view's election is the one in which its instances take part.
func TestElections(t *testing.T) {
	var e gauge.Elections
	e.Claim("jobs", gauge.Candidate{Name: "a", Since: 10})
	e.Claim("other", gauge.Candidate{Name: "b", Since: 20})
	e.Claim("jobs", gauge.Candidate{Name: "c", Since: 5})
	e.Claim("jobs", gauge.Candidate{Name: "c", Since: 30})
	_, said := e.Leader("leads")
	assert.Equal(t, []string{"nobody says who leads: no leads"}, said)
	e.Held("jobs")
	e.Held("jobs")
	leader, said := e.Leader("leads")
	assert.Equal(t, "c", leader)
	assert.Equal(t, []string{"two say they lead, the first began later: c, a"}, said)
	e.Held("other")
	_, said = e.Leader("leads")
	assert.Equal(t, []string{"several elections, the view selects none: jobs, other"}, said)
}
