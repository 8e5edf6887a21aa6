package fold

import (
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/gauge"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/window"
)

// View is what all bindings of one view have in common.
type View struct {
	Index     int // of its sinks
	Kind      growth.Kind
	Selection *growth.Selection
	Groups    Groups
	Set       *window.Set // the layouts of its columns
	Totals    bool        // it is asked for totals alone
	Slots     int         // checkpoints at least, where windows are asked
	Spare     int         // rows that are kept besides those of checkpoints

	// Of a gauge:
	Within    gauge.Combine // how the lines of an instance make its value
	Sentinels []float64     // values that are none
	Past      int64         // for how many ms values of the past are kept; 0: for none
	Steps     int           // how many of them at most
}

// Groups numbers the groups of a view, as they are answered.
type Groups interface {
	// Number returns the number of a group, which is new if it has none yet.
	Number(labels.Labels) int32
	// Labels returns the labels of the group of a number.
	Labels(group int32) labels.Labels
	// Outlives reports whether what a group counts goes on when a process ends.
	Outlives(group int32) bool
}

// What a column of a gauge takes, as measured, and a value of the past.
const (
	gaugeColumn = 100
	gaugeStep   = 40
)

// Column returns what a column of a gauge may take, in bytes.
func (v *View) Column() int64 { return gaugeColumn + gaugeStep*int64(v.Steps) }

// layout returns the view's own form of a layout.
func (v *View) layout(l *layout.Layout) *layout.Layout {
	if l == nil || !v.Set.Signed {
		return l
	}
	return v.Set.Layout(window.BoundsOf(l))
}

// slots returns how many checkpoints are kept of an instance with a history.
func (v *View) slots(h *window.History) int {
	if v.Kind == growth.Gauge || v.Totals {
		return 0
	}
	return max(h.Slots(), v.Slots)
}

// Exposed is what an instance exposed last, and what is followed of it.
type Exposed struct {
	Store   *lines.Store
	Columns *lines.Columns
	Plan    *growth.Plan
	State   *growth.State
	Last    int64 // the scrape
}

// Reading is one line of a gauge as it was read.
type Reading struct {
	Value float64
	Own   int64 // its own timestamp, or lines.NoTime
	Line  *lines.Line
}
