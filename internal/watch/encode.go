package watch

import (
	"maps"
	"slices"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/saved"
)

// format is the first byte of an encoded State.
const format = 1

// How a record is written.
const (
	ofBirth   = iota // one reading where it was left, and none at its start
	ofMeeting        // one where it was left, and one where it was met
	ofMore
	shapes
)

// writer writes a State down.
type writer struct {
	b      []byte
	names  map[string]int
	groups index
	rank   []int // of each group of the index by name
	order  []string
	list   []Class
}

func (w *writer) state(s *State) {
	w.collect(s)
	w.b = append(w.b, format)
	w.b = saved.Int(saved.Int(w.b, s.Tolerance), s.Skew)
	names := slices.Sorted(maps.Keys(w.names))
	for _, table := range [][]string{names, w.order} {
		w.b = saved.Uint(w.b, len(table))
		for _, text := range table {
			w.b = saved.Text(w.b, text)
		}
	}
	for i, name := range names {
		w.names[name] = i
	}
	w.b = saved.Uint(w.b, len(w.list))
	for i := range w.list {
		w.class(&w.list[i])
	}
	n := 0
	for range s.processes {
		n++
	}
	w.b = saved.Uint(w.b, n)
	for p := range s.processes {
		w.process(p)
	}
	w.b = saved.Uint(w.b, len(s.accounts))
	for _, c := range s.accounts {
		w.account(c)
	}
}

// collect makes the tables of names, groups and classes.
func (w *writer) collect(s *State) {
	w.names = map[string]int{}
	value := func(v *Value) {
		for i := range v.parts() {
			w.collectClass(&v.Histogram.Parts[i].Class)
		}
	}
	for _, e := range s.entries {
		w.names[e.Name] = 0
	}
	for p := range s.processes {
		for i := range p.records {
			r := &p.records[i]
			w.groups.at(i, r.group)
			r.each(value)
		}
	}
	for _, c := range s.accounts {
		for _, m := range c.lines {
			w.names[m.Name] = 0
		}
		for i := range c.totals {
			w.groups.at(i, c.totals[i].Group)
			value(&c.totals[i].Value)
		}
	}
	w.order = slices.Sorted(slices.Values(w.groups.names))
	w.rank = make([]int, len(w.order))
	for i, group := range w.order {
		w.rank[w.groups.by[group]] = i
	}
	slices.SortFunc(w.list, func(a, b Class) int { return a.compare(&b) })
}

func (w *writer) collectClass(c *Class) {
	if w.findClass(c) < 0 {
		w.list = append(w.list, *c)
	}
}

// findClass returns the number of a class; there are few.
func (w *writer) findClass(c *Class) int {
	return slices.IndexFunc(w.list, func(x Class) bool { return x.compare(c) == 0 })
}

func (w *writer) class(c *Class) {
	if c.Layout == nil {
		w.b = saved.Float(saved.Int(saved.Uint(w.b, 0), int64(c.Schema)), c.Zero)
		return
	}
	w.b = saved.Bool(saved.Uint(w.b, c.Layout.Len()), c.Layout.Floor() < 0)
	for i := range c.Layout.Len() {
		w.b = saved.Float(w.b, c.Layout.Bound(i))
	}
}

func (w *writer) key(k Key) { w.b = saved.Int(saved.Uint(w.b, w.names[k.Name]), k.Start) }

func (w *writer) process(p *process) {
	w.b = saved.Uint(w.b, len(p.keys))
	for _, k := range p.keys {
		w.key(k)
	}
	for _, x := range []int64{p.version, p.last, p.ended} {
		w.b = saved.Int(w.b, x)
	}
	w.b = saved.Uint(w.b, len(p.records))
	for i := range p.records {
		r := &p.records[i]
		w.b = saved.Uint(w.b, w.rank[w.groups.at(i, r.group)])
		w.record(r, p)
	}
}

func (w *writer) record(r *record, p *process) {
	last := p.last
	switch {
	case r.more == nil && born(&r.met, p):
		w.b = append(w.b, ofBirth)
	case r.more == nil && r.met.At != never:
		w.b = append(w.b, ofMeeting)
		w.reading(&r.met, last)
	default:
		w.b = append(w.b, ofMore)
		mets, lefts := r.points()
		for _, list := range [][]Reading{mets, lefts, r.owned()} {
			w.b = saved.Uint(w.b, len(list))
			for i := range list {
				w.reading(&list[i], last)
			}
		}
		w.maybe(r.grown())
		b := r.base()
		if w.b = saved.Bool(w.b, b != nil); b != nil {
			w.b = saved.Int(w.b, b.begin)
			w.reading(&b.met, last)
			w.maybe(b.grown)
		}
		return
	}
	w.reading(&r.left, last)
}

// born reports whether a group was met at the start of its process, with nothing.
func born(met *Reading, p *process) bool {
	return met.At == p.keys[0].Start && met.Count.Sign() == 0 && met.Histogram == nil
}

// maybe writes a value that need not be there.
func (w *writer) maybe(v *Value) {
	if w.b = saved.Bool(w.b, v != nil); v != nil {
		w.value(v)
	}
}

func (w *writer) reading(x *Reading, last int64) {
	w.b = saved.Int(w.b, last-x.At)
	w.value(&x.Value)
}

// sum writes a number, in few bytes where it is an integer.
func (w *writer) sum(s *exact.Sum) {
	if n, ok := s.Int64(); ok {
		w.b = saved.Int(w.b, n<<1)
		return
	}
	w.b, _ = s.AppendBinary(saved.Int(w.b, int64(1)))
}

func (w *writer) value(v *Value) {
	w.sum(&v.Count)
	h := v.Histogram
	if h == nil {
		w.b = append(w.b, 0)
		return
	}
	w.b = append(w.b, 1)
	w.b = saved.Bool(w.b, h.NoSum)
	w.sum(&h.Sum)
	w.b = saved.Uint(w.b, len(h.Parts))
	for i := range h.Parts {
		p := &h.Parts[i]
		w.b = saved.Uint(w.b, w.findClass(&p.Class))
		w.sum(&p.Count)
		last := int64(0)
		w.b, _ = p.Counts.AppendBinary(w.b)
		for _, place := range p.Places {
			w.b, last = saved.Int(w.b, place-last), place
		}
	}
}

func (w *writer) account(c *account) {
	w.b = saved.Uint(saved.Uint(w.b, c.gaveUp), len(c.lines))
	for i := range c.lines {
		m := &c.lines[i]
		w.key(m.Key)
		w.b = saved.Int(saved.Int(saved.Int(w.b, m.version), m.first), m.last)
		w.b = saved.Bool(w.b, m.ended)
		w.sum(&m.amount)
	}
	w.b = saved.Uint(w.b, len(c.totals))
	for i := range c.totals {
		t := &c.totals[i]
		w.b = saved.Uint(w.b, w.rank[w.groups.at(i, t.Group)])
		w.value(&t.Value)
		w.sum(&t.Lost)
	}
}
