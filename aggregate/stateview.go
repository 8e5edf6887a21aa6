package aggregate

import (
	"cmp"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/saved"
)

// savedView is what was kept for a view, until the program declares it again.
type savedView struct {
	key    string
	rows   []*savedBinding // by instance, in the order of their names
	ledger ledger
}

// key says what decides which rows a view keeps. What it answers with may
// change from one program to the next, and so may its window.
func (v *view) key() string {
	name := v.Metric
	if v.kind == kindCounter {
		name = v.base
	}
	b := saved.Text(saved.Bool(saved.Uint(nil, v.kind), v.companion), name)
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
// which things came: its columns stand by labels and bounds.
type savedBinding struct {
	exposes bool
	since   int
	floor   int
	begun   checkpoint

	cols    []savedColumn
	rows    []row // the present, then the checkpoints that are held, oldest first
	undo    *row  // before a restart that is doubtful; nil: nothing to take back
	undone  int   // events before it
	events  []event
	past    []event
	changed []int64
	seg     *segment
}

// pack makes a savedBinding of the binding of an instance.
func (b *binding) pack(in *instance) *savedBinding {
	p := &savedBinding{exposes: b.exposes, since: b.since, floor: b.floor, begun: b.begun}
	order := make([]int, len(b.cols))
	cols := make([]savedColumn, len(b.cols))
	for i := range b.cols {
		order[i] = i
		col := &b.cols[i]
		cols[i] = savedColumn{b.route.groups[col.group], boundsOf(col.layout), col.places.pack(col.grid)}
	}
	slices.SortFunc(order, func(i, j int) int { return compareColumns(cols[i], cols[j]) })
	moved := make([]int32, len(order))
	for to, from := range order {
		moved[from] = int32(to)
		p.cols = append(p.cols, cols[from])
		if b.view.kind == kindGauge {
			p.changed = append(p.changed, b.changed[from])
		}
	}
	p.rows = []row{b.packRow(&b.live, order)}
	h := &in.history
	for n := max(b.since, b.floor, h.n-len(b.snaps)); n < h.n; n++ {
		p.rows = append(p.rows, b.packRow(b.base(n), order))
	}
	if u, i := in.undo, b.view.index; u != nil && i < len(u.rows) && u.rows[i] != nil {
		r := b.packRow(u.rows[i], order)
		p.undo, p.undone = &r, min(u.events[i], len(b.events))
	}
	if g := b.seg; g != nil {
		p.seg = &segment{start: g.start, first: g.first, dead: g.dead, from: b.packRow(&g.from, order), base: b.packRow(&g.base, order)}
		for _, from := range order {
			p.seg.at = append(p.seg.at, g.at[from])
		}
	}
	p.events = packEvents(b.events, moved)
	for _, e := range b.past {
		p.past = append(p.past, *e)
	}
	p.past = packEvents(p.past, moved)
	return p
}

// packRow copies a row with its columns in another order.
func (b *binding) packRow(r *row, order []int) (p row) {
	p.counts.Grow(b.counts)
	take := func(dst, src *exact.Vector, to, from int) {
		var x exact.Sum
		src.SumDiff(&x, from, nil)
		dst.AddSum(to, &x)
	}
	at := 0
	for _, from := range order {
		col := &b.cols[from]
		for i := range col.width() {
			take(&p.counts, &r.counts, at, col.cell(i))
			at++
		}
	}
	if b.view.kind == kindHistogram {
		p.sums.Grow(len(order))
		for to, from := range order {
			take(&p.sums, &r.sums, to, from)
		}
	}
	return p
}

// packEvents renumbers their columns. The order of those of one scrape is that
// of the columns, not of the lines.
func packEvents(events []event, moved []int32) []event {
	list := slices.Clone(events)
	for i := range list {
		list[i].col = moved[list[i].col]
	}
	slices.SortStableFunc(list, func(a, b event) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.col, b.col), cmp.Compare(a.verdict, b.verdict),
			cmp.Compare(a.flags, b.flags), cmp.Compare(a.quirk, b.quirk))
	})
	return list
}

// unpack makes a binding of it again, for a view that was declared anew and an
// instance whose lines are known.
func (p *savedBinding) unpack(v *view, in *instance) *binding {
	b := &binding{
		view: v, route: v.routeFor(in.labels), byCol: map[columnKey]int32{},
		exposes: p.exposes, since: p.since, floor: p.floor, begun: p.begun, snaps: make([]row, slots(v)),
	}
	for _, c := range p.cols {
		k := columnKey{group: b.route.internGroup(c.group)}
		switch {
		case c.places != nil:
			k.grid = v.fleet.grid(c.places.grid)
		case v.kind == kindHistogram:
			k.layout = v.fleet.layout(c.bounds)
		}
		if col := b.column(k); c.places != nil {
			b.cols[col].places = c.places.unpack(&b.counts)
		}
	}
	b.live.set(&p.rows[0])
	held := len(p.rows) - 1
	for i := range min(held, len(b.snaps)) {
		b.snaps[(in.history.n-1-i)%len(b.snaps)].set(&p.rows[held-i])
	}
	// Kept for a shorter window than the view's is now: what is older was dropped.
	if first := in.history.n - held; first > max(b.since, b.floor) && len(b.snaps) > held {
		b.floor = first
	}
	b.events = slices.Clone(p.events)
	for i := range p.past {
		e := p.past[i]
		if b.past == nil {
			b.past = map[noteKey]*event{}
		}
		b.past[e.noteKey] = &e
	}
	b.changed = slices.Clone(p.changed)
	b.seg = p.seg.clone()
	return b
}

