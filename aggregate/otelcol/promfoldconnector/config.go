package promfoldconnector

import (
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/component"

	"github.com/promfold/promfold/aggregate/otelcol/internal/fleets"
)

// Config is the configuration of the connector, at a leaf and at the root.
type Config struct {
	fleets.Config `mapstructure:",squash"`

	// Leaf is the name of this Collector among the leaves. It has to be the
	// same after a restart.
	Leaf string `mapstructure:"leaf"`
	// JoinHorizon is how long the totals of ended processes are kept apart, so
	// that one that two leaves have seen counts once. It is the same at all
	// Collectors.
	JoinHorizon time.Duration `mapstructure:"join_horizon"`
	// Interval is how often a leaf sends its state, and the root its metrics.
	Interval time.Duration `mapstructure:"interval"`
	// Temporality of what the root sends: cumulative or delta.
	Temporality string `mapstructure:"temporality"`
	// Storage is the extension that keeps the state.
	Storage *component.ID `mapstructure:"storage"`

	// prevent unkeyed literals
	_ struct{}
}

// Validate returns an error that names the key.
func (c *Config) Validate() error {
	errs := []error{c.Check()}
	if c.JoinHorizon <= 0 {
		errs = append(errs, fmt.Errorf("join_horizon: %v is not above 0", c.JoinHorizon))
	}
	if c.Interval <= 0 {
		errs = append(errs, fmt.Errorf("interval: %v is not above 0", c.Interval))
	}
	if c.Temporality != cumulative && c.Temporality != delta {
		errs = append(errs, fmt.Errorf("temporality: %q is neither cumulative nor delta", c.Temporality))
	}
	return errors.Join(errs...)
}

// The words of the configuration.
const (
	cumulative = "cumulative"
	delta      = "delta"
)

// errLeaf is the error of a leaf without a name.
var errLeaf = errors.New("leaf: name this Collector, as it is named after a restart, too")

func createDefaultConfig() component.Config {
	return &Config{Config: fleets.DefaultConfig(), Interval: 15 * time.Second, JoinHorizon: time.Hour, Temporality: cumulative}
}
