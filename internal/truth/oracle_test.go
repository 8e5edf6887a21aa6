package truth

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/internal/cases"
)

// naive decides of each event alone what an increase has to do with it: by the
// first reading of its place at or after it.
func naive(m *moment, v selection) (a amount) {
	for _, pl := range m.places {
		rs := m.readings(pl)
		events := func(s *source, owner *process) {
			for _, at := range s.events {
				if v.of(s) && (v.zone == "" || pl.zoneAt(at) == v.zone) && (owner == nil || owner.life.holds(at)) {
					if c, ok := m.naiveClass(pl, rs, at, owner); ok {
						a[c] += s.weight
					}
				}
			}
		}
		for _, p := range pl.lives {
			for _, s := range pl.sourcesOf(p) {
				events(s, p)
			}
		}
		for _, s := range pl.machine {
			events(s, nil)
		}
	}
	return a
}

func (m *moment) naiveClass(pl *place, rs []reading, at ms, owner *process) (class, bool) {
	if len(rs) == 0 {
		return lost, pl.expected && at > m.window.from && at <= m.window.to
	}
	k := slices.IndexFunc(rs, func(r reading) bool { return r.at >= at })
	if k < 0 || rs[k].at <= m.window.from || rs[k].at > m.window.to {
		return 0, false
	}
	r := rs[k]
	switch {
	case k > 0 && (owner == nil || owner == r.process):
		return seen, true
	case k > 0:
		return lost, true
	case owner != nil && owner != r.process || at <= m.since:
		return 0, false
	case owner != nil && owner.life.from > m.since && owner.tell != unsaid:
		return seen, true
	case owner != nil && owner.life.from > m.since || r.at > m.over && pl.pool == 0:
		return lost, true
	}
	return 0, false
}

func TestIncreaseAsNaive(t *testing.T) {
	for _, kind := range Kinds() {
		if kind == "births" || kind == "mixed" || kind == "replicas" || kind == "two-names" {
			continue // lines come and go, readings are older than they say, or by two names
		}
		for seed := range uint64(4) {
			f, err := Simulate(kind, seed+1)
			require.NoError(t, err)
			total := 0.0
			for order, s := range f.Case.Steps {
				q, ok := s.(*cases.Ask)
				if !ok || q.Question.Word != "increase" && q.Question.Word != "count" {
					continue
				}
				m := moment{f, span{f.since, q.At.Milliseconds()}, order, f.opening(order)}
				if q.Window != 0 {
					m.window.from = max(f.since, m.window.to-q.Window.Milliseconds())
				}
				want := naive(&m, selected(q.View))
				require.Equal(t, want.truth(), m.increase(selected(q.View)), "%s %d %s", f.Case.Name, order, q.View)
				total += want[seen]
			}
			assert.Positive(t, total, f.Case.Name)
		}
	}
}

// A value that is shown is the events until then, whatever else the counter does.
func TestValue(t *testing.T) {
	s := source{weight: 2, base: 10, events: []ms{10, 20, 20, 30}, shown: span{-never, never}, hidden: []span{{20, 30}}}
	for at, want := range map[ms]float64{9: 10, 10: 12, 19: 12, 20: 16, 30: 18} {
		assert.Equal(t, want, s.value(at), at)
	}
	assert.Equal(t, 4.0, s.grown(span{10, 20}))
	assert.Equal(t, 0.0, s.grown(span{20, 10}))
	assert.True(t, s.visible(20) && !s.visible(21) && !s.visible(30) && s.visible(31))
	s.jumps = []jump{{at: 20, clear: true}, {at: 25, by: 5}}
	for at, want := range map[ms]float64{19: 12, 20: 0, 25: 5, 30: 7} {
		assert.Equal(t, want, s.value(at), at)
	}
	s.jumps, s.wrap = nil, 13
	assert.Equal(t, 3.0, s.value(20))
}

func TestEvents(t *testing.T) {
	f, err := Simulate("steady", 1)
	require.NoError(t, err)
	for _, how := range []arrivals{even, poisson, bursts} {
		in := span{100, 100 + 1000*second}
		list := f.events(how, 5, in)
		assert.True(t, slices.IsSorted(list), how)
		assert.True(t, in.holds(list[0]) && in.holds(list[len(list)-1]), how)
		assert.InEpsilon(t, 5000, len(list), 0.6, how)
		if how == even {
			for from := in.from; from+7*second <= in.to; from += 777 {
				n := until(list, from+7*second) - until(list, from)
				assert.InDelta(t, 35, n, 1.01)
			}
		}
	}
}

func TestQuantileAndOver(t *testing.T) {
	hundred := make([]float64, 100)
	for i := range hundred {
		hundred[i] = float64(100 - i)
	}
	for q, want := range map[float64]float64{0: 1, .07: 7, .5: 50, .505: 51, .99: 99, 1: 100} {
		x, ok := quantile(hundred, q)
		assert.True(t, ok)
		assert.Equal(t, want, x, q)
	}
	_, ok := quantile(nil, .5)
	assert.False(t, ok)
	x, _ := over(hundred, 90)
	assert.Equal(t, .1, x)
	_, ok = over(nil, 90)
	assert.False(t, ok)
}

func TestBucketOf(t *testing.T) {
	for schema := range 4 {
		for _, v := range []float64{0.0001, 0.3, 0.5, 1, 1.0001, 2, 7, 1000} {
			i := bucketOf(v, schema)
			up := math.Pow(2, float64(i)/math.Pow(2, float64(schema)))
			down := math.Pow(2, float64(i-1)/math.Pow(2, float64(schema)))
			assert.True(t, down < v && v <= up, "%g in (%g, %g]", v, down, up)
		}
	}
}

func TestOverSets(t *testing.T) {
	first := func(x []float64) (float64, bool) { return quantile(x, 0) }
	sets := [][]float64{{3, 4}, {2, 3, 4}, nil}
	truth, ok := overSets(sets, promfold.Estimate{Value: 2, Lo: 2, Hi: 2}, first)
	assert.True(t, ok)
	assert.Equal(t, Truth{LoMax: 3, HiMin: 2}, truth)
	truth, _ = overSets(sets, promfold.Estimate{Value: 3, Hi: math.Inf(1)}, first)
	assert.False(t, truth.LoExcused, "the answer is about one of the sets")
	truth, _ = overSets(sets, promfold.Estimate{Value: 1, Hi: math.Inf(1)}, first)
	assert.True(t, truth.LoExcused && truth.HiExcused, "the answer is about others, and says so")
	_, ok = overSets([][]float64{nil}, promfold.Estimate{}, first)
	assert.False(t, ok)
}
