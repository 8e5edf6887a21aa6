package aggregate_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

func (b bed) over(v *aggregate.GaugeView, seconds float64, window time.Duration) *aggregate.GaugeRange {
	b.Helper()
	groups, err := v.Over(until(b, at(seconds), window))
	require.NoError(b, err)
	require.Len(b, groups, 1)
	return groups[0]
}

func ranged(g *aggregate.GaugeRange) string {
	var b strings.Builder
	for _, ask := range []func() (fmt.Stringer, bool){
		func() (fmt.Stringer, bool) { return first(g.Max()) },
		func() (fmt.Stringer, bool) { return first(g.Min()) },
		func() (fmt.Stringer, bool) { return first(g.Mean()) },
	} {
		x, ok := ask()
		if !ok {
			return "none"
		}
		fmt.Fprint(&b, x, "; ")
	}
	return strings.TrimSuffix(b.String(), "; ")
}

func first[T fmt.Stringer](x T, ok bool) (fmt.Stringer, bool) { return x, ok }

// The greatest of sums is not the sum of the greatest.
func TestGaugeOverAWindow(t *testing.T) {
	b := newBed(t, aggregate.Config{Window: 2 * time.Minute})
	v := b.gauge(aggregate.View{Select: "g", Combine: aggregate.Sum, Window: time.Minute})
	values := [][2]int{{4, 6}, {1, 9}, {9, 1}, {5, 5}, {6, 6}}
	for i, x := range values {
		b.scrape("a", float64(10*i), -100, typeG, fmt.Sprintf(`g{k="1"} %d`, x[0]-1), `g{k="2"} 1`)
		b.scrape("b", float64(10*i), -90, typeG, fmt.Sprint("g ", x[1]))
	}
	g := b.over(v, 40, 30*time.Second)
	assert.Equal(t, "12; 10; 10", ranged(g), "12 is the value of the last moment")
	require.Len(t, g.Members(), 2)
	assert.Equal(t, "a: 1 to 9, mean 5, over 30s", g.Members()[0].String())
	assert.Equal(t, at(40), g.Members()[0].To)
	assert.Empty(t, g.Warnings())
	assert.Equal(t, "2 of 2 expected", g.Coverage().String())
	assert.Equal(t, "{} sum 10 to 12, mean 10; 2 of 2 expected", g.String())
	assert.Equal(t, "{}", g.Labels().String())
	assert.Equal(t, "g {}\n2023-11-14T22:13:30Z to 2023-11-14T22:14:00Z: 2 of 2 expected\nsum: 10 to 12, mean 10\n"+
		"  a: 1 to 9, mean 5, over 30s, 2023-11-14T22:13:30Z to 2023-11-14T22:14:00Z\n"+
		"  b: 1 to 9, mean 5, over 30s, 2023-11-14T22:13:30Z to 2023-11-14T22:14:00Z\n", g.Explain())

	saved := saved(t, b.Fleet)
	loaded := bed{t, loadedFrom(t, saved, aggregate.Config{Window: 2 * time.Minute})}
	again := loaded.gauge(aggregate.View{Select: "g", Combine: aggregate.Sum, Window: time.Minute})
	assert.Equal(t, g.Explain(), loaded.over(again, 40, 30*time.Second).Explain())
	var out bytes.Buffer
	require.NoError(t, loaded.Save(&out))
	assert.Equal(t, saved, out.Bytes())
}

func TestGaugeOverIsRefused(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	_, err := b.gauge(aggregate.View{Select: "g"}).Over(b.Snapshot(at(0)).Last(time.Second))
	assert.ErrorIs(t, err, aggregate.ErrWindow)
	v := b.gauge(aggregate.View{Select: "g", Window: time.Minute})
	_, err = v.Over(b.Snapshot(at(0)).Last(2 * time.Minute))
	assert.ErrorIs(t, err, aggregate.ErrWindow)
	assert.Equal(t, "none", ranged(b.over(v, 0, time.Minute)))
	_, err = b.Gauge(aggregate.View{Select: "g", Limit: "l", Window: time.Minute})
	assert.Error(t, err)
	_, err = (*aggregate.GaugeView)(nil).Over(b.Snapshot(at(0)).Last(time.Second))
	assert.Error(t, err)
	var none aggregate.GaugeRange
	assert.Empty(t, none.Explain())
	assert.Zero(t, none.Coverage())
}

// Where scrapes failed the bounds allow for it; births and ends are said.
func TestGaugeOverInDoubt(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(aggregate.View{Select: "g", Combine: aggregate.Sum, Window: time.Minute})
	scrape := func(seconds float64, names string) {
		for _, name := range strings.Split(names, "") {
			b.scrape(name, seconds, -100-float64(name[0]), typeG, fmt.Sprint("g ", map[string]int{"a": 10, "b": 5, "c": 3}[name]))
		}
	}
	for i := range 4 {
		scrape(float64(10*i), "ab")
	}
	scrape(40, "ac")
	b.fail("b", at(40), context.DeadlineExceeded)
	assert.Equal(t, "18 [15, 18]; 15 [13, 15]; 15", ranged(b.over(v, 40, 30*time.Second)))
	b.fail("b", at(41), errRefused)
	scrape(60, "abc")
	b.Remove(at(65), "c")
	scrape(70, "ab")
	g := b.over(v, 70, 40*time.Second)
	x, ok := g.Max()
	require.True(t, ok)
	assert.Equal(t, "18", x.String())
	assert.Equal(t, []string{"came within the window: c", "ended within the window: c"}, g.Warnings())
	m := g.Members()
	assert.Equal(t, "c: 3 to 3, mean 3, over 25s", m[2].String())
	assert.Equal(t, 21*time.Second, m[1].Covers, "b was there from 30 to 41 and from 60 on")

	// Silence without a word ends a value, too.
	b = newBed(t, aggregate.Config{})
	v = b.gauge(aggregate.View{Select: "g", Combine: aggregate.Sum, Window: 4 * time.Minute})
	for i := range 20 {
		scrape(float64(10*i), "a")
		if i < 4 || i > 15 {
			scrape(float64(10*i), "b")
		}
	}
	m = b.over(v, 190, 190*time.Second).Members()
	assert.Equal(t, 190*time.Second, m[0].Covers)
	assert.InDelta(t, (30 + 30 + 30), m[1].Covers.Seconds(), 0.01, "30 s after its scrape at 30 it is stale")
	x, _ = b.over(v, 190, 190*time.Second).Min()
	assert.Equal(t, 10.0, x.Value)
}
