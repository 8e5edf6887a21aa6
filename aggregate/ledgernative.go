package aggregate

import (
	"slices"

	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/window"
)

// natives are the observations that are known by native buckets; nil if none
// can be.
func (s *settlement) natives() *layout.Distribution {
	var d *layout.Distribution
	for i := range s.classes {
		c := &s.classes[i]
		if c.Grid == nil {
			continue
		}
		if d == nil {
			d = &layout.Distribution{}
		}
		_ = d.AddNative(c.Native()) // cannot fail: these are sums of steps
	}
	return d
}

// native are all observations by native buckets; nil if some are known by
// others.
func (s *settlement) native() *layout.Native {
	if slices.ContainsFunc(s.classes, func(c window.Class) bool { return c.Layout != nil }) {
		return nil
	}
	d := s.natives()
	if d == nil {
		return nil
	}
	n, ok := d.Native()
	if !ok { // nothing was observed yet
		for i := range s.classes {
			if g := s.classes[i].Grid; g != nil && (i == 0 || g.Schema < n.Schema) {
				n.Schema, n.ZeroThreshold = g.Schema, g.Zero
			}
		}
	}
	return &n
}

// showNative gives buckets none of which is less than what was shown before.
func (a *account) showNative(n *layout.Native) *layout.Native {
	if n == nil {
		return nil
	}
	for _, before := range a.natives {
		n = n.NotBelow(before)
	}
	a.natives = []*layout.Native{n}
	return n
}

// rememberNatives makes what either showed the least that is shown. Those of
// different buckets are kept apart until then, so that no order of merging
// shows.
func (a *account) rememberNatives(b *account) {
	for _, n := range b.natives {
		i, found := slices.BinarySearchFunc(a.natives, n, func(x, y *layout.Native) int {
			g, h := window.GridOf(x), window.GridOf(y)
			return window.CompareGrids(&g, &h)
		})
		if found {
			a.natives[i] = a.natives[i].NotBelow(n)
		} else {
			a.natives = slices.Insert(slices.Clone(a.natives), i, n)
		}
	}
}
