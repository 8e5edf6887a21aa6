package layout

import (
	"math"
	"slices"

	"github.com/promfold/promfold"
)

// model is a distribution made ready for questions.
//
// Estimates come from the counts as they are. Bounds hold for every truth: a bucket's true count is any number between
// those in lo and in hi, and the observations of a bucket are anywhere in it. Bounds also hold for summaries of another
// window, whatever these weigh.
type model struct {
	all    envelope  // every class and every summary, for estimates
	lo, hi *envelope // the least and the greatest counts, without summaries of another window; equal if these are exact
	least  envelope
	most   envelope
	claims []*Summary // of another window
}

// build makes m the model of d.
func (m *model) build(d *Distribution) {
	m.claims = m.claims[:0]
	for i := range d.summaries {
		if s := &d.summaries[i]; !s.Described {
			m.claims = append(m.claims, s)
		}
	}
	described := func(s *Summary) bool { return s.Described }
	value, lo, hi := repaired(d)
	m.all.fill(value, d.summaries, func(*Summary) bool { return true })
	m.lo, m.hi = &m.all, &m.all
	if d.doubted || len(m.claims) > 0 {
		m.least.fill(lo, d.summaries, described)
		m.lo, m.hi = &m.least, &m.least
	}
	if d.loose {
		m.most.fill(hi, d.summaries, described)
		m.hi = &m.most
	}
}

// exact reports whether the counts in lo and hi are the true ones.
func (m *model) exact() bool { return m.lo == m.hi }

// quantile returns the estimate of a quantile. Where it returns false there is no value, but Lo and Hi still hold for
// observations that there may be.
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
	if m.hi.n > 0 {
		lower, upper := m.ends(l)
		lo, hi = m.hi.lowerEnd(lower), m.hi.upperEnd(upper)
	}
	for _, s := range m.claims {
		least, most := s.quantile(l.q)
		lo, hi = min(lo, least), max(hi, most)
	}
	return lo, hi
}

// ends returns the ends of cells that bound a quantile of what has counts, whatever these are.
//
// The quantile is at most the end u if the cells that end up to u hold enough observations even with the least counts
// there and the greatest counts beyond. It can be as small as the end l if the cells that begin up to l hold enough with
// the greatest counts there and the least counts beyond. If either holds for one end, it holds for every greater one.
func (m *model) ends(l level) (lower, upper float64) {
	x := m.hi // has a cell wherever an observation can be
	if m.exact() {
		return x.ends(l.rank(x.n, x.integral))
	}
	x.keys = slices.Grow(x.keys[:0], len(x.cells))
	for i := range x.cells {
		x.keys = append(x.keys, x.cells[i].lower)
	}
	lower, _ = firstTrue(x.keys, func(end float64) bool {
		beyond := after(end) // a cell that begins at end is begun there
		return l.reached(m.hi.begun(beyond), m.lo.unbegun(beyond))
	})
	for i := range x.cells {
		x.keys[i] = x.cells[i].upper
	}
	upper, _ = firstTrue(x.keys, func(end float64) bool {
		beyond := m.hi.unended(end)
		return beyond == 0 || l.reached(m.lo.ended(end), beyond)
	})
	return lower, upper
}

// share returns the estimate of the share of observations in (lower, upper]; there must be observations.
func (m *model) share(lower, upper float64) promfold.Estimate {
	if lower >= upper {
		return promfold.Estimate{}
	}
	e := promfold.Estimate{Lo: math.Inf(1), Hi: math.Inf(-1)}
	switch {
	case !m.exact():
		e.Lo, e.Hi = m.shareBounds(lower, upper)
	case m.hi.n > 0:
		inside, reach := m.inside(lower, upper)
		e.Lo, e.Hi = inside/m.hi.n, min(1, reach/m.hi.n)
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
	outside, _ := m.lo.outside(lower, upper)
	_, beyond := m.hi.outside(lower, upper)
	lo, hi = 1, 0
	if beyond > 0 {
		lo = inside / (inside + beyond)
	}
	switch {
	case math.IsInf(reach, 1):
		hi = 1
	case reach > 0:
		hi = reach / (reach + outside)
	}
	return lo, hi
}

// inside bounds the number of observations in (lower, upper] of what has counts.
func (m *model) inside(lower, upper float64) (inside, reach float64) {
	inside, reach = m.lo.within(lower, upper)
	if !m.exact() {
		_, reach = m.hi.within(lower, upper)
	}
	return inside, reach
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
		hi = e.Hi * (m.hi.n + others)
	}
	return e.Lo * (m.lo.n + others), hi
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
	if bounds[0] > 0 && !m.all.negative() && !m.hi.negative() {
		rows[0].Lower = 0
	}
	return rows
}
