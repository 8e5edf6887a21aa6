package window_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/window"
)

// A value that was rounded, less what is not certain of it, is not below 0 for that reason. A sum may be below 0.
func TestAroundIsNotBelowZeroByRounding(t *testing.T) {
	for below, lo := range map[float64]float64{1e16 + 2: 0, 2e16: -1e16, 4e15: 6e15} {
		var x window.Bounds
		var value exact.Sum
		value.Add(1e16)
		x.Below.Add(below)
		assert.Equal(t, lo, x.Around(&value).Lo)
	}
}
