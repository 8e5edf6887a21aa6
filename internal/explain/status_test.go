package explain_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"

	"github.com/promfold/promfold/counter"
	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/window"
)

func TestInstance(t *testing.T) {
	at := func(s int64) time.Time { return time.Unix(s, 0) }
	i := explain.Instance{Name: "a", Targets: []string{"a"}, Scrapes: 2, First: at(0), Last: at(10)}
	assert.Equal(t, "a: 2 scrapes from 1970-01-01T00:00:00Z to 1970-01-01T00:00:10Z", i.String())
	i = explain.Instance{Name: "a", Targets: []string{"b", "c"}, Labels: labels.FromStrings("zone", "z"), Scrapes: 2, First: at(0), Last: at(10),
		Start: at(5), Incarnations: 3, By: "name", Stale: true, Failed: errors.New("refused")}
	assert.Equal(t, `a at b, c {zone="z"}: 2 scrapes from 1970-01-01T00:00:00Z to 1970-01-01T00:00:10Z, started 1970-01-01T00:00:05Z, `+
		`process 3, told by its name, stale; failed: refused`, i.String())
}

func TestStatusOf(t *testing.T) {
	group := func(zone string) labels.Labels { return labels.FromStrings("zone", zone) }
	two := window.NewTable(false, 0, 0)
	two.Events = []window.Event{{Note: window.Note{Verdict: judge.Reset}, N: 2}}
	two.Past = map[window.Note]*window.Event{{Verdict: judge.Reset}: {N: 3}}
	plain := window.NewTable(false, 0, 0)
	of := func(list ...explain.Exposure) explain.Status {
		return explain.StatusOf("v", "counter", slices.Values(list))
	}
	lines := func(yield func(model.MetricType, growth.Fit) bool) {
		_ = yield(model.MetricTypeHistogram, growth.OfAnother) && yield(model.MetricTypeGauge, growth.OfAnotherType)
	}
	for _, c := range []struct {
		s    explain.Status
		text string
	}{
		{of(), "nothing scraped yet"},
		{of(explain.Exposure{View: &growth.Presence{}, Groups: slices.Values([]labels.Labels{}), Table: plain}), "no instance exposes the metric"},
		{of(explain.Exposure{View: &growth.Presence{}, Lines: lines, Groups: slices.Values([]labels.Labels{}), Table: plain}),
			"the metric is of another type: [gauge]"},
		{of(explain.Exposure{View: &growth.Presence{Unselected: 2}, Groups: slices.Values([]labels.Labels{}), Table: plain}),
			"the metric is there, but no series is selected"},
		{of(explain.Exposure{View: &growth.Presence{Series: 2}, Groups: slices.Values([]labels.Labels{group("a"), group("b")}), Table: two},
			explain.Exposure{View: &growth.Presence{Series: 4, Broken: 1}, Groups: slices.Values([]labels.Labels{group("a")}), Table: plain}),
			"5 series in 2 groups, of 2 instances"},
	} {
		assert.Equal(t, c.text, c.s.String())
	}
	assert.Equal(t, map[counter.Verdict]int{counter.Reset: 5},
		of(explain.Exposure{View: &growth.Presence{}, Groups: slices.Values([]labels.Labels{}), Table: two}).Verdicts)
}
