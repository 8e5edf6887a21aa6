package exact

import "slices"

// Vector is a row of sums, 8 bytes each while all are integers. The zero value has length 0.
type Vector struct {
	n []int64
	w []*wide // nil while all are integers, else as long as n
}

// Len is the number of sums.
func (v *Vector) Len() int { return len(v.n) }

// Grow lengthens v to n sums at least; the new ones are 0.
func (v *Vector) Grow(n int) {
	if n <= len(v.n) {
		return
	}
	v.n = append(v.n, make([]int64, n-len(v.n))...)
	if v.w != nil {
		v.growWide()
	}
}

func (v *Vector) growWide() {
	if len(v.w) < len(v.n) {
		v.w = append(v.w, make([]*wide, len(v.n)-len(v.w))...)
	}
}

// Room makes v an empty vector that grows in the storage of n.
func (v *Vector) Room(n []int64) { *v = Vector{n: n[:0]} }

// Add adds x to sum i.
func (v *Vector) Add(i int, x float64) {
	k := int64(x)
	if n := v.n[i] + k; float64(k) == x && n <= small && n >= -small {
		v.n[i] = n
		return
	}
	s := v.get(i)
	s.Add(x)
	v.put(i, s)
}

// AddAll adds to each sum one of xs, of which there are not more than sums.
func (v *Vector) AddAll(xs []float64) {
	sums := v.n[:len(xs)]
	for i, x := range xs {
		k := int64(x)
		if n := sums[i] + k; float64(k) == x && n <= small && n >= -small {
			sums[i] = n
			continue
		}
		v.Add(i, x)
	}
}

// AddRising adds to each sum one of xs, of which there are not more than sums. It returns false, and does nothing, if one
// is less than the one before it, or than 0, or a sum would be great.
func (v *Vector) AddRising(xs []int64) bool {
	sums := v.n[:len(xs)]
	before, seen := int64(0), int64(0)
	for i, x := range xs {
		if x < before {
			subtract(sums, xs[:i])
			return false
		}
		sums[i] += x
		seen |= sums[i]
		before = x
	}
	if uint64(seen) >= small || before >= small {
		subtract(sums, xs)
		return false
	}
	return true
}

func subtract(sums, xs []int64) {
	for i, x := range xs {
		sums[i] -= x
	}
}

// AddInt adds x to sum i.
func (v *Vector) AddInt(i int, x int64) {
	if n := v.n[i] + x; n <= small && n >= -small {
		v.n[i] = n
		return
	}
	s := v.get(i)
	s.AddInt(x)
	v.put(i, s)
}

// AddDiff adds c−p, exactly, to sum i.
func (v *Vector) AddDiff(i int, c, p float64) {
	if d := c - p; d >= 0 && c <= p+p { // as in Sum.AddDiff
		v.Add(i, d)
		return
	}
	s := v.get(i)
	s.addDiff(c, p)
	v.put(i, s)
}

// AddSum adds o to sum i.
func (v *Vector) AddSum(i int, o *Sum) {
	s := v.get(i)
	s.Merge(o)
	v.put(i, s)
}

// get is sum i; it shares the storage of v, to which put returns it.
func (v *Vector) get(i int) Sum {
	s := Sum{n: v.n[i]}
	if v.w != nil {
		s.w = v.w[i]
	}
	return s
}

func (v *Vector) put(i int, s Sum) {
	v.n[i] = s.n
	if s.w == nil {
		return
	}
	v.growWide()
	v.w[i] = s.w
}

// Merge adds o to v element by element; v grows to o's length. v.Merge(v) doubles v.
func (v *Vector) Merge(o *Vector) {
	v.Grow(len(o.n))
	for i := range o.n {
		s, x := v.get(i), o.get(i)
		s.Merge(&x)
		v.put(i, s)
	}
}

// Set makes v a copy of o in canonical form, in the storage v already has.
func (v *Vector) Set(o *Vector) {
	if v == o {
		return
	}
	v.n = append(v.n[:0], o.n...)
	if v.w == nil && o.w == nil {
		return
	}
	if len(v.w) > len(v.n) {
		clear(v.w[len(v.n):])
		v.w = v.w[:len(v.n)]
	}
	v.growWide()
	for i := range o.n {
		s, x := v.get(i), o.get(i)
		s.Set(&x)
		v.put(i, s)
	}
}

// Reset makes every sum 0 and keeps the storage.
func (v *Vector) Reset() {
	clear(v.n)
	for _, w := range v.w {
		w.clear()
	}
}

// SumDiff adds v[i] − o[i] to dst. What a vector does not have is 0; o may be nil.
func (v *Vector) SumDiff(dst *Sum, i int, o *Vector) {
	if i < len(v.n) {
		s := v.get(i)
		dst.Merge(&s)
	}
	if o != nil && i < len(o.n) {
		s := o.get(i)
		dst.Sub(&s)
	}
}

// AppendDiff appends v[i] − o[i], each rounded once, for i from from to before
// end, all of which v has. What o does not have is 0.
func (v *Vector) AppendDiff(dst []float64, from, end int, o *Vector) []float64 {
	if v.w == nil && o.w == nil {
		ns := v.n[from:end]
		old := o.n[min(from, len(o.n)):min(end, len(o.n))]
		dst = slices.Grow(dst, len(ns))
		to := dst[len(dst) : len(dst)+len(ns)]
		both, diffs := ns[:len(old)], to[:len(old)] // as long as old, so that no bound is checked
		for i, n := range old {
			diffs[i] = float64(both[i] - n)
		}
		for i := len(old); i < len(ns); i++ {
			to[i] = float64(ns[i])
		}
		return dst[:len(dst)+len(ns)]
	}
	for i := from; i < end; i++ {
		s, x := v.get(i), Sum{}
		if i < len(o.n) {
			x = o.get(i)
		}
		if s.w == nil && x.w == nil { // all but the sums of observations
			dst = append(dst, float64(s.n-x.n))
		} else {
			dst = append(dst, s.less(&x))
		}
	}
	return dst
}

// Fill makes v so many integers, which the caller sets.
func (v *Vector) Fill(n int) []int64 {
	v.n, v.w = slices.Grow(v.n[:0], n)[:n], nil
	return v.n
}

// Integers are the sums, where all of them are integers. They are not to be
// changed, and change with v.
func (v *Vector) Integers() (sums []int64, ok bool) { return v.n, v.w == nil }

// Float64 is sum i rounded once; 0 beyond the end.
func (v *Vector) Float64(i int) float64 {
	if i >= len(v.n) {
		return 0
	}
	s := v.get(i)
	return s.Float64()
}

// Bytes is the memory v holds outside itself.
func (v *Vector) Bytes() int {
	b := 8*cap(v.n) + 8*cap(v.w)
	for _, w := range v.w {
		b += w.bytes()
	}
	return b
}
