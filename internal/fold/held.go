package fold

import (
	"unsafe"

	"github.com/promfold/promfold/internal/gauge"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/room"
	"github.com/promfold/promfold/internal/window"
)

// bindingBytes is what a binding takes before it has a column.
const bindingBytes = int64(unsafe.Sizeof(Binding{})) + int64(unsafe.Sizeof(window.Table{})) + 100

// Hold adds what the binding holds besides its rows, see Bytes.
func (b *Binding) Hold(h *room.Held) {
	h[room.Places] += bindingBytes
	h[room.Events] += b.EventBytes()
	if b.View.Kind == growth.Gauge {
		return // tracks are in the columns
	}
	h[room.Rows] += b.Met.Bytes()
}

// CopyBytes is what a copy for questions takes, see Copy.
func (b *Binding) CopyBytes() int64 {
	if b.View.Kind == growth.Gauge {
		return bindingBytes + int64(unsafe.Sizeof(gauge.Track{})+unsafe.Sizeof(Reading{}))*int64(len(b.Cols))
	}
	return bindingBytes + 8*int64(b.Live.Counts.Len()+2*len(b.Cols))
}

// Strange returns what is gained, at least, if the past is given up; 0 if it is not
// mostly events, of which there are many to a column.
func (b *Binding) Strange() int64 {
	if gain := int64(len(b.Events)-4*len(b.Cols)) * window.EventBytes; gain > 0 && len(b.Terms) == 0 {
		return gain
	}
	return 0
}

// ForgetStrange gives up the past of an instance's bindings of which much was out of
// the ordinary, if that gains enough.
func ForgetStrange[T any](list []T, of func(T) *Binding, h *window.History, enough int64) bool {
	gain := int64(0)
	for _, x := range list {
		gain += of(x).Strange()
	}
	if gain == 0 || gain < enough {
		return false
	}
	for _, x := range list {
		if b := of(x); b.Strange() > 0 {
			b.Forget(h)
		}
	}
	return true
}
