package aggregate

import (
	"cmp"
	"fmt"
	"time"

	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/samples"
	"github.com/promfold/promfold/parse"
)

// Config is what a fleet is made with; a zero field has the default of the package documentation.
type Config struct {
	Since            time.Time     // when observation began; not after the first scrape
	Window           time.Duration // the longest window of any view
	Staleness        float64       // in intervals of the target
	StartTolerance   time.Duration // between two readings of one start time
	ClockSkew        time.Duration // between clocks; a Date header narrows it
	JoinHorizon      time.Duration // enables Join; how long totals of ended processes are kept apart
	SplitAlternating bool          // treats an alternating address as balanced
	MaxBytes         int64         // that views keep of all instances
	MaxInstances     int
	// What a body may cost, and Relabel; with IncludeExemplars totals carry the
	// latest exemplars, up to 256 KiB an instance.
	Parse     parse.Options
	Catalogue func(metric string) (View, bool) // completes views, see package catalogue

	checkpoints int
}

func (c *Config) settings() (settings, error) {
	s := settings{
		Since: c.Since, Window: cmp.Or(c.Window, 5*time.Minute), Checkpoints: cmp.Or(c.checkpoints, 16), Staleness: cmp.Or(c.Staleness, identity.StaleIntervals),
		StartTolerance: cmp.Or(c.StartTolerance, 2*time.Second), ClockSkew: cmp.Or(c.ClockSkew, time.Minute), JoinHorizon: c.JoinHorizon,
		SplitAlternating: c.SplitAlternating, MaxBytes: cmp.Or(c.MaxBytes, 1<<30), MaxInstances: cmp.Or(c.MaxInstances, 100_000),
		Limits: samples.Limits(&c.Parse),
	}
	// A text body whose last line is cut off may still be read as a number, so
	// the line feed at the end that the format demands is demanded.
	s.Limits.RequireWhole = !c.Parse.AllowUnended
	return s, s.validate()
}

// settings are a Config with its defaults; of two fleets that belong together they are equal.
type settings struct {
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

func (s *settings) validate() error {
	for _, x := range []struct {
		wrong bool
		what  string
		value any
	}{
		{s.Window < time.Second, "Window below 1s", s.Window},
		{s.Checkpoints < 1, "checkpoints", s.Checkpoints},
		{!(s.Staleness >= 1), "Staleness below one interval", s.Staleness},
		{s.StartTolerance < 0, "negative StartTolerance", s.StartTolerance},
		{s.ClockSkew < 0, "negative ClockSkew", s.ClockSkew},
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
