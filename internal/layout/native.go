package layout

import (
	"fmt"
	"math"
	"slices"
)

// The schemas of exponential buckets: schema s has 2^s buckets between neighbouring powers of two.
const (
	MinSchema = -4
	MaxSchema = 8
)

// maxIndex is beyond the buckets of all numbers in all schemas.
const maxIndex = 1 << 19

// Bucket is one bucket of a native histogram and its own count, not a cumulative one.
type Bucket struct {
	Index int32
	Count float64
}

// Native is a native histogram: exponential buckets, or custom ones if Custom is not nil.
//
// Positive bucket i holds (b(i−1), b(i)] with b(i) = 2^(i·2^−Schema), negative bucket i holds [−b(i), −b(i−1)), the
// zero bucket [−ZeroThreshold, ZeroThreshold]. What of an exponential bucket lies in the zero bucket is empty.
// With Custom, Positive[i].Index is a bucket of that layout and there are no others.
//
// Counts may be integers, as exposed, or not, as a rate of them. Observations of NaN are in Count and in no bucket.
type Native struct {
	Schema        int32
	ZeroThreshold float64
	ZeroCount     float64
	Positive      []Bucket // by increasing index; those missing are empty
	Negative      []Bucket
	Custom        *Layout

	Count float64
	Sum   float64 // NaN if not known
}

// NativeError tells what keeps a native histogram from being one.
type NativeError struct{ Problem string }

func (e *NativeError) Error() string { return "histogram: native histogram " + e.Problem }

// bound is b(index) of a schema.
func bound(index, schema int32) float64 {
	if schema <= 0 {
		return lastButInfinite(math.Ldexp(1, int(index)<<-schema), int(index)<<-schema)
	}
	whole, part := int(index)>>schema, index&(1<<schema-1)
	if part == 0 {
		return lastButInfinite(math.Ldexp(1, whole), whole)
	}
	return math.Ldexp(roots[part<<(MaxSchema-schema)], whole)
}

// lastButInfinite is b, or the greatest number where b is 2^1024: the bucket above it is for +Inf alone.
func lastButInfinite(b float64, exponent int) float64 {
	if exponent == 1024 {
		return math.MaxFloat64
	}
	return b
}

// Validate tells what keeps n from being a native histogram, as a [*NativeError]; nil if nothing does.
func (n *Native) Validate() error {
	_, err := n.check()
	return err
}

// check returns the number of observations outside all buckets.
func (n *Native) check() (outside float64, err error) {
	switch {
	case n.Custom == nil && (n.Schema < MinSchema || n.Schema > MaxSchema):
		return 0, &NativeError{fmt.Sprintf("has schema %d", n.Schema)}
	case n.Custom != nil && (len(n.Negative) > 0 || n.ZeroCount != 0 || n.ZeroThreshold != 0):
		return 0, &NativeError{"has custom buckets and others"}
	case !(n.ZeroThreshold >= 0) || math.IsInf(n.ZeroThreshold, 1):
		return 0, &NativeError{fmt.Sprintf("has zero threshold %v", n.ZeroThreshold)}
	case !isCount(n.Count) || !isCount(n.ZeroCount):
		return 0, &NativeError{fmt.Sprintf("has count %v, zero count %v", n.Count, n.ZeroCount)}
	}
	total := n.ZeroCount
	for _, side := range [...][]Bucket{n.Positive, n.Negative} {
		for i, b := range side {
			switch {
			case !isCount(b.Count):
				return 0, &NativeError{fmt.Sprintf("has count %v in bucket %d", b.Count, b.Index)}
			case i > 0 && b.Index <= side[i-1].Index:
				return 0, &NativeError{fmt.Sprintf("has bucket %d after %d", b.Index, side[i-1].Index)}
			case n.Custom == nil && (b.Index > maxIndex || b.Index < -maxIndex):
				return 0, &NativeError{fmt.Sprintf("has bucket %d", b.Index)}
			case n.Custom != nil && (b.Index < 0 || int(b.Index) >= n.Custom.Len()):
				return 0, &NativeError{fmt.Sprintf("has custom bucket %d of %d", b.Index, n.Custom.Len())}
			}
			total += b.Count
		}
		if i := len(side) - 1; i >= 0 && n.Custom == nil && math.IsInf(bound(side[i].Index-1, n.Schema), 1) {
			return 0, &NativeError{fmt.Sprintf("has bucket %d, above +Inf", side[i].Index)}
		}
	}
	outside = n.Count - total
	switch {
	// Sums of rates are rounded: they need not add up to the last digits.
	case math.Abs(outside) <= 1e-9*n.Count && !(isInteger(total) && isInteger(n.Count)):
		return 0, nil
	case outside < 0:
		return 0, &NativeError{fmt.Sprintf("has %v observations in buckets and a count of %v", total, n.Count)}
	}
	return outside, nil
}

func isCount(x float64) bool   { return x >= 0 && x <= maxCount }
func isInteger(x float64) bool { return x == math.Trunc(x) && x <= maxInteger }

// AddNative adds the observations of a native histogram. One that cannot be is a [*NativeError] and changes nothing.
// With custom buckets they join the classic ones of the same layout. AddNative keeps no reference to n but Custom.
//
// Observations of NaN count as greater than all others, as in classic histograms, where only +Inf counts them.
//
// A histogram exposed as native and as classic buckets is one histogram: add one of them.
func (d *Distribution) AddNative(n *Native) error {
	outside, err := n.check()
	if err != nil {
		return err
	}
	d.addSum(n.Sum)
	switch {
	case n.Count == 0:
	case n.Custom != nil:
		c := d.class(n.Custom)
		next, total := 0, 0.0
		for i := range c.layout.Len() {
			if next < len(n.Positive) && int(n.Positive[next].Index) == i {
				total += n.Positive[next].Count
				next++
			}
			if i == c.layout.Len()-1 {
				total += outside
			}
			c.counts.Add(i, total)
		}
	default:
		d.nativeClass(n.Schema, n.ZeroThreshold+0).add(n, outside)
	}
	return nil
}

func (d *Distribution) nativeClass(schema int32, zeroThreshold float64) *nativeClass {
	d.indexed = false
	i, found := slices.BinarySearchFunc(d.native, zeroThreshold, func(c nativeClass, z float64) int {
		switch {
		case c.schema != schema:
			return int(c.schema) - int(schema)
		case c.zeroThreshold < z:
			return -1
		case c.zeroThreshold > z:
			return 1
		}
		return 0
	})
	if !found {
		d.native = insertReusing(d.native, i)
		d.native[i].reset(schema, zeroThreshold)
	}
	return &d.native[i]
}
