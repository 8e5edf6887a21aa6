package aggregate

import (
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/whole"
)

// exemplarsLeft counts the exemplars that the instances exposed last and that are not shown, by reason. The fleet's
// lock is held.
func exemplarsLeft(f *Fleet) map[string]int {
	if f.cfg.Limits.Exemplars == 0 {
		return nil
	}
	left := whole.NewExemplarsLeft()
	for _, in := range f.ordered {
		if !in.gone {
			left.Add(&in.cols)
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
		if in.plan == nil || in.gone || !in.counts(f, m.e) {
			continue
		}
		for pos, e := range in.cols.Exemplars() {
			id := in.cols.ID(pos)
			if role := f.store.Line(id).Role; v.Kind == growth.Counter && role != lines.Value {
				continue
			}
			if group, ok := in.plan.Route().GroupOf(id, int32(v.index)); ok {
				all.Add(v.selection.Over(in.plan.Route().Group(int32(v.index), group), in.labels), e)
			}
		}
	}
	return all
}
