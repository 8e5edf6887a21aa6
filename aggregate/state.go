package aggregate

import (
	"io"

	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/roster"
	"github.com/promfold/promfold/internal/saved"
)

// stateFrame stands around a saved state, see codec.
//
// Equal states are equal bytes, in whatever order the instances came together: instances stand by name, columns by
// labels and bounds, lines in the order in which the instances, taken by name, show them first.
var stateFrame = saved.Frame{Magic: "promfold fleet\n", Version: 9}

// Load returns a fleet that goes on from a saved state, reading r to its end; declare its views before the first
// scrape. A view finds what was kept for it by kind, selector, grouping, owner, births, sign and type; what no view
// has claimed by the first scrape is dropped. The configuration is the program's, except for Since; windows grow to a
// longer Window from what there is.
//
// The error is [ErrCorrupt], [ErrVersion], [ErrLimit], or the reader's.
func Load(r io.Reader, c Config) (*Fleet, error) {
	content, err := stateFrame.Read(r)
	if err != nil {
		return nil, err
	}
	f, err := NewFleet(c)
	if err != nil {
		return nil, err
	}
	if err := absorbState(f, content); err != nil {
		return nil, err
	}
	return f, nil
}

// absorb makes the content of a saved state that of an empty fleet.
func absorbState(f *Fleet, content []byte) error {
	l, err := decodeState(f, content)
	if err != nil {
		return err
	}
	if n, limit := len(l.instances), f.cfg.MaxInstances; n > limit {
		l.release(f)
		return saved.Wrong("its instances", limitError("instances", int64(limit), int64(n)))
	}
	f.since = l.since
	f.book.Expected = l.expected
	f.left = l.left
	f.pulse.Set(&l.pulse)
	f.book.Restore(l.targets)
	for _, b := range l.balancers {
		f.book.Balance(b.Target, b)
	}
	for _, in := range l.instances {
		f.instances[in.name] = in
		f.starts.Put(in, in.Start, in.Starts)
		for _, name := range in.targets {
			f.book.Meet(name, in)
		}
	}
	f.ordered = l.instances
	f.unclaimed, f.parts = l.views, l.parts
	return nil
}

// codec writes the state of a fleet down, or reads it back.
type codec struct {
	*lines.Codec
	fleet *Fleet
}

// Layout returns the fleet's layout of a set of bounds.
func (c *codec) Layout(bounds []float64) *layout.Layout { return c.fleet.set.Layout(bounds) }

// instance is all of it but what belongs to the views, and who else it may be.
func (c *codec) instance(in *instance) {
	to := &c.Codec.Codec
	c.Text(&in.name)
	saved.List(to, &in.targets, 1, c.Text)
	c.Labels(&in.labels)
	in.CodeLatest(to, c, c.fleet.router)
	c.Natural(&in.Incarnation)
	c.Int64(&in.since)
	c.Bool(&in.gone)
	in.presence.Code(to)
	in.CodeChanges(to)
	saved.List(to, &in.shrunk, 6, func(x *roster.Shrunk) { x.Code(to) })
	in.CodeStarts(to)
	c.Bool(&in.another)
	c.Text(&in.self)
	c.Bool(&in.lost)
	c.Bool(&in.late)
	in.History.Code(to)
	in.CodeUndo(to, c, c.fleet.router)
	c.Must(in.name != "" && in.Incarnation > 0 && len(in.targets) > 0)
}
