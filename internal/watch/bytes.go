package watch

import "unsafe"

// Bytes returns about how much memory s holds; s may be nil.
func (s *State) Bytes() (n int64) {
	if s == nil {
		return 0
	}
	n = int64(unsafe.Sizeof(*s)) + int64(unsafe.Sizeof(entry{}))*int64(cap(s.entries))
	for p := range s.processes {
		n += int64(unsafe.Sizeof(*p)) + int64(unsafe.Sizeof(Key{}))*int64(cap(p.keys)) + int64(unsafe.Sizeof(record{}))*int64(cap(p.records))
		for i := range p.records {
			n += p.records[i].bytes()
		}
	}
	for _, a := range s.accounts {
		n += int64(unsafe.Sizeof(*a)) + int64(unsafe.Sizeof(line{}))*int64(cap(a.lines)) + int64(unsafe.Sizeof(Total{}))*int64(cap(a.totals))
		for i := range a.totals {
			n += int64(len(a.totals[i].Group)) + a.totals[i].bytes()
		}
	}
	return n
}

// Bytes returns about how much memory it takes to know what p tells.
func (p *Process) Bytes() int64 {
	n := int64(unsafe.Sizeof(process{})) + int64(unsafe.Sizeof(Key{})+unsafe.Sizeof(entry{}))*int64(len(p.Keys))
	for i := range p.Groups {
		r := newRecord(&p.Groups[i], p.Begin, false)
		n += int64(unsafe.Sizeof(r)) + r.bytes()
	}
	return n
}

// bytes returns what a record holds besides itself. The name of its group is that
// of the view's.
func (r *record) bytes() int64 {
	n := r.met.bytes() + r.left.bytes()
	m := r.more
	if m == nil {
		return n
	}
	n += int64(unsafe.Sizeof(*m))
	for _, list := range [][]Reading{m.mets, m.lefts} {
		for i := range list {
			n += int64(unsafe.Sizeof(list[i])) + list[i].bytes()
		}
	}
	if m.grown != nil {
		n += int64(unsafe.Sizeof(*m.grown)) + m.grown.bytes()
	}
	if b := m.base; b != nil {
		n += int64(unsafe.Sizeof(*b)) + b.met.bytes()
		if b.grown != nil {
			n += int64(unsafe.Sizeof(*b.grown)) + b.grown.bytes()
		}
	}
	return n
}

// bytes returns what a value holds besides itself.
func (v *Value) bytes() int64 {
	h := v.Histogram
	if h == nil {
		return 0
	}
	n := int64(unsafe.Sizeof(*h)) + int64(unsafe.Sizeof(Part{}))*int64(cap(h.Parts))
	for i := range h.Parts {
		n += 8*int64(cap(h.Parts[i].Places)) + int64(h.Parts[i].Counts.Bytes())
	}
	return n
}
