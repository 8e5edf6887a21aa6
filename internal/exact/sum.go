package exact

import "cmp"

// small bounds n: |n| ≤ small. It leaves room for n plus or minus any other n, and for telling a wrapped int64 sum.
const small = 1 << 61

// Sum is the exact sum of any number of float64s and integers. The zero value is 0, ready to use, and the identity
// of Merge.
//
// Adding +Inf or −Inf makes the sum infinite for good, adding both or a NaN makes it NaN for good: what is left of
// the finite part is forgotten. So does a finite sum whose magnitude reaches 2^1229, beyond anything a float64 can
// show.
//
// A Sum must not be copied by assignment while both copies are used; Set copies.
type Sum struct {
	n int64
	w *wide
}

// Add adds x.
func (s *Sum) Add(x float64) {
	// In range for int64 or not, the conversion yields some int64; the comparison tells whether it was x.
	// The sum of an |n| ≤ 2^61 and any int64 never wraps into the accepted range.
	if n := s.n + int64(x); float64(int64(x)) == x && uint64(n+small) <= 2*small {
		s.n = n
		return
	}
	s.wide().add(x)
}

// AddAll adds every x of xs, integers at the speed of an addition.
func (s *Sum) AddAll(xs []float64) {
	n := s.n
	for _, x := range xs {
		if m := n + int64(x); float64(int64(x)) == x && uint64(m+small) <= 2*small {
			n = m
			continue
		}
		s.wide().add(x)
	}
	s.n = n
}

// AddInt adds i.
func (s *Sum) AddInt(i int64) {
	if n := s.n + i; n <= small && n >= -small {
		s.n = n
		return
	}
	w := s.wide()
	w.addInt(s.n)
	w.addInt(i)
	s.n = 0
}

// AddDiff adds c−p without rounding it.
func (s *Sum) AddDiff(c, p float64) {
	// Growth by less than the whole is exact as it is (Sterbenz' lemma).
	if d := c - p; d >= 0 && c <= p+p {
		if n := s.n + int64(d); float64(int64(d)) == d && uint64(n+small) <= 2*small {
			s.n = n
			return
		}
		s.wide().add(d)
		return
	}
	s.addDiff(c, p)
}

func (s *Sum) addDiff(c, p float64) {
	// Neither negative nor above 2^62, so that i−j cannot wrap.
	i, j := int64(c), int64(p)
	if n := s.n + (i - j); uint64(i|j) < 1<<62 && float64(i) == c && float64(j) == p && uint64(n+small) <= 2*small {
		s.n = n
		return
	}
	d, err := TwoDiff(c, p)
	if err-err != 0 { // overflowed, or not finite to begin with
		s.Add(c)
		s.Add(-p)
		return
	}
	s.Add(d)
	s.Add(err)
}

// AddUintDiff adds c−p, exact for counters that their source keeps in 64 bits and a float64 would round above 2^53.
func (s *Sum) AddUintDiff(c, p uint64) {
	if d := c - p; c >= p && d <= small {
		s.AddInt(int64(d))
	} else if d := p - c; p >= c && d <= small {
		s.AddInt(-int64(d))
	} else {
		w := s.wide()
		w.addUint(c, unit, 0)
		w.addUint(p, unit, -1)
	}
}

// TwoDiff returns c−p rounded, and the error of that rounding: d + err is c−p exactly unless d overflows
// (Knuth, The Art of Computer Programming 2, 4.2.2, theorem B).
func TwoDiff(c, p float64) (d, err float64) {
	d = c - p
	b := c - d // what was taken off c
	return d, (b - p) + (c - (d + b))
}

func (s *Sum) wide() *wide {
	if s.w == nil {
		s.w = new(wide)
	}
	return s.w
}

// Merge adds o to s. s.Merge(s) doubles s.
func (s *Sum) Merge(o *Sum) {
	if !o.w.isZero() {
		s.wide().merge(o.w, false)
	}
	s.AddInt(o.n)
}

