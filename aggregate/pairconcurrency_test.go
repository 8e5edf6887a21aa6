package aggregate_test

import (
	"bytes"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

// A pair scrapes, joins in both directions, saves, gives out deltas and shows totals, all at once. No total that is
// shown falls or is above what was counted, and in the end both have all of it, and all of it was given out once.
func TestAPairAtOnce(t *testing.T) {
	const instances, rounds = 4, 30
	config := aggregate.Config{Since: at(0), Window: time.Minute, JoinHorizon: time.Hour}
	var counted atomic.Int64
	var pair [2]*aggregate.Fleet
	var views [2]*aggregate.EverythingView
	for i := range pair {
		b := newBed(t, config)
		pair[i], views[i] = b.Fleet, b.all()
	}
	total := func(who int) (sum float64) {
		for _, f := range views[who].Families(pair[who].Snapshot(at(1000))) {
			for _, s := range f.Series {
				sum += s.Value
			}
		}
		return sum
	}
	var watching, asking sync.WaitGroup
	for i := range instances {
		watching.Go(func() { // a process of which the pair sees every second round, and which restarts
			n := 0
			for round := range rounds {
				if round%10 == 0 {
					n = 0
				}
				n += 1 + i
				counted.Add(int64(1 + i))
				start := float64(1 + 10*(round/10*10))
				_, err := pair[round%2].Ingest(scrapeOf(fmt.Sprint("i", i), 10*float64(round)+5, start, "# TYPE c counter", fmt.Sprint("c ", n)))
				assert.NoError(t, err)
			}
		})
	}
	done := make(chan struct{})
	repeat := func(do func()) {
		asking.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					do()
				}
			}
		})
	}
	given := amounts{}
	give := func() { given.add(views[0].Deltas(pair[0].Snapshot(at(1000)))) }
	repeat(give)
	for who := range pair {
		shown := 0.0
		repeat(func() {
			now := total(who)
			assert.GreaterOrEqual(t, now, shown)
			assert.LessOrEqual(t, now, float64(counted.Load()))
			shown = now
		})
		repeat(func() { assert.NoError(t, pair[who].Join(pair[1-who])) })
		repeat(func() {
			var state bytes.Buffer
			assert.NoError(t, pair[who].Save(&state))
			other, err := aggregate.Load(&state, config)
			assert.NoError(t, err)
			assert.NoError(t, pair[1-who].Join(other))
		})
	}
	watching.Wait()
	close(done)
	asking.Wait()
	for range 2 {
		require.NoError(t, pair[0].Join(pair[1]))
		require.NoError(t, pair[1].Join(pair[0]))
	}
	give()
	require.Equal(t, float64(counted.Load()), total(0))
	require.Equal(t, total(0), total(1))
	require.Equal(t, total(0), given["c{}"])
}
