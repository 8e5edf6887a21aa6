package truth

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/internal/cases"
)

// Each value lies between its bounds, of whatever fleet, whether the truth is known or not.
func TestEveryValueLiesInItsBounds(t *testing.T) {
	for _, kind := range Kinds() {
		every(t, kind, 1)
	}
	rapid.Check(t, func(rt *rapid.T) {
		every(rt, rapid.SampledFrom(Kinds()).Draw(rt, "kind"), rapid.Uint64Range(1, 1<<20).Draw(rt, "seed"))
	})
}

func every(t require.TestingT, kind string, seed uint64) {
	f, err := Simulate(kind, seed)
	require.NoError(t, err)
	fleet, err := cases.NewFleet(f.Case)
	require.NoError(t, err)
	last := ""
	for _, s := range f.Case.Steps {
		a, ok := s.(*cases.Ask)
		if !ok {
			require.NoError(t, fleet.Tell(s))
			continue
		}
		if where := a.At.String() + a.Window.String() + a.View; where == last {
			continue // all of it was asked
		} else {
			last = where
		}
		answers, err := fleet.Every(a)
		require.NoError(t, err)
		for name, e := range answers {
			assert.True(t, e.Lo <= e.Value && e.Value <= e.Hi, "%s %d: %s of %s at %s, %s: %s", kind, seed, name, a.View, a.At, a.Window, e)
		}
	}
}
