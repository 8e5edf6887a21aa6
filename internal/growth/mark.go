package growth

import (
	"math"

	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/layout"
)

// strays reports whether a step that counts from an older reading is disproved by the rest of the histogram: the count
// went on from there, but a bucket or the sum did not.
func (t *turn) strays(before *point, s *judge.Step) bool {
	m := before.mark
	if m == nil || s.Sub == before.Last.Value || s.Sub == 0 || s.Verdict != judge.Grew && s.Verdict != judge.Returned || !math.IsInf(s.Hi, 1) {
		return false
	}
	if !t.follows(m) {
		return true
	}
	return t.count(m) == t.now.Value && finite(m.sum) && finite(t.sum) && m.sum != t.sum
}

// follows reports whether the reading can be a later one of what was read in m. Observations are taken to be negative
// only where a sum is.
func (t *turn) follows(m *point) bool {
	if t.sumFell(m) {
		return false
	}
	switch {
	case m.native != nil && t.nat != nil:
		return layout.JudgeNative(&layout.Native{}, m.native, t.nat, false) != layout.Reset
	case m.layout != nil && m.layout == t.h.layout && t.counts != nil:
		return fallen(m.buckets, t.counts) == 0
	}
	return true
}

// sumFell reports whether the sum is less than it was, though nothing shows that an observation is negative.
func (t *turn) sumFell(p *point) bool { return t.sum >= 0 && t.sum < p.sum }

// unmarked returns a copy of p that remembers nothing but its reading.
func (p *point) unmarked() *point {
	x := *p
	x.Memory, x.mark = judge.Memory{Gapped: p.Gapped}, nil
	return &x
}
