package growth

import (
	"cmp"
	"slices"

	"github.com/promfold/promfold/internal/lines"
)

// places says where the lines of the scrape before stand now: in runs, as nearly
// all of them stay together.
type places struct {
	moves []lines.Move    // by old position
	anew  map[uint32]bool // old positions of lines that stay, and are looked at as if they came
	hint  int             // in moves
}

// place returns where the lines of before stand now, and the lines that have to be
// looked at anew: those that came, and those that are written in words which mean
// something else to the views, or are of a summary that was a histogram.
func (p *Plan) place(s *Scraped) (to *places, fresh []uint32) {
	if !s.Reader.Structural() {
		return &places{moves: []lines.Move{{N: uint32(s.Before.Len())}}}, nil
	}
	to, fresh = &places{moves: s.Reader.Moves()}, slices.Clone(s.Reader.Came())
	came := len(fresh)
	for _, pos := range s.Reader.Renamed() {
		id := s.Reader.ID(int(pos))
		old, _, _ := s.Reader.At(int(pos))
		if before := s.Before.ID(old); !sameWay(p.route.way(id), p.route.way(before)) || metricOf(s.Store.Line(id)) != metricOf(s.Store.Line(before)) {
			to.drop(old)
			fresh = append(fresh, pos)
		}
	}
	if len(fresh) > came {
		slices.Sort(fresh)
	}
	return to, fresh
}

func sameWay(a, b []want) bool { return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0]) }

// ascend reports whether lines that stay keep their order.
func (x *places) ascend() bool {
	return slices.IsSortedFunc(x.moves, func(a, b lines.Move) int { return cmp.Compare(a.Pos, b.Pos) })
}

// drop says that a line is looked at as if it came.
func (x *places) drop(old int) {
	if x.anew == nil {
		x.anew = map[uint32]bool{}
	}
	x.anew[uint32(old)] = true
}

// of returns where a line stands now; false if it went, or is looked at anew.
func (x *places) of(old uint32) (pos uint32, ok bool) {
	if len(x.anew) > 0 && x.anew[old] {
		return 0, false
	}
	if x.hint == len(x.moves) || old-x.moves[x.hint].Old >= x.moves[x.hint].N {
		i, found := slices.BinarySearchFunc(x.moves, old, func(m lines.Move, old uint32) int { return cmp.Compare(m.Old, old) })
		if !found {
			i--
		}
		if i < 0 || old-x.moves[i].Old >= x.moves[i].N {
			return 0, false
		}
		x.hint = i
	}
	m := &x.moves[x.hint]
	return old - m.Old + m.Pos, true
}

// positions appends the places of lines to dst; false if one has none.
func (x *places) positions(dst, list []uint32) ([]uint32, bool) {
	all := true
	for len(list) > 0 {
		at, ok := x.of(list[0])
		all = all && ok
		dst, list = append(dst, at), list[1:]
		if !ok || len(x.anew) > 0 {
			continue
		}
		for m := x.moves[x.hint]; len(list) > 0 && list[0]-m.Old < m.N; list = list[1:] {
			dst = append(dst, list[0]-m.Old+m.Pos)
		}
	}
	return dst, all
}

// went returns the lines of before that have no place any more, in order.
func (x *places) went(s *Scraped) []uint32 {
	var list []uint32
	if s.Reader.Structural() {
		list = slices.Clone(s.Reader.Gone())
	}
	for old := range x.anew {
		list = append(list, old)
	}
	slices.Sort(list)
	return list
}

// entries appends entries in their places to dst. all is false if one has none.
func (x *places) entries(dst, list []entry) (_ []entry, all bool) {
	all = len(x.anew) == 0
	if !all {
		for _, e := range list {
			if pos, ok := x.of(e.pos); ok {
				dst = append(dst, entry{pos, e.object})
			}
		}
		return dst, false
	}
	from := func(pos uint32) int {
		i, _ := slices.BinarySearchFunc(list, pos, func(e entry, pos uint32) int { return cmp.Compare(e.pos, pos) })
		return i
	}
	for _, m := range x.moves {
		skip := from(m.Old)
		all, list = all && skip == 0, list[skip:]
		n, at := from(m.Old+m.N), len(dst)
		dst, list = append(dst, list[:n]...), list[n:]
		if forth := m.Pos - m.Old; forth != 0 {
			for i := range dst[at:] {
				dst[at+i].pos += forth
			}
		}
	}
	return dst, all && len(list) == 0
}
