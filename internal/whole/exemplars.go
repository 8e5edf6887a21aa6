package whole

import (
	"cmp"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/prometheus/prometheus/model/exemplar"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/histogram"
	"github.com/promfold/promfold/internal/lines"
)

// Exemplars gathers what instances show as exemplars, by the labels of the series
// of the fleet. The order in which they are added does not matter.
type Exemplars map[string][]exemplar.Exemplar

// maxExemplar is how many characters the labels of an exemplar have at most in
// OpenMetrics.
const maxExemplar = 128

// maxNative is how many exemplars a native histogram has at most.
const maxNative = 10

// Add adds an exemplar of a series. One that OpenMetrics has no room for is left
// out.
func (x Exemplars) Add(series labels.Labels, e exemplar.Exemplar) {
	if fits(&e) {
		key := string(series.Bytes(nil))
		x[key] = append(x[key], e)
	}
}

// fits reports whether OpenMetrics has room for an exemplar.
func fits(e *exemplar.Exemplar) bool {
	n := 0
	e.Labels.Range(func(l labels.Label) { n += utf8.RuneCountInString(l.Name) + utf8.RuneCountInString(l.Value) })
	return n <= maxExemplar
}

// Of returns the latest exemplars of a series: of a counter one, of a histogram
// one for each bucket of h, and of native buckets the latest ten that have a
// time. They ascend by value.
func (x Exemplars) Of(series labels.Labels, h *histogram.Histogram) []exemplar.Exemplar {
	all := x[string(series.Bytes(nil))]
	if len(all) == 0 {
		return nil
	}
	slices.SortFunc(all, later)
	var list []exemplar.Exemplar
	switch {
	case h == nil:
		return all[:1:1]
	case h.Exponential:
		list = slices.DeleteFunc(slices.Clone(all), func(e exemplar.Exemplar) bool { return !e.HasTs })
		list = list[:min(len(list), maxNative)]
	default:
		taken := make([]bool, len(h.Bounds))
		for _, e := range all {
			if i, _ := slices.BinarySearch(h.Bounds, e.Value); i < len(taken) && !taken[i] && !math.IsNaN(e.Value) {
				taken[i] = true
				list = append(list, e)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b exemplar.Exemplar) int { return cmp.Compare(a.Value, b.Value) })
	return list
}

// later orders exemplars by their times, the latest first. Ties go to the greater
// value, then to the labels; one without a time is older than any other.
func later(a, b exemplar.Exemplar) int {
	switch {
	case a.HasTs && !b.HasTs:
		return -1
	case b.HasTs && !a.HasTs:
		return 1
	}
	return cmp.Or(cmp.Compare(b.Ts, a.Ts), cmp.Compare(b.Value, a.Value), labels.Compare(a.Labels, b.Labels))
}

// ExemplarsLeft are how many exemplars of the latest bodies are not shown, by
// reason.
type ExemplarsLeft map[string]int

// NewExemplarsLeft returns none.
func NewExemplarsLeft() ExemplarsLeft { return ExemplarsLeft{"too many": 0, "too long": 0} }

// Add adds those of an instance.
func (x ExemplarsLeft) Add(c *lines.Columns) {
	x["too many"] += c.ExemplarsLeft()
	for _, e := range c.Exemplars() {
		if !fits(&e) {
			x["too long"]++
		}
	}
}
