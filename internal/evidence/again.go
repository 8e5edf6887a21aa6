package evidence

import (
	"bytes"
	"net/http"
	"time"

	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/lines"
)

// Again is a scrape that may have to be attributed once more: as it came, but
// for its time and target. The zero value holds none.
type Again struct {
	Body   []byte
	Typed  bool        // it had no body: the columns say all
	Header http.Header // what is read of it
	Start  time.Time   // as the caller knew it
}

var fields = []string{"Content-Type", identity.StartHeader}

// Fields returns the fields of a response's header that are read.
func Fields() []string { return fields }

// Set replaces the scrape by another one. It reuses the room of the body.
func (a *Again) Set(body []byte, typed bool, h http.Header, start time.Time) {
	a.Body, a.Typed, a.Start, a.Header = append(a.Body[:0], body...), typed, start, http.Header{}
	for _, name := range fields {
		if v := h.Get(name); v != "" {
			a.Header.Set(name, v)
		}
	}
}

// Clone returns a copy.
func (a *Again) Clone() Again {
	c := *a
	c.Body = bytes.Clone(a.Body)
	return c
}

// Samples returns the samples of a scrape without a body; c is what it left.
func (a *Again) Samples(s *lines.Store, c *lines.Columns) (list []lines.Sample) {
	for pos := range c.Len() {
		if !a.Typed {
			break
		}
		list = append(list, c.Sample(s, pos))
	}
	return list
}
