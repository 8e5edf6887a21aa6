package layout

import (
	"fmt"
	"math"
)

// The schemas of exponential buckets: schema s has 2^s buckets between neighbouring powers of two.
const (
	minSchema = -4
	maxSchema = 8
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
// zero bucket [−ZeroThreshold, ZeroThreshold]. The part of an exponential bucket inside the zero bucket is empty. With
// Custom, the index of a positive bucket is that of the layout's bucket, and there are no others.
//
// Counts may be integers, as exposed, or not, as a rate of them. Observations of NaN are in Count and in no bucket.
type Native struct {
	Schema        int32
	ZeroThreshold float64
	ZeroCount     float64
	Positive      []Bucket // by ascending index; missing ones are empty
	Negative      []Bucket
	Custom        *Layout

	Count float64
	Sum   float64 // NaN if unknown
}

// bound returns b(index) of a schema.
func bound(index, schema int32) float64 {
	if schema <= 0 {
		return lastButInfinite(math.Ldexp(1, int(index)<<-schema), int(index)<<-schema)
	}
	whole, part := int(index)>>schema, index&(1<<schema-1)
	if part == 0 {
		return lastButInfinite(math.Ldexp(1, whole), whole)
	}
	return math.Ldexp(roots[part<<(maxSchema-schema)], whole)
}

// lastButInfinite returns b, or the greatest number where b is 2^1024: the bucket above it is for +Inf alone.
func lastButInfinite(b float64, exponent int) float64 {
	if exponent == 1024 {
		return math.MaxFloat64
	}
	return b
}

// has reports whether b is a bound of the schema's buckets around the zero bucket, so that the number of observations
// up to b is known. That is not so for a negative bound, which belongs to the bucket above it.
func has(b float64, schema int32, zeroThreshold float64) bool {
	switch {
	case math.IsInf(b, 1) || b == zeroThreshold:
		return true
	case !(b > zeroThreshold):
		return false
	}
	index := math.Round(math.Ldexp(math.Log2(b), int(schema)))
	return math.Abs(index) <= maxIndex && bound(int32(index), schema) == b
}

// Validate returns an error that names what keeps n from being a native histogram, nil if nothing does.
func (n *Native) Validate() error {
	_, err := n.check()
	return err
}

// check returns the number of observations outside all buckets.
func (n *Native) check() (outside float64, err error) {
	switch {
	case n.Custom == nil && (n.Schema < minSchema || n.Schema > maxSchema):
		return 0, fmt.Errorf("schema %d is not in [%d, %d]", n.Schema, minSchema, maxSchema)
	case n.Custom != nil && (len(n.Negative) > 0 || n.ZeroCount != 0 || n.ZeroThreshold != 0):
		return 0, fmt.Errorf("custom buckets stand beside exponential ones")
	case !(n.ZeroThreshold >= 0) || math.IsInf(n.ZeroThreshold, 1):
		return 0, fmt.Errorf("zero threshold %v is not a bound", n.ZeroThreshold)
	case !isCount(n.Count):
		return 0, fmt.Errorf("count %v is not a number of observations", n.Count)
	case !isCount(n.ZeroCount):
		return 0, fmt.Errorf("count %v of the zero bucket is not a number of observations", n.ZeroCount)
	}
	positive, err := n.checkSide(n.Positive, "bucket")
	if err != nil {
		return 0, err
	}
	negative, err := n.checkSide(n.Negative, "negative bucket")
	if err != nil {
		return 0, err
	}
	total := n.ZeroCount + positive + negative
	outside = n.Count - total
	switch {
	// Sums of rates are rounded: they need not add up to the last digits.
	case math.Abs(outside) <= 1e-9*n.Count && !(isInteger(total) && isInteger(n.Count)):
		return 0, nil
	case outside < 0:
		return 0, fmt.Errorf("count %v is less than the %v observations in buckets", n.Count, total)
	}
	return outside, nil
}

// checkSide returns the number of observations in the buckets of one side.
func (n *Native) checkSide(buckets []Bucket, name string) (total float64, err error) {
	for i, b := range buckets {
		switch {
		case !isCount(b.Count):
			return 0, fmt.Errorf("count %v of %s %d is not a number of observations", b.Count, name, b.Index)
		case i > 0 && b.Index == buckets[i-1].Index:
			return 0, fmt.Errorf("%s %d occurs twice", name, b.Index)
		case i > 0 && b.Index < buckets[i-1].Index:
			return 0, fmt.Errorf("%s %d is out of order", name, b.Index)
		case n.Custom != nil && (b.Index < 0 || int(b.Index) >= n.Custom.Len()):
			return 0, fmt.Errorf("custom bucket %d is not one of %d", b.Index, n.Custom.Len())
		case n.Custom == nil && (b.Index > maxIndex || b.Index < -maxIndex || math.IsInf(bound(b.Index-1, n.Schema), 1)):
			return 0, fmt.Errorf("%s %d holds no number", name, b.Index)
		}
		total += b.Count
	}
	return total, nil
}

func isCount(x float64) bool   { return x >= 0 && x <= maxCount }
func isInteger(x float64) bool { return x == math.Trunc(x) && x <= maxInteger }

// cumulative returns the cumulative counts of custom buckets; what is outside of all is in the last one.
func (n *Native) cumulative(outside float64) []float64 {
	counts := make([]float64, n.Custom.Len())
	for _, b := range n.Positive {
		counts[b.Index] = b.Count
	}
	counts[len(counts)-1] += outside
	for i := range counts[1:] {
		counts[i+1] += counts[i]
	}
	return counts
}

// atMost reports whether n and o have equal buckets, and no bucket has more in n than in o.
func (n *Native) atMost(o *Native, outside, others float64) bool {
	return n.Schema == o.Schema && n.ZeroThreshold == o.ZeroThreshold && (n.Custom == nil) == (o.Custom == nil) &&
		(n.Custom == nil || n.Custom.compare(o.Custom) == 0) &&
		n.ZeroCount <= o.ZeroCount && outside <= others && !fell(n.Positive, o.Positive) && !fell(n.Negative, o.Negative)
}
