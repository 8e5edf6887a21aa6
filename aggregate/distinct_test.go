package aggregate_test

import (
	"fmt"
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

func distinct(t *testing.T, v *aggregate.GaugeView, seconds float64) []*aggregate.VariantGroup {
	t.Helper()
	groups, err := v.Distinct(at(seconds))
	require.NoError(t, err)
	return groups
}

func TestVersionSkew(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(aggregate.View{Metric: "build_info", Meaning: aggregate.MeaningIdentity})
	const typeB = "# TYPE build_info gauge"
	for name, version := range map[string]string{"a": "v1.36.3", "b": "v1.36.3", "c": "v1.35.4"} {
		b.scrape(name, 0, 0, typeB, fmt.Sprintf("build_info{version=%q} 1", version))
	}
	b.scrape("d", 0, 0, typeG, "g 1")
	groups := distinct(t, v, 0)
	require.Len(t, groups, 1)
	assert.Equal(t, []string{"a", "b", "c"}, groups[0].Instances, "d does not expose it")
	want := "{version=\"v1.35.4\"} 1 [c]\n{version=\"v1.36.3\"} 1 [a b]\n"
	assert.Equal(t, want, shown(groups[0].Variants))
	assert.Equal(t, want, shown(groups[0].Skew()))

	b.scrape("c", 10, 0, typeB, `build_info{version="v1.36.3"} 1`)
	groups = distinct(t, v, 10)
	assert.Equal(t, "{version=\"v1.36.3\"} 1 [a b c]\n", shown(groups[0].Variants))
	assert.Empty(t, groups[0].Skew())
}

// A switch that stands differently, and one that only a newer version has.
func TestFeatureSkew(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(aggregate.View{Metric: "feature_enabled", By: []string{"name"}, Meaning: aggregate.MeaningIdentity})
	const typeF = "# TYPE feature_enabled gauge"
	b.scrape("a", 0, 0, typeF, `feature_enabled{name="X"} 1`, `feature_enabled{name="Y"} -0`, `feature_enabled{name="New"} 0`)
	b.scrape("b", 0, 0, typeF, `feature_enabled{name="X"} 0`, `feature_enabled{name="Y"} 0`, `feature_enabled{name="Z"} NaN`)
	var skew []string
	for _, g := range distinct(t, v, 0) {
		if s := shown(g.Skew()); s != "" {
			skew = append(skew, s)
		}
		assert.Equal(t, []string{"1 series NaN, left out: b"}, g.Warnings())
	}
	assert.Equal(t, []string{
		"{name=\"New\"} 0 [a]\n",
		"{name=\"X\"} 0 [b]\n{name=\"X\"} 1 [a]\n",
	}, skew)
}

func TestDistinctNamesOtherTypes(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(aggregate.View{Metric: "g"})
	b.scrape("a", 0, 0, typeG, "g 1")
	b.scrape("b", 0, 0, "# TYPE g counter", "g 1")
	groups := distinct(t, v, 0)
	require.Len(t, groups, 1)
	assert.Equal(t, []string{"1 series of another type, left out: b"}, groups[0].Warnings())
	assert.Empty(t, groups[0].Skew())
}
