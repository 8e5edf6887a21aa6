package gauge_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/gauge"
	"github.com/promfold/promfold/internal/roster"
)

func TestGroup(t *testing.T) {
	g := gauge.Group{Combine: gauge.Sum, Excluded: explain.Exclusions{}}
	add := func(name string, s roster.Standing, values ...float64) *gauge.Part {
		b := gauge.Body{Within: gauge.Sum}
		for _, x := range values {
			b.Add(x, 1000, false)
		}
		return g.Add(name, s, 0, &b, 0, 3000)
	}
	require.NotNil(t, add("a", roster.Present, 1, 2))
	assert.Nil(t, add("b", roster.Present, math.NaN()))
	assert.Nil(t, add("c", roster.Doubtful, 5), "it is in the bounds alone")
	p := add("d", roster.Present, 9)
	require.NotNil(t, p)
	assert.Equal(t, "2s", p.Age.String())
	x, _, ok := g.Value()
	assert.True(t, ok)
	assert.Equal(t, "12 [12, 17]", x.String())
	assert.Equal(t, "[0.25 [0.176471, 0.25] 0.75 [0.529412, 0.75]]", fmt.Sprint(g.Shares()), "c may be in the sum")
	assert.Equal(t, []string{"1 series are NaN, left out: b"}, g.Excluded.Words())
	require.NotNil(t, add("e", roster.Present, -1))
	assert.Nil(t, g.Shares(), "parts do not add up")

	g.Combine, g.All.Leader = gauge.Consensus, "b"
	assert.Equal(t, []string{"the leader has nothing in this group: b", "1 of 3 instances say 9", "not known to b"}, g.Said())
}

func TestGroupVariants(t *testing.T) {
	var g gauge.Group
	for _, name := range []string{"a", "b", "b"} {
		g.Show(labels.FromStrings("__name__", "info", "v", "2"), 1, name)
	}
	g.Show(labels.FromStrings("__name__", "info", "v", "1"), 1, "c")
	list := g.Variants()
	require.Len(t, list, 2)
	assert.Equal(t, `{v="1"} 1: c`, list[0].String())
	assert.Equal(t, `{v="2"} 1: a, b`, list[1].String())
	list[1].Instances[0] = "x"
	assert.Equal(t, "a", g.Variants()[1].Instances[0], "a copy")
}
