package aggregate

import (
	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/saved"
	"github.com/promfold/promfold/internal/window"
)

// codec writes the state of a fleet down, or reads it back.
type codec struct {
	saved.Codec
	saver  *lines.Saver
	loader *lines.Loader
	fleet  *Fleet

	signed bool // of the view at hand
}

// Line writes a line down by its place among those of the state.
func (c *codec) Line(x *lines.ID) {
	if c.Reading() {
		id, ok := c.loader.Line(c.In.Uint())
		c.Must(ok)
		*x = id
		return
	}
	c.Out = saved.Uint(c.Out, c.saver.Line(*x))
}

// Sort brings lines into an order that every store has.
func (c *codec) Sort(ids []lines.ID) { c.saver.Sort(ids) }

// Layout returns the fleet's layout of a set of bounds.
func (c *codec) Layout(bounds []float64) *layout.Layout { return c.fleet.set.Layout(bounds) }

// set is where the layouts of the view at hand are.
func (c *codec) set() *window.Set {
	if c.signed {
		return &c.fleet.signed
	}
	return &c.fleet.set
}

func (c *codec) columns(x *lines.Columns) {
	if c.Reading() {
		c.In.Through(func(data []byte) ([]byte, error) { return c.loader.Columns(x, data) })
		return
	}
	c.Out = c.saver.AppendColumns(c.Out, x)
}
