package aggregate_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

// A member that fell silent without a word is in the bounds of a window, and
// the answer says so.
func TestGaugeOverASilentMember(t *testing.T) {
	for _, c := range []struct {
		combine aggregate.Combine
		want    string // of the last 20 s
	}{
		{aggregate.Sum, "1 [1, 5]; 1 [1, 5]; 1 [1, 5]"},
		{aggregate.Max, "1 [1, 4]; 1 [1, 4]; 1 [1, 4]"},
		{aggregate.Min, "1; 1; 1"},
		{aggregate.Mean, "1 [1, 2.5]; 1 [1, 2.5]; 1 [1, 2.5]"},
	} {
		b := newBed(t, aggregate.Config{})
		v := b.gauge(aggregate.View{Select: "g", Combine: c.combine, Window: 4 * time.Minute})
		for i := range 11 {
			b.scrape("a", float64(10*i), -100, typeG, "g 1")
			if i < 3 {
				b.scrape("b", float64(10*i), -90, typeG, "g 4")
			}
		}
		g := b.over(v, 100, 20*time.Second)
		assert.Equal(t, c.want, ranged(g), c.combine)
		assert.Equal(t, []string{"not heard of in the window, so in Lo or Hi alone: b"}, g.Warnings())
		assert.Contains(t, g.String(), "1 of 2 expected")

		g = b.over(v, 100, 60*time.Second) // from 50 on it is stale
		assert.Equal(t, []string{"ended within the window: b"}, g.Warnings())
		require.Len(t, g.Members(), 2)
		assert.Equal(t, 10*time.Second, g.Members()[1].Covers.Truncate(time.Millisecond))

		if c.combine == aggregate.Sum { // it may have ended right after its last scrape, at 20
			mean, _ := b.over(v, 100, 80*time.Second).Mean()
			assert.InDelta(t, 1, mean.Lo, 1e-3)
			assert.InDelta(t, 1+4*30./80, mean.Value, 1e-3)
			assert.InDelta(t, 5, mean.Hi, 1e-3)
		}
		saved := saved(t, b.Fleet)
		loaded := bed{t, loadedFrom(t, saved, aggregate.Config{})}
		again := loaded.gauge(aggregate.View{Select: "g", Combine: c.combine, Window: 4 * time.Minute})
		assert.Equal(t, c.want, ranged(loaded.over(again, 100, 20*time.Second)))

		b.Remove(at(101), "b") // whoever left is in no bounds, but it was silent before that
		b.scrape("a", 110, -100, typeG, "g 1")
		b.scrape("a", 130, -100, typeG, "g 1")
		assert.Equal(t, "1; 1; 1", ranged(b.over(v, 130, 20*time.Second)), c.combine)
		silent := b.over(v, 130, 60*time.Second)
		high, ok := silent.Max()
		require.True(t, ok)
		assert.Equal(t, strings.Split(c.want, "; ")[0], high.String(), "from 70 on it was silent, and it left at 101")
	}
}

// One that was scraped once is silent after 3 assumed intervals of 20 s, and one
// that was told to be slow at last 3 intervals after that.
func TestGaugeOverTheLastWord(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(aggregate.View{Select: "g", Combine: aggregate.Sum, Window: 4 * time.Minute})
	b.scrape("once", 0, -90, typeG, "g 4")
	for i := range 3 {
		b.scrape("slow", float64(10*i), -80, typeG, "g 100")
	}
	for i := range 15 {
		b.scrape("a", float64(10*i), -100, typeG, "g 1")
		if 3 <= i && i < 6 {
			b.fail("slow", at(float64(10*i)), context.DeadlineExceeded)
		}
	}
	low, _ := b.over(v, 140, 20*time.Second).Max()
	assert.Equal(t, "1 [1, 105]", low.String())
	var covers []string
	for _, m := range b.over(v, 140, 140*time.Second).Members() {
		covers = append(covers, fmt.Sprint(m.Instance, " ", m.Covers))
	}
	assert.Equal(t, []string{"a 2m20s", "once 1m0s", "slow 1m20s"}, covers)
}
