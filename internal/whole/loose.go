package whole

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/lines"
)

// Loose is what has no sum over instances: a series without a type, which may
// be a gauge or a counter, or the quantiles of a summary, which can be neither
// added nor averaged. It has a value while one instance alone has it. A gauge
// histogram is left out.
type Loose struct {
	labels  labels.Labels // with __name__
	typ     model.MetricType
	of      string // the instance that has it
	several bool   // instances have it, or several series of one

	value     float64 // if ok
	ok        bool
	quantiles map[float64]float64
}

// LooseSeries gathers loose series by labels and type.
type LooseSeries struct {
	// Exact says that a group is one series.
	Exact bool
	byKey map[string]*Loose
}

// Add adds what an instance reads of a line in a group.
func (s *LooseSeries) Add(instance string, group labels.Labels, line *lines.Line, value float64) {
	if line.Family.Type == model.MetricTypeGaugeHistogram {
		group = labels.NewBuilder(group).Set(model.MetricNameLabel, line.Family.Name).Labels()
	}
	key := string(line.Family.Type) + "\xff" + string(group.Bytes(nil))
	x := s.byKey[key]
	if x == nil {
		if s.byKey == nil {
			s.byKey = map[string]*Loose{}
		}
		x = &Loose{labels: group, typ: line.Family.Type, of: instance}
		s.byKey[key] = x
	}
	x.take(instance, line, value, s.Exact)
}

// Sorted returns the series by labels and type.
func (s *LooseSeries) Sorted() []*Loose {
	return slices.SortedFunc(maps.Values(s.byKey), func(a, b *Loose) int {
		return cmp.Or(labels.Compare(a.labels, b.labels), strings.Compare(string(a.typ), string(b.typ)))
	})
}

func (x *Loose) take(instance string, line *lines.Line, value float64, exact bool) {
	x.several = x.several || instance != x.of
	switch {
	case math.IsNaN(value):
	case line.Role == lines.Quantile:
		if x.quantiles == nil {
			x.quantiles = map[float64]float64{}
		}
		if _, twice := x.quantiles[line.Bound]; twice { // of one series, it is spelled differently
			x.several = x.several || !exact
			return
		}
		x.quantiles[line.Bound] = value
	case x.ok:
		x.several = x.several || !exact
	default:
		x.value, x.ok = value, true
	}
}
