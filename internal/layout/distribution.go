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
	value     multiset  // the counts
	loose     bool      // the true counts may be others: hi has the greatest of each bucket
	doubted   bool      // and they may be less: lo has the least
	lo, hi    multiset  // else they are those in value
	torn      bool      // counts may fall with the bound
	summaries []Summary // in order, each with observations
	sum       exact.Sum
	noSum     bool // a sum was missing or not finite

	model *model // what questions need, made when the first is asked
	built bool   // model is of what d holds
}

// Reset empties d and keeps its storage.
func (d *Distribution) Reset() {
	d.value.reset()
	d.summaries = d.summaries[:0]
	d.sum.Reset()
	d.loose, d.doubted, d.torn, d.noSum, d.built = false, false, false, false, false
}

// loosen makes room for true counts that are more than those in value.
func (d *Distribution) loosen() {
	if !d.loose {
		d.loose = true
		d.hi.set(&d.value)
	}
}

// lower makes room for true counts that are others than those in value.
func (d *Distribution) lower() {
	if d.loosen(); !d.doubted {
		d.doubted = true
		d.lo.set(&d.value)
	}
}

// counts returns all that counts are added to where they are the true ones.
func (d *Distribution) counts() []*multiset {
	all := [...]*multiset{&d.value, &d.hi, &d.lo}
	switch {
	case d.doubted:
		return all[:]
	case d.loose:
		return all[:2]
	}
	return all[:1]
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
	for _, m := range d.counts() {
		m.add(l, counts)
	}
	return nil
}

// AddWhole is Add of integers, without their sum; false if they cannot be a histogram, or are too many.
func (d *Distribution) AddWhole(l *Layout, counts []int64) bool {
	last := len(l.bounds) - 1
	switch {
	case d.loose || len(counts) != last+1 || counts[last] > maxInteger || counts[last] < 0:
		return false
	case counts[last] > 0:
		d.built = false
		return d.value.class(l).counts.AddRising(counts)
	}
	for _, n := range counts {
		if n != 0 {
			return false
		}
	}
	return true
}

// AddBetween adds the observations of a classic histogram of which bounds are known: in each bucket by itself there are
// at least as many as in lo and at most as many as in hi. All three are cumulative. With a nil lo nothing is certain.
// With a nil hi, or one that ends in +Inf, there may be any number of further observations anywhere. Estimates are of
// value, whose sum is sum. A bucket whose value is not between the two, but for rounding, is an error and changes
// nothing.
func (d *Distribution) AddBetween(l *Layout, lo, value, hi []float64, sum float64) error {
	if slices.Equal(lo, value) && slices.Equal(value, hi) {
		return d.Add(l, value, sum)
	}
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
	d.lower()
	d.built = false
	d.AddSum(sum)
	d.value.add(l, value)
	if lo != nil {
		d.lo.add(l, lo)
	}
	if hi != nil {
		d.hi.add(l, hi)
	} else {
		d.hi.add(l, value)
		d.AddUnknown(math.Inf(1), l.signed)
	}
	return nil
}

// AddIncrease adds what cumulative counts grew by between two readings, from p, nil if from 0, to c. The last count must
// not fall. If another one does so, or falls with the bound, a reading was torn. Then c may as well be all new, and
// bounds hold that, too. Counts that are no numbers are an error and change nothing.
func (d *Distribution) AddIncrease(l *Layout, p, c []float64, sum float64) error {
	if p == nil {
		if d.Add(l, c, sum) == nil { // nearly always, and much cheaper
			return nil
		}
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
	if !bucketFell(p, c) {
		for _, m := range d.counts() {
			m.addDiff(l, p, c)
		}
		return nil
	}
	d.loosen()
	d.torn = true
	d.value.addDiff(l, p, c)
	if d.doubted {
		d.lo.addDiff(l, p, c)
	}
	d.hi.class(l).counts.AddAll(c)
	return nil
}

// AddTorn adds counts of which a reading was torn. In each bucket by itself the truth lies between the least and the
// greatest of the three lists, of which a and b may be torn, too. Estimates are of the running maximum of counts.
func (d *Distribution) AddTorn(l *Layout, counts, a, b []float64, sum float64) {
	lo, value, hi := hull(counts, a, b)
	if d.AddBetween(l, lo, value, hi, sum) != nil { // a count that is no number
		d.AddUnknown(value[len(value)-1], l.signed)
	}
}

// AddUnknown raises the bounds: there may be n further observations, in whichever buckets; +Inf stands for any number.
// They are not negative unless signed. Estimates do not change.
func (d *Distribution) AddUnknown(n float64, signed bool) {
	if n > 0 {
		d.loosen()
		d.built = false
		d.hi.class(anywhere(signed)).counts.Add(0, n)
	}
}

// AddDoubt lowers the bounds of cumulative counts that were added before: up to n of their observations, in whichever
// buckets, may not have happened. Estimates do not change.
func (d *Distribution) AddDoubt(l *Layout, counts []float64, n float64) {
	d.lower()
	d.built = false
	var room [64]float64
	less, total := room[:0], 0.0
	for i := range counts {
		if x := own(counts, i); x > n {
			total += n
		} else if x > 0 {
			total += x
		}
		less = append(less, -total)
	}
	d.lo.class(l).counts.AddAll(less)
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
	for _, m := range d.counts() {
		counts := &m.class(l).counts
		for i := l.bucket(x); i < l.Len(); i++ {
			counts.AddInt(i, 1)
		}
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
	for _, m := range d.counts() {
		m.addNative(n, outside)
	}
	return nil
}

// AddNativeBetween is AddBetween for native histograms in equal buckets; the sums of lo and hi do not matter. With a nil
// hi further observations may be negative, unless the custom buckets of value exclude that.
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
	if lo != nil && hi != nil && hi.atMost(lo, outside[2], outside[0]) {
		return d.AddNative(value)
	}
	d.lower()
	d.built = false
	d.AddSum(value.Sum)
	d.value.addNative(value, outside[1])
	if lo != nil {
		d.lo.addNative(lo, outside[0])
	}
	if hi != nil {
		d.hi.addNative(hi, outside[2])
	} else {
		d.hi.addNative(value, outside[1])
		d.AddUnknown(math.Inf(1), value.Custom == nil || value.Custom.signed)
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
	lo, hi := &o.value, &o.value
	if o.loose {
		d.loosen()
		hi = &o.hi
	}
	if o.doubted {
		d.lower()
		lo = &o.lo
	}
	d.value.merge(&o.value)
	if d.loose {
		d.hi.merge(hi)
	}
	if d.doubted {
		d.lo.merge(lo)
	}
	for _, s := range slices.Clone(o.summaries) { // known summaries are never written to, so they can be shared
		d.insert(s)
	}
	d.sum.Merge(&o.sum)
	d.noSum, d.torn = d.noSum || o.noSum, d.torn || o.torn
}
