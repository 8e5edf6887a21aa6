package layout

import (
	"math"
	"slices"

	"github.com/promfold/promfold/internal/exact"
)

// Distribution is a multiset of observations known by the buckets they fell into, and by the quantiles of summaries.
// The zero value is empty, ready to use, and the identity of Merge.
//
// Adding and merging never reconcile layouts. Questions do, and change nothing: order, grouping and sharding of what
// was added show in no answer. Neither Add and Merge nor questions allocate once a Distribution has seen the layouts;
// Reset keeps its storage. Questions use storage of the Distribution, so two of them must not be asked at once.
//
// A Distribution must not be copied by assignment while both copies are used.
type Distribution struct {
	value      multiset  // the counts
	less, more multiset  // by how much each true count may be below and above
	summaries  []Summary // in order; none without observations
	sum        exact.Sum
	noSum      bool // a sum was missing or not finite
	torn       bool // counts in value may fall with the bound

	model *model // what questions need, made when the first is asked
	built bool   // model is of what d holds
}

// Reset empties d and keeps its storage.
func (d *Distribution) Reset() {
	d.value.reset()
	d.less.reset()
	d.more.reset()
	d.summaries = d.summaries[:0]
	d.sum.Reset()
	d.noSum, d.torn, d.built = false, false, false
}

// Add adds the observations of a classic histogram: cumulative counts by the buckets of l, the last of them all, and
// their sum, NaN if it is unknown. Counts that cannot be a histogram are an error and change nothing. Counts need not
// be integers. Add keeps l, and no reference to counts.
func (d *Distribution) Add(l *Layout, counts []float64, sum float64) error {
	if err := l.Check(counts); err != nil {
		return err
	}
	d.built = false
	d.AddSum(sum)
	d.value.add(l, counts)
	return nil
}

// AddBetween adds the observations of a classic histogram of which bounds are known: in each bucket by itself there are
// at least as many as in lo and at most as many as in hi. All three are cumulative. With a nil lo nothing is certain.
// With a nil hi, or one that ends in +Inf, there may be any number of further observations anywhere. Estimates are of
// value, whose sum is sum. A bucket whose value is not between the two, but for rounding, is an error and changes
// nothing.
func (d *Distribution) AddBetween(l *Layout, lo, value, hi []float64, sum float64) error {
	if hi != nil && math.IsInf(hi[len(hi)-1], 1) {
		hi = nil
	}
	if err := l.Check(value); err != nil {
		return err
	}
	if lo != nil {
		if err := l.checkRoom(lo, value); err != nil {
			return err
		}
	}
	if hi != nil {
		if err := l.checkRoom(value, hi); err != nil {
			return err
		}
	}
	d.built = false
	d.AddSum(sum)
	d.value.add(l, value)
	d.less.addRoom(l, lo, value)
	if hi == nil {
		d.AddUnknown(math.Inf(1), l.signed)
	} else {
		d.more.addRoom(l, value, hi)
	}
	return nil
}

// AddIncrease adds what cumulative counts grew by between two readings, from p, nil if from 0, to c. The last count must
// not fall. If another one does so, or falls with the bound, a reading was torn. Then c may as well be all new, and
// bounds hold that, too. Counts that are no numbers are an error and change nothing.
func (d *Distribution) AddIncrease(l *Layout, p, c []float64, sum float64) error {
	if p == nil {
		p = make([]float64, len(c))
	}
	if err := l.Check(p); err != nil {
		return err
	}
	if err := l.checkNumbers(p, c); err != nil {
		return err
	}
	d.built = false
	d.AddSum(sum)
	if slices.Equal(p, c) {
		return nil
	}
	counts := &d.value.class(l).counts
	for i := range c {
		counts.AddDiff(i, c[i], p[i])
	}
	if bucketFell(p, c) {
		d.torn = true
		d.more.add(l, p)
	}
	return nil
}

// AddUnknown allows n further observations anywhere; +Inf stands for any number. Unless signed they are not negative.
// Estimates do not change.
func (d *Distribution) AddUnknown(n float64, signed bool) {
	if n > 0 {
		d.built = false
		d.more.class(anywhere(signed)).counts.Add(0, n)
	}
}

