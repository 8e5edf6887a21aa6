package aggregate

import (
	"fmt"
	"path"
	"strings"

	"github.com/prometheus/common/model"
)

// Entry is what is known of a metric: its type, how its numbers are read
// across instances, and why so and not otherwise.
type Entry struct {
	// Metric is a name, or a pattern in which * stands for any text.
	Metric string

	// Type is what the metric is; empty for a pattern of several types.
	// Declared is what bodies declare it to be, where that is not so.
	Type, Declared model.MetricType

	// Meaning is what its numbers mean across instances. That of a counter or
	// histogram of [MeaningShare] is its increase and the merged distribution,
	// with the hottest member beside; of [MeaningHighest] the worst member's
	// alone ([HistogramGroup.WorstQuantile]); of [MeaningFact] the greatest
	// increase ([CounterGroup.MaxIncrease]).
	Meaning Meaning

	// Limit is the metric that stands below in a ratio, for MeaningSaturation.
	Limit string

	Sentinels []float64 // as View.Sentinels
	Election  Election  // as View.Election

	Read string // how it is read, in words
	Why  string // and why
}

// Catalogue is a list of entries. It is plain data: read it, print it, append
// to it. Of several entries for a metric the last one counts; one that names
// it stands before patterns.
type Catalogue []Entry

// Lookup finds what is known of a metric. The _total of a counter may be left
// out, as in a [View].
func (c Catalogue) Lookup(metric string) (Entry, bool) {
	for _, match := range []func(string) bool{
		func(m string) bool { return m == metric },
		func(m string) bool { return m == metric+"_total" },
		func(m string) bool { ok, err := path.Match(m, metric); return ok && err == nil },
	} {
		for i := len(c) - 1; i >= 0; i-- {
			if match(c[i].Metric) {
				return c[i], true
			}
		}
	}
	return Entry{}, false
}

// View completes a view with what is known of its metric. What the view says
// itself stays.
func (c Catalogue) View(v View) View {
	e, ok := c.Lookup(v.Metric)
	if !ok {
		return v
	}
	if v.Type == "" && e.Declared != "" {
		v.Type = e.Type
	}
	if v.Sentinels == nil {
		v.Sentinels = e.Sentinels
	}
	if v.Meaning == MeaningUnknown {
		v.Meaning = e.Meaning
		if v.Election.Metric == "" && v.Election.Name == "" && v.Election.Ask == nil {
			v.Election = e.Election
		}
	}
	return v
}

// String is the entry as a line of documentation.
func (e Entry) String() string {
	var b strings.Builder
	b.WriteString(e.Metric)
	if e.Type != "" {
		fmt.Fprintf(&b, " (%s", e.Type)
		if e.Declared != "" {
			fmt.Fprintf(&b, ", declared %s", e.Declared)
		}
		b.WriteByte(')')
	}
	fmt.Fprintf(&b, ": %s: %s; %s", e.Meaning, e.Read, e.Why)
	return b.String()
}