// internGroup is the number of a group that is known by its labels.
func (r *route) internGroup(ls labels.Labels) int32 {
	g, added := r.byGroup.intern(string(ls.Bytes(nil)))
	if added {
		r.groups = put(r.groups, g, ls)
	}
	return g
}

// claim is what was kept for a view that is being declared; nil if nothing is.
// Of several views with one key the first one declared has the first.
func (f *Fleet) claim(v *view) *savedView {
	key := v.key()
	i := slices.IndexFunc(f.unclaimed, func(s *savedView) bool { return s.key == key })
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
		if p := s.rows[i]; in.undo != nil && p.undo != nil {
			u := in.undo
			for len(u.rows) <= v.index {
				u.rows, u.events = append(u.rows, nil), append(u.events, 0)
			}
			u.rows[v.index], u.events[v.index] = p.undo, p.undone
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
	if c.reading() {
		*v = &savedView{}
	}
	c.text(&(*v).key)
	k := kind(255)
	if key := (*v).key; len(key) > 0 {
		k = kind(key[0])
	}
	c.must(k <= kindHistogram)
	if c.count(len(instances), 10) != len(instances) {
		c.must(false)
	}
	for i, in := range instances {
		if c.failed() {
			return
		}
		if c.reading() {
			(*v).rows = append((*v).rows, &savedBinding{})
		}
		c.binding((*v).rows[i], k, in)
	}
	c.ledger(&(*v).ledger)
}

func (c *codec) binding(p *savedBinding, k kind, in *instance) {
	n := in.history.n
	c.bool(&p.exposes)
	c.natural(&p.since)
	c.natural(&p.floor)
	c.checkpoint(&p.begun)
	c.must(p.since <= n && p.floor <= n)
	list(c, &p.cols, 3, func(col *savedColumn) {
		c.labels(&col.group)
		list(c, &col.bounds, 1, c.float)
		c.places(&col.places)
		c.must((k == kindHistogram) == (col.bounds != nil || col.places != nil) && (col.bounds == nil || col.places == nil))
		if c.reading() && !c.failed() && col.bounds != nil {
			l := c.fleet.layout(col.bounds)
			c.must(l != nil && l.Len() == len(col.bounds))
		}
	})
	for i := 1; i < len(p.cols); i++ {
		c.must(compareColumns(p.cols[i-1], p.cols[i]) < 0)
	}
	if k == kindGauge {
		list(c, &p.changed, 1, c.int64)
		c.must(len(p.changed) == len(p.cols))
	}
	c.rows(p, k, in)
	c.segment(p, k)
	list(c, &p.events, 8, func(e *event) { c.event(e, len(p.cols)) })
	list(c, &p.past, 8, func(e *event) { c.event(e, len(p.cols)) })
}

// rows go cell by cell: of most cells all rows are the same. What is read may
// hold more of them than a view does now; the oldest are left out then.
func (c *codec) rows(p *savedBinding, k kind, in *instance) {
	undo, n := p.undo != nil, len(p.rows)
	c.natural(&n)
	if c.bool(&undo); undo {
		c.natural(&p.undone)
	}
	h := in.history.n
	c.must(n > 0 && n <= 1+c.checkpoints[in] && h-(n-1) >= max(p.since, p.floor))
	if c.failed() {
		return
	}
	all := make([]*row, n, n+1)
	if c.reading() {
		p.rows = make([]row, 1+min(n-1, c.fleet.cfg.Checkpoints+2))
		if undo {
			p.undo = &row{}
		}
	}
	all[0] = &p.rows[0]
	for i := range p.rows[1:] {
		all[n-1-i] = &p.rows[len(p.rows)-1-i]
	}
	if undo {
		all = append(all, p.undo)
	}
	at := 0
	for i := range p.cols {
		for range p.cols[i].width() {
			c.cell(all, at, func(r *row) *exact.Vector { return &r.counts })
			at++
		}
		if k == kindHistogram {
			c.cell(all, i, func(r *row) *exact.Vector { return &r.sums })
		}
	}
}

// cell is one sum in all rows: runs of equal ones.
func (c *codec) cell(rows []*row, at int, of func(*row) *exact.Vector) {
	for i := 0; i < len(rows) && !c.failed(); {
		var x, y exact.Sum
		n := 1
		if !c.reading() {
			of(rows[i]).SumDiff(&x, at, nil)
			for ; i+n < len(rows); n++ {
				y.Reset()
				if of(rows[i+n]).SumDiff(&y, at, nil); x.Cmp(&y) != 0 {
					break
				}
			}
		}
		c.natural(&n)
		c.sum(&x)
		if c.must(n > 0 && n <= len(rows)-i); c.failed() {
			return
		}
		for _, r := range rows[i : i+n] {
			if c.reading() && r != nil {
				of(r).Grow(at + 1)
				of(r).AddSum(at, &x)
			}
		}
		i += n
	}
}

func (c *codec) event(e *event, cols int) {
	col := int(e.col)
	c.natural(&col)
	c.must(col < cols)
	e.col = int32(col)
	small(c, &e.verdict, judge.Gap)
	small(c, &e.flags, 255)
	small(c, &e.quirk, malformed)
	c.int64(&e.at)
	c.natural(&e.n)
	c.natural(&e.open)
	c.sum(&e.below)
	c.sum(&e.above)
}
