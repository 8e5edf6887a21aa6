// Package catalogue says what is known of well-known metrics: who owns them and
// how instances combine.
//
//	fleet, err := aggregate.NewFleet(aggregate.Config{Catalogue: catalogue.Kubernetes().View})
package catalogue

import (
	"fmt"
	"path"
	"strings"

	"github.com/prometheus/common/model"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
	"github.com/promfold/promfold/internal/owners"
)

// Entry is what is known of a metric.
type Entry struct {
	Metric   string           // a name, or a pattern in which * stands for any text
	Declared model.MetricType // what bodies declare, where that is not View.Type
	View     aggregate.View   // Select has the matchers of the lines that are no sums of others, or is empty
	How, Why string           // it is read so, in words
}

// String returns the entry as a line of documentation.
func (e Entry) String() string {
	var b strings.Builder
	b.WriteString(e.Metric)
	if e.View.Type != "" {
		fmt.Fprintf(&b, " (%s", e.View.Type)
		if e.Declared != "" {
			fmt.Fprintf(&b, ", declared %s", e.Declared)
		}
		b.WriteByte(')')
	}
	b.WriteString(": ")
	if e.View.Combine != 0 {
		fmt.Fprintf(&b, "%s: ", e.View.Combine)
	}
	fmt.Fprintf(&b, "%s; %s", e.How, e.Why)
	if e.View.Select != "" {
		fmt.Fprintf(&b, "; of the lines %s alone", e.View.Select)
	}
	return b.String()
}

// OwnerOf returns who keeps the counts of a metric, and where that was read.
// Unknown: nothing is known of it. Every view goes by this where it and the
// fleet's catalogue say nothing themselves.
func OwnerOf(metric string) (owner counter.Owner, source string) {
	e, _ := owners.Of(metric)
	return counter.Owner(e.Owner), e.Source
}

// Catalogue is a list of entries; the last that fits counts, and a name stands
// before a pattern. It is plain data: read it, print it, append to it.
type Catalogue []Entry

// Lookup returns the entry of a metric. The _total of a counter may be left out.
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

// View returns the entry's view, as Config.Catalogue takes it. Its Type is empty
// where bodies declare the right one.
func (c Catalogue) View(metric string) (aggregate.View, bool) {
	e, ok := c.Lookup(metric)
	if e.Declared == "" {
		e.View.Type = ""
	}
	return e.View, ok
}
