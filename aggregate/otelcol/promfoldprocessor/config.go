package promfoldprocessor

import (
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/component"

	"github.com/promfold/promfold/aggregate/otelcol/internal/fleets"
	"github.com/promfold/promfold/aggregate/otelcol/internal/sender"
)

// Config is the configuration of the processor.
type Config struct {
	fleets.Config `mapstructure:",squash"`
	sender.Output `mapstructure:",squash"`

	// Unmatched says what becomes of metrics that no view wants: pass or drop.
	Unmatched string `mapstructure:"unmatched"`

	// prevent unkeyed literals
	_ struct{}
}

// Validate returns an error that names the key.
func (c *Config) Validate() error {
	errs := []error{c.Check(), c.CheckOutput()}
	if c.Unmatched != pass && c.Unmatched != drop {
		errs = append(errs, fmt.Errorf("unmatched: %q is neither pass nor drop", c.Unmatched))
	}
	return errors.Join(errs...)
}

// The words of the configuration.
const (
	pass = "pass"
	drop = "drop"
)

func createDefaultConfig() component.Config {
	return &Config{Config: fleets.DefaultConfig(), Output: sender.Output{Interval: time.Minute, Temporality: sender.Cumulative}, Unmatched: drop}
}
