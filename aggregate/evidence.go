package aggregate

import (
	"bytes"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/lines"
)

// The evidence on who answered, read off a body: package identity weighs it.

// Positions of the start's line that are none.
const (
	startNone    = -1
	startSeveral = -2
)

// readStart takes the start that the caller gave, else the body's, which is
// finer than the header's whole seconds. Several in one body are of several
// processes: no evidence, and the header is of one of them at most.
func (s *staged) readStart(sc *incoming) identity.Start {
	pos := s.in.startPos
	if s.in.last == 0 || s.r.Structural() {
		pos = findStart(s.f.store, &s.body)
	}
	s.startPos = pos
	value := 0.0
	if pos >= 0 {
		_, _, value, _ = s.r.At(pos)
	}
	return startOf(pos, value, sc.Start, sc.Header)
}

// startOf returns the start that the caller gave, or that the line at pos says
// with its value, or else the header.
func startOf(pos int, value float64, given time.Time, h http.Header) identity.Start {
	if !given.IsZero() {
		return identity.FromCaller(given)
	}
	if pos == startSeveral {
		return identity.Start{}
	}
	if x := identity.FromMetric(value); x.Known() {
		return x
	}
	return identity.FromHeader(h.Get(identity.StartHeader))
}

// findStart returns where the line of the start stands, or why there is none.
func findStart(s *lines.Store, body growth.Body) int {
	found := startNone
	for pos := range body.Len() {
		if identity.IsStartMetric(s.Line(body.ID(pos)).Name) {
			if found != startNone {
				return startSeveral
			}
			found = pos
		}
	}
	return found
}

// hintedStart looks for the start in the bytes of a body.
func hintedStart(body []byte) identity.Start {
	_, rest, ok := bytes.Cut(body, []byte("\n"+identity.StartMetric+" "))
	if !ok {
		return identity.Start{}
	}
	if i := bytes.IndexByte(rest[:min(len(rest), 32)], '\n'); i > 0 {
		if v, err := strconv.ParseFloat(string(rest[:i]), 64); err == nil {
			return identity.FromMetric(v)
		}
	}
	return identity.Start{}
}

// selfName returns what the lines of a body say who they are of, or "".
func selfName(s *lines.Store, body growth.Body) string {
	var name identity.Name
	for pos := range body.Len() {
		l := s.Line(body.ID(pos))
		if label := identity.NamingLabel(l.Name); label != "" {
			name.Add(label, l.Labels.Get(label))
		}
	}
	return name.String()
}

// cumulative reports whether the line counts something. A sum is no evidence: observations may be negative.
func cumulative(l *lines.Line) bool {
	switch l.Family.Type {
	case model.MetricTypeCounter:
		return l.Role == lines.Value
	case model.MetricTypeHistogram:
		return l.Role == lines.Bucket || l.Role == lines.Count || l.Role == lines.Native
	case model.MetricTypeSummary:
		return l.Role == lines.Count
	}
	return false
}

// index notes where each line of the staged scrape stands, for liken.
func (s *staged) index() {
	n := s.f.store.Cap()
	if len(s.places) < n {
		s.places = append(s.places, make([]uint32, n-len(s.places))...)
	}
	for pos := range s.r.Len() {
		s.places[s.body.ID(pos)] = uint32(pos) + 1
	}
}

// unindex clears what index noted.
func (s *staged) unindex() {
	for pos := range s.r.Len() {
		s.places[s.body.ID(pos)] = 0
	}
	clear(s.byLabels)
}

// liken compares the staged scrape, which is indexed, with columns.
func (s *staged) liken(c *lines.Columns) (l identity.Likeness) {
	shared := 0
	for pos := range c.Len() {
		if place := s.places[c.ID(pos)]; place != 0 {
			shared++
			s.likenLine(&l, c, pos, int(place-1))
		}
	}
	if shared == 0 {
		shared = s.likenReworded(&l, c)
	}
	l.Lines(c.Len(), s.r.Len(), shared)
	return l
}

// likenReworded compares with columns of another format, in which all lines are written otherwise.
func (s *staged) likenReworded(l *identity.Likeness, c *lines.Columns) (shared int) {
	if s.byLabels == nil {
		s.byLabels = map[uint64]uint32{}
	}
	if len(s.byLabels) == 0 {
		for pos := range s.r.Len() {
			s.byLabels[s.f.store.Line(s.body.ID(pos)).Labels.Hash()] = uint32(pos)
		}
	}
	for pos := range c.Len() {
		was := s.f.store.Line(c.ID(pos))
		place, ok := s.byLabels[was.Labels.Hash()]
		if !ok {
			continue
		}
		if is := s.f.store.Line(s.body.ID(int(place))); is.Role == was.Role && labels.Equal(is.Labels, was.Labels) {
			shared++
			s.likenLine(l, c, pos, int(place))
		}
	}
	return shared
}

// likenLine compares one line, at pos of the columns and at place now.
func (s *staged) likenLine(l *identity.Likeness, c *lines.Columns, pos, place int) {
	if before := c.Value(pos); before > 0 && cumulative(s.f.store.Line(c.ID(pos))) {
		_, _, now, _ := s.r.At(place)
		l.Counter(before, now)
	}
}
