//go:build unmended

package aggregate_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
)

// Merged parts equal one fleet where an instance comes back after an hour: 102
// and 502.
func TestMergeOfOneThatReturns(t *testing.T) {
	c := aggregate.Config{Since: at(-1), Window: 10 * time.Second}.WithCheckpoints(4)
	whole := newPairWatcher(t, c, counter.Process)
	a, b := newPair(t, c, counter.Process)
	scrape := alsoBy(whole)
	scrape(a, "i", 10, 1, 100)
	for s := 20.0; s < 4500; s += 600 {
		scrape(b, "j", s, 2, 1)
	}
	scrape(b, "k", 4500, 4499, 1) // a newcomer: who departed is tidied up
	scrape(a, "i", 4600, 1, 500)
	require.NoError(t, a.Merge(b.Fleet))
	require.Equal(t, 502.0, whole.total(4700))
	require.Equal(t, 502.0, a.total(4700))
}
