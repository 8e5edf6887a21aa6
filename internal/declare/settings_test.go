package declare_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/internal/declare"
)

// The fleet counts in milliseconds: what is shorter would be none, or the default.
func TestSettings(t *testing.T) {
	good := declare.Settings{
		Window: time.Second, Checkpoints: 1, Staleness: 1, StartTolerance: time.Millisecond, ClockSkew: time.Millisecond,
	}
	require.NoError(t, good.Validate())
	for what, change := range map[string]func(*declare.Settings){
		"Window below 1s: 999ms":            func(s *declare.Settings) { s.Window = 999 * time.Millisecond },
		"checkpoints: 0":                    func(s *declare.Settings) { s.Checkpoints = 0 },
		"Staleness below one interval: 0.5": func(s *declare.Settings) { s.Staleness = .5 },
		"StartTolerance below 1ms: 1ns":     func(s *declare.Settings) { s.StartTolerance = 1 },
		"StartTolerance below 1ms: -1s":     func(s *declare.Settings) { s.StartTolerance = -time.Second },
		"ClockSkew below 1ms: 999µs":        func(s *declare.Settings) { s.ClockSkew = 999 * time.Microsecond },
		"negative JoinHorizon: -1s":         func(s *declare.Settings) { s.JoinHorizon = -time.Second },
		"negative MaxBytes: -1":             func(s *declare.Settings) { s.MaxBytes = -1 },
		"negative MaxInstances: -1":         func(s *declare.Settings) { s.MaxInstances = -1 },
	} {
		s := good
		change(&s)
		assert.EqualError(t, s.Validate(), "invalid configuration: "+what)
	}
}
