package declare_test

import (
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/counter"
	"github.com/promfold/promfold/internal/declare"
	"github.com/promfold/promfold/internal/gauge"
	"github.com/promfold/promfold/internal/growth"
)

func catalogue(views map[string]declare.View) *declare.Catalogue {
	return &declare.Catalogue{Lookup: func(metric string) (declare.View, bool) {
		v, ok := views[metric]
		return v, ok
	}}
}

// What a view needs stands behind it.
func TestOneNeeds(t *testing.T) {
	for _, c := range []struct {
		what string
		view declare.View
		want []string
	}{
		{"nothing", declare.View{Select: "g"}, []string{"g"}},
		{"the default election", declare.View{Select: "g", By: []string{"x"}, Combine: gauge.Leader}, []string{"g by (x)", "leader_election_master_status by (name)"}},
		{"its own election", declare.View{Select: "g", Combine: gauge.Leader, Leader: `l{a="b"}`}, []string{"g", `l{a="b"} by (name)`}},
		{"a limit, grouped alike", declare.View{Select: "g", By: []string{"x"}, Limit: "m"}, []string{"g by (x)", "m by (x)"}},
	} {
		list, err := declare.One(c.view, growth.Gauge, nil)
		require.NoError(t, err, c.what)
		var got []string
		for i := range list {
			got = append(got, list[i].String())
			assert.Equal(t, growth.Gauge, list[i].Kind, c.what)
			assert.Equal(t, i > 0, list[i].Role != declare.Declared, c.what)
		}
		assert.Equal(t, c.want, got, c.what)
	}
}

// What contradicts itself is refused, in words that name it.
func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		kind growth.Kind
		view declare.View
		want string
	}{
		{growth.Counter, declare.View{Select: "c{"}, "invalid view"},
		{growth.Counter, declare.View{Select: "c", Combine: gauge.Sum}, "Combine does not fit a counter"},
		{growth.Gauge, declare.View{Select: "g", Owner: counter.Process}, "Owner does not fit a gauge"},
		{growth.Counter, declare.View{Select: "c", By: []string{"a"}, ByAllLabels: true}, "exclude each other"},
		{growth.Counter, declare.View{Select: "c", Window: -1}, "negative Window"},
		{growth.Counter, declare.View{Select: "c", Window: 1, TotalsOnly: true}, "exclude each other"},
		{growth.Counter, declare.View{Select: "c", WrapBits: 65}, "WrapBits 65 above 64"},
		{growth.Counter, declare.View{Select: "c", Owner: 9}, "Owner(9)"},
		{growth.Counter, declare.View{Select: `{a="b"}`, Type: model.MetricTypeCounter}, "a Type for all families"},
		{growth.Histogram, declare.View{Select: "h", By: []string{"le"}}, "le belongs to the buckets"},
		{growth.Histogram, declare.View{Select: `h{le="1"}`}, "le belongs to the buckets"},
		{growth.Gauge, declare.View{Select: "g", Combine: gauge.Mean + 1}, "Combine(8)"},
		{growth.Gauge, declare.View{Select: "g", Within: gauge.Leader}, "Within leader"},
		{growth.Gauge, declare.View{Select: "g", Leader: "l"}, "Leader without Combine Leader"},
		{growth.Gauge, declare.View{Select: "g", Combine: gauge.Leader, Leader: `{a="b"}`}, "names no metric"},
		{growth.Gauge, declare.View{Select: "g", Limit: "l{"}, "invalid view"},
		{growth.Gauge, declare.View{Select: "g", Limit: "l", Window: time.Minute}, "shares of a limit have no Window"},
		{growth.Gauge, declare.View{Select: "g", Limit: "l", Combine: gauge.Sum}, "shares of a limit have no sum"},
		{declare.AllKinds, declare.View{Select: `{a="b"}`, Combine: gauge.Leader}, "Combine leader does not fit a view of everything"},
	} {
		_, err := declare.One(c.view, c.kind, nil)
		assert.ErrorContains(t, err, c.want)
	}
	_, err := declare.Ratio(declare.View{Select: "a", By: []string{"x"}}, declare.View{Select: "b"}, nil)
	assert.ErrorContains(t, err, "group differently")
	_, err = declare.Ratio(declare.View{Select: "a"}, declare.View{Select: `{x="y"}`}, nil)
	assert.ErrorContains(t, err, "one metric and all")
}

