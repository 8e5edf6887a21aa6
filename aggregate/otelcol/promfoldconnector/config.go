package promfoldconnector

import (
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/component"

	"github.com/promfold/promfold/aggregate/otelcol/internal/fleets"
	"github.com/promfold/promfold/aggregate/otelcol/internal/sender"
)

// Config is the configuration of the connector, at a leaf and at the root.
type Config struct {
	fleets.Config `mapstructure:",squash"`
	// A leaf sends its state, and the root its metrics.
	sender.Output `mapstructure:",squash"`

	// Leaf is the name of this Collector among the leaves. It has to be the
	// same after a restart.
	Leaf string `mapstructure:"leaf"`
	// JoinHorizon is how long the totals of ended processes are kept apart, so
	// that one that two leaves have seen counts once. It is the same at all
	// Collectors.
	JoinHorizon time.Duration `mapstructure:"join_horizon"`

	// prevent unkeyed literals
	_ struct{}
}

// Validate returns an error that names the key.
func (c *Config) Validate() error {
	errs := []error{c.Check(), c.CheckOutput()}
	if c.JoinHorizon <= 0 {
		errs = append(errs, fmt.Errorf("join_horizon: %v is not above 0", c.JoinHorizon))
	}
	if c.Leaf != "" {
		if err := fleets.CheckName(c.Leaf); err != nil {
			errs = append(errs, fmt.Errorf("leaf: the name %w", err))
		}
	}
	return errors.Join(errs...)
}

// errLeaf is the error of a leaf without a name.
var errLeaf = errors.New("leaf: name this Collector, as it is named after a restart, too")

func createDefaultConfig() component.Config {
	return &Config{
		Config: fleets.DefaultConfig(), Output: sender.Output{Interval: 15 * time.Second, Temporality: sender.Cumulative}, JoinHorizon: time.Hour,
	}
}