// AddDoubt allows that up to n of the observations in cumulative counts that were added are none, whichever they are.
// Estimates do not change.
func (d *Distribution) AddDoubt(l *Layout, counts []float64, n float64) {
	d.built = false
	sure, total := make([]float64, len(counts)), 0.0
	for i := range counts {
		total += max(0, own(counts, i)-n)
		sure[i] = total
	}
	d.less.addRoom(l, sure, counts)
}

// AddSum adds to the sum alone. A sum that is NaN or infinite makes that of d unknown.
func (d *Distribution) AddSum(sum float64) {
	if sum-sum != 0 {
		d.noSum = true
		return
	}
	d.sum.Add(sum)
}

// Observe adds one observation.
func (d *Distribution) Observe(l *Layout, x float64) {
	d.built = false
	d.AddSum(x)
	counts := &d.value.class(l).counts
	for i := l.bucket(x); i < l.Len(); i++ {
		counts.AddInt(i, 1)
	}
}

// AddNative adds the observations of a native histogram. One that cannot be is an error and changes nothing. With
// custom buckets they join the classic ones of the same layout. AddNative keeps no reference to n but Custom.
//
// Observations of NaN count as greater than all others. So they do in classic histograms, where only +Inf counts them.
//
// A histogram exposed with native and with classic buckets is one histogram: add one of them.
func (d *Distribution) AddNative(n *Native) error {
	outside, err := n.check()
	if err != nil {
		return err
	}
	d.built = false
	d.AddSum(n.Sum)
	d.addNative(n, outside)
	return nil
}

func (d *Distribution) addNative(n *Native, outside float64) {
	switch {
	case n.Count == 0:
	case n.Custom != nil:
		d.value.add(n.Custom, n.cumulative(outside))
	default:
		d.value.nativeClass(n.Schema, n.ZeroThreshold+0).add(n, outside)
	}
}

// AddNativeBetween is AddBetween for native histograms in equal buckets; the sums of lo and hi do not matter. Further
// observations may be negative with a nil hi, unless n has custom buckets whose layout excludes that.
func (d *Distribution) AddNativeBetween(lo, value, hi *Native) error {
	var outside [3]float64
	for i, n := range [...]*Native{lo, value, hi} {
		if n == nil && i != 1 {
			continue
		}
		var err error
		if outside[i], err = n.check(); err != nil {
			return err
		}
	}
	if lo != nil && !lo.atMost(value, outside[0], outside[1]) || hi != nil && !value.atMost(hi, outside[1], outside[2]) {
		return errNotBetween
	}
	if value.Custom != nil {
		cumulative := func(n *Native, outside float64) []float64 {
			if n == nil {
				return nil
			}
			return n.cumulative(outside)
		}
		return d.AddBetween(value.Custom, cumulative(lo, outside[0]), cumulative(value, outside[1]), cumulative(hi, outside[2]), value.Sum)
	}
	d.built = false
	d.AddSum(value.Sum)
	d.addNative(value, outside[1])
	if lo == nil {
		lo = &Native{}
	}
	d.less.addNativeDiff(value, lo, outside[1], outside[0])
	if hi == nil {
		d.AddUnknown(math.Inf(1), true)
	} else {
		d.more.addNativeDiff(hi, value, outside[2], outside[1])
	}
	return nil
}

// AddSummary adds the observations of a summary. One that cannot be is an error and changes nothing. AddSummary keeps
// no reference to s.
func (d *Distribution) AddSummary(s *Summary) error {
	if err := s.check(); err != nil {
		return err
	}
	d.built = false
	d.AddSum(s.Sum)
	d.insert(s.known())
	return nil
}

func (d *Distribution) insert(s Summary) {
	if s.Count > 0 {
		i, _ := slices.BinarySearchFunc(d.summaries, s, compareSummaries)
		d.summaries = slices.Insert(d.summaries, i, s)
	}
}

// Merge adds what o holds to d and leaves o as it is. d.Merge(d) doubles d.
func (d *Distribution) Merge(o *Distribution) {
	d.built = false
	d.value.merge(&o.value)
	d.less.merge(&o.less)
	d.more.merge(&o.more)
	for _, s := range slices.Clone(o.summaries) { // known summaries are never written to, so they can be shared
		d.insert(s)
	}
	d.sum.Merge(&o.sum)
	d.noSum, d.torn = d.noSum || o.noSum, d.torn || o.torn
}
