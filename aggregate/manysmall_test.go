package aggregate_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

// noises are bodies that bring no new line after the first round, and yet make a fleet
// hold more at each scrape.
var noises = map[string]func(i, round, k int) float64{
	"falls and is back": func(_, round, k int) float64 { return float64(1000 + round%2*50*(k+1)) },
	"anything": func(i, round, k int) float64 {
		r := rand.New(rand.NewPCG(uint64(i), uint64(8*round+k)))
		return []float64{math.NaN(), 1000, 1300, 990, 0, 400, math.Inf(1), 2000 * r.Float64()}[r.IntN(8)]
	},
	"takes more digits": func(_, round, k int) float64 {
		if round == 0 {
			return 0
		}
		return float64(round) + 1/float64(3+k)
	},
}

// Hundreds of small instances fill a fleet, and then each of them grows by itself, with
// scrapes that add no line. Together they stay bounded, and those that only count go on.
func TestManySmallOnesTogether(t *testing.T) {
	const most = 2 << 20
	for name, noise := range noises {
		t.Run(name, func(t *testing.T) {
			b := newBed(t, aggregate.Config{MaxBytes: most, Window: 5 * time.Minute})
			b.counter(aggregate.View{Select: "c_total", By: []string{"k"}})
			scrape := func(i, round int) error {
				lines := []string{"# TYPE c_total counter"}
				for k := range 8 {
					v := float64(1000 + 10*round)
					if i%4 > 0 {
						v = noise(i, round, k)
					}
					lines = append(lines, fmt.Sprintf(`c_total{k="%d"} %v`, k, v))
				}
				_, err := b.Ingest(scrapeOf(fmt.Sprint("small-", i), float64(5*round), 0, lines...))
				return err
			}
			n := 0
			for ; scrape(n, 0) == nil; n++ {
				require.Less(t, n, 1000, "the limit was never reached")
			}
			highest := int64(0)
			for round := 1; round < 60; round++ {
				for i := range n {
					if err := scrape(i, round); err != nil {
						require.ErrorIs(t, err, aggregate.ErrLimit)
						require.NotZero(t, i%4, "one that only counts is refused: %v", err)
					}
				}
				highest = max(highest, b.held())
			}
			assert.Greater(t, highest, int64(most), "the test is of no use")
			assert.Less(t, highest, int64(most*5/2))
		})
	}
}

// What views take that are declared later is let in with them.
func TestLateViewsAreLetIn(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	scrape := func(round int) error {
		for i := range 40 {
			_, err := b.Ingest(scrapeOf(fmt.Sprint(i), float64(5*round), 0, "# TYPE c_total counter", fmt.Sprint("c_total ", round)))
			if err != nil {
				return err
			}
		}
		return nil
	}
	require.NoError(t, scrape(0))
	for i := range 30 {
		b.counter(aggregate.View{Select: fmt.Sprintf(`c_total{l!="%d"}`, i)})
	}
	b.SetMaxBytes(b.held() - 1)
	assert.NoError(t, scrape(1))
	b.SetMaxBytes(1)
	assert.ErrorIs(t, scrape(2), aggregate.ErrLimit)
}
