package aggregate

import (
	"math"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/saved"
)

// codec writes values down, or reads them back: one description of the state
// serves both, so that they cannot part. Reading, it fails once for good.
type codec struct {
	out   []byte
	saver *lines.Saver

	in     *saved.Reader // nil: writing
	loader *lines.Loader
	fleet  *Fleet

	checkpoints map[*instance]int // how many of them were there to read
	signed      bool              // of the view at hand
}

func (c *codec) reading() bool { return c.in != nil }

func (c *codec) failed() bool { return c.in != nil && c.in.Failed() }

// must hold of what was read.
func (c *codec) must(ok bool) {
	if c.in != nil && !ok {
		c.in.Fail()
	}
}

func (c *codec) int64(x *int64) {
	if c.in != nil {
		*x = c.in.Int()
		return
	}
	c.out = saved.Int(c.out, *x)
}

// natural is an int that is not negative.
func (c *codec) natural(x *int) {
	if c.in != nil {
		*x = c.in.Small(math.MaxInt / 2)
		return
	}
	c.out = saved.Uint(c.out, *x)
}

// small is a small number of any type, at most so much.
func small[T ~uint8](c *codec, x *T, most T) {
	if c.in != nil {
		*x = T(c.in.Small(int(most)))
		return
	}
	c.out = saved.Uint(c.out, *x)
}

func (c *codec) bool(x *bool) {
	if c.in != nil {
		*x = c.in.Bool()
		return
	}
	c.out = saved.Bool(c.out, *x)
}

func (c *codec) float(x *float64) {
	if c.in != nil {
		*x = c.in.Value()
		return
	}
	c.out = saved.Value(c.out, *x)
}

func (c *codec) text(x *string) {
	if c.in != nil {
		*x = c.in.Text()
		return
	}
	c.out = saved.Text(c.out, *x)
}

func (c *codec) bytes(x *[]byte) {
	if c.in != nil {
		*x = slices.Clone(c.in.Bytes())
		return
	}
	c.out = append(saved.Uint(c.out, len(*x)), *x...)
}

func (c *codec) sum(x *exact.Sum) {
	if c.in != nil {
		c.in.Through(x.DecodeBinary)
		return
	}
	c.out, _ = x.AppendBinary(c.out)
}

func (c *codec) labels(x *labels.Labels) {
	if c.in != nil {
		var b labels.ScratchBuilder
		for range c.in.Count(2) {
			b.Add(c.in.Text(), c.in.Text())
		}
		b.Sort()
		*x = b.Labels()
		return
	}
	c.out = saved.Uint(c.out, x.Len())
	x.Range(func(l labels.Label) { c.out = saved.Text(saved.Text(c.out, l.Name), l.Value) })
}

func (c *codec) line(x *lines.ID) {
	if c.in != nil {
		id, ok := c.loader.Line(c.in.Uint())
		c.must(ok)
		*x = id
		return
	}
	c.out = saved.Uint(c.out, c.saver.Line(*x))
}

func (c *codec) columns(x *lines.Columns) {
	if c.in != nil {
		c.in.Through(func(data []byte) ([]byte, error) { return c.loader.Columns(x, data) })
		return
	}
	c.out = c.saver.AppendColumns(c.out, x)
}

// count is the length of a list whose parts take so many bytes at least.
func (c *codec) count(n, least int) int {
	if c.in != nil {
		return c.in.Count(least)
	}
	c.out = saved.Uint(c.out, n)
	return n
}

// list is one after the other; each part takes so many bytes at least.
func list[T any](c *codec, x *[]T, least int, each func(*T)) {
	n := c.count(len(*x), least)
	for i := range n {
		if c.in != nil {
			var part T
			*x = append(*x, part)
		}
		if each(&(*x)[i]); c.failed() {
			return
		}
	}
}

// ascending holds of names that stand once each, in order.
func (c *codec) ascending(n int, name func(i int) string) {
	for i := 1; i < n; i++ {
		c.must(strings.Compare(name(i-1), name(i)) < 0)
	}
}