// A catalogue completes what a view leaves open, and changes nothing that it says.
func TestCatalogue(t *testing.T) {
	c := catalogue(map[string]declare.View{
		"c": {Owner: counter.External, BoundBirths: true, WrapBits: 32, Signed: true, Combine: gauge.Max},
		"g": {Combine: gauge.Max, Limit: "limit", Sentinels: []float64{-1}, Owner: counter.Process},
	})
	one := func(v declare.View, k growth.Kind) declare.Spec {
		list, err := declare.One(v, k, c)
		require.NoError(t, err)
		return list[0]
	}
	s := one(declare.View{Select: "c"}, growth.Counter)
	assert.Equal(t, uint8(32), s.WrapBits)
	assert.True(t, s.BoundBirths)
	assert.False(t, s.Signed, "counters have no sign")
	assert.Equal(t, counter.External, counter.Owner(s.Owner))
	assert.Zero(t, one(declare.View{Select: "c"}, growth.Histogram).WrapBits)
	assert.Equal(t, counter.Process, counter.Owner(one(declare.View{Select: "c", Owner: counter.Process}, growth.Counter).Owner))
	assert.Zero(t, one(declare.View{Select: `{a="b"}`}, growth.Counter).Owner, "of all families each is asked for")

	list, err := declare.One(declare.View{Select: "g"}, growth.Gauge, c)
	require.NoError(t, err)
	require.Len(t, list, 2)
	assert.Equal(t, "limit", list[1].String())
	list, err = declare.One(declare.View{Select: "g", Combine: gauge.Min, Sentinels: []float64{}}, growth.Gauge, c)
	require.NoError(t, err)
	require.Len(t, list, 1, "a view that says how to combine says all of it")
	assert.Empty(t, list[0].Sentinels)

	_, ok := (*declare.Catalogue)(nil).Of("c")
	assert.False(t, ok)
}

// A view of everything is of four; no two of them keep the same rows.
func TestEverything(t *testing.T) {
	list, err := declare.Everything(declare.View{Select: `c{a="b"}`, Combine: gauge.Sum, Sentinels: []float64{-1}, Signed: true, Owner: counter.Process}, nil)
	require.NoError(t, err)
	require.Len(t, list, 4)
	keys := map[string]bool{}
	for i := range list {
		s := &list[i]
		keys[s.Key()] = true
		assert.True(t, s.Every())
		assert.False(t, s.Single())
		assert.Equal(t, s.Kind == growth.Gauge, s.Combine != 0)
		assert.Equal(t, s.Kind == growth.Gauge, s.Owner == 0)
		assert.Equal(t, s.Kind == growth.Histogram, s.Signed)
		assert.Equal(t, s.Kind != growth.Gauge, s.Window == declare.TotalsAlone)
	}
	assert.Len(t, keys, 4)

	all, err := declare.Everything(declare.View{}, nil)
	require.NoError(t, err)
	same, err := declare.Everything(declare.View{Select: `{__name__=~".+"}`, ByAllLabels: true}, nil)
	require.NoError(t, err)
	assert.Equal(t, same[0].Key(), all[0].Key())
}

// What a view answers with is no part of its key, unless values of the past are
// kept of it.
func TestKey(t *testing.T) {
	key := func(v declare.View) string {
		list, err := declare.One(v, growth.Gauge, nil)
		require.NoError(t, err)
		return list[0].Key()
	}
	assert.Equal(t, key(declare.View{Select: "g", Combine: gauge.Sum}), key(declare.View{Select: "g", Combine: gauge.Mean, Sentinels: []float64{1}}))
	assert.NotEqual(t, key(declare.View{Select: "g", Combine: gauge.Sum, Window: 1}), key(declare.View{Select: "g", Combine: gauge.Mean, Window: 1}))
	assert.NotEqual(t, key(declare.View{Select: "g"}), key(declare.View{Select: "g", Type: model.MetricTypeGauge}))
}
