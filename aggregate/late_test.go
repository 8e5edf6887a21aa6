package aggregate_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
)

// What a view did not see when it was declared, it did not see begin: how much
// was counted before is not known, whether the process began before the fleet or
// while it was watched, and whether the line was gone, or there without a count;
// also if the fleet is saved and loaded in the meantime.
func TestFirstReadingOfLateView(t *testing.T) {
	counter := func(x int) []string { return []string{typeC, fmt.Sprint("c ", x)} }
	const typeH = "# TYPE h histogram"
	histogram := func(x int) []string {
		return []string{typeH, fmt.Sprintf(`h_bucket{le="1"} %d`, x), fmt.Sprintf(`h_bucket{le="+Inf"} %d`, x), fmt.Sprint("h_sum ", x), fmt.Sprint("h_count ", x)}
	}
	for _, x := range []struct {
		name  string
		body  func(int) []string
		unset []string // the body without a count
	}{
		{"counter gone", counter, []string{"d 1"}},
		{"counter NaN", counter, []string{typeC, "c NaN"}},
		{"histogram gone", histogram, []string{"d 1"}},
		{"counts that fall", histogram, []string{typeH, `h_bucket{le="1"} 900`, `h_bucket{le="+Inf"} 800`, "h_sum 900", "h_count 800"}},
		{"bounds that occur twice", histogram, []string{typeH, `h_bucket{le="1"} 900`, `h_bucket{le="1.0"} 800`, `h_bucket{le="+Inf"} 900`, "h_sum 900", "h_count 900"}},
		{"no bucket", histogram, []string{typeH, "h_sum 900"}},
	} {
		for i, start := range []float64{-100, 5, -100, 5} {
			name, kept := fmt.Sprintf("%s, start %v", x.name, start), i >= 2
			b := newBed(t, aggregate.Config{})
			b.scrape("a", 0, -100, x.body(10)...)
			b.scrape("a", 10, start, x.body(800)...)
			b.scrape("a", 20, start, x.unset...)
			c, h := b.counter(aggregate.View{Select: "c"}), b.histogram(aggregate.View{Select: "h"})
			if b.scrape("a", 30, start, x.unset...); kept {
				b.Fleet = loadedFrom(t, saved(t, b.Fleet), aggregate.Config{})
				c, h = b.counter(aggregate.View{Select: "c"}), b.histogram(aggregate.View{Select: "h"})
			}
			r := b.scrape("a", 40, start, x.body(1000)...)
			assert.Zero(t, r.Births, name)
			b.scrape("a", 50, start, x.body(1010)...)
			var got promfold.Estimate
			if x.body(0)[0] == typeC {
				got, _ = b.one(c, 50, time.Minute).Increase()
			} else {
				groups, err := h.In(until(b, at(50), time.Minute))
				require.NoError(t, err)
				got, _ = groups[0].Observations().Increase()
			}
			assert.Equal(t, promfold.Estimate{Value: 10, Lo: 10, Hi: 1010}, got, name)
		}
	}
}

// What was there without a count when a process was first met is no birth either.
func TestFirstCountAfterNaN(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Select: "c"})
	for i, x := range []string{"NaN", "1000", "1010"} {
		b.scrape("a", float64(10*i), -100, typeC, "c "+x)
	}
	got, _ := b.one(v, 20, time.Minute).Increase()
	assert.Equal(t, promfold.Estimate{Value: 10, Lo: 10, Hi: 1010}, got)
}

// A view that is declared while it is in doubt whose the latest scrapes were
// begins at the scrape that the instance is taken back to, as one that was there:
// what the instance is taken back to gets a plan for all views.
func TestLateViewIsTakenBack(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	b.balanced("lb", 2)
	early := b.counter(aggregate.View{Select: "c"})
	var late *aggregate.CounterView
	for i, height := range []float64{1000, 1010, 1020, 5000, 5010, 1030, 5020, 1040} {
		if i == 5 {
			late = b.counter(aggregate.View{Select: "c", By: []string{"k"}})
		}
		b.scrape("lb", float64(10*i), 0, page(40, height)...)
	}
	for _, window := range []time.Duration{sinceStart, 35 * time.Second} {
		want, ok := b.one(early, 70, window).Increase()
		require.True(t, ok)
		require.Equal(t, 40*(40.0+10), want.Value)
		got, _ := b.one(late, 70, window).Increase()
		assert.Equal(t, want, got)
	}
}
