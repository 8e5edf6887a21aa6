package aggregate

import (
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/saved"
	"github.com/promfold/promfold/internal/window"
)

// savedView is what was kept for a view, until the program declares it again.
type savedView struct {
	key    string
	rows   []*savedBinding // by instance, in the order of their names
	ledger totals
}

// key says what decides which rows a view keeps. What it answers with may
// change from one program to the next, and so may its window.
func (v *view) key() string {
	name := v.Metric
	if v.kind == growth.Counter {
		name = strings.TrimSuffix(name, "_total")
	}
	b := saved.Text(saved.Bool(saved.Uint(saved.Uint(nil, v.kind), v.role), v.Signed), name)
	var where []string
	for _, m := range v.Where {
		where = append(where, m.String())
	}
	for _, list := range [][]string{where, v.By, v.Without} {
		list = slices.Compact(slices.Sorted(slices.Values(list)))
		b = saved.Uint(b, len(list))
		for _, x := range list {
			b = saved.Text(b, x)
		}
	}
	bounded := 0
	if v.BoundBirths {
		bounded = 1
	}
	b = saved.Uint(saved.Uint(b, v.Owner), bounded)
	return string(saved.Text(b, string(v.Type)))
}

// savedBinding is a binding without what depends on the store or the order in
// which things came.
type savedBinding struct {
	*window.Packed
	exposes bool
	changed []int64
	seg     *segment
}

// pack makes a savedBinding of the binding of an instance.
func (b *binding) pack(in *instance) *savedBinding {
	cols, order := b.Order(func(group int32) labels.Labels { return b.view.finals.list[group].labels })
	var before *window.Saved
	if u, i := in.undo, b.view.index; u != nil && i < len(u.tables) {
		before = u.tables[i]
	}
	p := &savedBinding{Packed: b.Pack(&in.history, cols, order, before), exposes: in.exposes(b.view)}
	if b.view.kind == growth.Gauge {
		for _, from := range order {
			p.changed = append(p.changed, b.changed[from])
		}
	}
	if g := b.seg; g != nil {
		p.seg = &segment{start: g.start, first: g.first, dead: g.dead, from: b.PackRow(&g.from, order), base: b.PackRow(&g.base, order)}
		for _, from := range order {
			p.seg.at = append(p.seg.at, g.at[from])
		}
	}
	return p
}

// unpack makes a binding of it again, for a view that was declared anew and an
// instance whose lines are known.
func (p *savedBinding) unpack(v *view, in *instance) *binding {
	b := &binding{view: v, changed: slices.Clone(p.changed), seg: p.seg.clone()}
	b.Table = p.Unpack(v.set(), v.kind == growth.Histogram, slots(v, &in.history), &in.history, func(ls labels.Labels) int32 { return v.finals.of(v, ls) })
	return b
}

// claim is what was kept for a view that is being declared; nil if nothing is.
// Of several views with one key the first one declared has the first.
func (f *Fleet) claim(v *view, taken []*savedView) *savedView {
	key := v.key()
	i := slices.IndexFunc(f.unclaimed, func(s *savedView) bool { return s.key == key && !slices.Contains(taken, s) })
	if i < 0 {
		return nil
	}
	return f.unclaimed[i]
}

// claimed: the view has it.
func (f *Fleet) claimed(v *view, s *savedView) {
	if s == nil {
		return
	}
	v.ledger = s.ledger
	f.unclaimed = slices.DeleteFunc(f.unclaimed, func(x *savedView) bool { return x == s })
	for i, in := range f.ordered {
		if p := s.rows[i]; in.undo != nil && p.Undo != nil {
			in.undo.set(v.index, p.UndoState())
		}
	}
}

// views are those of the fleet and those nobody has claimed, by key.
func (f *Fleet) savedViews() []*savedView {
	list := slices.Clone(f.unclaimed)
	for _, v := range f.views {
		s := &savedView{key: v.key(), ledger: v.ledger}
		for _, in := range f.ordered {
			s.rows = append(s.rows, in.bindings[v.index].pack(in))
		}
		list = append(list, s)
	}
	slices.SortStableFunc(list, func(a, b *savedView) int { return strings.Compare(a.key, b.key) })
	return list
}

func (c *codec) view(v **savedView, instances []*instance) {
	if c.Reading() {
		*v = &savedView{}
	}
	c.Text(&(*v).key)
	k := growth.NoKind
	if key := (*v).key; len(key) > 2 {
		k, c.signed = growth.Kind(key[0]), key[2] != 0
	}
	c.Must(k <= growth.Histogram)
	if c.Count(len(instances), 10) != len(instances) {
		c.Must(false)
	}
	for i, in := range instances {
		if c.Failed() {
			return
		}
		if c.Reading() {
			(*v).rows = append((*v).rows, &savedBinding{})
		}
		c.binding((*v).rows[i], k, in)
	}
	(*v).ledger.Code(&c.Codec, c.set())
	c.known(&(*v).ledger.known)
}

func (c *codec) binding(p *savedBinding, k growth.Kind, in *instance) {
	if c.Reading() {
		p.Packed = &window.Packed{}
	}
	c.Bool(&p.exposes)
	p.Code(&c.Codec, c.set(), k == growth.Histogram, &in.history)
	if k == growth.Gauge {
		saved.List(&c.Codec, &p.changed, 1, c.Int64)
		c.Must(len(p.changed) == len(p.Cols))
	}
	c.segment(p, k)
}
