package lines

import (
	"bytes"
	"strings"
)

// A TYPE comment holds for its metric, not for its place: as a Prometheus server
// understands it, a line belongs to the family that its name says, if a comment
// anywhere above declares it. Some programs write all comments first, or a family
// in several blocks. The family in force stands before the others, so in an
// ordinary body nothing is looked up.

// declared finds families by name that a body declares so far.
//
// Invariant: byName has those of the first n headings of the body.
type declared struct {
	byName map[string]*family
	n      int
	others bool // the body declares others so far than were expected, and that matters
	looked bool // whether it matters is known

	own     *family // of a line read lately, which is its own
	ownName []byte  // of the metric of that line
}

func (x *declared) reset() {
	clear(x.byName)
	x.own = nil
	x.n, x.others, x.looked = 0, false, false
}

// redeclare notes that the body has other headings so far than were expected. Then
// an expected line that is not of the family in force may mean something else.
func (x *declared) redeclare(d *diff) {
	if !x.looked && d.store.strays.Load() {
		x.looked, x.others = true, expectsStrays(d)
	}
}

// expectsStrays reports whether one of the lines expected is not of the family in
// force.
func expectsStrays(d *diff) bool {
	var f *family
	hs := d.expect.headings
	for pos, id := range d.expect.IDs() {
		for len(hs) > 0 && int(hs[0].before) <= pos {
			if g := d.store.declares(hs[0].id); g != nil {
				f = g
			}
			hs = hs[1:]
		}
		if under := d.store.Line(id).under; under == nil || under != f {
			return true
		}
	}
	return false
}

// above takes in the headings of the body so far.
func (x *declared) above(d *diff) {
	hs := d.headings
	if !d.rebuilt {
		hs = d.expect.headings[:d.h]
	}
	for ; x.n < len(hs); x.n++ {
		for _, f := range *d.store.headings.payload(hs[x.n].id) {
			if x.byName == nil {
				x.byName = map[string]*family{}
			}
			x.byName[f.Name] = f
		}
	}
}

// suffixes are what the lines of a family may have behind its name.
var suffixes = [...]string{"", "_bucket", "_count", "_sum", totalSuffix, createdSuffix, "_info", "_gcount", "_gsum"}

// find returns the family of a line of this name; nil if none is declared. The
// families of said stand before the others.
func (x *declared) find(name string, said []*family) *family {
	for _, suffix := range suffixes {
		stem, ok := strings.CutSuffix(name, suffix)
		if !ok {
			continue
		}
		f := x.byName[stem]
		for _, s := range said {
			if s.Name == stem {
				f = s
			}
		}
		if f != nil && f.has(name) {
			return f
		}
	}
	return nil
}

// owner returns the family of the line at the start of rest, if that is not the
// one in force; said has the comments above that are not staged yet.
func (x *declared) owner(d *diff, rest []byte, said *comments) *family {
	rest = bytes.TrimLeft(rest, " \t\n")
	n := nameLen(rest)
	if n == 0 {
		return nil
	}
	name := string(rest[:n])
	if said.family != nil && said.family.has(name) {
		return nil
	}
	x.above(d)
	return x.find(name, said.typed)
}

// ownerOf returns the family under which a text is read: that of its name, or
// else the one in force; the text's key; and the length of its name.
func (x *declared) ownerOf(d *diff, text []byte) (f *family, key uint32, name int) {
	if name = len(x.ownName); x.own != nil && x.own == d.family && len(text) > name && classes[text[name]] == 0 && string(text[:name]) == string(x.ownName) {
		return x.own, x.own.id, name // as nearly all lines
	}
	name = nameLen(text)
	if name == 0 { // a quoted name, or of a format in which lines stand in their families
		return d.family, meaning(d.in, d.family, text), 0
	}
	if d.family != nil {
		if _, ok := roleOf(d.family, text[:name]); ok {
			x.own, x.ownName = d.family, append(x.ownName[:0], text[:name]...)
			return d.family, d.family.id, name
		}
	}
	if !d.store.strays.Load() {
		d.store.strays.Store(true)
	}
	x.above(d)
	if len(x.byName) > 0 {
		if f := x.find(string(text[:name]), nil); f != nil {
			return f, f.id, name
		}
	}
	return d.family, meaningAway(d.in, d.family), name
}

func (f *family) has(name string) bool {
	_, ok := roleOf(f, name)
	return ok
}
