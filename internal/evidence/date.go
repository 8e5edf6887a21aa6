package evidence

import (
	"net/http"
	"time"

	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/saved"
)

// Lead is by how much, in milliseconds, the dates of a process' answers are later than the times at which their bodies
// had been read: the most of them, as an answer takes its time. The zero value is of no date.
type Lead struct {
	Most  int64
	Dated bool
}

// LeadOf returns what the header of an answer, read at a time in Unix milliseconds, says. The date of an answer that was
// kept elsewhere is an old one.
func LeadOf(h http.Header, at int64) Lead {
	field := h.Get("Date")
	if field == "" || h.Get("Age") != "" {
		return Lead{}
	}
	date, err := time.Parse("Mon, 02 Jan 2006 15:04:05 GMT", field) // the form that RFC 9110 wants senders to use
	if err != nil {
		return Lead{}
	}
	return Lead{date.UnixMilli() - at, true}
}

// And returns the lead that both tell.
func (l Lead) And(o Lead) Lead {
	switch {
	case !o.Dated:
		return l
	case !l.Dated:
		return o
	}
	return Lead{max(l.Most, o.Most), true}
}

// Clock returns what is known of the clock that wrote a start. A caller writes starts by the clock of scrapes.
func (l Lead) Clock(s identity.Start, r *judge.Rules) judge.Clock {
	switch {
	case s.From == identity.Given:
		return judge.Clock{}
	case l.Dated:
		return r.Told(l.Most)
	}
	return r.Unset()
}

// Code writes the lead down, or reads it back.
func (l *Lead) Code(c *saved.Codec) {
	c.Int64(&l.Most)
	c.Bool(&l.Dated)
}
