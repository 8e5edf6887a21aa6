package declare

import (
	"fmt"
	"time"

	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/watch"
)

// Settings are the configuration of a fleet with its defaults; of two fleets that belong together they are equal.
type Settings struct {
	Since            time.Time
	Window           time.Duration
	Checkpoints      int // of a window; steps closer together than Window/Checkpoints are kept as one
	Staleness        float64
	StartTolerance   time.Duration
	ClockSkew        time.Duration
	JoinHorizon      time.Duration
	SplitAlternating bool
	MaxBytes         int64
	MaxInstances     int
	Limits           lines.Limits
}

// Clocks says which times of two watchers may mean one moment.
func (s *Settings) Clocks() watch.Clocks {
	return watch.Clocks{Tolerance: s.StartTolerance.Milliseconds(), Skew: s.ClockSkew.Milliseconds()}
}

// Validate says what of them cannot be.
func (s *Settings) Validate() error {
	for _, x := range []struct {
		wrong bool
		what  string
		value any
	}{
		{s.Window < time.Second, "Window below 1s", s.Window},
		{s.Checkpoints < 1, "checkpoints", s.Checkpoints},
		{!(s.Staleness >= 1), "Staleness below one interval", s.Staleness},
		{s.StartTolerance < time.Millisecond, "StartTolerance below 1ms", s.StartTolerance},
		{s.ClockSkew < time.Millisecond, "ClockSkew below 1ms", s.ClockSkew},
		{s.JoinHorizon < 0, "negative JoinHorizon", s.JoinHorizon},
		{s.MaxBytes < 0, "negative MaxBytes", s.MaxBytes},
		{s.MaxInstances < 0, "negative MaxInstances", s.MaxInstances},
	} {
		if x.wrong {
			return fmt.Errorf("invalid configuration: %s: %v", x.what, x.value)
		}
	}
	return nil
}
