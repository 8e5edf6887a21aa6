package aggregate_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

// exposedAgain is what a reader of an exposition sees.
type exposedAgain struct {
	Type  model.MetricType
	Count float64
	Start time.Time
}

func (b bed) exposedAgain(e *aggregate.EverythingView, name string, now float64) (x exposedAgain) {
	for _, f := range e.Families(b.Snapshot(at(now))) {
		if f.Name == name && len(f.Series) > 0 {
			return exposedAgain{f.Type, f.Series[0].Value, f.Series[0].Start}
		}
	}
	return x
}

func saysSummary(n int) []string {
	return []string{"# TYPE m summary", fmt.Sprintf("m_sum %d", n), fmt.Sprintf("m_count %d", n)}
}

func saysDistribution(n int) []string {
	return []string{"# TYPE m histogram", fmt.Sprintf(`m_bucket{le="+Inf"} %d`, n), fmt.Sprintf("m_sum %d", n), fmt.Sprintf("m_count %d", n)}
}

// A family keeps its type while a series of it lives, also where the program is
// killed in the middle of a deploy and goes on from its state.
func TestTypeSurvivesARestart(t *testing.T) {
	c := aggregate.Config{Since: at(-1)}
	open := func(f *aggregate.Fleet) (bed, *aggregate.EverythingView) {
		b := bed{t, f}
		e, err := b.Everything(aggregate.View{Select: everyFamily})
		require.NoError(t, err)
		return b, e
	}
	b, e := open(newBed(t, c).Fleet)
	for i := range 3 {
		b.scrape(fmt.Sprint("i", i), 1, 0.5, saysSummary(0)...)
		b.scrape(fmt.Sprint("i", i), 10, 0.5, saysSummary(100)...)
	}
	before := b.exposedAgain(e, "m", 10)
	require.Equal(t, model.MetricTypeSummary, before.Type)
	require.Equal(t, 300.0, before.Count)
	for i := range 3 {
		now := 20 + float64(i)*20
		b.scrape(fmt.Sprint("i", i), now+10, now, saysDistribution(20)...)
		b, e = open(loadedFrom(t, saved(t, b.Fleet), c))
		after := b.exposedAgain(e, "m", now+10)
		assert.Equal(t, before.Type, after.Type, "deployed: %d", i+1)
		assert.Equal(t, before.Start, after.Start)
		assert.Equal(t, before.Count+20, after.Count)
		before = after
	}
}

// What is exposed as created never moves: not by a join of one that looks for
// longer, nor by one of the later, nor by a restart.
func TestCreatedNeverMoves(t *testing.T) {
	open := func(f *aggregate.Fleet) (bed, *aggregate.CounterView) {
		b := bed{t, f}
		return b, b.counter(aggregate.View{Select: "c"})
	}
	c := aggregate.Config{JoinHorizon: time.Hour}
	older, _ := open(newBed(t, c).Fleet)
	older.scrape("i", 10, 1, saysC(100)...)
	older.scrape("i", 20, 1, saysC(150)...)
	start := func(b bed, v *aggregate.CounterView, now float64) time.Time {
		return v.Totals(b.Snapshot(at(now)))[0].Start
	}

	fresh, v := open(newBed(t, c).Fleet)
	fresh.scrape("i", 30, 1, saysC(160)...)
	was := start(fresh, v, 30)
	require.Equal(t, at(30), was)
	require.NoError(t, fresh.Join(older.Fleet))
	assert.Equal(t, was, start(fresh, v, 31), "joined with one that looks for longer")
	later, _ := open(newBed(t, c).Fleet)
	later.scrape("i", 40, 1, saysC(170)...)
	require.NoError(t, fresh.Join(later.Fleet))
	assert.Equal(t, was, start(fresh, v, 41), "and with one that began later")
	fresh, v = open(loadedFrom(t, saved(t, fresh.Fleet), c))
	assert.Equal(t, was, start(fresh, v, 42), "and after a restart")
	fresh.scrape("i", 50, 45, saysC(5)...)
	assert.Equal(t, was, start(fresh, v, 50), "and after a restart of the process")

	silent, w := open(newBed(t, c).Fleet) // it has shown nothing yet
	silent.scrape("i", 50, 45, saysC(5)...)
	require.NoError(t, silent.Join(older.Fleet))
	assert.Equal(t, at(10), start(silent, w, 51), "what was not shown begins with the first of both")
}

// A counter that a deploy turns into a gauge stays one while an instance has it,
// and is not less when the deploy is rolled back.
func TestTypeOfACounterStays(t *testing.T) {
	b := newBed(t, aggregate.Config{Since: at(-1)})
	e, err := b.Everything(aggregate.View{Select: everyFamily, Combine: aggregate.Sum})
	require.NoError(t, err)
	shows := func(typ model.MetricType, value, now float64) {
		t.Helper()
		x := b.exposedAgain(e, "x", now)
		require.Equal(t, []any{typ, value}, []any{x.Type, x.Count})
	}
	says := func(typ string, n int) []string { return []string{"# TYPE x " + typ, fmt.Sprintf("x %d", n)} }
	for i := range 3 {
		b.scrape(fmt.Sprint("i", i), 10, 1, says("counter", 100)...)
	}
	shows(model.MetricTypeCounter, 300, 10)
	b.scrape("i0", 20, 19, says("gauge", 7)...)
	b.scrape("i1", 30, 29, says("gauge", 7)...)
	shows(model.MetricTypeCounter, 300, 30)
	b.scrape("i2", 40, 39, says("gauge", 7)...)
	shows(model.MetricTypeGauge, 21, 40)
	b.scrape("i0", 50, 49, says("counter", 5)...)
	shows(model.MetricTypeGauge, 14, 50)
	b.scrape("i1", 60, 59, says("counter", 5)...)
	b.scrape("i2", 60, 59, says("counter", 5)...)
	shows(model.MetricTypeCounter, 315, 60)
}
