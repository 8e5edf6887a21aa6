package aggregate_test

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/aggregate"
)

// Every kind of question is refused below the coverage asked for, with what is
// missing, and answered at it.
func TestRefusedBelowCoverage(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	b.Expect("a", "b", "c", "d")
	v := b.counter(aggregate.View{Metric: "c"})
	h, err := b.Histogram(aggregate.View{Metric: "h"})
	require.NoError(t, err)
	gv, err := b.Gauge(aggregate.View{Metric: "g"})
	require.NoError(t, err)
	ratio, err := aggregate.Ratio(v, v)
	require.NoError(t, err)
	lines := []string{typeC, "c 1", "# TYPE g gauge", "g 2", "# TYPE h histogram", `h_bucket{le="+Inf"} 1`, "h_sum 1", "h_count 1"}
	for _, name := range []string{"a", "b", "unexpected"} {
		b.scrape(name, 0, 0, lines...)
		b.scrape(name, 10, 0, lines...)
	}
	b.Fail("c", at(10), errors.New("refused"))

	ask := func(conditions ...aggregate.Condition) (n int, errs []error) {
		cs, e1 := v.At(at(10), time.Minute, conditions...)
		hs, e2 := h.At(at(10), time.Minute, conditions...)
		gs, e3 := gv.At(at(10), conditions...)
		rs, e4 := ratio.At(at(10), time.Minute, conditions...)
		return len(cs) + len(hs) + len(gs) + len(rs), []error{e1, e2, e3, e4}
	}
	for _, permitted := range [][]aggregate.Condition{nil, {aggregate.AtLeast(0)}, {aggregate.AtLeast(0.5)}} {
		n, errs := ask(permitted...)
		require.NoError(t, errors.Join(errs...))
		require.Equal(t, 4, n)
	}
	n, errs := ask(aggregate.AtLeast(0.5), aggregate.AtLeast(0.51))
	require.Zero(t, n)
	for _, err := range errs {
		var refused *aggregate.CoverageError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, []string{"c", "d"}, refused.Missing)
		require.Equal(t, aggregate.Coverage{Expected: 4, Missing: 2, Reporting: 3, Failed: 1}, refused.Coverage)
		require.Contains(t, err.Error(), "covers less than 0.51 of the fleet: 2 of 4 expected, 1 failed; missing c, d")
	}
	for _, share := range []float64{-0.1, 1.5, math.NaN()} {
		_, err := v.At(at(10), time.Minute, aggregate.AtLeast(share))
		var refused *aggregate.CoverageError
		require.Error(t, err)
		require.NotErrorAs(t, err, &refused, "a mistake, not a refusal")
	}
}

func TestNothingExpectedIsNoCoverage(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Metric: "c"})
	_, ok := aggregate.Coverage{}.Share()
	assert.False(t, ok)
	_, err := v.At(at(0), time.Minute, aggregate.AtLeast(0.1))
	var refused *aggregate.CoverageError
	require.ErrorAs(t, err, &refused)
	_, err = v.At(at(0), time.Minute)
	require.NoError(t, err)
}

// Behind a balancer coverage is of instances, where their number is known.
func TestCoverageBehindABalancer(t *testing.T) {
	type answer struct {
		who   string
		start float64
	}
	for _, c := range []struct {
		name     string
		expected int
		met      []answer
		want     aggregate.Coverage
		missing  []string
	}{
		{"all", 2, []answer{{"x", -10}, {"y", -90}}, aggregate.Coverage{Expected: 2, Reporting: 2}, nil},
		{"one of three", 3, []answer{{"x", -10}}, aggregate.Coverage{Expected: 3, Missing: 2, Reporting: 1}, []string{"lb (2 of 3)"}},
		{"number unknown", 0, []answer{{"x", -10}, {"y", -90}}, aggregate.Coverage{Expected: 2, Reporting: 2}, nil},
		{"never answered", 0, nil, aggregate.Coverage{Expected: 1, Missing: 1, Failed: 1}, []string{"lb (1 of 1)"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBed(t, aggregate.Config{})
			b.Balanced("lb", c.expected)
			v := b.counter(aggregate.View{Metric: "c"})
			for i, m := range c.met {
				b.scrape("lb", float64(i), m.start, typeC, fmt.Sprintf("c{who=%q} 1", m.who))
			}
			if c.met == nil {
				b.Fail("lb", at(0), errors.New("refused"))
			}
			_, err := v.At(at(2), time.Minute, aggregate.AtLeast(1))
			if c.missing == nil {
				require.NoError(t, err)
				groups, err := v.At(at(2), time.Minute)
				require.NoError(t, err)
				require.Equal(t, c.want, groups[0].Coverage())
				return
			}
			var refused *aggregate.CoverageError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, c.want, refused.Coverage)
			require.Equal(t, c.missing, refused.Missing)
		})
	}
}

// A question is answered exactly when the targets that answered lately, of
// those expected, are as many as asked for.
func TestPolicyAgainstCounting(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := newBed(t, aggregate.Config{})
		v := b.counter(aggregate.View{Metric: "c"})
		given := rapid.Bool().Draw(rt, "given")
		expected, answered, names := 0, 0, []string{}
		for i := range rapid.IntRange(1, 12).Draw(rt, "targets") {
			name := fmt.Sprint("t", i)
			names = append(names, name)
			expected++
			switch rapid.SampledFrom([]string{"answers", "stale", "fails", "gone", "failed once"}).Draw(rt, name) {
			case "answers":
				b.scrape(name, 1000, 0, typeC, "c 1")
				answered++
			case "stale":
				b.scrape(name, 0, 0, typeC, "c 1")
			case "fails":
				b.Fail(name, at(1000), errors.New("refused"))
			case "gone":
				b.scrape(name, 1000, 0, typeC, "c 1")
				require.NoError(rt, b.Gone(name, at(1000)))
				if !given {
					expected--
				}
			case "failed once":
				b.scrape(name, 990, 0, typeC, "c 1")
				b.Fail(name, at(1000), errors.New("refused"))
				answered++
			}
		}
		if given {
			b.Expect(names...)
		}
		least := rapid.Float64Range(0, 1).Draw(rt, "least")
		if rapid.Bool().Draw(rt, "exactly") && expected > 0 {
			least = float64(answered) / float64(expected)
		}
		_, err := v.At(at(1000), time.Minute, aggregate.AtLeast(least))
		permitted := least == 0 || expected > 0 && float64(answered)/float64(expected) >= least
		require.Equal(rt, permitted, err == nil, "%d of %d, %g: %v", answered, expected, least, err)
		var refused *aggregate.CoverageError
		if errors.As(err, &refused) {
			require.Len(rt, refused.Missing, expected-answered)
		}
	})
}
