package lines

import (
	"math"
	"slices"

	"github.com/prometheus/prometheus/model/histogram"
)

// NoTime is the time of a sample whose line has no timestamp.
const NoTime int64 = math.MinInt64

// Columns are what one instance exposed last: lines in the body's order, one
// position each. The zero value is an instance not seen yet.
//
// Invariants: len(values) == len(ids); times is nil if no line has a timestamp,
// else as long as ids, and so are starts and pairs; dups ascends; within a span ids count up and lie in one
// chunk of the store; headings ascends by position, several at
// one position in their order. Each position and each heading holds one
// reference to its text in the store.
type Columns struct {
	format   format
	ids      []ID
	values   []float64
	times    []int64
	starts   []int64  // when each line's series began at 0, 0: unknown; nil if all are, or lines say so
	pairs    []uint32 // by position: that of the line which says when this one's series began, plus 1; nil if none does
	natives  []native // the native histograms, by position
	dups     []uint32 // positions whose line stands at an earlier one too
	spans    []uint32 // positions where a span starts, the first is 0
	headings []heading
}

// heading is what stands before the line at a position, or behind the last one.
type heading struct {
	before uint32
	id     uint32
}

// Len is the number of lines.
func (c *Columns) Len() int { return len(c.ids) }

// ID names the line at a position.
func (c *Columns) ID(i int) ID { return c.ids[i] }

// Value is the value at a position.
func (c *Columns) Value(i int) float64 { return c.values[i] }

// Time is the sample's own timestamp in Unix milliseconds, or [NoTime].
func (c *Columns) Time(i int) int64 {
	if c.times == nil {
		return NoTime
	}
	return c.times[i]
}

// Start is when the line's series began at 0, in Unix milliseconds, as its _created
// line or its protobuf message says; 0: unknown.
func (c *Columns) Start(i int) int64 { return startOf(i, c.starts, c.pairs, c.values) }

// Native is the histogram of a [Native] line, else nil. It is made for the
// caller.
func (c *Columns) Native(i int) *histogram.FloatHistogram { return nativeAt(c.natives, i) }

// Duplicates are the positions, ascending, whose line stands at an earlier
// position too.
func (c *Columns) Duplicates() []uint32 { return c.dups }

// Bytes is the memory held.
func (c *Columns) Bytes() int {
	return 4*cap(c.ids) + 8*cap(c.values) + 8*cap(c.times) + 8*cap(c.starts) + 4*cap(c.pairs) + nativeBytes(c.natives) + 4*cap(c.dups) + 4*cap(c.spans) + 8*cap(c.headings)
}

// findSpans finds out where the neighbours among the ids are neighbours in the
// store too, which is so in long stretches.
func (c *Columns) findSpans(scratch []uint32) []uint32 {
	scratch = scratch[:0]
	for i, id := range c.ids {
		if i == 0 || id != c.ids[i-1]+1 || id&(chunkLen-1) == 0 {
			scratch = append(scratch, uint32(i))
		}
	}
	c.spans = replace(c.spans, scratch)
	return scratch
}

// Release gives the references to the store's texts back and empties the
// columns: the instance is gone.
func (c *Columns) Release(s *Store) {
	for _, id := range c.ids {
		s.lines.release(uint32(id))
	}
	for _, h := range c.headings {
		s.headings.release(h.id)
	}
	*c = Columns{}
}

// replace makes dst a copy of src that wastes little memory.
func replace[T any](dst, src []T) []T {
	if len(src) == 0 {
		return nil
	}
	if cap(dst) < len(src) || cap(dst) > len(src)+len(src)/4+16 {
		dst = slices.Grow([]T(nil), len(src)+len(src)/32)
	}
	return append(dst[:0], src...)
}
