package window

import (
	"cmp"
	"encoding/binary"
	"math"

	"github.com/promfold/promfold/internal/layout"
)

// Set holds the bucket layouts and grids of a fleet, each once, so that equal
// ones are the same pointer. The zero value is empty.
type Set struct {
	// Signed says that values may be negative although every bound is positive.
	Signed  bool
	layouts map[string]*layout.Layout
	grids   map[Grid]*Grid
}

// Layout returns the layout of a set of bounds, or nil if they cannot be one.
func (s *Set) Layout(bounds []float64) *layout.Layout {
	key := layoutKey(bounds)
	l, ok := s.layouts[key]
	if !ok {
		if s.layouts == nil {
			s.layouts = map[string]*layout.Layout{}
		}
		if s.Signed {
			l, _ = layout.NewSignedLayout(bounds)
		} else {
			l, _ = layout.NewLayout(bounds)
		}
		s.layouts[key] = l
	}
	return l
}

// Grid returns the one grid that equals g.
func (s *Set) Grid(g Grid) *Grid {
	p, ok := s.grids[g]
	if !ok {
		if s.grids == nil {
			s.grids = map[Grid]*Grid{}
		}
		p = &g
		s.grids[g] = p
	}
	return p
}

func layoutKey(bounds []float64) string {
	key := make([]byte, 0, 8*len(bounds))
	for _, b := range bounds {
		key = binary.LittleEndian.AppendUint64(key, math.Float64bits(b+0)) // −0 is 0
	}
	return string(key)
}

// BoundsOf returns the bounds of a layout, or nil if there is none.
func BoundsOf(l *layout.Layout) []float64 {
	if l == nil {
		return nil
	}
	list := make([]float64, l.Len())
	for i := range list {
		list[i] = l.Bound(i)
	}
	return list
}

// Grid is the exponential buckets of a native histogram: a layout without an
// end.
type Grid struct {
	Schema int32
	Zero   float64 // the threshold up to which observations count as zero
}

// GridOf returns the grid of a valid native histogram with exponential buckets.
func GridOf(n *layout.Native) Grid { return Grid{n.Schema, n.ZeroThreshold + 0} }

// CompareGrids orders grids; nil comes first.
func CompareGrids(a, b *Grid) int {
	switch {
	case a == b:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return cmp.Or(cmp.Compare(a.Schema, b.Schema), cmp.Compare(a.Zero, b.Zero))
}
