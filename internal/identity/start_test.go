package identity

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestReadings(t *testing.T) {
	for seconds, want := range map[float64]Start{
		1.7e9:        {1.7e12, Metric},
		1.7e9 + .25:  {1.7e12 + 250, Metric},
		4e9:          {4e12, Metric}, // in the future: a token
		0:            {},
		-1:           {},
		1e300:        {},
		math.Inf(1):  {},
		math.Inf(-1): {},
	} {
		assert.Equal(t, want, FromMetric(seconds), "%v", seconds)
	}
	assert.Equal(t, Start{}, FromMetric(math.NaN()))
	for field, want := range map[string]Start{
		"1700000000": {1.7e12, Header}, "1.7e9": {1.7e12, Header},
		"": {}, "0": {}, "-5": {}, "1e300": {}, "1e400": {}, "Inf": {}, "NaN": {}, "yesterday": {},
	} {
		assert.Equal(t, want, FromHeader(field), field)
	}
}

func TestStartMetrics(t *testing.T) {
	for name, want := range map[string]bool{
		"process_start_time_seconds": true, "haproxy_process_start_time_seconds": true,
		"subprocess_start_time_seconds": false, "process_start_time_seconds_total": false,
		"container_start_time_seconds": false, "start_time_seconds": false, "": false,
	} {
		assert.Equal(t, want, IsStartMetric(name), name)
	}
}

func TestComparedStarts(t *testing.T) {
	a := Start{1e9, Metric}
	assert.True(t, a.Near(Start{1e9 + 2000, Metric}, 2000))
	assert.True(t, a.Near(Start{1e9 - 2000, Metric}, 2000))
	assert.False(t, a.Near(Start{1e9 + 2001, Metric}, 2000))
	assert.False(t, a.Near(Start{1e9, Header}, 2000))
	assert.False(t, Start{}.Near(Start{}, 2000), "nothing is known of either")
	assert.True(t, Start{}.Comparable(Start{}))
}

// A start that another source tells says something if it is the same one, or of a
// process that began after the last look at the one before.
func TestStartsOfTwoSources(t *testing.T) {
	old := Start{1e9, Header}
	for _, c := range []struct {
		now  Start
		want bool
	}{
		{Start{1e9 + 100, Header}, true},
		{Start{1e9 + 1700, Metric}, true},
		{Start{1e9 + 5000, Metric}, false}, // a proxy's and the program's
		{Start{1e9 - 5000, Given}, false},
		{Start{1e9 + 60_001, Metric}, true},
		{Start{}, false},
	} {
		assert.Equal(t, c.want, c.now.Compares(old, 1e9+60_000, 2000), "%v", c.now)
	}
	assert.False(t, old.Compares(Start{}, 1, 2000), "newly told")
	assert.True(t, Start{}.Compares(Start{}, 1, 2000))
}

func TestBegan(t *testing.T) {
	for _, c := range []struct {
		start Start
		want  int64
		ok    bool
	}{
		{Start{900, Metric}, 900, true},
		{Start{1050, Metric}, 1000, true}, // another clock
		{Start{1061, Metric}, 0, false},   // a token, and no time
		{Start{}, 0, false},
	} {
		ms, ok := c.start.Began(1000, 60)
		assert.Equal(t, c.want, ms)
		assert.Equal(t, c.ok, ok)
	}
}
