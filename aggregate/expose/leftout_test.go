package expose

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

// What is left out of the exposition is counted in it, with the reason.
func TestSelfTellsWhatIsLeftOut(t *testing.T) {
	f, e := traced(t, true)
	require.NoError(t, e.Self())
	text := func() string {
		var b bytes.Buffer
		require.NoError(t, e.Write(&b, ""))
		return b.String()
	}
	assert.Contains(t, text(), `promfold_exemplars_left_out{reason="too many"} 0`)
	long := strings.Repeat("x", 200)
	page := latency(1, ` # {t="short"} 1 5`, ` # {t="`+long+`"} 0.5 5`, "")
	page = append(page, "# TYPE many counter")
	for i := range 2200 { // of which 256 KiB are kept
		page = append(page, fmt.Sprintf(`many_total{i="%d"} 1 # {trace="%s%06d"} 1 5`, i, strings.Repeat("y", 110), i))
	}
	page = append(page, "# TYPE gh gaugehistogram", `gh_bucket{le="+Inf"} 3`, "gh_gcount 3", "gh_gsum 4", "# TYPE n gauge", "n NaN",
		"# TYPE odd gauge", "odd 1", "# TYPE s summary", `s{quantile="0.5"} 3`, "s_count 4", "s_sum 5")
	ingest(t, f, "x", 10, page...)
	ingest(t, f, "y", 10, "# TYPE odd counter", "odd_total 1", "# TYPE s summary", `s{quantile="0.5"} 3`, "s_count 4", "s_sum 5")
	got := text()
	for _, line := range []string{
		`promfold_exemplars_left_out{reason="too long"} 1`,
		`promfold_series_left_out{family="gh",reason="1: a gauge histogram has no sum over time or instances"} 1`,
		`promfold_series_left_out{family="n",reason="1: no instance has a value that is a number and known"} 1`,
		`promfold_series_left_out{family="s",reason="1: quantiles of several instances have no sum"} 1`,
		`promfold_scrapes_ambiguous 0`,
	} {
		assert.Contains(t, got, line+"\n")
	}
	assert.Regexp(t, `promfold_exemplars_left_out\{reason="too many"\} [1-9]\d*\n`, got)
	assert.NotContains(t, got, "odd 2")

	// Without exemplars nobody leaves out any.
	_, e = traced(t, false)
	require.NoError(t, e.Self())
	assert.NotContains(t, text(), "promfold_exemplars")
}

// Scrapes through a balancer that may be of several processes count for none, and are counted.
func TestSelfTellsOfAmbiguousScrapes(t *testing.T) {
	f, err := aggregate.NewFleet(aggregate.Config{})
	require.NoError(t, err)
	require.NoError(t, f.Describe(at(0), aggregate.Target{Name: "lb", Balanced: true, Expected: 2}))
	e := New(f, func() time.Time { return at(100) })
	require.NoError(t, e.Self())
	ambiguous := 0
	body := func(n int) (lines []string) {
		lines = append(lines, "# TYPE c counter")
		for i := range 8 {
			lines = append(lines, fmt.Sprintf(`c{i="%d"} %d`, i, n+i))
		}
		return lines
	}
	for i, n := range []int{5000, 1000, 5001, 1001, 5002, 6000} {
		r, err := f.Ingest(aggregate.Scrape{Target: "lb", Time: at(10 * i), Body: []byte(strings.Join(body(n), "\n") + "\n")})
		require.NoError(t, err)
		if len(r.Candidates) > 0 {
			ambiguous++
		}
	}
	var b bytes.Buffer
	require.NoError(t, e.Write(&b, ""))
	c := f.Snapshot(at(100)).Coverage()
	assert.Positive(t, ambiguous)
	assert.Equal(t, ambiguous, c.Ambiguous)
	assert.Contains(t, b.String(), fmt.Sprintf("promfold_scrapes_ambiguous %d\n", ambiguous))
}

// A family's unit goes on, where the format has a place for it.
func TestUnitsArePassedOn(t *testing.T) {
	f, e := traced(t, false)
	ingest(t, f, "x", 10, "# TYPE a_seconds gauge", "# UNIT a_seconds seconds", "a_seconds 3")
	list, err := e.Gather()
	require.NoError(t, err)
	require.Len(t, list, 1)
	assert.Equal(t, "seconds", list[0].GetUnit())
	var b bytes.Buffer
	require.NoError(t, e.Write(&b, openMetricsType))
	assert.Contains(t, b.String(), "a_seconds 3.0\n")
}
