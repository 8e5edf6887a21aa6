package fleets

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
)

// Config is the part of the configuration that says what the fleets are and
// what is made of them. All components have it.
type Config struct {
	// FleetBy are the resource attributes that name a fleet: the instances of
	// one combination of values are added up.
	FleetBy []string `mapstructure:"fleet_by"`
	// InstanceBy are the resource attributes that name an instance of a fleet.
	// A resource without any of them is named by all of its attributes.
	InstanceBy []string `mapstructure:"instance_by"`
	// ResourceAttributes become attributes of the points, so that views can
	// keep or drop them.
	ResourceAttributes []string `mapstructure:"resource_attributes"`
	// Views say what is made of which metrics; without any, each metric is
	// added up with all of its attributes. Of several views for one metric the
	// first one counts.
	Views []View `mapstructure:"views"`
	// Balanced are resources that are not one process: a load balancer, or
	// replicas that share an identity.
	Balanced []Balanced `mapstructure:"balanced"`
	// ForgetAfter is how long an instance may be silent until it is no longer
	// expected. Its totals stay.
	ForgetAfter time.Duration `mapstructure:"forget_after"`
	// MaxInstances and MaxBytes bound what is kept, of all fleets together and
	// of each fleet.
	MaxInstances int   `mapstructure:"max_instances"`
	MaxBytes     int64 `mapstructure:"max_bytes"`
}

// View says what is made of some metrics.
type View struct {
	// Metrics are names, or patterns in which * stands for any text.
	Metrics []string `mapstructure:"metrics"`
	// Keep or Drop name the attributes that stay, or go. Without either, all
	// stay; of an empty Keep, none.
	Keep []string `mapstructure:"keep"`
	Drop []string `mapstructure:"drop"`
	// Combine says what the gauges of several instances make.
	Combine string `mapstructure:"combine"`
	// Owner says who keeps the counts.
	Owner string `mapstructure:"owner"`
}

// Balanced declares resources that several processes answer for.
type Balanced struct {
	// Attributes are those of the resource, all of which have to fit.
	Attributes map[string]string `mapstructure:"attributes"`
	// Expected is the number of processes; 0 if it is unknown.
	Expected int `mapstructure:"expected"`
}

// DefaultConfig returns the configuration without any key.
func DefaultConfig() Config {
	return Config{
		FleetBy:      []string{"service.namespace", "service.name"},
		InstanceBy:   []string{"service.instance.id"},
		ForgetAfter:  15 * time.Minute,
		MaxInstances: 100_000,
		MaxBytes:     1 << 30,
	}
}

// combines and owners are the words of the configuration.
var (
	combines = map[string]aggregate.Combine{
		"": 0, "sum": aggregate.Sum, "max": aggregate.Max, "min": aggregate.Min, "mean": aggregate.Mean, "consensus": aggregate.Consensus,
		"leader": aggregate.Leader,
	}
	owners = map[string]counter.Owner{"": 0, "process": counter.Process, "external": counter.External}
)

// mostTold bounds the selectors: that of a view tells all metrics of those before it,
// which are not its. mostName bounds a name, as a fleet does.
const (
	mostTold = 4 << 20
	mostName = 16 << 10
)

// Check returns an error that names the key.
func (c *Config) Check() error {
	errs := []error{
		checkNames("fleet_by", c.FleetBy), checkNames("instance_by", c.InstanceBy), checkNames("resource_attributes", c.ResourceAttributes),
	}
	fail := func(format string, a ...any) { errs = append(errs, fmt.Errorf(format, a...)) }
	if len(c.InstanceBy) == 0 {
		fail("instance_by: name at least one resource attribute")
	}
	if c.ForgetAfter <= 0 {
		fail("forget_after: %v is not above 0", c.ForgetAfter)
	}
	if c.MaxInstances <= 0 {
		fail("max_instances: %d is not above 0", c.MaxInstances)
	}
	if c.MaxBytes <= 0 {
		fail("max_bytes: %d is not above 0", c.MaxBytes)
	}
	told, all := 0, 0
	for i := range c.Views {
		if err := c.Views[i].check(); err != nil {
			fail("views::%d::%w", i, err)
		}
		for _, name := range c.Views[i].Metrics {
			told += len(name) + 1
		}
		all += told
	}
	if all > mostTold {
		fail("views: too many metrics in too many views: selectors of %d bytes, at most %d", all, mostTold)
	}
	for i, b := range c.Balanced {
		if len(b.Attributes) == 0 {
			fail("balanced::%d::attributes: name at least one resource attribute and its value", i)
		}
		if b.Expected < 0 {
			fail("balanced::%d::expected: %d is below 0", i, b.Expected)
		}
	}
	return errors.Join(errs...)
}

// check returns the first error of a view.
func (v *View) check() error {
	if len(v.Metrics) == 0 {
		return errors.New(`metrics: name at least one metric, or "*"`)
	}
	if v.Keep != nil && len(v.Drop) > 0 {
		return errors.New("drop: give either keep or drop")
	}
	if _, ok := combines[v.Combine]; !ok {
		return fmt.Errorf("combine: %q is none of %s", v.Combine, words(combines))
	}
	if _, ok := owners[v.Owner]; !ok {
		return fmt.Errorf("owner: %q is none of %s", v.Owner, words(owners))
	}
	return cmp.Or(checkNames("metrics", v.Metrics), checkNames("keep", v.Keep), checkNames("drop", v.Drop))
}

func checkNames(key string, list []string) error {
	seen := make(map[string]bool, len(list))
	for i, name := range list {
		if err := CheckName(name); err != nil {
			return fmt.Errorf("%s: entry %d %w", key, i, err)
		}
		if seen[name] {
			return fmt.Errorf("%s: %q stands there twice", key, name)
		}
		seen[name] = true
	}
	return nil
}

// CheckName returns what is wrong with a name that may have any characters.
func CheckName(name string) error {
	switch {
	case name == "":
		return errors.New("is empty")
	case len(name) > mostName:
		return fmt.Errorf("has %d bytes, more than %d", len(name), mostName)
	case !utf8.ValidString(name):
		return fmt.Errorf("is not UTF-8: %q", name)
	}
	return nil
}

// words lists the words of a table, sorted.
func words[T any](table map[string]T) string {
	var list []string
	for word := range table {
		if word != "" {
			list = append(list, word)
		}
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}
