package rate

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// Of two replicas that answer in turn one lags, by less than an interval, so that nothing falls. What the first reading
// shows too little is no part of what was counted since.
func TestEarlyHoldsWhatAReplicaLags(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		const interval = 10_000
		perMs := rapid.Float64Range(0.001, 10).Draw(rt, "pace")
		lag := rapid.Int64Range(interval/8, interval).Draw(rt, "lag") // by less it would be lost in whole counts
		lags := rapid.SliceOfN(rapid.Bool(), fewSteps+1, 40).Draw(rt, "lags")
		n := len(lags) - 1
		asOf := func(i int) (at int64) {
			if at = int64(i) * interval; lags[i] {
				at -= lag
			}
			return at
		}
		fastest := 0.0
		for i := range n {
			fastest = max(fastest, perMs*float64(asOf(i+1)-asOf(i))/interval)
		}
		grown := perMs * float64(asOf(n)-asOf(0))
		early := Early(grown, fastest, int64(n)*interval, interval)
		truth := perMs * float64(n) * interval
		assert.LessOrEqual(rt, grown-early, truth*(1+1e-9))
		assert.GreaterOrEqual(rt, early, 0.0)
		assert.LessOrEqual(rt, early, perMs*2*interval)
	})
}

func TestEarly(t *testing.T) {
	for _, c := range []struct {
		name           string
		grown, pace    float64
		span, interval int64
		want           float64
	}{
		{"even", 1000, .01, 100_000, 10_000, 0},
		{"one step is faster by half", 1050, .015, 100_000, 10_000, 50},
		{"by a tenth, as counts are whole", 1010, .011, 100_000, 10_000, 0},
		{"by more than a reading that lags can make", 1400, .05, 100_000, 10_000, 0},
		{"few steps", 350, .015, 30_000, 10_000, 0},
		{"nothing", 0, 0, 100_000, 10_000, 0},
	} {
		assert.InDelta(t, c.want, Early(c.grown, c.pace, c.span, c.interval), 1e-9, c.name)
	}
}
