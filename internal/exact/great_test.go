package exact

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

// What is finite stays so, and is bounded on the side that is known.
func TestGreat(t *testing.T) {
	const most = math.MaxFloat64
	for name, x := range map[string]struct {
		add               []float64
		near, least, most float64
		great             bool
	}{
		"small":    {[]float64{1.5, 1}, 2.5, 2.5, 2.5, false},
		"greatest": {[]float64{most}, most, most, most, false},
		"beyond":   {[]float64{1.7e308, 1.7e308}, most, most, math.Inf(1), true},
		"below":    {[]float64{-1.7e308, -1.7e308}, -most, math.Inf(-1), -most, true},
		"back":     {[]float64{1.7e308, 1.7e308, -1.7e308}, 1.7e308, 1.7e308, 1.7e308, false},
		"infinite": {[]float64{1, math.Inf(1)}, math.Inf(1), math.Inf(1), math.Inf(1), false},
	} {
		var s Sum
		s.AddAll(x.add)
		assert.Equal(t, x.near, s.Near(), name)
		assert.Equal(t, x.least, s.Least(), name)
		assert.Equal(t, x.most, s.Most(), name)
		assert.Equal(t, x.great, s.Great(), name)
	}
}

// The mean of numbers is none that is greater, whatever their sum is.
func TestMeanOfGreat(t *testing.T) {
	for _, x := range []float64{1.7e308, -1.7e308, math.MaxFloat64, 1e300, 3, math.SmallestNonzeroFloat64} {
		for _, n := range []int64{1, 2, 3, 7, 1000, 1 << 40} {
			var s, o Sum
			s.AddTimes(x, n)
			assert.InEpsilon(t, x, s.Quo(float64(n)), 1e-15, "%v × %d", x, n)
			o.AddTimes(-x, n)
			s.Merge(&o)
			assert.Zero(t, s.Sign())
		}
	}
	var s Sum
	s.AddTimes(math.Inf(1), 3)
	assert.True(t, math.IsInf(s.Quo(3), 1))
}
