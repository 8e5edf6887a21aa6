package identity

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type relative struct {
	name string
	Kin[*relative]
}

func (r *relative) Name() string { return r.name }

func (r *relative) Relations() *Kin[*relative] { return &r.Kin }

func TestKin(t *testing.T) {
	a, b, c := &relative{name: "a"}, &relative{name: "b"}, &relative{name: "c"}
	p := Suspect(a, b, b)
	q := Suspect(b, c, c)
	assert.Equal(t, []*Pair[*relative]{p}, a.Suspicions)
	assert.Equal(t, []*Pair[*relative]{p, q}, b.Suspicions)
	assert.Same(t, a, p.Other(b))
	assert.Same(t, b, p.Other(a))
	End(p)
	Unite(a, b)
	assert.Empty(t, a.Suspicions)
	assert.Same(t, a.Twins, b.Twins)
	assert.Nil(t, c.Twins)
	End(q)
	Unite(c, b)
	assert.ElementsMatch(t, []*relative{a, b, c}, a.Twins.Members)
	assert.Same(t, a.Twins, c.Twins)
	Part(b)
	assert.Nil(t, b.Twins)
	assert.ElementsMatch(t, []*relative{a, c}, a.Twins.Members)
	Part(c)
	assert.Nil(t, a.Twins, "alone it is nobody's twin")
}

// Whatever is suspected, united and parted: twins know each other, all of them, and nobody is alone in his set.
func TestKinAgree(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 1))
		list := make([]*relative, 6)
		for i := range list {
			list[i] = &relative{}
		}
		for range 60 {
			x, y := list[r.IntN(6)], list[r.IntN(6)]
			switch {
			case r.IntN(3) == 0:
				Part(x)
				require.Empty(t, x.Suspicions)
				require.Nil(t, x.Twins)
			case x == y:
			case r.IntN(2) == 0:
				Suspect(x, y, x)
			default:
				Unite(x, y)
				require.Same(t, x.Twins, y.Twins)
			}
			for _, x := range list {
				for _, p := range x.Suspicions {
					require.Contains(t, p.Other(x).Suspicions, p)
				}
				if x.Twins == nil {
					continue
				}
				require.Greater(t, len(x.Twins.Members), 1)
				require.Contains(t, x.Twins.Members, x)
				for _, m := range x.Twins.Members {
					require.Same(t, x.Twins, m.Twins)
				}
			}
		}
	}
}

func TestSuspectOrdersByName(t *testing.T) {
	a, b := &relative{name: "a"}, &relative{name: "b"}
	p := Suspect(b, a, b)
	assert.Equal(t, [3]*relative{a, b, b}, [3]*relative{p.A, p.B, p.Latest})
}

// A process that is new at a place is suspected of being each that may be it, and
// nothing that was believed of the one before is left.
func TestBegin(t *testing.T) {
	a, b, c := &relative{name: "a"}, &relative{name: "b"}, &relative{name: "c"}
	Unite(a, b)
	Suspect(a, c, c)
	Begin(a, []*relative{a, b, c}, func(x *relative) bool { return x == b })
	assert.Nil(t, a.Twins)
	assert.Nil(t, b.Twins)
	assert.Empty(t, c.Suspicions)
	require.Len(t, a.Suspicions, 1)
	assert.Same(t, b, a.Suspicions[0].Other(a))
	assert.Same(t, b, a.Suspicions[0].Latest)
}

func TestWeighAll(t *testing.T) {
	grows, falls := same(40, 0, 20), same(40, 1, 20)
	a, b, c, late := &relative{name: "a"}, &relative{name: "b"}, &relative{name: "c"}, &relative{name: "late"}
	for _, x := range []*relative{b, c, late} {
		Suspect(a, x, x)
	}
	weigh := func(in *relative, l Likeness) {
		WeighAll(in, func(o *relative) (Likeness, int64, bool) {
			if o == c {
				return falls, 5000, true
			}
			return l, 5000, o != late
		})
	}
	weigh(a, grows)
	assert.Empty(t, c.Suspicions, "a counter fell: they are two")
	assert.Nil(t, a.Twins)
	weigh(b, grows)
	weigh(a, grows)
	assert.Same(t, a.Twins, b.Twins)
	require.NotNil(t, a.Twins)
	assert.Len(t, late.Suspicions, 1, "its scrape was later")

	left := []*relative{}
	leave := func(x *relative) { left = append(left, x) }
	assert.Equal(t, []*relative{c}, Whole([]*relative{a, c}, leave))
	assert.Equal(t, []*relative{a}, left)
	assert.Equal(t, []*relative{a, b}, Whole([]*relative{a, b}, leave))
}
