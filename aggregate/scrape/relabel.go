package scrape

import (
	"fmt"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/relabel"
)

// Relabel returns rules for metrics, as Prometheus' metric_relabel_configs has
// them, in the form that parse.Options and so aggregate.Config.Parse take:
//
//	rules, err := scrape.Relabel(drop, rename)
//	fleet, err := aggregate.NewFleet(aggregate.Config{Parse: parse.Options{Relabel: rules}})
//
// They are applied once to each line that the fleet has not seen yet, so a steady
// scrape costs nothing. They see the labels that the body has, with __name__ and
// without those of the target. Lines that become one series count once, the
// first of a body; Report.Double tells how many did not. Rules that leave no
// metric name fail the scrape. What they drop is read still to find restarts, so
// process_start_time_seconds may be dropped, but it must not be renamed. A state
// remembers what the rules made of the lines in it: load it with the same rules.
func Relabel(rules ...*relabel.Config) (func(labels.Labels) (labels.Labels, bool), error) {
	rules, err := validRules(rules)
	if err != nil {
		return nil, err
	}
	return func(ls labels.Labels) (labels.Labels, bool) {
		b := labels.NewBuilder(ls)
		keep := relabel.ProcessBuilder(b, rules...)
		return b.Labels(), keep
	}, nil
}

// validRules returns copies of rules, with the default regular expression where
// there is none.
func validRules(rules []*relabel.Config) ([]*relabel.Config, error) {
	list := make([]*relabel.Config, len(rules))
	for i, r := range rules {
		if r == nil {
			return nil, fmt.Errorf("rule %d is nil", i+1)
		}
		rule := *r // Validate writes
		if rule.Regex.Regexp == nil {
			rule.Regex = relabel.DefaultRelabelConfig.Regex
		}
		if err := rule.Validate(model.UTF8Validation); err != nil {
			return nil, fmt.Errorf("rule %d: %w", i+1, err)
		}
		list[i] = &rule
	}
	return list, nil
}
