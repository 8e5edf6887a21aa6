package aggregate_test

import (
	"context"
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
	b.expect("a", "b", "c", "d")
	v := b.counter(aggregate.View{Select: "c"})
	h, err := b.Histogram(aggregate.View{Select: "h"})
	require.NoError(t, err)
	gv, err := b.Gauge(aggregate.View{Select: "g"})
	require.NoError(t, err)
	ratio, err := b.Ratio(aggregate.View{Select: "c"}, aggregate.View{Select: "c"})
	require.NoError(t, err)
	lines := []string{typeC, "c 1", "# TYPE g gauge", "g 2", "# TYPE h histogram", `h_bucket{le="+Inf"} 1`, "h_sum 1", "h_count 1"}
	for _, name := range []string{"a", "b", "unexpected"} {
		b.scrape(name, 0, 0, lines...)
		b.scrape(name, 10, 0, lines...)
	}
	b.fail("c", at(10), errors.New("refused"))

	ask := func(s aggregate.Snapshot) (n int, errs []error) {
		w := s.Last(time.Minute)
		cs, e1 := v.In(w)
		hs, e2 := h.In(w)
		gs, e3 := gv.At(s)
		rs, e4 := ratio.In(w)
		return len(cs) + len(hs) + len(gs) + len(rs), []error{e1, e2, e3, e4}
	}
	s := b.Snapshot(at(10))
	for _, permitted := range []aggregate.Snapshot{s, s.AtLeast(0), s.AtLeast(0.5)} {
		n, errs := ask(permitted)
		require.NoError(t, errors.Join(errs...))
		require.Equal(t, 4, n)
	}
	n, errs := ask(s.AtLeast(0.51).AtLeast(0.5))
	require.Zero(t, n)
	for _, err := range errs {
		var refused *aggregate.CoverageError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, []string{"c", "d"}, refused.Missing)
		require.Equal(t, aggregate.Coverage{Expected: 4, Missing: 2, Reporting: 3, Failed: 1}, refused.Coverage)
		require.Contains(t, err.Error(), "covers 50 % of the fleet, less than the 51 % required: 2 of 4 expected, 1 failed; missing c, d")
	}
	for _, share := range []float64{-0.1, 1.5, math.NaN()} {
		_, err := v.In(s.AtLeast(share).Last(time.Minute))
		var refused *aggregate.CoverageError
		require.Error(t, err)
		require.NotErrorAs(t, err, &refused, "a mistake, not a refusal")
	}
}

func TestNothingExpectedIsNoCoverage(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Select: "c"})
	_, ok := aggregate.Coverage{}.Share()
	assert.False(t, ok)
	_, err := v.In(b.Snapshot(at(0)).AtLeast(0.1).Last(time.Minute))
	var refused *aggregate.CoverageError
	require.ErrorAs(t, err, &refused)
	_, err = v.In(until(b, at(0), time.Minute))
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
			b.balanced("lb", c.expected)
			v := b.counter(aggregate.View{Select: "c"})
			for i, m := range c.met {
				b.scrape("lb", float64(i), m.start, typeC, fmt.Sprintf("c{who=%q} 1", m.who))
			}
			if c.met == nil {
				b.fail("lb", at(0), errors.New("refused"))
			}
			_, err := v.In(b.Snapshot(at(2)).AtLeast(1).Last(time.Minute))
			if c.missing == nil {
				require.NoError(t, err)
				groups, err := v.In(until(b, at(2), time.Minute))
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
		b := newBed(rt, aggregate.Config{})
		v := b.counter(aggregate.View{Select: "c"})
		given := rapid.Bool().Draw(rt, "given")
		expected, answered, names := 0, 0, []string{}
		for i := range rapid.IntRange(1, 12).Draw(rt, "targets") {
			names = append(names, fmt.Sprint("t", i))
		}
		if given {
			b.expect(names...)
		}
		for _, name := range names {
			expected++
			switch rapid.SampledFrom([]string{"answers", "stale", "fails", "gone", "failed once"}).Draw(rt, name) {
			case "answers":
				b.scrape(name, 1000, 0, typeC, "c 1")
				answered++
			case "stale":
				b.scrape(name, 0, 0, typeC, "c 1")
			case "fails":
				b.fail(name, at(1000), errors.New("refused"))
			case "gone":
				b.scrape(name, 1000, 0, typeC, "c 1")
				b.Remove(at(1000), name)
				expected--
			case "failed once":
				b.scrape(name, 990, 0, typeC, "c 1")
				b.fail(name, at(1000), rapid.SampledFrom([]error{errRefused, context.DeadlineExceeded}).Draw(rt, "how"))
			}
		}
		least := rapid.Float64Range(0, 1).Draw(rt, "least")
		if rapid.Bool().Draw(rt, "exactly") && expected > 0 {
			least = float64(answered) / float64(expected)
		}
		_, err := v.In(b.Snapshot(at(1000)).AtLeast(least).Last(time.Minute))
		permitted := least == 0 || expected > 0 && float64(answered)/float64(expected) >= least
		require.Equal(rt, permitted, err == nil, "%d of %d, %g: %v", answered, expected, least, err)
		var refused *aggregate.CoverageError
		if errors.As(err, &refused) {
			require.Len(rt, refused.Missing, expected-answered)
		}
	})
}
