package aggregate

import (
	"cmp"
	"time"

	"github.com/promfold/promfold/internal/declare"
	"github.com/promfold/promfold/internal/identity"
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
	MaxBytes         int64         // held in all
	MaxInstances     int
	// What a body may cost, and Relabel; with IncludeExemplars totals carry the
	// latest exemplars, up to 256 KiB an instance.
	Parse     parse.Options
	Catalogue func(metric string) (View, bool) // completes views, see package catalogue

	checkpoints int
}

func (c *Config) settings() (declare.Settings, error) {
	s := declare.Settings{
		Since: c.Since, Window: cmp.Or(c.Window, 5*time.Minute), Checkpoints: cmp.Or(c.checkpoints, 16), Staleness: cmp.Or(c.Staleness, identity.StaleIntervals),
		StartTolerance: cmp.Or(c.StartTolerance, 2*time.Second), ClockSkew: cmp.Or(c.ClockSkew, time.Minute), JoinHorizon: c.JoinHorizon,
		SplitAlternating: c.SplitAlternating, MaxBytes: cmp.Or(c.MaxBytes, 1<<30), MaxInstances: cmp.Or(c.MaxInstances, 100_000),
		Limits: samples.Limits(&c.Parse),
	}
	// A text body whose last line is cut off may still be read as a number, so
	// the line feed at the end that the format demands is demanded.
	s.Limits.RequireWhole = !c.Parse.AllowUnended
	return s, s.Validate()
}
