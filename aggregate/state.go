package aggregate

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/promfold/promfold/internal/evidence"
	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/rate"
	"github.com/promfold/promfold/internal/roster"
	"github.com/promfold/promfold/internal/saved"
)

// stateFrame stands around a saved state, see codec.
//
// Equal states are equal bytes, in whatever order the instances came together:
// instances stand by name, columns by labels and bounds, lines in the order in
// which the instances, taken by name, show them first.
var stateFrame = saved.Frame{Magic: "promfold fleet\n", Version: 5}

// Load returns a fleet that goes on from a saved state, reading r to its end;
// declare its views before the first scrape. A view finds what was kept for it
// by kind, selector, grouping, owner, births, sign and type; what no view has
// claimed by the first scrape is dropped. The configuration is the program's,
// except for Since; windows grow to a longer Window from what there is.
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
	f.left, f.opened = l.left, l.opened
	f.latest.Store(l.latest)
	f.awake.Store(l.awake)
	f.book.Entries = l.targets
	for _, b := range l.balancers {
		f.book.Balance(b.Target, b)
	}
	for _, in := range l.instances {
		f.instances[in.name] = in
	}
	f.ordered = l.instances
	f.unclaimed = l.views
	return nil
}

// codec writes the state of a fleet down, or reads it back.
type codec struct {
	saved.Codec
	saver  *lines.Saver
	loader *lines.Loader
	fleet  *Fleet
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

func (c *codec) columns(x *lines.Columns) {
	if c.Reading() {
		c.In.Through(func(data []byte) ([]byte, error) { return c.loader.Columns(x, data) })
		return
	}
	c.Out = c.saver.AppendColumns(c.Out, x)
}

// instance is all of it but what belongs to the views, and who else it may be.
func (c *codec) instance(in *instance) {
	c.Text(&in.name)
	saved.List(&c.Codec, &in.targets, 1, c.Text)
	c.Labels(&in.labels)
	c.columns(&in.cols)
	in.state.Code(&c.Codec, c, c.fleet.router, in.plan, &in.cols)
	c.chosen(in)
	c.clocks(&in.clocks, &in.cols)
	c.Natural(&in.incarnation)
	c.Int64(&in.since)
	c.Bool(&in.gone)
	in.presence.Code(&c.Codec)
	saved.List(&c.Codec, &in.restarts, 2, func(r *restarted) {
		c.Int64(&r.at)
		saved.Small(&c.Codec, &r.how, anotherInstance)
	})
	saved.List(&c.Codec, &in.gaps, 3, func(g *rate.Gap) {
		c.Int64(&g.From)
		c.Int64(&g.To)
		c.Bool(&g.Lived)
	})
	saved.List(&c.Codec, &in.shrunk, 6, func(x *roster.Shrunk) { x.Code(&c.Codec) })
	saved.List(&c.Codec, &in.starts, 2, func(x *identity.Start) { x.Code(&c.Codec) })
	c.Bool(&in.alternates)
	c.Bool(&in.another)
	c.Text(&in.self)
	c.Bool(&in.lost)
	c.Bool(&in.late)
	in.history.Code(&c.Codec)
	undone := in.undo != nil
	if c.Bool(&undone); undone && c.Reading() {
		in.undo = &undo{}
	}
	if undone && !c.Failed() {
		c.past(in)
	}
	c.Must(in.name != "" && in.incarnation > 0 && len(in.targets) > 0)
}

func (c *codec) clocks(x *clocks, cols *lines.Columns) {
	c.Natural(&x.version)
	x.start.Code(&c.Codec)
	c.startPos(&x.startPos, cols)
	for _, at := range []*int64{&x.birth, &x.began, &x.first, &x.second, &x.last} {
		c.Int64(at)
	}
	x.spacings.Code(&c.Codec)
	c.Natural(&x.sighted)
	saved.Small(&c.Codec, &x.by, 255)
	c.Bool(&x.provisional)
}

// startPos is written as the position plus 2: a position, or why there is none.
func (c *codec) startPos(pos *int, cols *lines.Columns) {
	n := *pos - evidence.SeveralStarts
	if c.Natural(&n); c.Reading() { // writing leaves all as it is: bodies are read meanwhile
		*pos = n + evidence.SeveralStarts
		c.Must(*pos < cols.Len())
	}
}

// chosen are the lines of native histograms that are followed by their classic
// buckets.
func (c *codec) chosen(in *instance) {
	chosen := in.chosen
	if in.plan != nil {
		chosen = map[lines.ID]bool{}
		in.plan.Buckets(func(pos int) { chosen[in.cols.ID(pos)] = true })
	}
	var ids []lines.ID
	if !c.Reading() {
		ids = slices.Collect(maps.Keys(chosen))
		c.Sort(ids)
	}
	saved.List(&c.Codec, &ids, 1, c.Line)
	if c.Reading() {
		in.chosen = map[lines.ID]bool{}
		for _, id := range ids {
			in.chosen[id] = true
		}
	}
}

// past is what an instance can be taken back to, besides what its views hold.
func (c *codec) past(in *instance) {
	c.Natural(&in.undo.N)
	in.undo.At.Code(&c.Codec)
	c.Must(in.undo.N <= in.history.N)
	known := in.undo.past != nil
	if c.Bool(&known); !known {
		return
	}
	if c.Reading() {
		in.undo.past = &past{}
	}
	p := in.undo.past
	c.columns(&p.cols)
	p.state.Code(&c.Codec, c, c.fleet.router, p.plan, &p.cols)
	c.clocks(&p.clocks, &p.cols)
	c.again(&p.last)
}

// again is a scrape; of its header, what is read.
func (c *codec) again(r *evidence.Again) {
	c.Bytes(&r.Body)
	c.Bool(&r.Typed)
	given := int64(0)
	if !r.Start.IsZero() {
		given = r.Start.UnixMilli()
	}
	if c.Int64(&given); c.Reading() && given != 0 {
		r.Start = time.UnixMilli(given)
	}
	for _, name := range evidence.Fields() {
		value := r.Header.Get(name)
		if c.Text(&value); c.Reading() && value != "" {
			if r.Header == nil {
				r.Header = http.Header{}
			}
			r.Header.Set(name, value)
		}
	}
}
