package aggregate

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/explain"
)

// Variant is one way in which instances show a metric.
type Variant struct {
	Labels    labels.Labels // of the series, without the metric's name
	Value     float64
	Instances []string // that show it, by name
}

// String returns labels, value and instances.
func (v Variant) String() string {
	return fmt.Sprintf("%s %g: %s", v.Labels, v.Value, strings.Join(v.Instances, ", "))
}

// readVariants gathers what is shown and by whom, for values that cannot be
// added or compared: versions, switches, cluster identities. Members are the
// instances that expose the metric.
func (a *gaugeAnswer) readVariants() {
	for in, b := range a.q.present() {
		a.noteMistyped(in, b.view)
		for i, e := range b.lines(in) {
			r := b.reading(in, i)
			if math.IsNaN(r.value) {
				a.common.Add(explain.NaN, in.name, 1)
				continue
			}
			g := a.group(b.labelsOf(int(e.Col)))
			g.show(Variant{Labels: withoutName(r.line.Labels), Value: r.value}, in.name)
		}
	}
	for in, b := range a.q.present() {
		for _, g := range a.groups {
			if in.exposes(b.view) && b.view.selection.SpeaksFor(g.labels, in.labels) {
				g.members = append(g.members, gaugeMember{instance: in.name, from: a.q.source(in),
					age: time.Duration(a.q.e-in.last) * time.Millisecond})
			}
		}
	}
}
