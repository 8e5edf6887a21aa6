package explain_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/promfold/promfold/internal/explain"
)

// Of members that are equal the peak is 1 and the variation 0, whatever their value and number.
func TestAsymmetryOfEqualMembers(t *testing.T) {
	for _, x := range []float64{0.1, 1. / 3, 0.7, 1e-300, 1e300, 49.99999999999999} {
		for n := 2; n < 60; n++ {
			list := make([]explain.Load, n)
			for i := range list {
				list[i] = explain.Load{Name: fmt.Sprintf("%02d", i), Value: x}
			}
			got, ok := explain.AsymmetryOf(list)
			if assert.True(t, ok, "%d × %g", n, x) {
				assert.InDelta(t, 1/float64(n), got.Share, 1e-15)
				got.Share = 0
				assert.Equal(t, explain.Asymmetry{Members: n, Hottest: "00", Peak: 1, CV: 0}, got, "%d × %g", n, x)
			}
		}
	}
}
