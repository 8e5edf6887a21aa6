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

// ErrUnmapped is returned by a Read of a body with lines that are not in the
// Reader's Mapping. Nothing is staged; [Mapping.Fill] makes the next Read of the
// body succeed.
var ErrUnmapped = errors.New("a line that is not mapped yet")

// Mapping holds what a Relabel makes of the new lines of one body, so that it can
// be called where no lock is held: after a Read, not within it. The zero value
// holds none.
type Mapping struct {
	done   map[string]mapped // by labels
	wanted []labels.Labels
}

type mapped struct {
	to  relabelled
	err error
}

// Fill calls r for the lines that the last Read asked for.
func (m *Mapping) Fill(r Relabel) {
	if m.done == nil {
		m.done = map[string]mapped{}
	}
	for _, ls := range m.wanted {
		key := string(ls.Bytes(nil))
		if _, ok := m.done[key]; !ok {
			to, err := r.apply(ls)
			m.done[key] = mapped{to, err}
		}
	}
	m.wanted = nil
}

// apply maps labels by r, which a Mapping spares.
func (m *Mapping) apply(r Relabel, ls labels.Labels) (relabelled, error) {
	if m == nil || r == nil {
		return r.apply(ls)
	}
	x, ok := m.done[string(ls.Bytes(nil))]
	if !ok {
		m.wanted = append(m.wanted, ls)
		return relabelled{}, ErrUnmapped
	}
	return x.to, x.err
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
