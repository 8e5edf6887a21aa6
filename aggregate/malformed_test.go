package aggregate_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

// A histogram that cannot be one is no member with 0 observations: the group says that it is left out, and coverage
// counts its instance as partial. The others are answered.
func TestMalformedHistogramsAreRefusedAloud(t *testing.T) {
	for name, lines := range map[string]func(n int) []string{
		"counts fall with le": func(n int) []string {
			return []string{fmt.Sprintf(`h_bucket{le="1"} %d`, 2*n), fmt.Sprintf(`h_bucket{le="+Inf"} %d`, n), fmt.Sprint("h_count ", n), "h_sum 1"}
		},
		"a bound twice": func(n int) []string {
			return []string{fmt.Sprintf(`h_bucket{le="1"} %d`, n), fmt.Sprintf(`h_bucket{le="1.0"} %d`, n+3), fmt.Sprintf(`h_bucket{le="+Inf"} %d`, n+5),
				fmt.Sprint("h_count ", n+5), "h_sum 1"}
		},
		"vmrange": func(n int) []string {
			return []string{fmt.Sprintf(`h_bucket{vmrange="1.0e0...1.1e0"} %d`, n), fmt.Sprint("h_count ", n), "h_sum 1"}
		},
		"le is no number": func(n int) []string {
			return []string{fmt.Sprintf(`h_bucket{le="fast"} %d`, n), fmt.Sprintf(`h_bucket{le="+Inf"} %d`, n), fmt.Sprint("h_count ", n), "h_sum 1"}
		},
		"neither +Inf nor a count": func(n int) []string {
			return []string{fmt.Sprintf(`h_bucket{le="1"} %d`, n), "h_sum 1"}
		},
	} {
		b := newBed(t, aggregate.Config{})
		v := b.histogram(aggregate.View{Select: "h"})
		for i := range 3 {
			n := 10 * (i + 1)
			b.scrape("good", float64(10*i), -100, "# TYPE h histogram", fmt.Sprintf(`h_bucket{le="1"} %d`, n),
				fmt.Sprintf(`h_bucket{le="+Inf"} %d`, 2*n), fmt.Sprint("h_count ", 2*n), "h_sum 7")
			b.scrape("bad", float64(10*i), -200, append([]string{"# TYPE h histogram"}, lines(n)...)...)
		}
		g, err := v.One(until(b, at(20), sinceStart))
		require.NoError(t, err)
		members := g.Observations().Increases()
		if assert.NotEmpty(t, members, name) {
			for _, m := range members {
				if m.Instance == "bad" {
					t.Errorf("%s: a member: %s", name, m)
				}
			}
		}
		assert.Regexp(t, "left out: bad", fmt.Sprint(g.Warnings()), name)
		assert.Equal(t, 1, g.Coverage().Partial, name)
		share, ok := g.Coverage().Share()
		require.True(t, ok)
		assert.Equal(t, 0.5, share, name)
		_, err = v.One(b.Snapshot(at(20)).AtLeast(0.9).SinceStart())
		assert.ErrorAs(t, err, new(*aggregate.CoverageError), name)
		above, ok := g.Over(1)
		require.True(t, ok)
		assert.Equal(t, 0.5, above.Value, name)
	}
}

// A histogram that was one, and cannot be one any more, keeps what it counted until then:
// also in a state that is saved and loaded, and where a view is declared later.
func TestMalformedHistogramsKeepWhatTheyCounted(t *testing.T) {
	good := func(n int) []string {
		return []string{"# TYPE h histogram", fmt.Sprintf(`h_bucket{le="1"} %d`, n), fmt.Sprintf(`h_bucket{le="+Inf"} %d`, 2*n), fmt.Sprint("h_count ", 2*n), "h_sum 7"}
	}
	for name, broken := range map[string][]string{
		"a sum alone":      {"h_sum 5"},
		"a bucket alone":   {`h_bucket{le="1"} 40`},
		"no bound":         {"h_bucket 40", "h_sum 5"},
		"le is no number":  {`h_bucket{le="fast"} 40`, `h_bucket{le="+Inf"} 80`, "h_count 80", "h_sum 5"},
		"vmrange":          {`h_bucket{vmrange="1.0e0...1.1e0"} 40`, "h_count 80", "h_sum 1"},
		"counts that fall": {`h_bucket{le="1"} 80`, `h_bucket{le="+Inf"} 40`, "h_count 40", "h_sum 1"},
		"NaN":              {`h_bucket{le="1"} NaN`, `h_bucket{le="+Inf"} NaN`, "h_count NaN", "h_sum 1"},
		"nothing":          {"x 1"},
	} {
		b := newBed(t, aggregate.Config{})
		v := b.histogram(aggregate.View{Select: "h"})
		for i, n := range []int{10, 20, 30} {
			b.scrape("good", float64(10*i), -100, good(n)...)
			bad := good(n)
			if i == 2 {
				bad = append([]string{"# TYPE h histogram"}, broken...)
			}
			b.scrape("bad", float64(10*i), -200, bad...)
		}
		show := func(b bed, v *aggregate.HistogramView) string {
			g, err := v.One(until(b, at(20), sinceStart))
			require.NoError(t, err)
			return fmt.Sprintln(g.Coverage(), g.Warnings(), g.Observations().Increases())
		}
		want := show(b, v)
		require.Regexp(t, `bad: 20.* 33.3 %.*good: 40, 66.7 %`, want, name)
		loaded := bed{t, loadedFrom(t, saved(t, b.Fleet), aggregate.Config{})}
		assert.Equal(t, want, show(loaded, loaded.histogram(aggregate.View{Select: "h"})), "%s, loaded", name)
		b.counter(aggregate.View{Select: "x"})
		assert.Equal(t, want, show(b, v), "%s, beside a view that was declared later", name)
	}
}
