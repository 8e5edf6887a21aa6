package identity

import (
	"bytes"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/internal/saved"
)

// crowded is all of this package that is saved, of a few instances.
type crowded struct {
	list      []*relative
	balancers []*Balancer[*relative]
	starts    []Start
	spacings  Spacings
}

func newCrowded() *crowded {
	x := &crowded{}
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		x.list = append(x.list, &relative{name: name})
	}
	return x
}

func (x *crowded) code(c *saved.Codec) {
	saved.List(c, &x.starts, 2, func(s *Start) { s.Code(c) })
	x.spacings.Code(c)
	p := NewCrowd(c, x.list)
	p.Balancers(&x.balancers)
	p.Relations()
}

func (x *crowded) written() []byte {
	c := &saved.Codec{}
	x.code(c)
	return c.Out
}

func rereadCrowded(data []byte) (*crowded, bool) {
	c := &saved.Codec{In: saved.Read(data)}
	x := newCrowded()
	x.code(c)
	rest, ok := c.In.Rest()
	return x, ok && len(rest) == 0
}

func drawCrowded(rt *rapid.T) *crowded {
	x := newCrowded()
	one := rapid.SampledFrom(x.list)
	for i := range rapid.IntRange(0, 3).Draw(rt, "balancers") {
		b := &Balancer[*relative]{Target: string(rune('a' + i)), Last: 7, Left: 5, Members: rapid.SliceOfNDistinct(one, 0, 4, func(r *relative) string { return r.name }).Draw(rt, "members")}
		for _, n := range []*int{&b.Expected, &b.Named, &b.Scrapes, &b.Quiet, &b.Unclear} {
			*n = rapid.IntRange(0, 1000).Draw(rt, "n")
		}
		if len(b.Members) > 0 && rapid.Bool().Draw(rt, "met") {
			b.Latest = b.Members[0]
		}
		x.balancers = append(x.balancers, b)
	}
	for range rapid.IntRange(0, 8).Draw(rt, "relations") {
		i, j := rapid.IntRange(0, 4).Draw(rt, "i"), rapid.IntRange(0, 4).Draw(rt, "j")
		switch {
		case i == j:
			Part(x.list[i])
		case i < j:
			p := Suspect(x.list[i], x.list[j], x.list[j])
			p.Alternations, p.Moved = rapid.IntRange(0, 9).Draw(rt, "alternations"), rapid.IntRange(0, 99).Draw(rt, "moved")
		default:
			Unite(x.list[i], x.list[j])
		}
	}
	for range rapid.IntRange(0, 9).Draw(rt, "starts") {
		x.starts = append(x.starts, Start{rapid.Int64().Draw(rt, "start"), rapid.SampledFrom([]Source{Unknown, Header, Metric, Given}).Draw(rt, "from")})
		x.spacings.Add(rapid.Int64().Draw(rt, "spacing"))
	}
	return x
}

func (r *relative) Member() Member { return Member{} }

// kin is who is one process with whom, by name.
func (x *crowded) kin() (list [][]string) {
	for _, in := range x.list {
		var names []string
		if in.Twins != nil {
			for _, o := range x.list {
				if o.Twins == in.Twins {
					names = append(names, o.name)
				}
			}
		}
		for _, p := range in.Suspicions {
			names = append(names, p.Other(in).name+p.Latest.name)
		}
		list = append(list, names)
	}
	return list
}

// What was written is read back, and written again as the same bytes; nothing
// that was cut is read.
func TestCodeReadsBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		x := drawCrowded(rt)
		data := x.written()
		y, ok := rereadCrowded(data)
		require.True(rt, ok)
		require.Equal(rt, x.starts, y.starts)
		require.Equal(rt, x.spacings.Ms, y.spacings.Ms)
		require.Equal(rt, x.spacings.Interval(), y.spacings.Interval())
		for i, in := range x.list {
			require.Equal(rt, in.Twins == nil, y.list[i].Twins == nil)
			require.Len(rt, y.list[i].Suspicions, len(in.Suspicions))
		}
		require.Equal(rt, data, y.written())
		z, ok := rereadCrowded(y.written())
		require.True(rt, ok)
		require.Equal(rt, y.kin(), z.kin())
		for cut := range data {
			_, ok := rereadCrowded(data[:cut])
			require.False(rt, ok)
		}
	})
}

// What cannot be is refused: an instance that is its own twin, or twice in a
// set; a pair of one; a place that nobody has; what is out of order.
func TestCodeRefuses(t *testing.T) {
	none := []byte{0, 0} // no starts, no spacings
	for name, tail := range map[string][]byte{
		"a twin alone":             {0, 1, 1, 1, 0},
		"a twin twice":             {0, 1, 2, 1, 1, 0},
		"twins out of order":       {0, 1, 2, 2, 1, 0},
		"in two sets":              {0, 2, 2, 1, 2, 2, 1, 3, 0},
		"sets out of order":        {0, 2, 2, 3, 4, 2, 1, 2, 0},
		"nobody's place":           {0, 1, 2, 1, 9, 0},
		"no twin":                  {0, 1, 2, 0, 1, 0},
		"a pair of one":            {0, 0, 1, 1, 1, 1, 0, 0},
		"a pair out of order":      {0, 0, 1, 2, 1, 1, 0, 0},
		"latest is another one":    {0, 0, 1, 1, 2, 3, 0, 0},
		"twice behind a balancer":  {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 1, 0, 0, 0},
		"nobody behind a balancer": {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0},
	} {
		_, ok := rereadCrowded(append(bytes.Clone(none), tail...))
		require.False(t, ok, name)
	}
	_, ok := rereadCrowded([]byte{0, 0, 0, 1, 2, 1, 2, 0})
	require.True(t, ok, "a set of two")
}

// A count that was read can grow and is read again.
func TestCodeCounts(t *testing.T) {
	x := newCrowded()
	x.balancers = []*Balancer[*relative]{{Scrapes: math.MaxInt / 2}}
	y, ok := rereadCrowded(x.written())
	require.True(t, ok)
	y.balancers[0].Scrapes++
	z, ok := rereadCrowded(y.written())
	require.True(t, ok)
	require.Equal(t, x.balancers[0].Scrapes, z.balancers[0].Scrapes)
}

// Damaged bytes are refused and never panic; there is one writing of what is
// read.
func FuzzCode(f *testing.F) {
	x := newCrowded()
	x.starts = []Start{{5, Header}}
	x.spacings.Add(7)
	x.balancers = []*Balancer[*relative]{{Expected: 2, Members: x.list[1:3], Latest: x.list[1]}}
	Unite(x.list[0], x.list[2])
	Suspect(x.list[1], x.list[3], x.list[1])
	f.Add(x.written())
	f.Fuzz(func(t *testing.T, data []byte) {
		if x, ok := rereadCrowded(data); ok {
			require.Equal(t, data, x.written())
		}
	})
}
