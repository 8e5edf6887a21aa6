package scrape

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/aggregate"
)

// Each target is scraped once an interval, always at the same moment of it, and
// the moments of all are spread evenly.
func TestSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const targets, rounds, interval = 1000, 3, 5 * time.Second
		x := newTrial(t, Config{Interval: interval}, URLs(urls(targets)...))
		net := x.stub()
		end := x.start(t)
		time.Sleep(rounds * interval)
		end()
		require.Len(t, net.began, targets)
		var tenths [10]int
		for name, times := range net.began {
			require.Len(t, times, rounds, name)
			for _, at := range times[1:] {
				assert.Equal(t, times[0].UnixNano()%int64(interval), at.UnixNano()%int64(interval), name)
			}
			tenths[times[0].UnixNano()%int64(interval)*10/int64(interval)]++
		}
		// Of a thousand even draws a tenth has 100 ± 9.5.
		assert.Greater(t, slices.Min(tenths[:]), 60, "%v", tenths)
		assert.Less(t, slices.Max(tenths[:]), 145, "%v", tenths)
		assert.Len(t, x.reports, targets)
	})
}

func TestAligned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newTrial(t, Config{Interval: 5 * time.Second, Aligned: true}, URLs(urls(10)...))
		net := x.stub()
		time.Sleep(time.Second)
		end := x.start(t)
		time.Sleep(9500 * time.Millisecond)
		end()
		for name, times := range net.began {
			require.Len(t, times, 2, name)
			assert.Zero(t, times[0].UnixNano()%int64(5*time.Second))
		}
		assert.Len(t, net.began, 10)
	})
}

// Targets that hang take half of the places at most once they are known to, and
// every other target is scraped each interval.
func TestHangingDelaysNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rounds, interval = 20, 10 * time.Second
		list := urls(12)
		hangs := map[string]bool{}
		for i := range 6 {
			hangs[nameOfURL(t, list[i])] = true
		}
		x := newTrial(t, Config{Interval: interval, Concurrency: 4, Aligned: true}, URLs(list...))
		net := x.stub()
		net.wait = func(ctx context.Context, name string) error {
			if hangs[name] {
				<-ctx.Done()
			}
			return ctx.Err()
		}
		end := x.start(t)
		time.Sleep(2*interval + interval/2) // they are met
		met := map[string]int{}
		net.mu.Lock()
		for name, times := range net.began {
			met[name] = len(times)
		}
		net.mu.Unlock()
		time.Sleep(rounds * interval)
		end()
		for _, u := range list {
			if name := nameOfURL(t, u); !hangs[name] {
				assert.Equal(t, rounds, len(net.began[name])-met[name], name)
			} else {
				assert.ErrorContains(t, x.errs[name], "no answer within 10s")
			}
		}
	})
}

func nameOfURL(t *testing.T, s string) string {
	u, err := parseURL(s)
	require.NoError(t, err)
	return nameOf(u)
}

// A scrape that takes longer than what is left of the interval costs the next
// moment and not the rhythm.
func TestSkipped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const interval = 10 * time.Second
		x := newTrial(t, Config{Interval: interval, Concurrency: 1, Aligned: true}, URLs(urls(2)...))
		net := x.stub()
		net.wait = func(ctx context.Context, _ string) error {
			select {
			case <-time.After(9 * time.Second):
			case <-ctx.Done():
			}
			return nil
		}
		end := x.start(t)
		time.Sleep(61 * time.Second)
		end()
		assert.Len(t, slices.Concat(net.began[nameOfURL(t, urls(2)[0])], net.began[nameOfURL(t, urls(2)[1])]), 6, "the one place is never empty")
		families, err := x.Gather()
		require.NoError(t, err)
		for _, f := range families {
			if f.GetName() == "promfold_scrapes_skipped_total" {
				assert.Positive(t, f.Metric[0].Counter.GetValue())
			}
		}
	})
}

// The moment of a scrape follows from the wall clock: it is after now by at most
// an interval, has the phase, and is not the one before if the timer came early.
func TestSlot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		interval := time.Duration(rapid.Int64Range(1, int64(time.Hour)).Draw(t, "interval"))
		phase := time.Duration(rapid.Int64Range(0, int64(interval)-1).Draw(t, "phase"))
		now := time.Unix(0, rapid.Int64Range(int64(10*time.Hour), 1<<61).Draw(t, "now"))
		due := slot(now, time.Time{}, phase, interval)
		assert.True(t, due.After(now))
		assert.LessOrEqual(t, due.Sub(now), interval)
		assert.EqualValues(t, phase, due.UnixNano()%int64(interval))
		early := time.Duration(rapid.Int64Range(1, int64(interval)).Draw(t, "early"))
		if again := slot(due.Add(-early), due, phase, interval); early < interval {
			assert.Equal(t, interval, again.Sub(due))
		} else {
			assert.LessOrEqual(t, again.Sub(due.Add(-early)), interval, "a clock that was set back does not stop the scrapes")
		}
	})
}

