package aggregate

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/lines"
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

	// Owner says whose life a counter shares (see the counter package).
	Owner judge.Owner

	// BoundBirths counts 0 for a series that appears without proof of its
	// birth, with its value as the upper bound; by default the value counts.
	BoundBirths bool

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

// kind is what a view makes of its series.
type kind uint8

const (
	kindCounter kind = iota
	kindGauge
	kindHistogram
)

func (k kind) String() string { return [...]string{"counter", "gauge", "histogram"}[k] }

// view is a declared View and what belongs to it fleet-wide. The fleet's lock
// guards all of it.
type view struct {
	View
	fleet  *Fleet
	kind   kind
	index  int // in Fleet.views and instance.bindings
	rules  judge.Rules
	routes map[string]*route // by the target labels' names that matter to the view
	finals finals

	// Of the latest question:
	plan    *plan
	latest  latest
	scratch []share

	base string // Metric without _total, for counters

	external judge.Rules // of every family: for what outlives the process

	ledger ledger // what was shown of its totals

	companion bool  // says who leads; no one declared it
	elects    *view // the companion, if the view has one
}

var errView = errors.New("invalid view")

func (v *View) validate(k kind) error {
	le := func(name string) bool { return name == labels.BucketLabel }
	switch {
	case k == kindHistogram && (slices.ContainsFunc(v.By, le) ||
		slices.ContainsFunc(v.Where, func(m *labels.Matcher) bool { return le(m.Name) })):
		return fmt.Errorf("%w: le belongs to the buckets of a histogram, which are one object", errView)
	case v.Meaning > MeaningSaturation:
		return fmt.Errorf("%w: meaning %d", errView, v.Meaning)
	case v.Meaning == MeaningLeader && k != kindGauge:
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

// fit says how a line relates to a view.
type fit uint8

const (
	fitNone fit = iota // another metric
	fitType            // the metric, with a type that the view does not take
	fitName            // the metric and type; the matchers decide
)

// fits compares name and type alone.
func (v *view) fits(l *lines.Line) fit {
	if v.every() {
		return v.fitsEvery(l)
	}
	switch v.kind {
	case kindHistogram:
		if l.Family.Name != v.Metric {
			return fitNone
		}
		if t := v.typeOf(l); t != model.MetricTypeHistogram {
			return fitType
		}
		switch l.Role {
		case lines.Bucket, lines.Count, lines.Sum, lines.Native:
			return fitName
		}
		return fitNone
	case kindCounter:
		if l.Name != v.base && l.Name != v.base+"_total" || l.Role == lines.Native {
			return fitNone
		}
		switch t := v.typeOf(l); {
		case l.Role == lines.Count || l.Role == lines.Sum:
			return fitName
		case l.Role != lines.Value || t != model.MetricTypeCounter && t != model.MetricTypeUnknown:
			return fitType
		}
		return fitName
	default:
		if l.Name != v.Metric || l.Role == lines.Native {
			return fitNone
		}
		switch v.typeOf(l) {
		case model.MetricTypeCounter, model.MetricTypeHistogram, model.MetricTypeGaugeHistogram, model.MetricTypeSummary:
			return fitType
		}
		return fitName
	}
}

func (v *view) typeOf(l *lines.Line) model.MetricType {
	if v.Type != "" {
		return v.Type
	}
	return l.Family.Type
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
