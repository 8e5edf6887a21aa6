package aggregate_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
)

// A body that is cut after a line is read as a whole one. What a scrape leaves out, or shows as what it cannot be, is
// counted with the next one that shows it, if the process is the same; of another one, as far as it can be. The totals
// keep their buckets, and the bounds hold what was counted.
func TestWhatAScrapeDoesNotShowIsCountedLater(t *testing.T) {
	shown := func(n int) []string {
		return []string{"# TYPE c counter", fmt.Sprint("c ", n), "# TYPE h histogram", fmt.Sprintf(`h_bucket{le="0.1"} %d`, n),
			fmt.Sprintf(`h_bucket{le="1"} %d`, 2*n), fmt.Sprintf(`h_bucket{le="+Inf"} %d`, 3*n), fmt.Sprint("h_sum ", n), fmt.Sprint("h_count ", 3*n)}
	}
	replaced := func(i int, line string) func(int) []string {
		return func(n int) []string {
			list := shown(n)
			list[i] = line
			return list
		}
	}
	first := func(lines int) func(int) []string { return func(n int) []string { return shown(n)[:lines] } }
	bad := map[string]func(int) []string{
		"two buckets": first(5), "one bucket": first(4), "no bucket": first(3), "no counter": first(1), "all buckets": first(6),
		"buckets that fall": replaced(3, `h_bucket{le="0.1"} 1000000`), "no number": replaced(5, `h_bucket{le="+Inf"} NaN`),
		"a counter that is NaN": replaced(1, "c NaN"),
	}
	type step struct {
		kind  string // empty: a whole scrape
		n     int
		start float64
	}
	for name, list := range map[string][]step{
		"the same process":         {{"", 10, -100}, {"", 20, -100}, {"bad", 30, -100}, {"", 40, -100}, {"", 50, -100}},
		"twice in a row":           {{"", 10, -100}, {"bad", 20, -100}, {"bad", 30, -100}, {"", 40, -100}, {"", 50, -100}},
		"nothing, then some of it": {{"", 10, -100}, {"no counter", 20, -100}, {"bad", 30, -100}, {"", 40, -100}, {"", 50, -100}},
		"another process":          {{"", 10, -100}, {"bad", 5, 15}, {"", 40, 15}, {"", 50, 15}},
		"before another one":       {{"", 10, -100}, {"bad", 10, -100}, {"", 5, 15}, {"", 40, 15}, {"", 50, 15}},
		"before and after":         {{"", 10, -100}, {"bad", 10, -100}, {"bad", 5, 15}, {"", 40, 15}, {"", 50, 15}},
	} {
		want := 50.0
		if list[len(list)-1].start == -100 {
			want -= 10
		}
		for kind, of := range bad {
			t.Run(name+", "+kind, func(t *testing.T) {
				b := newBed(t, aggregate.Config{})
				h := b.histogram(aggregate.View{Select: "h", Owner: counter.Process})
				c := b.counter(aggregate.View{Select: "c", Owner: counter.Process})
				for i, x := range list {
					lines := shown(x.n)
					switch x.kind {
					case "":
					case "bad":
						lines = of(x.n)
					default:
						lines = bad[x.kind](x.n)
					}
					b.scrape("i", float64(10*i), x.start, strings.Join(lines, "\n"))
					state := saved(t, b.Fleet)
					require.Equal(t, state, saved(t, loadedFrom(t, state, aggregate.Config{})))
				}
				now := at(float64(10 * len(list)))
				g, err := h.One(until(b, now, sinceStart))
				require.NoError(t, err)
				observed, ok := g.Observations().Increase()
				require.True(t, ok)
				assert.True(t, observed.Lo <= 3*want && 3*want <= observed.Hi, "%s: %v", g.Explain(), 3*want)
				totals := h.Totals(b.Snapshot(now))
				require.Len(t, totals, 1)
				assert.Len(t, totals[0].Histogram.Bounds, 3)
				assert.Equal(t, []float64{want, 2 * want, 3 * want}, totals[0].Histogram.Counts, g.Explain())
				x, ok := b.one(c, float64(10*len(list)), sinceStart).Increase()
				require.True(t, ok)
				assert.True(t, x.Lo <= want && want <= x.Hi, x)
				assert.Equal(t, want, c.Totals(b.Snapshot(now))[0].Value)
			})
		}
	}
}
