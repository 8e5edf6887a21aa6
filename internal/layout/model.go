package layout

import (
	"math"

	"github.com/promfold/promfold"
)

// model is a distribution made ready for questions.
//
// Estimates come from the counts as they are. Bounds hold for every truth: each bucket's true count is any number from
// sure less less to sure plus more, and the observations of a bucket are anywhere in it. They hold for summaries of
// another window, too, whatever those weigh.
type model struct {
	all        envelope   // every class and every summary, for estimates
	counted    envelope   // the same without summaries of another window; empty if there are none
	sure       *envelope  // all, or counted
	less, more envelope   // by how much the counts in sure may be off
	claims     []*Summary // of another window
}

// build makes m the model of d.
func (m *model) build(d *Distribution) {
	m.claims = m.claims[:0]
	value, more := repaired(d)
	m.all.fill(value, value)
	m.less.fill(&d.less, value)
	m.more.fill(more, value)
	m.sure = &m.all
	if len(d.summaries) == 0 {
		return
	}
	m.counted.fill(value, value)
	for i := range d.summaries {
		s := &d.summaries[i]
		s.appendTo(&m.all)
		if s.Described {
			s.appendTo(&m.counted)
		} else {
			m.claims = append(m.claims, s)
		}
	}
	m.all.count()
	m.counted.count()
	if len(m.claims) > 0 {
		m.sure = &m.counted
	}
}

// exact reports whether the counts in sure are the true ones.
func (m *model) exact() bool { return m.less.n == 0 && m.more.n == 0 }

// quantile returns the estimate of a quantile. If it is false, nothing is observed for certain that has an estimate;
// the bounds hold for what there may be.
func (m *model) quantile(l level) (promfold.Estimate, bool) {
	e, ok := m.all.quantile(l)
	if m.exact() && len(m.claims) == 0 {
		return e, ok
	}
	e.Lo, e.Hi = m.bounds(l)
	e.Value = clamp(e.Value, e.Lo, e.Hi)
	return e, ok
}

// bounds returns the interval of a quantile. A merged quantile lies between the least and the greatest of its parts'
// quantiles. The parts are what has counts and each summary of another window.
func (m *model) bounds(l level) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	if m.sure.n > 0 || m.more.n > 0 {
		lower, upper := m.ends(l)
		lo, hi = lower, upper
		if m.sure.closedAt(lower) || m.more.closedAt(lower) {
			lo = after(lower)
		}
		if !m.sure.includes(upper) && !m.more.includes(upper) {
			hi = after(upper)
		}
	}
	for _, s := range m.claims {
		least, most := s.quantile(l.q)
		lo, hi = min(lo, least), max(hi, most)
	}
	return lo, hi
}

// ends returns the ends of cells that bound a quantile of what has counts, whatever these are.
//
// The quantile is at most u if enough observations end up to u even with the least true counts up to there and the
// greatest beyond. It can be as small as the end l if with the greatest counts of cells that begin up to l, and the
// least of the others, there are enough. Both conditions hold from some end on: more observations on the one side and
// fewer on the other only help.
func (m *model) ends(l level) (lower, upper float64) {
	if m.exact() {
		return m.sure.ends(l.rank(m.sure.n, m.sure.integral))
	}
	keys := m.all.keys[:0]
	for _, x := range [...]*envelope{m.sure, &m.more} {
		for i := range x.cells {
			keys = append(keys, x.cells[i].lower)
		}
	}
	m.all.keys = keys
	lower, _ = firstTrue(keys, func(end float64) bool {
		beyond := after(end) // a cell that begins at end is begun there
		return l.reached(m.sure.begun(beyond)+m.more.begun(beyond), atLeast0(m.sure.unbegun(beyond)-m.less.unbegun(beyond)))
	})
	keys = keys[:0]
	for _, x := range [...]*envelope{m.sure, &m.more} {
		for i := range x.cells {
			keys = append(keys, x.cells[i].upper)
		}
	}
	upper, _ = firstTrue(keys, func(end float64) bool {
		beyond := m.sure.unended(end) + m.more.unended(end)
		return beyond == 0 || l.reached(atLeast0(m.sure.ended(end)-m.less.ended(end)), beyond)
	})
	return lower, upper
}

// atLeast0 returns x, and 0 where rounding made it less.
func atLeast0(x float64) float64 { return max(0, x) }

// share returns the estimate of the share of observations in (lower, upper]; there must be observations.
func (m *model) share(lower, upper float64) promfold.Estimate {
	if lower >= upper {
		return promfold.Estimate{}
	}
	e := promfold.Estimate{Lo: math.Inf(1), Hi: math.Inf(-1)}
	switch {
	case m.exact() && m.sure.n > 0:
		inside, reach := m.sure.within(lower, upper)
		e.Lo, e.Hi = inside/m.sure.n, min(1, reach/m.sure.n)
	case !m.exact():
		e.Lo, e.Hi = m.shareBounds(lower, upper)
	}
	for _, s := range m.claims {
		least, most := s.share(lower, upper)
		e.Lo, e.Hi = min(e.Lo, least), max(e.Hi, most)
	}
	e.Value = clamp((m.all.upTo(upper)-m.all.upTo(lower))/m.all.n, e.Lo, e.Hi)
	return e
}

// shareBounds bounds the share in (lower, upper] of what has counts, whatever these are.
func (m *model) shareBounds(lower, upper float64) (lo, hi float64) {
	inside, reach := m.inside(lower, upper)
	certain, beyond := m.sure.outside(lower, upper)
	unsure, _ := m.less.outside(lower, upper)
	_, extra := m.more.outside(lower, upper)
	certain, beyond = atLeast0(certain-unsure), beyond+extra
	lo, hi = 1, 0
	if beyond > 0 {
		lo = inside / (inside + beyond)
	}
	switch {
	case math.IsInf(reach, 1):
		hi = 1
	case reach > 0:
		hi = reach / (reach + certain)
	}
	return lo, hi
}

// inside bounds the number of observations in (lower, upper] of what has counts, whatever these are.
func (m *model) inside(lower, upper float64) (inside, reach float64) {
	inside, reach = m.sure.within(lower, upper)
	if m.exact() {
		return inside, reach
	}
	unsure, _ := m.less.within(lower, upper)
	_, extra := m.more.within(lower, upper)
	return atLeast0(inside - unsure), reach + extra
}

// within bounds the number of observations in (lower, upper].
func (m *model) within(lower, upper float64) (lo, hi float64) {
	if len(m.claims) == 0 {
		return m.inside(lower, upper)
	}
	others := 0.0
	for _, s := range m.claims {
		others += s.Count
	}
	e := m.share(lower, upper)
	if e.Hi > 0 { // 0 of any number are 0
		hi = e.Hi * (m.sure.n + m.more.n + others)
	}
	return e.Lo * (atLeast0(m.sure.n-m.less.n) + others), hi
}

// rows returns the observations between ascending bounds, of which the last is +Inf.
func (m *model) rows(bounds []float64) []Row {
	rows := make([]Row, 0, len(bounds))
	lower, below := math.Inf(-1), 0.0
	for _, upper := range bounds {
		row := Row{Lower: lower, Upper: upper}
		row.Count.Lo, row.Count.Hi = m.within(lower, upper)
		upTo := m.all.upTo(upper)
		row.Count.Value = clamp(upTo-below, row.Count.Lo, row.Count.Hi)
		rows = append(rows, row)
		lower, below = upper, upTo
	}
	if bounds[0] > 0 && !m.all.negative() && !m.more.negative() {
		rows[0].Lower = 0
	}
	return rows
}
