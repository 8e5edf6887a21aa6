package aggregate_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
)

// At a steady rate a window from two intervals to the longest that the view keeps is
// answered within a sixteenth of the growth; one that is longer, by however little, is
// refused, whatever longer one another view keeps.
func TestWindowsUpToTheLongest(t *testing.T) {
	for _, interval := range []float64{1, 7, 15} {
		b := newBed(t, aggregate.Config{Window: 20 * time.Minute})
		own := b.counter(aggregate.View{Select: "c", Owner: counter.Process, Window: 5 * time.Minute})
		long := b.counter(aggregate.View{Select: "c", Owner: counter.Process})
		now := 0.0
		for i := 0; now < 1500; i++ {
			now = interval * float64(i)
			b.scrape("a", now, -100, typeC, fmt.Sprint("c ", 160*i))
		}
		for v, longest := range map[*aggregate.CounterView]time.Duration{own: 5 * time.Minute, long: 20 * time.Minute} {
			step := time.Duration(interval * 1e9)
			for n := time.Duration(2); n*step <= longest; n += 1 + n/13 {
				g, err := v.One(b.Snapshot(at(now)).Last(n * step))
				require.NoError(t, err)
				e, ok := g.Increase()
				require.True(t, ok)
				truth := 160 * float64(n)
				assert.LessOrEqual(t, e.Hi-e.Lo, truth/16, "%d steps of %s, at most %s: %v", n, step, longest, e)
				assert.True(t, e.Lo <= truth && truth <= e.Hi, "%d steps of %s, at most %s: %v for %g", n, step, longest, e, truth)
			}
			_, err := v.One(b.Snapshot(at(now)).Last(longest + time.Millisecond))
			require.ErrorIs(t, err, aggregate.ErrWindow)
		}
	}
}
