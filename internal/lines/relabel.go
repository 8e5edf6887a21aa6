package lines

import (
	"errors"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// Relabel maps the labels of a line, with __name__; false drops the line. What it
// makes of a line is kept with the line, so a line that the store knows costs
// nothing. Lines that become one series are duplicates: see Reader.Duplicates.
type Relabel func(labels.Labels) (labels.Labels, bool)

var errNameless = errors.New("relabelling leaves no metric name")

// relabelled is what rules make of the labels of a line.
type relabelled struct {
	labels  labels.Labels
	dropped bool
}

// apply maps labels. Those of a line that is dropped stay as they are.
func (r Relabel) apply(ls labels.Labels) (relabelled, error) {
	if r == nil {
		return relabelled{ls, false}, nil
	}
	to, keep := r(ls)
	switch {
	case !keep:
		return relabelled{ls, true}, nil
	case to.Get(model.MetricNameLabel) == "":
		return relabelled{}, errNameless
	}
	return relabelled{to, false}, nil
}

// relabel gives the line the labels that rules make, and with another name a
// family of that name: one of the same type if the name still ends as a line of
// such a family does, else one of no type.
func (l *Line) relabel(s *Store, to relabelled) {
	l.Labels, l.Dropped = to.labels, to.dropped
	name := to.labels.Get(model.MetricNameLabel)
	if name == l.Name {
		return
	}
	said := *l.Family
	suffix, counter := strings.TrimPrefix(l.Name, said.Name), ""
	if suffix == l.Name && l.Role == Created { // of a counter of OpenMetrics
		suffix, counter = createdSuffix, totalSuffix
	}
	if stem, ok := strings.CutSuffix(name, suffix); ok {
		said.Name = stem + counter
	} else {
		said = Family{Name: name, Type: model.MetricTypeUnknown}
		l.Role = Value
	}
	l.Name, l.Family = name, &s.family(said, text).Family
}
