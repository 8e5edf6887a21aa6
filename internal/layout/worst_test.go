package layout

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWorst(t *testing.T) {
	bounds := []float64{1, 2, 4}
	slow := dist(t, bounds, 0, 50, 100, 100)
	members := []Member{
		{"fast", dist(t, bounds, 900, 900, 900, 900)}, {"slow", slow}, {"idle", new(Distribution)}, {"absent", nil},
	}
	w, ok := Worst(.99, members)
	assert.True(t, ok)
	e := quantile(t, slow, .99)
	assert.Equal(t, WorstMember{Name: "slow", Estimate: e, Share: .1, Lo: 2, Hi: 4, Certain: true, Members: 2}, w)

	members = append(members, Member{"also", dist(t, bounds, 0, 50, 100, 100)})
	w, _ = Worst(.99, members)
	assert.Equal(t, "also", w.Name, "the least name of equals")
	assert.False(t, w.Certain)

	members = append(members, Member{"unknown", dist(t, nil, 5)})
	w, _ = Worst(.99, members)
	assert.Equal(t, "also", w.Name, "what has no bound has no estimate")
	assert.Equal(t, inf, w.Hi, "but it may be the worst")
	assert.False(t, w.Certain)

	_, ok = Worst(.5, members[2:4])
	assert.False(t, ok)
	_, ok = Worst(1.5, members)
	assert.False(t, ok)
}

func TestGreatestTrueQuantileLiesInTheInterval(t *testing.T) {
	r := rand.New(rand.NewPCG(37, 38))
	certain := 0
	for range *cases / 2 {
		f, q := drawFleet(t, r), drawLevel(r)
		var members []Member
		worst, greatest, any := "", 0.0, false
		for i, d := range f.members {
			name := string(rune('a' + i))
			members = append(members, Member{name, d})
			if len(f.parts[i]) > 0 {
				if v := trueQuantile(sorted(f.parts[i]), q); !any || v > greatest {
					worst, greatest, any = name, v, true
				}
			}
		}
		w, ok := Worst(q, members)
		if !ok {
			continue
		}
		require.True(t, w.Lo <= greatest && greatest <= w.Hi, "%v is not in %+v", greatest, w)
		if w.Certain && w.Members > 1 && w.Estimate.Lo < greatest {
			require.Equal(t, worst, w.Name)
			certain++
		}
	}
	assert.Positive(t, certain)
}

// The merged quantile lies between the members' least and greatest, for estimates unless an interval has no end.
func TestMergedQuantileIsBetweenTheMembers(t *testing.T) {
	r := rand.New(rand.NewPCG(39, 40))
	compared := 0
	for range *cases {
		f, q := drawFleet(t, r), drawLevel(r)
		e, ok := merged(f.members...).Quantile(q)
		bounded := ok && !math.IsInf(e.Hi, 1) && !math.IsInf(e.Lo, -1)
		least, greatest := inf, -inf
		for _, d := range f.members {
			m, ok := d.Quantile(q)
			if !ok {
				bounded = bounded && d.Count() == 0
				continue
			}
			bounded = bounded && !math.IsInf(m.Hi, 1) && !math.IsInf(m.Lo, -1)
			least, greatest = min(least, m.Value), max(greatest, m.Value)
		}
		if !bounded {
			continue
		}
		compared++
		slack := 1e-12 * max(1, greatest-least)
		require.True(t, least-slack <= e.Value && e.Value <= greatest+slack, "%v is not in [%v, %v]", e.Value, least, greatest)
	}
	assert.Greater(t, compared, *cases/20)
}
