package aggregate

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/lines"
)

// looseSeries is what has no sum over instances: a series without a type, which
// may be a gauge or a counter, or the quantiles of a summary, which can be
// neither added nor averaged. It has a value while one instance alone has it.
type looseSeries struct {
	labels  labels.Labels // with __name__
	typ     model.MetricType
	of      *instance // that has it
	several bool      // instances have it, or several series of one

	value     float64 // if ok
	ok        bool
	quantiles map[float64]float64
}

// readLoose returns the loose series of a view, by labels and type.
func (q *question) readLoose(v *view) []*looseSeries {
	byKey := map[string]*looseSeries{}
	exact := len(v.Without) > 0 // a group is one series
	for in, b := range q.presentOf(v) {
		for i, e := range b.lines(in) {
			r := b.reading(in, i)
			ls := b.labelsOf(int(e.Col))
			key := string(r.line.Family.Type) + "\xff" + string(ls.Bytes(nil))
			x := byKey[key]
			if x == nil {
				x = &looseSeries{labels: ls, typ: r.line.Family.Type, of: in}
				byKey[key] = x
			}
			x.take(in, r, exact)
		}
	}
	list := make([]*looseSeries, 0, len(byKey))
	for _, x := range byKey {
		list = append(list, x)
	}
	slices.SortFunc(list, func(a, b *looseSeries) int {
		return cmp.Or(labels.Compare(a.labels, b.labels), strings.Compare(string(a.typ), string(b.typ)))
	})
	return list
}

// take adds what an instance reads.
func (x *looseSeries) take(in *instance, r reading, exact bool) {
	x.several = x.several || in != x.of
	switch {
	case math.IsNaN(r.value):
	case r.line.Role == lines.Quantile:
		if x.quantiles == nil {
			x.quantiles = map[float64]float64{}
		}
		if _, twice := x.quantiles[r.line.Bound]; twice { // of one series, it is spelled differently
			x.several = x.several || !exact
			return
		}
		x.quantiles[r.line.Bound] = r.value
	case x.ok:
		x.several = x.several || !exact
	default:
		x.value, x.ok = r.value, true
	}
}
