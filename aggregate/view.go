package aggregate

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
)

// View is a standing question: which series, grouped how, kept how long. It is
// declared once; its cost is paid as scrapes arrive, its answers are cheap.
type View struct {
	// Metric is the name of the metric. A counter's may be written with or
	// without _total; a histogram's is the family's, without _bucket. The
	// _count and _sum of a histogram or summary are counters of their own.
	// [Every] is all of them.
	Metric string

	// Where selects series, as a Prometheus selector does: anchored regular
	// expressions, and a label that is missing is the empty string.
	Where []*labels.Matcher

	// By and Without group as in PromQL; with neither there is one group. An
	// instance is never a label: each group's answer lists its members. By
	// [Every], each set of labels is a group.
	By, Without []string

	// Owner says whose life a counter shares (see the counter package), and
	// Births what becomes of series that appear without proof of their birth.
	Owner  judge.Owner
	Births judge.Births

	// Meaning says what a gauge's numbers mean across instances; Election, who
	// leads where its meaning is [MeaningLeader].
	Meaning  Meaning
	Election Election

	// Sentinels are values of a gauge that stand for "not known", such as −1:
	// no vote in [GaugeGroup.Fact], no part in a [GaugeRatio].
	Sentinels []float64

	// Window is how long a window this view can be asked about, at most (and
	// by default) [Config.Window]. [LedgerOnly] keeps totals and the latest step.
	Window time.Duration

	// Type replaces the type that bodies declare, where it lies.
	Type model.MetricType
}

// view is a declared View and what belongs to it fleet-wide. The fleet's lock
// guards all of it.
type view struct {
	View
	fleet  *Fleet
	kind   growth.Kind
	index  int // in Fleet.views and instance.bindings
	finals finals

	selection growth.Selection

	// Of the latest question:
	plan    *plan
	latest  latest
	scratch []share

	ledger ledger // what was shown of its totals

	companion bool  // says who leads; no one declared it
	elects    *view // the companion, if the view has one
}

var errView = errors.New("invalid view")

func (v *View) validate(k growth.Kind) error {
	le := func(name string) bool { return name == labels.BucketLabel }
	switch {
	case k == growth.Histogram && (slices.ContainsFunc(v.By, le) ||
		slices.ContainsFunc(v.Where, func(m *labels.Matcher) bool { return le(m.Name) })):
		return fmt.Errorf("%w: le belongs to the buckets of a histogram, which are one object", errView)
	case v.Meaning > MeaningSaturation:
		return fmt.Errorf("%w: meaning %d", errView, v.Meaning)
	case v.Meaning == MeaningLeader && k != growth.Gauge:
		return fmt.Errorf("%w: the %s of a leader alone", errView, k)
	case v.Metric == "":
		return fmt.Errorf("%w: no metric", errView)
	case v.Metric == Every && v.Type != "":
		return fmt.Errorf("%w: a type for every family", errView)
	case len(v.By) > 0 && len(v.Without) > 0:
		return fmt.Errorf("%w: by and without exclude each other", errView)
	case v.Window < LedgerOnly:
		return fmt.Errorf("%w: window %s", errView, v.Window)
	}
	return nil
}

func (v *View) String() string {
	var b strings.Builder
	b.WriteString(v.Metric)
	for i, m := range v.Where {
		b.WriteString([]string{"{", ","}[min(i, 1)])
		b.WriteString(m.String())
	}
	if len(v.Where) > 0 {
		b.WriteByte('}')
	}
	if len(v.By) > 0 {
		fmt.Fprintf(&b, " by (%s)", strings.Join(v.By, ", "))
	}
	if len(v.Without) > 0 {
		fmt.Fprintf(&b, " without (%s)", strings.Join(v.Without, ", "))
	}
	return b.String()
}
