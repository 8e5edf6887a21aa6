package gauge

import (
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/explain"
)

// Usage against a limit that each instance has of its own (seats, quotas, file
// descriptors) is computed inside each instance, within one scrape. A ratio of
// two maxima or of two sums belongs to no instance: it shows 33 % or 50 % where
// one of two instances is at 98 %.

// Limits are the series of one instance's limit, each with the sum of the values
// that have its labels; they may have more.
type Limits struct {
	Sentinels []float64 // that stand for "not known", of both sides

	matched  bool // some value has the labels of a limit
	list     []*limit
	byLabels map[string]*limit
	names    map[string][]string // the sets of label names of the limits
}

type limit struct {
	group int
	used  exact.Sum
	value float64
}

// Add adds a series of the limit, which belongs to a group.
func (x *Limits) Add(group int, series labels.Labels, value float64) {
	if x.byLabels == nil {
		x.byLabels, x.names = map[string]*limit{}, map[string][]string{}
	}
	series = WithoutName(series)
	l := &limit{group: group, value: value}
	x.list = append(x.list, l)
	x.byLabels[string(series.Bytes(nil))] = l
	var set []string
	series.Range(func(l labels.Label) { set = append(set, l.Name) })
	x.names[fmt.Sprintf("%q", set)] = set
}

// Use adds a value to all limits whose labels it has, and reports whether there
// is one.
func (x *Limits) Use(series labels.Labels, value float64) (matched bool) {
	if slices.Contains(x.Sentinels, value) {
		value = math.NaN()
	}
	for _, set := range x.names {
		if l := x.byLabels[string(labels.NewBuilder(series).Keep(set...).Labels().Bytes(nil))]; l != nil {
			l.used.Add(value)
			matched, x.matched = true, true
		}
	}
	return matched
}

// Shares yields the group of each limit, and the share of it that is used, or why
// there is none: limits that are missing, NaN, 0 or less have none, nor has an
// instance of which no value has the labels of any limit. Beside others, a limit
// without a value that has its labels is not used at all.
func (x *Limits) Shares() iter.Seq2[int, Share] {
	return func(yield func(int, Share) bool) {
		for _, l := range x.list {
			s := Share{Value: l.used.Float64() / l.value, Refusal: x.refusal(l)}
			if !yield(l.group, s) {
				return
			}
		}
	}
}

// Share is the part of a limit that is used.
type Share struct {
	Value   float64
	Refusal explain.Reason // why it has no meaning; empty: it has
}

func (x *Limits) refusal(l *limit) explain.Reason {
	n := l.used.Float64()
	switch {
	case !(l.value > 0) || slices.Contains(x.Sentinels, l.value):
		return explain.BadLimit
	case !x.matched:
		return explain.NoValue
	case math.IsNaN(n) || math.IsNaN(n/l.value) || l.used.Great() || math.IsInf(n/l.value, 0) && !math.IsInf(n, 0):
		return explain.BadValue
	}
	return ""
}

// WithoutName returns the labels of a series without the metric's name.
func WithoutName(l labels.Labels) labels.Labels {
	return labels.NewBuilder(l).Del(model.MetricNameLabel).Labels()
}
