package evidence

import (
	"bytes"
	"net/http"
	"strconv"
	"time"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/lines"
)

// Positions of the start's line that are none.
const (
	NoStart       = -1
	SeveralStarts = -2
)

// Start returns the start that the caller gave, or that the line at pos says
// with its value, which is finer than the whole seconds of the header, or else
// the header's. Several starts in one body are of several processes: no
// evidence, and the header is of one of them at most.
func Start(pos int, value float64, given time.Time, h http.Header) identity.Start {
	if !given.IsZero() {
		return identity.FromCaller(given)
	}
	if pos == SeveralStarts {
		return identity.Start{}
	}
	if x := identity.FromMetric(value); x.Known() {
		return x
	}
	return identity.FromHeader(h.Get(identity.StartHeader))
}

// FindStart returns where the line of the start stands, or why there is none.
func FindStart(s *lines.Store, body growth.Body) int {
	found, last, is := NoStart, "", false
	for pos := range body.Len() {
		if name := s.Line(body.ID(pos)).Name; name != last { // lines of one name stand together
			last, is = name, identity.IsStartMetric(name)
		}
		if is {
			if found != NoStart {
				return SeveralStarts
			}
			found = pos
		}
	}
	return found
}

// FollowStart returns where the line of the start stands in a staged scrape; at is
// where it stood in the scrape before. Only new lines can be another start.
func FollowStart(s *lines.Store, r *lines.Reader, body growth.Body, at int) int {
	if at == SeveralStarts {
		return FindStart(s, body)
	}
	found := NoStart
	if at >= 0 {
		found = r.Moved(at)
	}
	if !r.Structural() {
		return found
	}
	for _, pos := range r.Came() {
		if id := r.ID(int(pos)); !identity.IsStartMetric(s.Line(id).Name) {
			continue
		}
		if found != NoStart {
			return SeveralStarts
		}
		found = int(pos)
	}
	return found
}

// HintedStart looks for the start in the bytes of a body that was not read yet.
func HintedStart(body []byte) identity.Start {
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

// SelfName returns what the lines of a body say who they are of, or "".
func SelfName(s *lines.Store, body growth.Body) string {
	var name identity.Name
	last, label := "", ""
	for pos := range body.Len() {
		l := s.Line(body.ID(pos))
		if l.Name != last {
			last, label = l.Name, identity.NamingLabel(l.Name)
		}
		if label != "" {
			name.Add(label, l.Label(label))
		}
	}
	return name.String()
}
