package process

import (
	"unsafe"

	"github.com/promfold/promfold/internal/room"
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
