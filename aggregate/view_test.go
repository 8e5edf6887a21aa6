package aggregate_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
)

// declare declares a view as each kind, by name.
func declare(f *aggregate.Fleet, kind string, v aggregate.View) (err error) {
	switch kind {
	case "counter":
		_, err = f.Counter(v)
	case "gauge":
		_, err = f.Gauge(v)
	case "histogram":
		_, err = f.Histogram(v)
	case "everything":
		_, err = f.Everything(v)
	case "ratio":
		if _, err = f.Ratio(v, aggregate.View{Select: "of", By: v.By}); err == nil {
			_, err = f.Ratio(aggregate.View{Select: "of", By: v.By}, v)
		}
	}
	return err
}

// A field that does not fit the kind is refused, and said.
func TestViewFieldsThatDoNotFit(t *testing.T) {
	const c, g, h, e = "counter ratio ", "gauge ", "histogram ", "everything "
	for _, x := range []struct {
		field string
		view  aggregate.View
		fits  string
	}{
		{"By", aggregate.View{By: []string{"a"}}, c + g + h + e},
		{"Without", aggregate.View{Without: []string{"a"}}, c + g + h + e},
		{"ByAllLabels", aggregate.View{ByAllLabels: true}, c + g + h + e},
		{"Window", aggregate.View{Window: time.Second}, c + g + h},
		{"TotalsOnly", aggregate.View{TotalsOnly: true}, c + h + e},
		{"Type", aggregate.View{Type: model.MetricTypeUnknown}, c + g + h},
		{"Owner", aggregate.View{Owner: counter.External}, c + h + e},
		{"BoundBirths", aggregate.View{BoundBirths: true}, c + h + e},
		{"Signed", aggregate.View{Signed: true}, h + e},
		{"Combine", aggregate.View{Combine: aggregate.Sum}, g + e},
		{"Combine", aggregate.View{Combine: aggregate.Consensus}, g + e},
		{"Combine", aggregate.View{Combine: aggregate.Leader}, g},
		{"Combine", aggregate.View{Combine: aggregate.Distinct}, g},
		{"Within", aggregate.View{Within: aggregate.Max}, g + e},
		{"Leader", aggregate.View{Combine: aggregate.Leader, Leader: "leads"}, g},
		{"Limit", aggregate.View{Limit: "limit"}, g},
		{"Sentinels", aggregate.View{Sentinels: []float64{-1}}, g + e},
	} {
		for _, kind := range []string{"counter", "gauge", "histogram", "everything", "ratio"} {
			f := newBed(t, aggregate.Config{})
			v := x.view
			v.Select = "m"
			err := declare(f.Fleet, kind, v)
			switch fits := slices.Contains(strings.Fields(x.fits), kind); {
			case x.field == "TotalsOnly" && kind == "ratio", x.field == "Without" && kind == "ratio", x.field == "ByAllLabels" && kind == "ratio":
				// both sides have to be alike
			case fits:
				assert.NoError(t, err, "%s of a %s", x.field, kind)
			default:
				assert.ErrorContains(t, err, "does not fit a", "%s of a %s", x.field, kind)
				assert.ErrorContains(t, err, "invalid view: ")
			}
		}
	}
}

func TestViewsThatAreRefused(t *testing.T) {
	for _, x := range []struct {
		kind string
		view aggregate.View
		want string
	}{
		{"counter", aggregate.View{}, "expected the name of a metric"},
		{"counter", aggregate.View{Select: "m", By: []string{"a"}, Without: []string{"b"}}, "exclude each other"},
		{"counter", aggregate.View{Select: "m", By: []string{"a"}, ByAllLabels: true}, "exclude each other"},
		{"counter", aggregate.View{Select: "m", Window: time.Second, TotalsOnly: true}, "exclude each other"},
		{"counter", aggregate.View{Select: "m", Window: -time.Second}, "negative Window"},
		{"counter", aggregate.View{Select: "m", Owner: 200}, "200"},
		{"histogram", aggregate.View{Select: "m", By: []string{"le"}}, "le belongs to the buckets"},
		{"histogram", aggregate.View{Select: `m{le="1"}`}, "le belongs to the buckets"},
		{"gauge", aggregate.View{Select: "m", Combine: 200}, "Combine(200)"},
		{"gauge", aggregate.View{Select: "m", Leader: "leads"}, "Leader without Combine Leader"},
		{"gauge", aggregate.View{Select: "m", Combine: aggregate.Leader, Leader: "{"}, "selector"},
		{"gauge", aggregate.View{Select: "m", Limit: "limit{"}, "selector"},
		{"gauge", aggregate.View{Select: "m", Limit: "limit", Combine: aggregate.Sum}, "shares of a limit have no sum"},
		{"gauge", aggregate.View{Select: everyFamily, Type: model.MetricTypeGauge}, "a Type for all families"},
		{"ratio", aggregate.View{Select: "m", By: []string{"a"}, ByAllLabels: true}, "exclude each other"},
	} {
		b := newBed(t, aggregate.Config{})
		before := b.Dump()
		assert.ErrorContains(t, declare(b.Fleet, x.kind, x.view), x.want, "%+v", x.view)
		assert.Equal(t, before, b.Dump(), "nothing of it is there")
	}
}

