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
