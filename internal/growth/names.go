package growth

import (
	"slices"

	"github.com/promfold/promfold/internal/lines"
)

// A view of a counter takes x and x_total for one metric: OpenMetrics writes
// x_total where the text format of the same client may have x. A body that has
// both means two metrics. So the name that the view does not use counts only in a
// body that lacks the one it uses.

// names says of each view whether a body has lines of the very name that the
// view uses; nil: of none.
type names []bool

// otherName reports whether a line has the name of the view's counter but for
// _total.
func (s *Selection) otherName(l *lines.Line, part Part) bool {
	return s.Kind == Counter && !s.Every && !s.Loose && part == Whole && l.Name != s.Metric
}

// take reports whether a line of the other name counts.
func (n names) take(w want) bool { return !w.other || n == nil || !n[w.view] }

// read looks at all lines of a body.
func (n *names) read(p *Plan, body Body) {
	*n = nil
	for _, id := range body.IDs() {
		for _, w := range p.route.way(id) {
			if w.other || w.part > Matched || !p.admitted[w.view] || p.route.router.views[w.view].Kind != Counter {
				continue
			}
			if *n == nil {
				*n = make(names, len(p.views))
			}
			(*n)[w.view] = true
		}
	}
}

// carry reads the names of a body in which lines came, went or moved, if some of
// them is another name, and returns the lines that have to be looked at anew.
func (n *names) carry(p *Plan, s *Scraped, to *places, fresh []uint32) []uint32 {
	isOther := func(w want) bool { return w.other && p.admitted[w.view] }
	if !slices.ContainsFunc(p.views, func(x Presence) bool { return x.Others > 0 }) &&
		!slices.ContainsFunc(fresh, func(pos uint32) bool { return slices.ContainsFunc(p.route.way(s.Body.ID(int(pos))), isOther) }) {
		*n = p.names
		return fresh
	}
	n.read(p, s.Body)
	turned := false
	for pos := range s.Reader.Len() {
		old, _, _ := s.Reader.At(pos)
		if old < 0 {
			continue
		}
		if _, ok := to.of(uint32(old)); !ok {
			continue
		}
		if slices.ContainsFunc(p.route.way(s.Reader.ID(pos)), func(w want) bool { return isOther(w) && n.take(w) != p.names.take(w) }) {
			to.drop(old)
			fresh, turned = append(fresh, uint32(pos)), true
		}
	}
	if turned {
		slices.Sort(fresh)
	}
	return fresh
}
