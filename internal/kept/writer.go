package kept

import (
	"github.com/promfold/promfold/internal/saved"
	"github.com/promfold/promfold/internal/window"
)

// Writer writes down the rows of views as [Fleet.CodeRows] does, but instance by instance.
type Writer struct {
	fleet *Fleet
	views []*View
	rows  map[*View]*saved.Codec
}

// Writer returns a Writer of views. Those that have rows are written down at once.
func (f *Fleet) Writer(views []*View) *Writer {
	w := &Writer{f, views, map[*View]*saved.Codec{}}
	for _, v := range views {
		c := &saved.Codec{}
		if w.rows[v] = c; len(v.Rows) > 0 {
			f.CodeRows(c, []*View{v})
		} else {
			c.Count(len(f.Histories), 10)
		}
	}
	return w
}

// Add adds the row that a view has of the next instance, which has that history.
func (w *Writer) Add(v *View, r *Row, h *window.History) {
	k, set := w.fleet.of(v)
	r.code(w.rows[v], set, k, h)
}

// AppendTo appends the rows to b.
func (w *Writer) AppendTo(b []byte) []byte {
	for _, v := range w.views {
		b = append(b, w.rows[v].Out...)
	}
	return b
}
