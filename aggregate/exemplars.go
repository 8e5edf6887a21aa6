package aggregate

import (
	"github.com/promfold/promfold/internal/whole"
)

// exemplarsLeft counts the exemplars that instances exposed last and that are not shown. The fleet's lock is held.
func exemplarsLeft(f *Fleet) map[string]int {
	if f.cfg.Limits.Exemplars == 0 {
		return nil
	}
	left := whole.NewExemplarsLeft()
	for _, in := range f.ordered {
		if !in.gone {
			left.Add(&in.Columns)
		}
	}
	return left
}

// exemplarsOf gathers the exemplars of a view's series that the instances exposed last. It decodes them, so only an
// exposition asks for them. The fleet's lock is held.
func (v *view) exemplarsOf(m *moment) whole.Exemplars {
	f, all := v.fleet, whole.Exemplars{}
	if f.cfg.Limits.Exemplars == 0 {
		return all
	}
	for _, in := range f.ordered {
		if in.Plan == nil || in.gone || !in.counts(f, m.e) {
			continue
		}
		for series, e := range in.Plan.Route().Exemplars(&v.selection, &in.Columns, int32(v.index), in.labels) {
			all.Add(series, e)
		}
	}
	return all
}
