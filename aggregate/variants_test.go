package aggregate_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

// shown says who shows what, a line each.
func shown(list []aggregate.Variant) string {
	var b strings.Builder
	for _, v := range list {
		fmt.Fprintln(&b, v.Labels, v.Value, v.Instances)
	}
	return b.String()
}

// skew are the variants that some of the instances show and others do not.
func skew(g *aggregate.GaugeGroup) string {
	return shown(slices.DeleteFunc(g.Variants(), func(v aggregate.Variant) bool { return len(v.Instances) == len(g.Members()) }))
}

func TestVersionSkew(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(aggregate.View{Select: "build_info", Combine: aggregate.Distinct})
	const typeB = "# TYPE build_info gauge"
	for name, version := range map[string]string{"a": "v1.36.3", "b": "v1.36.3", "c": "v1.35.4"} {
		b.scrape(name, 0, 0, typeB, fmt.Sprintf("build_info{version=%q} 1", version))
	}
	b.scrape("d", 0, 0, typeG, "g 1")
	g := b.reading(v, 0)
	assert.Equal(t, "a b c", names(g.Members()), "d does not expose it")
	want := "{version=\"v1.35.4\"} 1 [c]\n{version=\"v1.36.3\"} 1 [a b]\n"
	assert.Equal(t, want, shown(g.Variants()))
	assert.Equal(t, want, skew(g))
	assert.Equal(t, `{version="v1.36.3"} 1: a, b`, g.Variants()[1].String())

	b.scrape("c", 10, 0, typeB, `build_info{version="v1.36.3"} 1`)
	g = b.reading(v, 10)
	assert.Equal(t, "{version=\"v1.36.3\"} 1 [a b c]\n", shown(g.Variants()))
	assert.Empty(t, skew(g))
}

// A switch that stands differently, and one that only a newer version has.
func TestFeatureSkew(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(aggregate.View{Select: "feature_enabled", By: []string{"name"}, Combine: aggregate.Distinct})
	const typeF = "# TYPE feature_enabled gauge"
	b.scrape("a", 0, 0, typeF, `feature_enabled{name="X"} 1`, `feature_enabled{name="Y"} -0`, `feature_enabled{name="New"} 0`)
	b.scrape("b", 0, 0, typeF, `feature_enabled{name="X"} 0`, `feature_enabled{name="Y"} 0`, `feature_enabled{name="Z"} NaN`)
	var skewed []string
	groups, err := v.At(b.Snapshot(at(0)))
	require.NoError(t, err)
	for _, g := range groups {
		if s := skew(g); s != "" {
			skewed = append(skewed, s)
		}
		assert.Equal(t, []string{"1 series are NaN, left out: b"}, g.Warnings())
	}
	assert.Equal(t, []string{
		"{name=\"New\"} 0 [a]\n",
		"{name=\"X\"} 0 [b]\n{name=\"X\"} 1 [a]\n",
	}, skewed)
}

func TestDistinctNamesOtherTypes(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(aggregate.View{Select: "g", Combine: aggregate.Distinct})
	b.scrape("a", 0, 0, typeG, "g 1")
	b.scrape("b", 0, 0, "# TYPE g counter", "g 1")
	g := b.reading(v, 0)
	assert.Equal(t, []string{"1 series of another type, left out: b"}, g.Warnings())
	assert.Empty(t, skew(g))
}
