package process

import (
	"unsafe"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/room"
	"github.com/promfold/promfold/internal/window"
)

// Hold adds what is held of a process, besides what views keep.
func (p *Process) Hold(h *room.Held) {
	h[room.Places] += int64(unsafe.Sizeof(*p))
	h[room.Lines] += int64(p.Columns.Bytes())
	h[room.Plans] += p.Plan.Bytes()
	h[room.Vanished] += p.State.Bytes()
	if x := p.Past(); x != nil {
		h[room.Vanished] += int64(x.Columns.Bytes()) + x.state.Bytes() + int64(cap(x.Last.Body))
	}
}

// Brings returns what the staged scrape brings besides lines and what views hold:
// columns, the next plan and, where a process ended, what is out of the ordinary.
func (s *Staged) Brings(next *growth.Plan) int64 {
	p := s.Of
	n := max(0, int64(s.Reader.Len()-p.Columns.Len())) * lines.ColumnBytes
	if next != nil {
		n += max(0, next.Bytes()-p.Plan.Bytes())
	}
	if s.Scraped.Process && p.Seen() {
		n += int64(p.Plan.Steps()) * window.EventBytes
	}
	return n
}
