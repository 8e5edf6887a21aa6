package saved

import (
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/exact"
)

// Codec writes values down, or reads them back: one description of a value
// serves both, so that they cannot differ. Reading fails once and for all.
type Codec struct {
	Out []byte
	In  *Reader // nil: writing
}

// Reading reports whether values are read back.
func (c *Codec) Reading() bool { return c.In != nil }

// Failed reports whether what was read cannot be right.
func (c *Codec) Failed() bool { return c.In != nil && c.In.Failed() }

// Must fails the reading unless ok.
func (c *Codec) Must(ok bool) {
	if c.In != nil && !ok {
		c.In.Fail()
	}
}

// Int64 codes a signed number.
func (c *Codec) Int64(x *int64) {
	if c.In != nil {
		*x = c.In.Int()
		return
	}
	c.Out = Int(c.Out, *x)
}

// Int32 codes a signed number of 32 bits.
func (c *Codec) Int32(x *int32) {
	wide := int64(*x)
	c.Int64(&wide)
	if c.In != nil {
		*x = int32(wide)
		c.Must(int64(*x) == wide)
	}
}

// mostNatural leaves room to count on from what is read.
const mostNatural = math.MaxInt / 2

// Natural codes an int that is not negative. What is read is at most half of
// what an int holds; a count that went beyond that is written as that.
func (c *Codec) Natural(x *int) {
	if c.In != nil {
		*x = c.In.Small(mostNatural)
		return
	}
	c.Out = Uint(c.Out, min(*x, mostNatural))
}

// Small codes a small number of any type, at most most.
func Small[T ~uint8](c *Codec, x *T, most T) {
	if c.In != nil {
		*x = T(c.In.Small(int(most)))
		return
	}
	c.Out = Uint(c.Out, *x)
}

// Bool codes a truth value.
func (c *Codec) Bool(x *bool) {
	if c.In != nil {
		*x = c.In.Bool()
		return
	}
	c.Out = Bool(c.Out, *x)
}

// Float codes a number.
func (c *Codec) Float(x *float64) {
	if c.In != nil {
		*x = c.In.Value()
		return
	}
	c.Out = Value(c.Out, *x)
}

// Text codes a string.
func (c *Codec) Text(x *string) {
	if c.In != nil {
		*x = c.In.Text()
		return
	}
	c.Out = Text(c.Out, *x)
}

// Bytes codes a string of bytes.
func (c *Codec) Bytes(x *[]byte) {
	if c.In != nil {
		*x = slices.Clone(c.In.Bytes())
		return
	}
	c.Out = append(Uint(c.Out, len(*x)), *x...)
}

// Sum codes an exact sum.
func (c *Codec) Sum(x *exact.Sum) {
	if c.In != nil {
		c.In.Through(x.DecodeBinary)
		return
	}
	c.Out, _ = x.AppendBinary(c.Out)
}

// Labels codes a label set.
func (c *Codec) Labels(x *labels.Labels) {
	if c.In != nil {
		*x = c.In.Labels()
		return
	}
	c.Out = Labels(c.Out, *x)
}

// Count codes the length of a list, each part of which takes at least so many
// bytes.
func (c *Codec) Count(n, least int) int {
	if c.In != nil {
		return c.In.Count(least)
	}
	c.Out = Uint(c.Out, n)
	return n
}

// List codes the parts of a list, each of which takes at least so many bytes.
func List[T any](c *Codec, x *[]T, least int, each func(*T)) {
	n := c.Count(len(*x), least)
	for i := range n {
		if c.In != nil {
			var part T
			*x = append(*x, part)
		}
		if each(&(*x)[i]); c.Failed() {
			return
		}
	}
}

// Map codes a map in order of its names; each value takes at least so many bytes.
func Map[V any](c *Codec, m *map[string]V, least int, each func(*V)) {
	names := slices.Sorted(maps.Keys(*m))
	List(c, &names, 1+least, func(name *string) {
		c.Text(name)
		v := (*m)[*name]
		if each(&v); c.In == nil {
			return
		}
		if *m == nil {
			*m = map[string]V{}
		}
		(*m)[*name] = v
	})
	c.Ascending(len(names), func(i int) string { return names[i] })
}

// Ascending fails the reading unless the names are in order, each once.
func (c *Codec) Ascending(n int, name func(i int) string) {
	for i := 1; i < n; i++ {
		c.Must(strings.Compare(name(i-1), name(i)) < 0)
	}
}