// Nobody is stale because its moment comes soon after Once.
func TestOnceAndThenRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const interval = 10 * time.Second
		x := newTrial(t, Config{Interval: interval}, URLs(urls(12)...))
		net := x.stub()
		require.NoError(t, x.Once(t.Context()))
		end := x.start(t)
		for range 40 {
			time.Sleep(time.Second)
			c := x.fleet.Snapshot(time.Now()).Coverage()
			assert.Equal(t, 12, c.Reporting, c.String())
		}
		end()
		for name, began := range net.began {
			assert.GreaterOrEqual(t, began[1].Sub(began[0]), interval/2, name)
			assert.LessOrEqual(t, began[1].Sub(began[0]), 3*interval/2, name)
			assert.Equal(t, interval, began[2].Sub(began[1]), name)
		}
	})
}

// Each change of the sources is one SetTargets; who stays keeps its rhythm, who
// leaves is not brought back by the scrape that was under way.
func TestChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const interval = 10 * time.Second
		list := urls(3)
		changes := make(chan []string)
		changing := func(ctx context.Context, set func([]Target)) error {
			for {
				select {
				case <-ctx.Done():
					return ctx.Err()
				case urls := <-changes:
					var targets []Target
					for _, u := range urls {
						targets = append(targets, Target{URL: u})
					}
					set(targets)
				}
			}
		}
		x := newTrial(t, Config{Interval: interval}, changing, URLs(list[2]))
		net := x.stub()
		leaves := nameOfURL(t, list[1])
		answer := make(chan struct{})
		net.wait = func(ctx context.Context, name string) error {
			if name == leaves && len(net.began[name]) == 2 {
				<-answer
			}
			return nil
		}
		end := x.start(t)
		changes <- list[:2]
		time.Sleep(2 * interval)
		assert.Contains(t, x.coverage(t), "3")
		go func() {
			time.Sleep(time.Second)
			close(answer) // it answers although it was cancelled
		}()
		changes <- list[:1]
		time.Sleep(2 * interval)
		end()
		assert.Len(t, net.began[leaves], 2)
		assert.Len(t, net.began[nameOfURL(t, list[0])], 4)
		assert.Len(t, net.began[nameOfURL(t, list[2])], 4)
		assert.Len(t, x.current, 2)
		for _, in := range x.fleet.Snapshot(time.Now()).Instances() {
			assert.Equal(t, in.Name == leaves, in.Gone, in.String())
		}
	})
}

// A source that fails keeps what it said, is asked again, and delays no other.
func TestSourceFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const interval = 10 * time.Second
		calls := 0
		failing := func(_ context.Context, set func([]Target)) error {
			if calls++; calls == 1 {
				set([]Target{{URL: urls(2)[0]}})
			}
			return errors.New("no list")
		}
		silent := func(ctx context.Context, _ func([]Target)) error {
			<-ctx.Done()
			return ctx.Err()
		}
		x := newTrial(t, Config{Interval: interval, Timeout: 2 * time.Second}, failing, URLs(urls(2)[1]), silent)
		net := x.stub()
		end := x.start(t)
		time.Sleep(3*interval + 2*time.Second)
		end()
		assert.Len(t, net.began[nameOfURL(t, urls(2)[0])], 3)
		assert.Len(t, net.began[nameOfURL(t, urls(2)[1])], 3)
		assert.Equal(t, 4, calls)
		assert.EqualError(t, x.errs[""], "source 1: no list")

		err := x.Once(t.Context())
		assert.ErrorContains(t, err, "source 1: no list")
		assert.ErrorContains(t, err, "source 3: context deadline exceeded")
		assert.Len(t, net.began[nameOfURL(t, urls(2)[0])], 4, "the targets of before are scraped")
	})
}

// Until a source says who is there, nobody has left: the fleet may go on from a
// saved state.
func TestNobodyLeavesUnsaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failing := func(context.Context, func([]Target)) error { return errors.New("no list") }
		x := newTrial(t, Config{Interval: time.Second}, failing)
		require.NoError(t, x.fleet.SetTargets(time.Now(), aggregate.Target{Name: "known"}))
		assert.ErrorContains(t, x.Once(t.Context()), "no list")
		end := x.start(t)
		time.Sleep(10 * time.Second)
		end()
		assert.Equal(t, "0 of 1", x.coverage(t)[:6])
	})
}

func TestOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newTrial(t, Config{}, URLs())
		end := x.start(t)
		synctest.Wait()
		assert.ErrorIs(t, x.Once(t.Context()), errRunning)
		assert.ErrorIs(t, x.Run(t.Context()), errRunning)
		end()
		assert.NoError(t, x.Once(t.Context()))
	})
}
