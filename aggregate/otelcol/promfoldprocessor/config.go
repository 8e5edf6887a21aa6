package promfoldprocessor

import (
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/component"

	"github.com/promfold/promfold/aggregate/otelcol/internal/fleets"
)

// Config is the configuration of the processor.
type Config struct {
	fleets.Config `mapstructure:",squash"`

	// Interval is how often the metrics of the fleets are sent.
	Interval time.Duration `mapstructure:"interval"`
	// Temporality of what is sent: cumulative or delta.
	Temporality string `mapstructure:"temporality"`
	// Unmatched says what becomes of metrics that no view wants: pass or drop.
	Unmatched string `mapstructure:"unmatched"`
	// Storage is the extension that keeps the state. Without it, totals begin
	// anew when the Collector restarts.
	Storage *component.ID `mapstructure:"storage"`

	// prevent unkeyed literals
	_ struct{}
}

// Validate returns an error that names the key.
func (c *Config) Validate() error {
	errs := []error{c.Check()}
	if c.Interval <= 0 {
		errs = append(errs, fmt.Errorf("interval: %v is not above 0", c.Interval))
	}
	if c.Temporality != cumulative && c.Temporality != delta {
		errs = append(errs, fmt.Errorf("temporality: %q is neither cumulative nor delta", c.Temporality))
	}
	if c.Unmatched != pass && c.Unmatched != drop {
		errs = append(errs, fmt.Errorf("unmatched: %q is neither pass nor drop", c.Unmatched))
	}
	return errors.Join(errs...)
}

// The words of the configuration.
const (
	cumulative = "cumulative"
	delta      = "delta"
	pass       = "pass"
	drop       = "drop"
)

func createDefaultConfig() component.Config {
	return &Config{Config: fleets.DefaultConfig(), Interval: time.Minute, Temporality: cumulative, Unmatched: drop}
}
