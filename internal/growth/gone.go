package growth

import (
	"maps"
	"slices"

	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/saved"
)

// gone has the lines, by a hash of their labels, that vanished while their
// process went on, whether a view follows them or not. They bound the
// tombstones: a bound of those that views need could be used up by one view for
// the others, and then a view's answer would depend on the views beside it.
type gone map[uint64]struct{}

// maxGone is how many lines may vanish from a body of so many before the
// instance is Lost: part of them, and some for small bodies.
func maxGone(lines int) int { return max(1000, lines/5) }

// add notes a line, and returns false if there is no room for it.
func (g *gone) add(l *lines.Line, most int) bool {
	key := l.Labels().Hash()
	if _, ok := (*g)[key]; ok {
		return true
	}
	if len(*g) >= most {
		return false
	}
	if *g == nil {
		*g = gone{}
	}
	(*g)[key] = struct{}{}
	return true
}

// addAll notes the lines at positions of what the instance exposed before, and
// returns false if there is no room for all of them.
func (g *gone) addAll(s *lines.Store, before *lines.Columns, positions []uint32) bool {
	most, all := maxGone(before.Len()), true
	for _, pos := range positions {
		all = g.add(s.Line(before.ID(int(pos))), most) && all
	}
	return all
}

func (g gone) has(l *lines.Line) bool {
	if len(g) == 0 {
		return false
	}
	_, ok := g[l.Labels().Hash()]
	return ok
}

// code writes them down, or reads them back.
func (g *gone) code(c *saved.Codec) {
	list := slices.Sorted(maps.Keys(*g))
	saved.List(c, &list, 1, func(key *uint64) {
		x := int64(*key)
		c.Int64(&x)
		*key = uint64(x)
	})
	if c.Reading() && len(list) > 0 {
		*g = make(gone, len(list))
		for _, key := range list {
			(*g)[key] = struct{}{}
		}
	}
}
