package judge

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

var inf = math.Inf(1)

const (
	second = int64(1000)
	minute = 60 * second
)

// at is a point at t seconds.
func at(t int64, value float64, start ...int64) Point {
	p := Point{Time: t * second, Value: value}
	if len(start) > 0 {
		p.Start = start[0] * second
	}
	return p
}

func anyValue() *rapid.Generator[float64] {
	return rapid.OneOf(
		rapid.Map(rapid.IntRange(0, 2000), func(i int) float64 { return float64(i) }),
		rapid.Map(rapid.Int64Range(0, 1<<55), func(i int64) float64 { return float64(i) }),
		rapid.SampledFrom([]float64{0, math.Copysign(0, -1), -1, inf, -inf, math.NaN(), 1e6, 1e6 - 1, 999, 999.5, math.MaxFloat64, 5e-324}),
		rapid.Float64(),
	)
}

func anyPoint() *rapid.Generator[Point] {
	return rapid.Custom(func(t *rapid.T) Point {
		return Point{rapid.Int64Range(0, 200).Draw(t, "t") * second, anyValue().Draw(t, "v"), rapid.Int64Range(0, 200).Draw(t, "start") * second}
	})
}

func TestNames(t *testing.T) {
	assert.Equal(t, "reset", Reset.String())
	assert.Equal(t, "gap", Gap.String())
	assert.Equal(t, "Verdict(99)", Verdict(99).String())
	assert.Equal(t, "gapped, not a count", (Gapped | NotACount).String())
	assert.Equal(t, "guessed", Guessed.String())
	assert.Empty(t, Doubt(0).String())
	assert.Equal(t, "other instance", RestartOther.String())
	assert.Equal(t, "Restart(9)", Restart(9).String())
}
