package life

import (
	"github.com/promfold/promfold/internal/evidence"
	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/saved"
)

// Clocks are what the scrapes of an instance tell of it.
type Clocks struct {
	Version     int            // how many scrapes were accepted
	Start       identity.Start // of the process, as last told
	StartPos    int            // its line; negative: none
	Birth       int64          // start of the first process, if all that it counted is in its steps; else 0
	Began       int64          // the same, also where it was before observation began
	Off         int64          // by how much the starts of its processes may be wrong, in milliseconds
	Late        int64          // by how much they may have been later
	Lead        evidence.Lead  // of the present process
	Lag         int64          // by how much bodies may be older than they say
	First, Last int64          // times of the accepted scrapes
	Second      int64          // of the second one
	Spacings    identity.Spacings
	Sighted     int               // the balancer's scrape that met it last
	By          identity.Evidence // why its latest scrape is taken for its
	Provisional bool              // what the latest one grew by may be another process'
}

// accept notes the time of an accepted scrape.
func (c *Clocks) accept(at int64) {
	if c.Last == 0 {
		c.First = at
	} else {
		if c.Second == 0 {
			c.Second = at
		}
		if at-c.Last > 1 { // a millisecond is no interval: what was told in parts has such times
			c.Spacings.Add(at - c.Last)
		}
	}
	c.Last = at
	c.Version++
}

// Code writes the clocks down, or reads them back. lines is how many lines the
// instance exposed.
func (c *Clocks) Code(to *saved.Codec, lines int) {
	to.Natural(&c.Version)
	c.Start.Code(to)
	evidence.CodePlace(to, &c.StartPos, lines)
	c.Lead.Code(to)
	for _, at := range []*int64{&c.Off, &c.Late, &c.Lag, &c.Birth, &c.Began, &c.First, &c.Second, &c.Last} {
		to.Int64(at)
	}
	c.Spacings.Code(to)
	to.Natural(&c.Sighted)
	saved.Small(to, &c.By, 255)
	to.Bool(&c.Provisional)
}
