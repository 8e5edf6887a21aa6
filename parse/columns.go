package parse

import "math"

// NoTime is the time of a sample whose line has no timestamp.
const NoTime = math.MinInt64

// Columns are what one instance exposed last: lines in the body's order, one
// position each. The zero value is an instance not seen yet.
//
// Invariants: len(values) == len(ids); times is nil, if no line has a
// timestamp, or as long as ids; dups ascends. Each position holds one reference
// to its line in the store.
type Columns struct {
	ids    []ID
	values []float64
	times  []int64
	dups   []uint32 // positions whose series stands at an earlier one too
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

// Bytes is the memory held.
func (c *Columns) Bytes() int {
	return 4*cap(c.ids) + 8*cap(c.values) + 8*cap(c.times) + 4*cap(c.dups)
}

// Release gives the references to the store's lines back and empties the
// columns: the instance is gone.
func (c *Columns) Release(s *Store) {
	for _, id := range c.ids {
		s.Release(id)
	}
	*c = Columns{}
}
