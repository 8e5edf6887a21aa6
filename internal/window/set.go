package window

import (
	"cmp"

	"github.com/promfold/promfold/internal/layout"
)

// Set holds the bucket layouts and grids of a fleet, each once, so that equal
// ones are the same pointer. The zero value is empty.
type Set struct {
	// Signed says that values may be negative although every bound is positive.
	Signed  bool
	layouts layout.Set
	grids   map[Grid]*Grid
}

// Layout returns the layout of a set of bounds, or nil if they cannot be one.
func (s *Set) Layout(bounds []float64) *layout.Layout {
	l, _ := s.layouts.Of(bounds, s.Signed)
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

// BoundsOf returns the bounds of a layout, or nil if there is none.
func BoundsOf(l *layout.Layout) []float64 {
	if l == nil {
		return nil
	}
	return l.Bounds()
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