// Sub takes o off s. s.Sub(s) leaves 0 where s was finite.
func (s *Sum) Sub(o *Sum) {
	if !o.w.isZero() {
		s.wide().merge(o.w, true)
	}
	s.AddInt(-o.n)
}

// Set makes s a copy of o in canonical form, in the storage s already has: on a warm value it allocates nothing.
func (s *Sum) Set(o *Sum) {
	if s == o {
		s.Compact()
		return
	}
	s.n = o.n
	switch {
	case o.w.isZero():
		s.w.clear()
	default:
		s.wide().set(o.w)
		s.Compact()
	}
}

// Reset makes s 0 and keeps its storage.
func (s *Sum) Reset() {
	s.n = 0
	s.w.clear()
}

// Compact brings s to canonical form: an integer up to 2^61 in 8 bytes, anything else in the fewest limbs.
// The value is unchanged. Compact is for sums that are kept; all methods work on any form.
func (s *Sum) Compact() {
	if s.w.isZero() {
		return
	}
	s.w.addInt(s.n)
	s.n = 0
	s.w.compact()
	if n, ok := s.w.int(); ok {
		s.n = n
		s.w.clear()
	}
}

// Float64 is the value, rounded once to the nearest float64, ties to even: it is monotone in the exact value.
func (s *Sum) Float64() float64 {
	if s.w.isZero() {
		return float64(s.n)
	}
	return s.round()
}

// less returns s − o, rounded once.
func (s *Sum) less(o *Sum) float64 {
	if s.w.isZero() && o.w.isZero() {
		return float64(s.n - o.n)
	}
	var d dense
	if special := d.put(s, 0).add(d.put(o, -1).negate()); special != finite {
		return special.float64()
	}
	from, to := s.span()
	low, high := o.span()
	from, to = min(from, low), max(to, high)
	if special := d.carry(from, to); special != finite {
		return special.float64()
	}
	return d.float64(from, to)
}

func (s *Sum) round() float64 {
	var d dense
	if special := d.load(s); special != finite {
		return special.float64()
	}
	return d.float64(s.span())
}

// span returns between which limbs s is, before carrying.
func (s *Sum) span() (from, to int) {
	from, to = unit/limbBits, unit/limbBits+3
	if s.w.isZero() {
		return from, to
	}
	return min(from, int(s.w.low)), max(to, int(s.w.low)+len(s.w.limbs))
}

// Int64 is the value if it is an integer of magnitude up to 2^61.
func (s *Sum) Int64() (int64, bool) {
	if s.w.isZero() {
		return s.n, true
	}
	var d dense
	if d.load(s) != finite {
		return 0, false
	}
	return d.int()
}

// Untouched reports whether nothing was added; false says nothing.
func (s *Sum) Untouched() bool { return s.n == 0 && s.w == nil }

// Sign is −1, 0 or +1; that of NaN is 0.
func (s *Sum) Sign() int {
	if s.w.isZero() {
		return cmp.Compare(s.n, 0)
	}
	var d dense
	if special := d.load(s); special != finite {
		return special.sign()
	}
	return d.sign()
}

// Cmp compares exact values: −1 if s < o, 0 if equal, +1 if s > o. NaN equals NaN and is less than all else, as in
// the standard library's cmp.Compare.
func (s *Sum) Cmp(o *Sum) int {
	if s.w.isZero() && o.w.isZero() {
		return cmp.Compare(s.n, o.n)
	}
	var a, b dense
	if sa, sb := a.load(s), b.load(o); sa != finite || sb != finite {
		return cmp.Compare(sa.float64(), sb.float64())
	}
	for k := len(a) - 1; k >= 0; k-- { // the top limb is signed, all others are not: the order is lexicographic
		if c := cmp.Compare(a[k], b[k]); c != 0 {
			return c
		}
	}
	return 0
}

// Bytes is the memory s holds outside itself.
func (s *Sum) Bytes() int { return s.w.bytes() }
