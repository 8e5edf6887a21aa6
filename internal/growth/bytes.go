package growth

import "unsafe"

// What is held is told within a quarter, as capacities and what a map takes of an
// entry say it: a limit needs to know what grows.

const (
	entryBytes = 48 // of a map, besides key and value
	pointBytes = int64(unsafe.Sizeof(point{})) + entryBytes
	tombBytes  = int64(unsafe.Sizeof(tomb{})) + int64(unsafe.Sizeof(tombKey{})) + entryBytes
)

// Bytes returns the memory that a plan holds; 0 if it is nil.
func (p *Plan) Bytes() int64 {
	if p == nil {
		return 0
	}
	n := int64(unsafe.Sizeof(*p)) + 8*int64(cap(p.entries)) + 4*int64(cap(p.buckets)) +
		int64(unsafe.Sizeof(object{}))*int64(cap(p.objects)) + int64(unsafe.Sizeof(hist{}))*int64(cap(p.hists)) +
		int64(unsafe.Sizeof(Sink{}))*int64(cap(p.sinks)) + int64(unsafe.Sizeof(Presence{}))*int64(cap(p.views)) + 8*int64(cap(p.tops))
	for _, g := range p.gauges {
		n += int64(unsafe.Sizeof(GaugeLine{})) * int64(cap(g))
	}
	return n
}

// Steps returns how many steps the objects of a plan make at most, each in a
// column; 0 if it is nil.
func (p *Plan) Steps() int {
	if p == nil {
		return 0
	}
	return len(p.sinks)
}

// Bytes returns the memory that is held of objects that are not plain, or vanished.
func (st *State) Bytes() int64 {
	return pointBytes*int64(len(st.held)) + tombBytes*int64(len(st.tombs)) + entryBytes*int64(len(st.gone)+len(st.others)) +
		8*int64(cap(st.reads)) + 4*int64(cap(st.paces))
}

// Bytes returns the memory held.
func (x *Interner) Bytes() int64 { return x.bytes + 4*int64(cap(x.free)) }

// Bytes returns what is held of the ways of lines.
func (r *Router) Bytes() (n int64) {
	for _, x := range r.routes {
		n += 4*int64(cap(x.ways)+cap(x.series)) + x.listAt.Bytes() + x.bySeries.Bytes()
		n += int64(len(x.lists)) * (int64(unsafe.Sizeof([]want{})) + int64(unsafe.Sizeof(want{})))
		for i := range x.groups {
			n += 2*x.groups[i].byID.Bytes() + x.groups[i].bytes + 16*int64(cap(x.groups[i].list)) // what is so small takes more than its length
		}
	}
	return n
}
