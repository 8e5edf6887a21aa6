package gauge

import (
	"cmp"
	"math"
	"slices"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/roster"
)

// ranging gathers intervals. Where no member is certain there was a value or none.
type ranging struct {
	r             Range
	end           int64             // of the window
	last          promfold.Estimate // the latest mean
	mean, lo, hi  exact.Sum         // the bounds are of the time in which there surely was a value
	sure          int64             // that time
	maybe         []maybe           // other times
	open, openLow bool              // the mean has no upper bound, or no lower one
	ok, met       bool              // there was a value, and surely
}

// maybe is a time in which there may have been a value, with the bounds of its mean.
type maybe struct {
	span   int64
	lo, hi float64
}

// newRanging gathers what lies in a window that ends at a time.
func newRanging(end int64) ranging {
	inf := math.Inf(1)
	return ranging{end: end, r: Range{Max: promfold.Estimate{Value: -inf, Lo: -inf, Hi: -inf}, Min: promfold.Estimate{Value: inf, Lo: inf, Hi: inf}}}
}

// add adds what the members make in an interval.
func (x *ranging) add(c Combine, v *variants, from, to int64) {
	made, counts, sure, ok := v.made(c)
	if !ok {
		return
	}
	low, high, mean := made[lowest], made[highest], made[meanOf]
	x.r.Max.Hi, x.r.Min.Lo = max(x.r.Max.Hi, high.Hi), min(x.r.Min.Lo, low.Lo)
	lo, hi := made[meanLeast].Lo, made[meanMost].Hi
	if c == Max || c == Min { // an extreme of means is not the mean of an extreme
		lo, hi = low.Lo, high.Hi
	}
	span := min(to, x.end) - from // 0 of the last moment of the window
	if counts {
		if !x.ok {
			x.ok, x.r.From = true, from
		}
		x.last = promfold.Estimate{Value: mean.Value, Lo: lo, Hi: hi}
		x.r.Max.Value, x.r.Min.Value = max(x.r.Max.Value, high.Value), min(x.r.Min.Value, low.Value)
		x.r.To, x.r.Covers = to-1, x.r.Covers+span
		x.mean.AddTimes(mean.Value, span)
	}
	if !sure {
		x.maybe = append(x.maybe, maybe{span, lo, hi})
		return
	}
	x.met, x.sure = true, x.sure+span
	x.r.Max.Lo, x.r.Min.Hi = max(x.r.Max.Lo, low.Lo), min(x.r.Min.Hi, high.Hi)
	addFinite(&x.lo, lo, span, &x.openLow)
	addFinite(&x.hi, hi, span, &x.open)
}

// made returns what the members make together, whether some are in the value, and whether some are there for certain;
// false if there are none, or +Inf and −Inf. Where all are in doubt, it is what they make if they are there.
func (v *variants) made(c Combine) (made [len(variants{})]promfold.Estimate, counts, sure, ok bool) {
	for i := range v[0].List {
		counts = counts || v[0].List[i].Standing.Counts()
		sure = sure || v[0].List[i].Standing == roster.Present
	}
	for i := range v {
		if !counts {
			for j := range v[i].List {
				v[i].List[j].Standing = roster.Likely
			}
		}
		if made[i], _, ok = v[i].Combined(c); !ok {
			break
		}
	}
	return made, counts, sure, ok
}

func addFinite(sum *exact.Sum, v float64, span int64, open *bool) {
	if math.IsInf(v, 0) || math.IsNaN(v) {
		*open = true
		return
	}
	sum.AddTimes(v, span)
}

func (x *ranging) result() (Range, bool) {
	if !x.ok {
		return Range{}, false
	}
	if !x.met {
		x.r.Max.Lo, x.r.Min.Hi = x.r.Min.Lo, x.r.Max.Hi
	}
	if x.r.Mean = x.last; x.r.Covers > 0 {
		x.r.Mean = promfold.Estimate{Value: over(&x.mean, x.r.Covers), Lo: x.leastMean(), Hi: x.mostMean()}
	}
	if math.IsNaN(x.r.Mean.Value) { // it was +Inf, and −Inf at another time
		x.r.Mean = promfold.Estimate{Lo: math.Inf(-1), Hi: math.Inf(1)}
	}
	x.r.Mean.Lo, x.r.Mean.Hi = min(x.r.Mean.Lo, x.r.Mean.Value), max(x.r.Mean.Hi, x.r.Mean.Value)
	return x.r, true
}

// over returns an area divided by a time.
func over(s *exact.Sum, ms int64) float64 {
	if s.Great() {
		return s.Quo(float64(ms))
	}
	return s.Float64() / float64(ms)
}

// leastMean returns the least that the mean may be, with any of the times in which there may have been a value.
func (x *ranging) leastMean() float64 {
	if x.openLow {
		return math.Inf(-1)
	}
	least, spans := math.Inf(1), x.sure
	if spans > 0 {
		least = over(&x.lo, spans)
	}
	slices.SortFunc(x.maybe, func(a, b maybe) int { return cmp.Compare(a.lo, b.lo) })
	for _, m := range x.maybe {
		if !(m.lo < least) || m.span == 0 {
			continue
		}
		if math.IsInf(m.lo, -1) {
			return m.lo
		}
		x.lo.AddTimes(m.lo, m.span)
		spans += m.span
		least = over(&x.lo, spans)
	}
	return least
}

// mostMean is the other side of leastMean.
func (x *ranging) mostMean() float64 {
	y := ranging{sure: x.sure, openLow: x.open}
	y.lo.Sub(&x.hi)
	for _, m := range x.maybe {
		y.maybe = append(y.maybe, maybe{span: m.span, lo: -m.hi})
	}
	return -y.leastMean()
}
