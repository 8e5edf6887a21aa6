package aggregate

import (
	"github.com/prometheus/common/model"
)

// A view whose selector fixes no name is of every family of its kind: those with
// its declared type. Counters are also the _count and _sum of summaries; gauges
// are also infos and state sets. A family without a TYPE is of no kind, nor are
// the quantiles of summaries: a view of the role unmergeable has them.
//
// Each group has the name it is about as its __name__: that of the series, for
// histograms the family's; a matcher on __name__ compares the same name. The
// answers are those of views of the single metrics, except that a member is
// listed with 0 only where another series of the family is selected.

func (v *view) every() bool { return v.Metric == everyFamily }

// names are those that an instance has in a view of every family: with one it
// lacks, it is no member.
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
