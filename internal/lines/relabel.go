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

// renamed returns the family and the role of a line that rules give another
// name: a family of the same type if the name still ends as a line of such a
// family does, else one of no type.
func renamed(l *Line, name string) (Family, Role) {
	suffix, counter := strings.TrimPrefix(l.Name, l.Family.Name), ""
	if suffix == l.Name && l.Role == Created { // of a counter of OpenMetrics
		suffix, counter = createdSuffix, totalSuffix
	}
	stem, ok := strings.CutSuffix(name, suffix)
	if !ok {
		return Family{Name: name, Type: model.MetricTypeUnknown}, Value
	}
	said := *l.Family
	said.Name = stem + counter
	return said, l.Role
}
