package evidence

import (
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/lines"
)

// Exposed is what an instance exposed in a scrape.
type Exposed struct {
	At      int64 // Unix milliseconds
	Start   identity.Start
	Columns *lines.Columns
}

// Known is an instance that may have answered.
type Known struct {
	Name, Self string // its own, and what its lines say who it is
	Dead       bool   // see identity.Candidate
	Last       Exposed
	Earlier    *Exposed // what it can be taken back to; nil: nothing
}

// Compare compares a staged body with each of the instances that does not name
// itself otherwise: with what it exposed last, and with what it can be taken back
// to. It returns which of them it compared, and whether they name themselves.
func (x *Index) Compare(s *lines.Store, r *lines.Reader, body growth.Body, list []Known) (of []int, compared []identity.Candidate, named bool) {
	if len(list) == 0 {
		return nil, nil, false
	}
	x.Note(s, r)
	defer x.Clear()
	self := SelfName(s, body)
	sighting := func(e *Exposed) identity.Sighting {
		return identity.Sighting{At: e.At, Start: e.Start, Likeness: x.Liken(e.Columns)}
	}
	for i := range list {
		k := &list[i]
		if k.Self != self {
			continue
		}
		c := identity.Candidate{Name: k.Name, Dead: k.Dead, Last: sighting(&k.Last)}
		if k.Earlier != nil {
			c.Earlier = []identity.Sighting{sighting(k.Earlier)}
		}
		of, compared = append(of, i), append(compared, c)
	}
	return of, compared, len(of) > 0 && self != ""
}
