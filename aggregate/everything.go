package aggregate

import (
	"slices"

	"github.com/prometheus/common/model"
)

// Every, as [View.Metric], is every family of the view's kind, and alone in
// [View.By] every label. A view of every family by every label is what merging
// the instances of a service into one needs.
//
// The families of a kind are those with its declared type: counters, and the
// _count and _sum of summaries; gauges, infos and state sets; histograms. A
// family without a TYPE is of none, and the quantiles of summaries are not:
// [Fleet.Unmerged] has them. Each group has the name it is about as its
// __name__: that of the series, for histograms the family's; a matcher on
// __name__ compares the same name. The answers are those that views of the
// single metrics give, but that a member is listed with 0 only where another
// series of the family is selected.
//
// Such a view keeps totals and no history, unless its Window says otherwise.
// What it holds for each instance and group is about 250 bytes, of a gauge 100,
// and of a histogram 24 more for each bucket: [Config.MaxBytes] bounds it.
const Every = "*"

// settled is the view with its shorthands written out.
func (v View) settled() View {
	if v.Metric == Every && v.Window == 0 {
		v.Window = LedgerOnly
	}
	if slices.Contains(v.By, Every) {
		v.By, v.Without = nil, []string{""} // as "without ()"
	}
	return v
}

func (v *view) every() bool { return v.Metric == Every }

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
