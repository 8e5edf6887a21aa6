package fold

import (
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/window"
)

// Idle are the columns of bindings that nobody would miss soon. The zero value is
// of none.
type Idle struct {
	marks map[*Binding][]bool
	Rows  int64 // bytes that their rows hold
	Free  int64 // bytes that are free once they are dropped
}

// Look adds those of a binding.
func (x *Idle) Look(b *Binding, p *growth.Plan, h *window.History) {
	marks, bytes, gain := b.idle(p, h)
	if bytes == 0 {
		return
	}
	if x.marks == nil {
		x.marks = map[*Binding][]bool{}
	}
	x.marks[b] = marks
	x.Rows, x.Free = x.Rows+bytes, x.Free+bytes+gain
}

// Of returns marks of the columns of a binding; nil: none is idle.
func (x *Idle) Of(b *Binding) []bool { return x.marks[b] }

// idle marks the columns that have no series left and did not change within the
// window, and returns how many bytes they hold, and how many more are gained if they
// are dropped: by their events, about, less what their totals take. A view that keeps
// totals alone has none, as they would be missing in answers since the start.
func (b *Binding) idle(p *growth.Plan, h *window.History) (marks []bool, bytes, gain int64) {
	if b.View.Totals || b.View.Kind == growth.Gauge {
		return nil, 0, 0
	}
	marks, bytes = b.Table.Idle(h, b.used(p), b.View.Spare)
	for _, idle := range marks {
		if idle {
			gain += b.EventBytes()/int64(len(marks)) - totalBytes
		}
	}
	return marks, bytes, gain
}

// totalBytes is what is left of a column that is dropped: a total of its group.
const totalBytes = 400

// Drop drops the marked columns of a view that is not of gauges.
func (b *Binding) Drop(p *growth.Plan, marks []bool) {
	cols := b.Cols
	moved, move := b.Table.Drop(marks)
	if b.Met != nil {
		b.Met.Drop(cols, moved, move)
	}
	p.Moved(int32(b.View.Index), moved)
}
