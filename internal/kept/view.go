package kept

import (
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/gauge"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/ledger"
	"github.com/promfold/promfold/internal/saved"
	"github.com/promfold/promfold/internal/watch"
	"github.com/promfold/promfold/internal/window"
)

// View is what was kept for one view.
type View struct {
	Key    string
	Rows   []*Row // by instance
	Ledger ledger.Ledger
}

// Row is what a view keeps of one instance.
type Row struct {
	*window.Packed
	Exposes bool              // the instance has shown the view's metric
	Since   int64             // the scrape after which the view was declared; 0: before the first one
	Tracks  []gauge.Track     // of gauges, by column
	Met     *window.PackedMet // the process that answers; nil: not followed
}

// Pack returns the row of an instance with that history, a copy that what the
// instance is given from then on does not change. before is what it can be
// taken back to, or nil; group returns the labels of a group by its number.
func Pack(t *window.Table, met *window.Met, tracks []gauge.Track, h *window.History, before *window.Saved, group func(int32) labels.Labels) *Row {
	cols, order := t.Order(group)
	r := &Row{Packed: t.Pack(h, cols, order, before), Met: met.Pack(t, order)}
	if tracks != nil {
		for _, from := range order {
			r.Tracks = append(r.Tracks, tracks[from].Clone())
		}
	}
	return r
}

// Unpack returns what was packed, for an instance with that history; group
// returns the number of a group by its labels.
func (r *Row) Unpack(set *window.Set, k growth.Kind, slots int, h *window.History, group func(labels.Labels) int32) (*window.Table, *window.Met, []gauge.Track) {
	t := r.Packed.Unpack(set, k == growth.Histogram, slots, h, group)
	return t, r.Met.Unpack(t), slices.Clone(r.Tracks)
}

// Fleet is what is known of a fleet besides its views: the history of each
// instance, where layouts are, and by how much times differ that mean one.
type Fleet struct {
	Histories     []*window.History
	Plain, Signed *window.Set
	Clocks        watch.Clocks
}

// Code writes views down in order of their keys, or reads them back; their rows
// follow, see [Fleet.CodeRows].
func (f *Fleet) Code(c *saved.Codec, list *[]*View) {
	saved.List(c, list, 4, func(v **View) {
		if c.Reading() {
			*v = &View{}
		}
		c.Text(&(*v).Key)
		k, set := f.of(*v)
		c.Must(k != growth.NoKind)
		(*v).Ledger.Code(c, set, f.Clocks)
	})
	c.Must(slices.IsSortedFunc(*list, compareKeys))
}

// of returns the kind of a view, and where its layouts are.
func (f *Fleet) of(v *View) (growth.Kind, *window.Set) {
	k, signed := kindOf(v.Key)
	if signed {
		return k, f.Signed
	}
	return k, f.Plain
}

// CodeRows writes the rows of views down, or reads them back.
func (f *Fleet) CodeRows(c *saved.Codec, list []*View) {
	for _, v := range list {
		k, set := f.of(v)
		c.Must(c.Count(len(f.Histories), 10) == len(f.Histories))
		for i, h := range f.Histories {
			if c.Failed() {
				return
			}
			if c.Reading() {
				v.Rows = append(v.Rows, &Row{Packed: &window.Packed{}})
			}
			v.Rows[i].code(c, set, k, h)
		}
	}
}

func (r *Row) code(c *saved.Codec, set *window.Set, k growth.Kind, h *window.History) {
	c.Bool(&r.Exposes)
	c.Int64(&r.Since)
	r.Packed.Code(c, set, k == growth.Histogram, h)
	if k == growth.Gauge {
		saved.List(c, &r.Tracks, 2, func(t *gauge.Track) { t.Code(c) })
		c.Must(len(r.Tracks) == len(r.Cols))
	}
	r.codeMet(c, k, &r.Met)
	if r.Undo != nil {
		r.codeMet(c, k, &r.Undo.Met)
	}
}

func (r *Row) codeMet(c *saved.Codec, k growth.Kind, g **window.PackedMet) {
	some := *g != nil
	if c.Bool(&some); some && !c.Failed() {
		if c.Must(k != growth.Gauge); c.Reading() {
			*g = &window.PackedMet{}
		}
		(*g).Code(c, r.Packed)
	}
}
