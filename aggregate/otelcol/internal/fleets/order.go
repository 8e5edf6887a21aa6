package fleets

import (
	"cmp"
	"slices"

	"go.opentelemetry.io/collector/pdata/pmetric"
)

// order is that of the metrics in a resource's requests. The Prometheus receiver
// sends them in another one each time, and what is known of a series is found by
// its position.
type order struct {
	ranks map[rankKey]int
	list  []ranked // of the latest request
}

type rankKey struct{ scope, name string }

type ranked struct {
	pmetric.Metric
	scope string
	rank  int
}

// of returns the wanted metrics in the order in which they came first.
func (o *order) of(resources []pmetric.ResourceMetrics, wanted func(metric string) bool) []ranked {
	o.list = o.list[:0]
	sorted := true
	for _, rm := range resources {
		for _, sm := range rm.ScopeMetrics().All() {
			for _, m := range sm.Metrics().All() {
				if !wanted(m.Name()) {
					continue
				}
				x := ranked{m, sm.Scope().Name(), 0}
				x.rank = o.rank(&x)
				sorted = sorted && (len(o.list) == 0 || o.list[len(o.list)-1].rank <= x.rank)
				o.list = append(o.list, x)
			}
		}
	}
	if !sorted {
		slices.SortStableFunc(o.list, func(a, b ranked) int { return cmp.Compare(a.rank, b.rank) })
	}
	if len(o.ranks) > 2*len(o.list)+spare {
		clear(o.ranks)
		for i := range o.list {
			o.rank(&o.list[i])
		}
	}
	return o.list
}

// spare is how many metrics are remembered that a request lacks, besides as many
// as it has.
const spare = 1000

func (o *order) rank(x *ranked) int {
	key := rankKey{x.scope, x.Name()}
	rank, ok := o.ranks[key]
	if !ok {
		if o.ranks == nil {
			o.ranks = map[rankKey]int{}
		}
		rank = len(o.ranks)
		o.ranks[key] = rank
	}
	return rank
}
