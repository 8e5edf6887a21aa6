package aggregate

import (
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/lines"
)

// A view whose selector fixes no name is of every family of its kind: those with
// its declared type. Counters are also the _count and _sum of summaries; gauges
// are also infos and state sets. A family without a TYPE is of no kind, nor are
// the quantiles of summaries: a view of the role unmergeable has them.
//
// Each group has the name it is about as its __name__: that of the series, for
// histograms the family's; a matcher on __name__ compares the same name. The
// answers are those of views of the single metrics, except that a member is
// listed with 0 only where another series of the family is selected.

// fitsEvery goes by the declared type alone.
func (v *view) fitsEvery(l *lines.Line) fit {
	if v.kind != kindOf(l.Family.Type) {
		return fitNone
	}
	switch l.Role {
	case lines.Count, lines.Sum: // of a histogram or summary
		return fitName
	case lines.Bucket, lines.Native:
		return fitName
	case lines.Value:
		if v.kind != kindHistogram {
			return fitName
		}
	}
	return fitNone
}

// kindOf is what can be made of a family; noKind of one without a type.
func kindOf(t model.MetricType) kind {
	switch t {
	case model.MetricTypeCounter, model.MetricTypeSummary:
		return kindCounter
	case model.MetricTypeHistogram:
		return kindHistogram
	case model.MetricTypeGauge, model.MetricTypeInfo, model.MetricTypeStateset:
		return kindGauge
	}
	return noKind
}

const noKind = kind(255)

// nameOf is the name that a line has in a view.
func (v *view) nameOf(l *lines.Line) string {
	if v.every() && v.kind == kindHistogram {
		return l.Family.Name
	}
	return l.Name
}

func (v *view) every() bool { return v.Metric == everyFamily }

// fitsNoKind takes what has no sum over instances.
func fitsNoKind(l *lines.Line) fit {
	if l.Role == lines.Quantile || l.Family.Type == model.MetricTypeUnknown {
		return fitName
	}
	return fitNone
}

// label is what a matcher of the view compares.
func (v *view) label(l *lines.Line, name string) string {
	if name == model.MetricNameLabel {
		return v.nameOf(l)
	}
	return l.Labels.Get(name)
}

// named gives the labels of a group or object their name, where it matters.
func (v *view) named(b *labels.Builder, l *lines.Line) *labels.Builder {
	if v.every() {
		b.Set(model.MetricNameLabel, v.nameOf(l))
	}
	return b
}

// ownerOf is who counts a metric, unless the view says it: what the network
// namespace of a process counts goes on when the process restarts.
func ownerOf(name string) judge.Owner {
	if strings.HasPrefix(name, "process_network_") {
		return judge.OwnerExternal
	}
	return judge.OwnerUnknown
}

// rulesOf are the rules for a line: in a view of every family its name decides.
func (v *view) rulesOf(s *lines.Store, id lines.ID) *judge.Rules {
	if v.every() && v.Owner == judge.OwnerUnknown && ownerOf(s.Line(id).Name) != judge.OwnerUnknown {
		return &v.external
	}
	return &v.rules
}

// outlives: what a group counts goes on when a process ends, so the time
// between two processes was observed, too.
func (v *view) outlives(group labels.Labels) bool {
	if v.every() && v.Owner == judge.OwnerUnknown {
		return ownerOf(group.Get(model.MetricNameLabel)) == judge.OwnerExternal
	}
	return v.rules.Owner == judge.OwnerExternal
}

// names are those that an instance has in a view of every family: with one it
// lacks, it is no member.
func (sh *share) names() map[string]bool {
	if !sh.b.view.every() {
		return nil
	}
	names := map[string]bool{}
	for i := range sh.b.cols {
		names[sh.b.route.groups[sh.b.cols[i].group].Get(model.MetricNameLabel)] = true
	}
	return names
}
