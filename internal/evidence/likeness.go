package evidence

import (
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/lines"
)

// Index knows where each line of a staged scrape stands, to compare it with
// what instances exposed. It is reused.
type Index struct {
	store *lines.Store
	body  *lines.Reader

	places   []uint32          // by lines.ID: where in the body the line stands, plus 1
	byLabels map[uint64]uint32 // by the hash of a line's labels: the same, less 1; of bodies in other words
}

// Note notes where the lines of a body stand.
func (x *Index) Note(s *lines.Store, body *lines.Reader) {
	x.store, x.body = s, body
	if n := s.Cap(); len(x.places) < n {
		x.places = append(x.places, make([]uint32, n-len(x.places))...)
	}
	for pos := range body.Len() {
		id := body.ID(pos)
		x.places[id] = uint32(pos) + 1
	}
}

// Clear forgets the body.
func (x *Index) Clear() {
	for pos := range x.body.Len() {
		x.places[x.id(pos)] = 0
	}
	clear(x.byLabels)
	x.store, x.body = nil, nil
}

func (x *Index) id(pos int) lines.ID {
	id := x.body.ID(pos)
	return id
}

// Liken compares the body with columns.
func (x *Index) Liken(c *lines.Columns) (l identity.Likeness) {
	shared := 0
	for pos, id := range c.IDs() {
		if place := x.places[id]; place != 0 {
			shared++
			x.likenLine(&l, c, pos, id, int(place-1))
		} else if counted(x.store, c, pos, id) {
			l.Vanished++
		}
	}
	if shared == 0 {
		l.Vanished = 0
		shared = x.likenReworded(&l, c)
	}
	l.Lines(c.Len(), x.body.Len(), shared)
	return l
}

// likenReworded compares with columns of another format, in which all lines are written otherwise.
func (x *Index) likenReworded(l *identity.Likeness, c *lines.Columns) (shared int) {
	if x.byLabels == nil {
		x.byLabels = map[uint64]uint32{}
	}
	if len(x.byLabels) == 0 {
		for pos := range x.body.Len() {
			x.byLabels[x.store.Line(x.id(pos)).Labels().Hash()] = uint32(pos)
		}
	}
	for pos, id := range c.IDs() {
		was := x.store.Line(id)
		place, ok := x.byLabels[was.Labels().Hash()]
		if ok {
			is := x.store.Line(x.id(int(place)))
			ok = is.Role == was.Role && labels.Equal(is.Labels(), was.Labels())
		}
		if ok {
			shared++
			x.likenLine(l, c, pos, id, int(place))
		} else if counted(x.store, c, pos, id) {
			l.Vanished++
		}
	}
	return shared
}

// likenLine compares one line, at pos of the columns and at place now.
func (x *Index) likenLine(l *identity.Likeness, c *lines.Columns, pos int, id lines.ID, place int) {
	if counted(x.store, c, pos, id) {
		_, now, _ := x.body.At(place)
		l.Counter(c.Value(pos), now)
	}
}

// counted reports whether the line at a position is a counter that counted something.
func counted(s *lines.Store, c *lines.Columns, pos int, id lines.ID) bool {
	return c.Value(pos) > 0 && growth.Cumulative(s.Line(id))
}

// LikenColumns compares two scrapes of the past.
func LikenColumns(s *lines.Store, before, after *lines.Columns) (l identity.Likeness) {
	later := map[lines.ID]float64{}
	for pos, id := range after.IDs() {
		later[id] = after.Value(pos)
	}
	shared := 0
	for pos, id := range before.IDs() {
		now, ok := later[id]
		count := counted(s, before, pos, id)
		switch {
		case ok && count:
			l.Counter(before.Value(pos), now)
		case count:
			l.Vanished++
		}
		if ok {
			shared++
		}
	}
	l.Lines(before.Len(), after.Len(), shared)
	return l
}