// An answer is never about a shorter window than the one that was asked for.
func TestWindowsThatAreNotKept(t *testing.T) {
	b := newBed(t, aggregate.Config{Window: time.Minute})
	assert.ErrorIs(t, declare(b.Fleet, "counter", aggregate.View{Select: "c", Window: time.Hour}), aggregate.ErrWindow)
	v, short := b.counter(aggregate.View{Select: "c"}), b.counter(aggregate.View{Select: "c", Window: 10 * time.Second})
	totals := b.counter(aggregate.View{Select: "c", TotalsOnly: true})
	for i := range 60 {
		b.scrape("a", float64(10*i), -100, typeC, "c 5")
	}
	s := b.Snapshot(at(600))
	for _, x := range []struct {
		view   *aggregate.CounterView
		window aggregate.Window
		ok     bool
	}{
		{v, s.Last(time.Minute), true}, {v, s.Last(time.Minute + 1), false}, {v, s.SinceStart(), true},
		{short, s.Last(10 * time.Second), true}, {short, s.Last(time.Minute), false},
		{totals, s.SinceStart(), true}, {totals, s.Last(time.Second), false},
	} {
		_, err := x.view.One(x.window)
		if x.ok {
			assert.NoError(t, err)
		} else {
			assert.ErrorIs(t, err, aggregate.ErrWindow)
		}
	}
	for _, w := range []aggregate.Window{s.Last(0), s.Last(-time.Second), b.Snapshot(time.Time{}).SinceStart(), {}, s.AtLeast(2).SinceStart(), s.Only(nil).SinceStart()} {
		_, err := v.One(w)
		assert.Error(t, err)
		assert.NotErrorIs(t, err, aggregate.ErrWindow)
	}
	other := newBed(t, aggregate.Config{})
	_, err := v.One(other.Snapshot(at(0)).SinceStart())
	assert.ErrorIs(t, err, aggregate.ErrIncompatible)
	var none *aggregate.CounterView
	_, err = none.One(s.SinceStart())
	assert.Error(t, err)
	_, err = (&aggregate.CounterView{}).In(s.SinceStart())
	assert.Error(t, err)
}

// One is for views without groups.
func TestOneOfAViewWithGroups(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	by := aggregate.View{Select: "m", By: []string{"a"}}
	s := b.Snapshot(at(0))
	c, g, h := b.counter(by), b.gauge(by), b.histogram(by)
	r, err := b.Ratio(by, by)
	require.NoError(t, err)
	all := b.counter(aggregate.View{Select: everyFamily, TotalsOnly: true})
	for name, ask := range map[string]func() error{
		"counter":   func() error { _, err := c.One(s.SinceStart()); return err },
		"gauge":     func() error { _, err := g.One(s); return err },
		"histogram": func() error { _, err := h.One(s.SinceStart()); return err },
		"ratio":     func() error { _, err := r.One(s.SinceStart()); return err },
		"all":       func() error { _, err := all.One(s.SinceStart()); return err },
	} {
		assert.ErrorContains(t, ask(), "which groups", name)
	}
}

// Where values may be negative, less is known of them.
func TestSignedHistograms(t *testing.T) {
	lines := func(n, sum int) []string {
		return []string{"# TYPE h histogram", fmt.Sprintf("h_bucket{le=\"1\"} %d", n), fmt.Sprintf("h_bucket{le=\"+Inf\"} %d", 2*n), fmt.Sprint("h_count ", 2*n), fmt.Sprint("h_sum ", sum)}
	}
	for _, signed := range []bool{false, true} {
		b := newBed(t, aggregate.Config{Since: at(-1)})
		v := b.histogram(aggregate.View{Select: "h", Signed: signed, Owner: counter.Process})
		b.scrape("a", 0, -100, lines(1, 1)...)
		b.scrape("a", 10, -100, lines(11, 21)...)
		g, err := v.One(b.Snapshot(at(10)).Last(time.Minute))
		require.NoError(t, err)
		q, ok := g.Quantile(0.25)
		assert.True(t, ok)
		sum, ok := g.Sum()
		assert.True(t, ok)
		assert.Equal(t, "20", sum.String())
		d := g.Distribution()
		assert.Equal(t, signed, d.Signed)
		e, _ := d.Quantile(0.25)
		assert.Equal(t, q, e)
		if signed {
			assert.Equal(t, "1 [-Inf, 1]", q.String())
		} else {
			assert.Equal(t, "0.5 [0, 1]", q.String())
		}

		b.scrape("a", 20, 15, lines(1, 1)...) // what was observed before the restart is unknown
		g, err = v.One(b.Snapshot(at(20)).Last(time.Minute))
		require.NoError(t, err)
		mean, ok := g.Mean()
		assert.True(t, ok)
		sum, _ = g.Sum()
		if signed {
			assert.Equal(t, "21 [-Inf, +Inf] 0.954545 [-Inf, +Inf]", sum.String()+" "+mean.String())
		} else {
			assert.Equal(t, "21 [0, +Inf] 0.954545 [0, +Inf]", sum.String()+" "+mean.String())
		}
	}
}
