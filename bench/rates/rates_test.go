package main

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const corpus = "../../../shared/corpus"

// The rates of the recordings against the audit logs: the bounds that are promised.
func TestRates(t *testing.T) {
	if _, err := os.Stat(filepath.Join(corpus, recordings[0].name)); err != nil {
		t.Skip("the recordings are not here")
	}
	windows, below := 0, 0
	for i, x := range recordings {
		for _, starts := range []bool{true, false} {
			r, err := load(filepath.Join(corpus, x.name), starts)
			require.NoError(t, err)
			for _, balanced := range []bool{false, true} {
				list, err := replay(r, balanced, x.instances)
				require.NoError(t, err)
				f := summarise(list)
				require.Greater(t, f.windows, 25)
				assert.Zero(t, f.above, "%s: a lower bound above the truth", x.name)
				windows, below = windows+f.windows, below+f.below
				switch {
				case !starts:
				case balanced:
					assert.LessOrEqual(t, f.median, []float64{5, 13}[i], x.name)
				default:
					assert.LessOrEqual(t, math.Abs(f.mean), 1.0, x.name)
					assert.LessOrEqual(t, f.worst, []float64{2, 4}[i], x.name)
					assert.LessOrEqual(t, math.Abs(f.now), 3.0, x.name)
				}
			}
		}
	}
	assert.LessOrEqual(t, below, windows/100, "upper bounds below the truth")
}
