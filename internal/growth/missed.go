package growth

import (
	"math"

	"github.com/promfold/promfold/internal/judge"
)

// A view may begin to follow what is there and cannot be read: a counter that is NaN, a histogram whose counts fall with
// le. The first reading of that is no birth: how much of it was counted before the view is not known.

// missed reports whether p is of an object that was there and was never read.
func (p *point) missed() bool { return p != nil && p.Last.Time == 0 }

// miss remembers of the objects that begin with what the instance exposed last which of them cannot be read there.
func (st *State) miss(p *Plan, exposed KnownBody) {
	for i := range p.objects {
		if object := uint32(i); st.held[object] == nil && !p.readable(&p.objects[i], exposed) {
			st.hold(object, &point{Series: judge.Series{Memory: judge.Memory{Gapped: true}}, sum: math.NaN()})
		}
	}
}

// readable reports whether a body has a count of an object.
func (p *Plan) readable(o *object, b KnownBody) bool {
	switch o.kind {
	case Counter:
		return judge.Countable(b.Value(int(o.line)))
	case Histogram:
		return p.readableHist(o, b)
	}
	return true
}

func (p *Plan) readableHist(o *object, b KnownBody) bool {
	h := &p.hists[o.hist]
	if o.double != 0 && p.contradicts(o, func(pos uint32) float64 { return b.Value(int(pos)) }) {
		return false
	}
	switch h.form {
	case native:
		return b.Native(int(h.native)) != nil
	case classic:
		counts := make([]float64, 0, h.to-h.from)
		for _, pos := range p.buckets[h.from:h.to] {
			counts = append(counts, b.Value(int(pos)))
		}
		return h.layout.Check(counts) == nil
	}
	return false
}
