package joins_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/internal/joins"
)

// A short version of the program of the same name in bench.
func TestFleetsOfAllModes(t *testing.T) {
	fleets := 30
	if testing.Short() {
		fleets = 4
	}
	names, _ := joins.Modes()
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			row, err := joins.Measure(name, fleets, 1, 2)
			require.NoError(t, err)
			assert.Empty(t, row.Failed, row.Example)
		})
	}
	_, err := joins.Measure("none", 1, 1, 1)
	require.Error(t, err)
}

// Fleets that broke a law once.
func TestFleetsThatBroke(t *testing.T) {
	for _, x := range []struct {
		mode string
		seed uint64
	}{
		{"forms", 30736},        // which bounds of nothing are shown depended on who was asked
		{"partitions", 504},     // a series that came late counted twice, its process having been folded
		{"old", 11},             // joined again, a state was other bytes
		{"parts, rare", 400019}, // a state from before a removal that was long ago brought its part back
		{"clocks", 48},          // what two read at clocks that differ was taken for growth, across a restart
		{"clocks, rare", 49},    // the same of what outlives processes
	} {
		row, err := joins.Measure(x.mode, 1, x.seed, 1)
		require.NoError(t, err)
		assert.Empty(t, row.Failed, row.Example)
	}
}
