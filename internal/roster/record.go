package roster

import (
	"cmp"
	"time"

	"github.com/prometheus/prometheus/model/labels"
)

// Record is what is kept of an address.
type Record struct {
	Tried   int64 // the latest attempt; 0: none
	Failure Failure
	Down    int64 // since when it does not listen, or left; 0: it does
	Gone    bool  // it left
	Description
}

// Description is what a program said of an address.
type Description struct {
	Told     bool // there is a description
	Instance string
	Labels   labels.Labels
	Rank     Rank // kept until the address is forgotten, the rest until it leaves
}

// Rank decides which of several addresses of one process is kept: the greatest.
type Rank struct {
	Priority int
	Created  time.Time
}

// Compare orders ranks.
func (x Rank) Compare(o Rank) int {
	return cmp.Or(cmp.Compare(x.Priority, o.Priority), x.Created.Compare(o.Created))
}

func (d *Description) compare(o *Description) int {
	return cmp.Or(bit(d.Told)-bit(o.Told), d.Rank.Compare(o.Rank), cmp.Compare(d.Instance, o.Instance), labels.Compare(d.Labels, o.Labels))
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Later returns what two parts of a fleet know together of an address: the later
// attempt, with the worse outcome of two at one time, and the greater description.
func (r Record) Later(o Record) Record {
	d := r.Description
	if o.compare(&d) > 0 {
		d = o.Description
	}
	if cmp.Or(cmp.Compare(o.Tried, r.Tried), cmp.Compare(o.Failure, r.Failure)) > 0 {
		r = o
	}
	r.Description = d
	return r
}
