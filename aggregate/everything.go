package aggregate

import (
	"github.com/prometheus/common/model"
)

// A view whose selector fixes no name selects every family of its kind, by
// declared type. Counters include the _count and _sum of summaries; gauges
// include infos and state sets. A family without a TYPE has no kind, nor have
// quantiles of summaries: the role unmergeable selects those.
//
// Each group has the name of its metric as __name__: that of the series, for
// histograms that of the family. Matchers on __name__ compare the same name.
// The answers equal those of views of single metrics, except that a member is
// listed with 0 only if another series of the family is selected.

func (v *view) every() bool { return v.Every() }

// names are the metrics that an instance exposes, for a view of every family:
// it is no member of the groups of others.
func (sh *share) names() map[string]bool {
	if !sh.b.view.every() {
		return nil
	}
	names := map[string]bool{}
	for i := range sh.b.Cols {
		names[sh.b.labelsOf(i).Get(model.MetricNameLabel)] = true
	}
	return names
}
