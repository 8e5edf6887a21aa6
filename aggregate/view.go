package aggregate

import (
	"time"

	"github.com/prometheus/common/model"

	"github.com/promfold/promfold/counter"
	"github.com/promfold/promfold/internal/declare"
	"github.com/promfold/promfold/internal/gauge"
)

// View is a standing question: which series, grouped how, kept how long. A field that does not fit the kind is refused.
//
// A selector that fixes no name selects all families of the kind, by their declared type; each group then has the name
// it is about as __name__. A counter's name may leave out _total; a histogram's is the family's.
type View struct {
	Select      string // a PromQL vector selector
	By, Without []string
	ByAllLabels bool // default of Everything

	Window     time.Duration    // the longest window to ask; default Config.Window, of gauges none
	TotalsOnly bool             // keeps totals and the latest step, no window
	Type       model.MetricType // in place of the type that bodies declare

	Owner       counter.Owner // counters and histograms; Process counts whole after a restart, unknown may miss growth
	BoundBirths bool          // as counter.Rules
	WrapBits    uint8         // counters: as counter.Rules
	Signed      bool          // histograms: values may be negative

	Combine   Combine   // gauges: what the fleet's number is
	Within    Combine   // gauges: what several lines of one instance make: Sum, Max, Min, Mean, or Distinct if they repeat one value; default Combine if Sum, Max or Min, else nothing
	Leader    string    // Leader: selects the gauge that is 1 at the leader; default leader_election_master_status
	Limit     string    // gauges: selects the limit; values are then shares of it, inside each instance
	Sentinels []float64 // gauges: values that stand for "not known": left out, with a warning
}

// said returns the view as package declare reads it.
func (v *View) said() declare.View {
	return declare.View{
		Select: v.Select, By: v.By, Without: v.Without, ByAllLabels: v.ByAllLabels, Window: v.Window, TotalsOnly: v.TotalsOnly, Type: v.Type,
		Owner: v.Owner, BoundBirths: v.BoundBirths, WrapBits: v.WrapBits, Signed: v.Signed, Combine: gauge.Combine(v.Combine),
		Within: gauge.Combine(v.Within), Leader: v.Leader, Limit: v.Limit, Sentinels: v.Sentinels,
	}
}

// Combine says how the values of a gauge's instances make one; the zero value makes none.
type Combine uint8

// The ways to combine.
const (
	Sum       Combine = iota + 1 // each instance has a part of its own
	Max                          // each speaks of itself, the highest is the worst
	Min                          // the lowest is the worst
	Consensus                    // all repeat one truth: the value that changed last
	Leader                       // only the elected instance's value is real
	Distinct                     // the labels say something, see GaugeGroup.Variants
	Mean                         // of the instances' values
)

// String returns the name in lower case.
func (c Combine) String() string { return gauge.Combine(c).String() }
