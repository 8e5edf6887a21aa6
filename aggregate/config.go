package aggregate

import (
	"errors"
	"fmt"
	"time"

	"github.com/promfold/promfold/internal/lines"
)

// LedgerOnly, as a window, keeps totals since the beginning and the latest
// step, and no history: the cheapest a view can be.
const LedgerOnly time.Duration = -1

// All, as the window of a question, is everything since [Config.Since].
const All time.Duration = -1

// Config is what a fleet is made with. The zero value means the defaults of
// the package documentation.
type Config struct {
	// Since is when the observation of the fleet began; what instances that
	// started later count is growth. Zero: the first accepted scrape.
	Since time.Time

	// Window is the longest window that will be asked about. Zero: 5 min.
	Window time.Duration

	// Checkpoints is how many points of a window are kept; steps closer
	// together than Window/Checkpoints are kept as one. Zero: 16.
	Checkpoints int

	// Staleness is after how many of its own intervals an instance that does
	// not answer is stale, and MinStaleness the least time for it.
	// Zero: 5 and 1 min.
	Staleness    float64
	MinStaleness time.Duration

	// StartTolerance is by how much two readings of one start time may
	// differ, ClockSkew by how much two clocks may. Zero: 2 s and 60 s.
	StartTolerance time.Duration
	ClockSkew      time.Duration

	// JoinHorizon makes a fleet that can be joined ([Fleet.Join]), and says how
	// long what processes counted is known of each after they ended. Zero: the
	// fleet is its instances' only watcher, which takes less.
	JoinHorizon time.Duration

	// SplitAlternating makes a balanced target of an address that proves to
	// reach several processes, as [Fleet.Balanced] does.
	SplitAlternating bool

	// MaxBytes bounds what the views keep of all instances together, and
	// MaxInstances how many there may be, see the package documentation for
	// how long they are kept. Zero: 1 GiB and 100,000. A view that is asked
	// keeps its latest answer besides: 32 bytes for each instance in a group, of
	// a histogram its buckets, too.
	MaxBytes     int64
	MaxInstances int

	// Limits bound one body. The zero value: 64 MiB, 2 M lines, 16 KiB a
	// line, 64 labels.
	Limits lines.Limits
}

func (c Config) withDefaults() Config {
	setDefault(&c.Window, 5*time.Minute)
	setDefault(&c.Checkpoints, 16)
	setDefault(&c.Staleness, 5)
	setDefault(&c.MinStaleness, time.Minute)
	setDefault(&c.StartTolerance, 2*time.Second)
	setDefault(&c.ClockSkew, time.Minute)
	setDefault(&c.MaxBytes, 1<<30)
	setDefault(&c.MaxInstances, 100_000)
	// A text body whose last line is cut may still be read as a number: the
	// format wants a line feed at the end, and so do we.
	c.Limits.RequireWhole = true
	return c
}

func setDefault[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}

var errConfig = errors.New("invalid configuration")

func (c Config) validate() error {
	switch {
	case c.Window < time.Second:
		return fmt.Errorf("%w: window %s", errConfig, c.Window)
	case c.Checkpoints < 1:
		return fmt.Errorf("%w: %d checkpoints", errConfig, c.Checkpoints)
	case c.Staleness < 1 || c.MinStaleness < 0 || c.StartTolerance < 0 || c.ClockSkew < 0 || c.JoinHorizon < 0:
		return fmt.Errorf("%w: staleness below one interval, or a negative tolerance", errConfig)
	case c.MaxBytes < 0 || c.MaxInstances < 0:
		return fmt.Errorf("%w: negative limit", errConfig)
	}
	return nil
}
