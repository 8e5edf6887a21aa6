package oracle

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
)

// changes reports whether a series has a point at a time.
func changes(m memory, at int64) bool {
	return slices.ContainsFunc(m, func(list []point) bool {
		return slices.ContainsFunc(list, func(p point) bool { return p.Time == at })
	})
}

// What a fleet's combined gauge was over a window is PromQL's max_over_time,
// min_over_time and avg_over_time of a subquery whose step sees every change,
// while every instance answers. The mean is taken over time there at whole
// seconds and here at all moments, so the two differ by a second at each end.
func TestGaugeOverIsASubquery(t *testing.T) {
	const window = 2 * time.Minute
	engine := newEngine()
	r := rand.New(rand.NewPCG(7, 7))
	combines := map[string]aggregate.Combine{"sum": aggregate.Sum, "max": aggregate.Max, "min": aggregate.Min, "avg": aggregate.Mean}
	for range 20 {
		fleet, err := aggregate.NewFleet(aggregate.Config{Window: window})
		require.NoError(t, err)
		views := map[string]*aggregate.GaugeView{}
		for name, c := range combines {
			views[name], err = fleet.Gauge(aggregate.View{Select: "m", Combine: c, Window: window})
			require.NoError(t, err)
		}
		n, now := 1+r.IntN(4), int64(1_700_000_000)
		series := make(memory, n)
		for second := range int64(300) {
			for i := range n {
				if (second+int64(3*i))%15 != 0 {
					continue
				}
				at, x := now+second, float64(r.IntN(20))
				series[i] = append(series[i], point{Time: 1000 * at, Value: x})
				_, err := fleet.Ingest(aggregate.Scrape{
					Target: fmt.Sprint("i", i), Time: time.Unix(at, 0), Body: fmt.Appendf(nil, "# TYPE m gauge\nm %g\n", x),
				})
				require.NoError(t, err)
			}
		}
		end := now + 299
		for changes(series, 1000*(end-int64(window.Seconds())+1)) { // the engine looks at that moment first, and not before it
			end++
		}
		s := fleet.Snapshot(time.Unix(end, 0))
		for name, v := range views {
			groups, err := v.Over(s.Last(window))
			require.NoError(t, err)
			for function, ask := range map[string]func() (promfold.Estimate, bool){"max": groups[0].Max, "min": groups[0].Min, "avg": groups[0].Mean} {
				got, ok := ask()
				require.True(t, ok)
				query := fmt.Sprintf("%s_over_time(%s(m)[%s:1s])", function, name, window)
				q, err := engine.NewInstantQuery(context.Background(), series, nil, query, time.Unix(end, 0))
				require.NoError(t, err)
				vector, err := q.Exec(context.Background()).Vector()
				require.NoError(t, err)
				require.Len(t, vector, 1)
				want := vector[0].F
				q.Close()
				if function == "avg" {
					assert.InDelta(t, want, got.Value, 1.0*20*float64(n)/window.Seconds(), query)
					continue
				}
				assert.Equal(t, want, got.Value, query)
				assert.True(t, got.Exact(), "%s: %s", query, got)
			}
		}
	}
}
