package lines

import "github.com/promfold/promfold/internal/saved"

// Codec writes values down that refer to lines and columns of a store, or reads
// them back into one. The store must not be swept meanwhile.
type Codec struct {
	saved.Codec
	saver  *Saver
	loader *Loader
}

// Writing returns a Codec that writes.
func Writing(s *Store) *Codec { return &Codec{saver: NewSaver(s)} }

// Loading returns a Codec that reads what [Codec.AppendTo] wrote. The error is
// [ErrSaved].
func Loading(s *Store, data []byte) (*Codec, error) {
	table, rest, err := NewLoader(s, data)
	if err != nil {
		return nil, err
	}
	return &Codec{Codec: saved.Codec{In: saved.Read(rest)}, loader: table}, nil
}

// AppendTo appends what was written: the lines that it refers to, then the rest.
func (c *Codec) AppendTo(b []byte) []byte { return append(c.saver.AppendTable(b), c.Out...) }

// Line codes a line, by its place among those of the table.
func (c *Codec) Line(x *ID) {
	if c.Reading() {
		id, ok := c.loader.Line(c.In.Uint())
		c.Must(ok)
		*x = id
		return
	}
	c.Out = saved.Uint(c.Out, c.saver.Line(*x))
}

// Sort brings lines that are written into an order that every store has.
func (c *Codec) Sort(ids []ID) { c.saver.Sort(ids) }

// Columns codes columns.
func (c *Codec) Columns(x *Columns) {
	if c.Reading() {
		c.In.Through(func(data []byte) ([]byte, error) { return c.loader.Columns(x, data) })
		return
	}
	c.Out = c.saver.AppendColumns(c.Out, x)
}
