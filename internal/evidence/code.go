package evidence

import (
	"net/http"
	"time"

	"github.com/promfold/promfold/internal/saved"
)

// CodePlace codes the place of the line that says when a process began, as
// [FindStart] returns it for a body of so many lines.
func CodePlace(c *saved.Codec, pos *int, lines int) {
	n := *pos - SeveralStarts
	if c.Natural(&n); c.Reading() { // writing leaves all as it is: bodies are read meanwhile
		*pos = n + SeveralStarts
		c.Must(*pos < lines)
	}
}

// Code writes the scrape down, or reads it back; of its header, what is read.
func (a *Again) Code(c *saved.Codec) {
	c.Bytes(&a.Body)
	c.Bool(&a.Typed)
	given := int64(0)
	if !a.Start.IsZero() {
		given = a.Start.UnixMilli()
	}
	if c.Int64(&given); c.Reading() && given != 0 {
		a.Start = time.UnixMilli(given)
	}
	for _, name := range Fields() {
		value := a.Header.Get(name)
		if c.Text(&value); c.Reading() && value != "" {
			if a.Header == nil {
				a.Header = http.Header{}
			}
			a.Header.Set(name, value)
		}
	}
}
