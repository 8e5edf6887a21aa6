package aggregate_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
)

// worker is a process of a pool, with what it counted until now, and until it
// was last scraped.
type worker struct {
	name          string
	start         float64
	jobs, scraped int64
}

func (w *worker) lines() []string {
	return []string{"# TYPE jobs counter", fmt.Sprintf("jobs %d", w.jobs),
		"# TYPE took histogram", fmt.Sprintf("took_bucket{le=\"1\"} %d", w.jobs/2), fmt.Sprintf("took_bucket{le=\"+Inf\"} %d", w.jobs),
		fmt.Sprintf("took_sum %d", w.jobs), fmt.Sprintf("took_count %d", w.jobs)}
}

// A pool of 50 workers; every second one is killed and one is started, for ten
// minutes, and all are scraped every five seconds; new ones have names of their
// own, or take those of the dead. Totals never fall, and in the end they are the truth less
// what workers did between their last scrape and their death, to the unit. On
// the way the fleet is saved and loaded.
func TestWorkerPool(t *testing.T) {
	for _, sameNames := range []bool{false, true} {
		t.Run(fmt.Sprint("same names=", sameNames), func(t *testing.T) {
			r := rand.New(rand.NewPCG(50, 600))
			// A worker may die two seconds after it took a name: by the usual
			// tolerance, both have one start time.
			config := aggregate.Config{Since: at(-1), StartTolerance: 100 * time.Millisecond}
			f, err := aggregate.NewFleet(config)
			require.NoError(t, err)
			declare := func(f *aggregate.Fleet) (*aggregate.CounterView, *aggregate.HistogramView) {
				v, err := f.Counter(aggregate.View{Select: "jobs", TotalsOnly: true, Owner: counter.Process})
				require.NoError(t, err)
				h, err := f.Histogram(aggregate.View{Select: "took", TotalsOnly: true, Owner: counter.Process})
				require.NoError(t, err)
				return v, h
			}
			v, h := declare(f)
			var truth, unseen int64
			var before float64
			pool := make([]*worker, 50)
			born := 0
			spawn := func(i int, now float64) {
				name := fmt.Sprintf("w%03d", born)
				if sameNames {
					name = fmt.Sprintf("w%03d", i)
				}
				born++
				pool[i] = &worker{name: name, start: now}
			}
			for i := range pool {
				spawn(i, 0.25)
			}
			for second := 1; second <= 600; second++ {
				now := float64(second)
				for _, w := range pool {
					n := r.Int64N(20)
					w.jobs += n
					truth += n
				}
				if second%5 == 0 {
					for _, w := range pool {
						_, err := f.Ingest(scrapeOf(w.name, now, w.start, w.lines()...))
						require.NoError(t, err)
						w.scraped = w.jobs
					}
				}
				dies := r.IntN(len(pool))
				w := pool[dies]
				unseen += w.jobs - w.scraped
				if w.scraped > 0 && !sameNames {
					f.Remove(at(now), w.name)
				}
				spawn(dies, now+0.5)
				if second < 5 {
					continue
				}
				totals := v.Totals(f.Snapshot(at(now)))
				require.Len(t, totals, 1)
				require.GreaterOrEqual(t, totals[0].Value, before)
				before = totals[0].Value
				hs := h.Totals(f.Snapshot(at(now)))
				require.Equal(t, before, hs[0].Histogram.Counts[1])
				require.GreaterOrEqual(t, hs[0].Histogram.Counts[1], hs[0].Histogram.Counts[0])
				if second%97 == 0 {
					f = loadedFrom(t, saved(t, f), config)
					v, h = declare(f)
					require.Equal(t, before, v.Totals(f.Snapshot(at(now)))[0].Value)
				}
			}
			for _, w := range pool {
				unseen += w.jobs - w.scraped
			}
			if sameNames { // a small process that soon did as much as its predecessor looks as if it had read its counts back
				assert.LessOrEqual(t, before, float64(truth-unseen))
				assert.InEpsilon(t, float64(truth-unseen), before, 0.001)
			} else {
				assert.Equal(t, float64(truth-unseen), before)
			}
			assert.Positive(t, unseen)
			t.Logf("%d jobs by %d workers, %d unseen (%.2g %%)", truth, born, unseen, 100*float64(unseen)/float64(truth))
			g, err := v.One(f.Snapshot(at(600)).SinceStart())
			require.NoError(t, err)
			assert.NotEmpty(t, g.Events())
			for _, e := range g.Events() {
				assert.True(t, sameNames || e.Doubt&counter.Unproven == 0, e.String())
			}
		})
	}
}
