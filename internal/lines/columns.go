package lines

import (
	"iter"
	"math"
	"slices"

	"github.com/prometheus/prometheus/model/exemplar"
	"github.com/prometheus/prometheus/model/histogram"
)

// NoTime is the time of a sample whose line has no timestamp.
const NoTime int64 = math.MinInt64

// Columns hold what one instance exposed last: its lines in the order of the
// body, each at a position. The zero value is an instance without a body yet.
//
// Invariants: times is nil if no line has a timestamp, else it has one for each
// line, and so for starts and pairs; runs and dups ascend, and the first run is at
// 0; headings ascends by position, and several at one position keep their order.
// Each position and each heading holds one reference to its text in the store.
type Columns struct {
	format   format
	runs     []run
	values   numbers
	times    []int64
	starts   []int64  // when each series began at 0, 0 if unknown; nil if all are, or if pairs say so
	pairs    []uint32 // by position: the position of the line with the start, plus 1; nil if there is none
	natives  []native // native histograms, by position
	digests  []digest
	quoted   exemplars
	dups     []uint32 // positions whose line stands at an earlier position, too
	headings []heading
}

// heading is what stands before the line at a position, or after the last line.
type heading struct {
	before uint32
	id     uint32
}

// Len returns the number of lines.
func (c *Columns) Len() int { return c.values.n }

// ID returns the line at a position.
func (c *Columns) ID(i int) ID { return c.runs[runAt(c.runs, uint32(i))].at(uint32(i)) }

// IDs yields the lines by position, which is cheaper than to ask for each.
func (c *Columns) IDs() iter.Seq2[int, ID] { return eachID(c.runs, c.values.n) }

// runEnd returns the position after the last line of a run.
func (c *Columns) runEnd(i int) int { return runEnd(c.runs, i, c.values.n) }

// Value returns the value at a position.
func (c *Columns) Value(i int) float64 { return c.values.at(i) }

// Time returns the sample's own timestamp in Unix milliseconds, or [NoTime].
func (c *Columns) Time(i int) int64 {
	if c.times == nil {
		return NoTime
	}
	return c.times[i]
}

// Timed reports whether a line has a timestamp of its own.
func (c *Columns) Timed() bool { return c.times != nil }

// Start returns when the series began at 0, in Unix milliseconds, as its _created
// line or its protobuf message says; 0 if unknown.
func (c *Columns) Start(i int) int64 {
	if len(c.starts) > 0 {
		return c.starts[i]
	}
	return c.pairedStart(i)
}

func (c *Columns) pairedStart(i int) int64 {
	if len(c.pairs) == 0 || c.pairs[i] == 0 {
		return 0
	}
	return startFrom(c.values.at(int(c.pairs[i] - 1)))
}

// Native returns the histogram of a [Native] line, else nil. The caller owns it.
func (c *Columns) Native(i int) *histogram.FloatHistogram { return nativeAt(c.natives, i) }

// ExemplarsLeft returns how many exemplars of the latest body were not kept, since
// they exceed [Limits.Exemplars].
func (c *Columns) ExemplarsLeft() int { return c.quoted.left }

// Exemplars yields the exemplars that were kept, with the positions of their
// lines. The caller owns them.
func (c *Columns) Exemplars() iter.Seq2[int, exemplar.Exemplar] { return c.quoted.all(c.format) }

// Duplicates returns the positions, ascending, whose line stands at an earlier
// position, too.
func (c *Columns) Duplicates() []uint32 { return c.dups }

// ColumnBytes is what a line without a timestamp takes in columns.
const ColumnBytes = 12

// Bytes returns the memory held.
func (c *Columns) Bytes() int {
	return runBytes*cap(c.runs) + c.values.bytes() + 8*cap(c.times) + 8*cap(c.starts) + 4*cap(c.pairs) +
		nativeBytes(c.natives) + digestBytes*cap(c.digests) + c.quoted.bytes() + 4*cap(c.dups) + 8*cap(c.headings)
}

// Clone returns a copy that holds references of its own to the store, unless s is nil.
func (c *Columns) Clone(s *Store) Columns {
	n := Columns{
		format: c.format, runs: slices.Clone(c.runs), values: c.values.clone(), times: slices.Clone(c.times),
		starts: slices.Clone(c.starts), pairs: slices.Clone(c.pairs), natives: slices.Clone(c.natives), digests: slices.Clone(c.digests), dups: slices.Clone(c.dups),
		headings: slices.Clone(c.headings), quoted: c.quoted.clone(),
	}
	for i := range n.natives {
		n.natives[i].raw = slices.Clone(n.natives[i].raw)
	}
	if s == nil {
		return n
	}
	for _, id := range n.IDs() {
		s.lines.retain(uint32(id))
	}
	for _, h := range n.headings {
		s.headings.retain(h.id)
	}
	return n
}

// Release gives up the references to the store and empties the columns. Call it
// when the instance is gone.
func (c *Columns) Release(s *Store) {
	for _, id := range c.IDs() {
		s.lines.release(uint32(id))
	}
	for _, h := range c.headings {
		s.headings.release(h.id)
	}
	*c = Columns{}
}

// replace returns a copy of src, in dst if that wastes little memory.
func replace[T any](dst, src []T) []T {
	if len(src) == 0 {
		return nil
	}
	if cap(dst) < len(src) || cap(dst) > len(src)+len(src)/4+16 {
		dst = slices.Grow([]T(nil), len(src)+len(src)/32)
	}
	return append(dst[:0], src...)
}
