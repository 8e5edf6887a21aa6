package aggregate

import (
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/counter"
	"github.com/promfold/promfold/internal/gauge"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/selector"
)

// electionMetric is a gauge that is 1 at the leader, in the same scrape as the
// value; Kubernetes' components expose it. Its label electionLabel tells
// elections apart: that of a view is the one in which the instances that expose
// its metric take part.
const (
	electionMetric = "leader_election_master_status"
	electionLabel  = "name"
)

// View is a standing question: which series, grouped how, kept how long. A
// field that does not fit the kind is refused.
//
// A selector that fixes no name selects all families of the kind, by their
// declared type; each group then has the name it is about as __name__. A
// counter's name may leave out _total; a histogram's is the family's.
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

func (v *View) validate(k growth.Kind, sel *selector.Selector) error {
	if field := v.misfit(k); field != "" {
		kind := k.String()
		if k == everything {
			kind = "view of everything"
		}
		return fmt.Errorf("%w: %s does not fit a %s", errView, field, kind)
	}
	groupings := 0
	for _, given := range []bool{len(v.By) > 0, len(v.Without) > 0, v.ByAllLabels} {
		if given {
			groupings++
		}
	}
	le := func(name string) bool { return name == labels.BucketLabel }
	switch {
	case k != growth.Counter && k != growth.Gauge && (slices.ContainsFunc(v.By, le) ||
		slices.ContainsFunc(sel.Where, func(m *labels.Matcher) bool { return le(m.Name) })):
		return fmt.Errorf("%w: le belongs to the buckets of a histogram, which are one object", errView)
	case sel.Every() && v.Type != "":
		return fmt.Errorf("%w: a Type for all families", errView)
	case groupings > 1:
		return fmt.Errorf("%w: By, Without and ByAllLabels exclude each other", errView)
	case v.Window < 0:
		return fmt.Errorf("%w: negative Window", errView)
	case v.Window > 0 && v.TotalsOnly:
		return fmt.Errorf("%w: Window and TotalsOnly exclude each other", errView)
	case v.Combine > Mean:
		return fmt.Errorf("%w: %s", errView, v.Combine)
	case v.WrapBits > 64:
		return fmt.Errorf("%w: WrapBits %d above 64", errView, v.WrapBits)
	case v.Within != 0 && !gauge.Combine(v.Within).Inside():
		return fmt.Errorf("%w: Within %s", errView, v.Within)
	case v.Owner > counter.External:
		return fmt.Errorf("%w: %s", errView, v.Owner)
	case v.Leader != "" && v.Combine != Leader:
		return fmt.Errorf("%w: Leader without Combine Leader", errView)
	case v.Limit != "" && v.Window != 0:
		return fmt.Errorf("%w: shares of a limit have no Window", errView)
	case v.Limit != "" && v.Combine != 0 && v.Combine != Max && v.Combine != Min:
		return fmt.Errorf("%w: shares of a limit have no %s", errView, v.Combine)
	}
	return nil
}

// misfit names a field that is set and does not fit the kind.
func (v *View) misfit(k growth.Kind) string {
	const c, g, h, e = 1 << growth.Counter, 1 << growth.Gauge, 1 << growth.Histogram, 1 << everything
	for _, x := range []struct {
		field string
		set   bool
		fits  int
	}{
		{"Window", v.Window != 0, c | g | h},
		{"TotalsOnly", v.TotalsOnly, c | h | e},
		{"Type", v.Type != "", c | g | h},
		{"Owner", v.Owner != 0, c | h | e},
		{"BoundBirths", v.BoundBirths, c | h | e},
		{"WrapBits", v.WrapBits != 0, c},
		{"Signed", v.Signed, h | e},
		{"Combine", v.Combine != 0, g | e},
		{"Combine " + v.Combine.String(), v.Combine == Leader || v.Combine == Distinct, g},
		{"Within", v.Within != 0, g | e},
		{"Leader", v.Leader != "", g},
		{"Limit", v.Limit != "", g},
		{"Sentinels", v.Sentinels != nil, g | e},
	} {
		if x.set && x.fits&(1<<k) == 0 {
			return x.field
		}
	}
	return ""
}

// Combine says how the values of a gauge's instances make one; the zero value
// makes none.
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

// ledgerOnly, as a window, keeps totals and the latest step, and no history.
const ledgerOnly time.Duration = -1

// everything is the kind of a view of all kinds.
const everything growth.Kind = 3
