package cases

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Whatever a fleet is told, each value lies between its bounds.
func TestEveryValueLiesInItsBounds(t *testing.T) {
	asked := 0
	for _, c := range all(t) {
		f, err := NewFleet(c)
		require.NoError(t, err)
		for _, s := range c.Steps {
			a, ok := s.(*Ask)
			if !ok {
				require.NoError(t, f.Tell(s), c.Name)
				continue
			}
			asked += checkEvery(t, f, a)
		}
	}
	assert.Greater(t, asked, 1000)
}

func checkEvery(t require.TestingT, f *Fleet, a *Ask) int {
	answers, err := f.Every(a)
	require.NoError(t, err)
	for name, e := range answers {
		assert.True(t, e.Lo <= e.Value && e.Value <= e.Hi, "%s of %s at %s, %s: %s", name, a.View, a.At, a.Window, e)
	}
	return len(answers)
}

// The same of counters and histograms that show anything, from processes that restart at any time or do not say.
func TestEveryValueOfAnythingLiesInItsBounds(t *testing.T) {
	views := []View{{Kind: "counter", Selector: "c"}, {Kind: "counter", Selector: "h_count"}, {Kind: "counter", Selector: "h_sum"}, {Kind: "histogram", Selector: "h"}}
	rapid.Check(t, func(rt *rapid.T) {
		since := -50 * time.Second
		f, err := NewFleet(&Case{Name: "x", Views: views, Since: &since})
		require.NoError(rt, err)
		number := rapid.IntRange(0, 12)
		for at := range rapid.IntRange(2, 12).Draw(rt, "scrapes") {
			var b strings.Builder
			low, high := number.Draw(rt, "low"), number.Draw(rt, "high")
			fmt.Fprintf(&b, "# TYPE c counter\nc %d\n# TYPE h histogram\n", number.Draw(rt, "c"))
			fmt.Fprintf(&b, "h_bucket{le=\"1\"} %d\nh_bucket{le=\"+Inf\"} %d\n", low, low+high)
			fmt.Fprintf(&b, "h_sum %d\nh_count %d\n", rapid.IntRange(-20, 50).Draw(rt, "sum"), low+high+rapid.SampledFrom([]int{0, 0, 1}).Draw(rt, "ahead"))
			if start := rapid.SampledFrom([]int{0, -1000, 10*at - 5, 8}).Draw(rt, "start"); start != 0 {
				fmt.Fprintf(&b, "process_start_time_seconds %d\n", Epoch.Unix()+int64(start))
			}
			moment := time.Duration(10*at) * time.Second
			require.NoError(rt, f.Tell(&Scrape{Target: rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "target"), At: moment, Body: b.String()}))
			for _, v := range views {
				for _, window := range []time.Duration{0, 15 * time.Second, 60 * time.Second} {
					checkEvery(rt, f, &Ask{View: v.Selector, At: moment, Window: window})
				}
			}
		}
	})
}
