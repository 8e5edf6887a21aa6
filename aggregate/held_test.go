package aggregate_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
)

// floods are what a target may do to fill a fleet, each scrape a little more.
var floods = map[string]func(round int) []string{
	"lines that no view wants": func(round int) []string { return many("other{l=\"%d\"} 1", 0, 1000*round) },
	"series of a view":         func(round int) []string { return many("calls_total{l=\"%d\"} 1", 0, 300*round) },
	"ever other series":        func(round int) []string { return many("calls_total{l=\"%d\"} 1", 2000*round, 2000*round+2000) },
	"long labels": func(round int) []string {
		return many("other{l=\"%d"+strings.Repeat("x", 2000)+"\"} 1", 0, 80*round)
	},
}

func many(line string, from, to int) []string {
	list := []string{"# TYPE calls_total counter", "# TYPE other gauge"}
	for i := from; i < to; i++ {
		list = append(list, fmt.Sprintf(line, i))
	}
	return list
}

// However a target floods a fleet: what is held stays below MaxBytes, the target is
// named, and all that is answered of its neighbours is the same to the last bit,
// though they restart and gain series meanwhile.
func TestWhoFloodsIsRefusedAlone(t *testing.T) {
	const most = 4 << 20
	run := func(t *testing.T, flood func(round int) []string) (answers []string) {
		b := newBed(t, aggregate.Config{MaxBytes: most})
		v := b.counter(aggregate.View{Select: "calls_total", By: []string{"l"}})
		refused := 0
		for round := range 30 {
			now := float64(10 * round)
			for i := range 3 {
				start := -100 - float64(i)
				if round > 15 {
					start = 155 + float64(i)
				}
				lines := []string{"# TYPE calls_total counter"}
				for k := range 5 + round/5 {
					lines = append(lines, fmt.Sprintf(`calls_total{l="mine-%d"} %d`, k, round*(k+i+1)))
				}
				b.scrape(fmt.Sprint("innocent-", i), now, start, lines...)
			}
			if flood == nil {
				continue
			}
			_, err := b.Ingest(scrapeOf("flood", now+1, -50, flood(round)...))
			if err != nil {
				refused++
				require.ErrorIs(t, err, aggregate.ErrLimit)
				assert.ErrorContains(t, err, "scrape of flood at ")
			}
			require.LessOrEqual(t, b.held(), int64(most+most/16), "a refused body may leave a little room behind")
		}
		if flood != nil {
			assert.NotZero(t, refused, "the test is of no use")
			assert.Equal(t, "flood", b.Snapshot(at(300)).Health().Largest)
		}
		groups, err := v.In(until(b, at(300), 5*time.Minute))
		require.NoError(t, err)
		for _, g := range groups {
			if strings.HasPrefix(g.Labels().Get("l"), "mine") {
				e, _ := g.Increase()
				r, _ := g.Rate()
				answers = append(answers, fmt.Sprintf("%s %x %x", g.Labels(), e, r))
			}
		}
		return answers
	}
	want := run(t, nil)
	require.Len(t, want, 10)
	for name, flood := range floods {
		t.Run(name, func(t *testing.T) { assert.Equal(t, want, run(t, flood)) })
	}
}

// One that restarts all the time gives up its own past first, and goes on.
func TestWhoRestartsAllTheTimeGoesOn(t *testing.T) {
	const most = 1 << 20
	b := newBed(t, aggregate.Config{MaxBytes: most})
	v := b.counter(aggregate.View{Select: "calls_total", By: []string{"l"}, Owner: counter.Process})
	const rounds = 100
	for round := range rounds {
		now := float64(3 * round)
		b.scrape("loop", now, now-1, many("calls_total{l=\"%d\"} 7", 0, 300)...)
		require.LessOrEqual(t, b.held(), int64(most))
	}
	groups, err := v.In(until(b, at(3*rounds), sinceStart))
	require.NoError(t, err)
	require.Len(t, groups, 300)
	assert.Equal(t, 7.0*(rounds-1), grew(groups[0]), "what was counted stays")
}
