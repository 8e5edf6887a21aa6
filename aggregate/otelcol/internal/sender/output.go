package sender

import (
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/component"
)

// Output is the part of a configuration that says what is sent when, and where
// the state is kept.
type Output struct {
	// Interval is how often the fleets send.
	Interval time.Duration `mapstructure:"interval"`
	// Temporality of the metrics that are sent: cumulative or delta.
	Temporality string `mapstructure:"temporality"`
	// Storage is the extension that keeps the state. Without it, totals begin
	// anew when the Collector restarts.
	Storage *component.ID `mapstructure:"storage"`

	// prevent unkeyed literals
	_ struct{}
}

// The temporalities.
const (
	Cumulative = "cumulative"
	Delta      = "delta"
)

// CheckOutput returns an error that names the key.
func (o *Output) CheckOutput() error {
	var errs []error
	if o.Interval <= 0 {
		errs = append(errs, fmt.Errorf("interval: %v is not above 0", o.Interval))
	}
	if o.Temporality != Cumulative && o.Temporality != Delta {
		errs = append(errs, fmt.Errorf("temporality: %q is neither cumulative nor delta", o.Temporality))
	}
	return errors.Join(errs...)
}
