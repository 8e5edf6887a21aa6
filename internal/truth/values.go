package truth

import (
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"

	"github.com/promfold/promfold"
)

// observations are the sets of values of which an answer about a distribution
// may be: of each process that has several names by one of them.
func (m *moment) observations(family string) (sets [][]float64) {
	for _, names := range m.choices() {
		sets = append(sets, m.observationsBy(family, names)...)
	}
	return sets
}

// choices are the ways to keep one name of each place that has several.
func (m *moment) choices() []map[*place]string {
	list := []map[*place]string{{}}
	for _, pl := range m.places {
		if len(pl.targets) == 1 {
			continue
		}
		var more []map[*place]string
		for _, before := range list {
			for _, name := range pl.targets {
				names := maps.Clone(before)
				names[pl] = name
				more = append(more, names)
			}
		}
		list = more
	}
	return list
}

// observationsBy are the sets of values, where those names are kept: what was
// seen, without or with what was lost or open.
func (m *moment) observationsBy(family string, names map[*place]string) [][]float64 {
	var counted, bucketed, both, either, more, all []float64
	for _, pl := range m.places {
		stretches := m.observed(pl, false)
		if name, several := names[pl]; several && len(stretches) > 0 {
			stretches = []stretch{{m.edges(pl, name), stretches[0].process, seen}}
		}
		for _, x := range stretches {
			for _, d := range x.process.dists {
				if d.family != family {
					continue
				}
				for _, o := range d.observed {
					c, b := x.holds(o.counted), x.holds(o.bucketed)
					switch {
					case !c && !b:
						continue
					case x.class == open:
						all = appendIf(all, c, o.value)
						continue
					case x.class == lost || m.clearedAway(pl, d, o):
						more = appendIf(more, c, o.value)
						continue
					}
					counted, bucketed = appendIf(counted, c, o.value), appendIf(bucketed, b, o.value)
					both, either = appendIf(both, c && b, o.value), append(either, o.value)
				}
			}
		}
	}
	return [][]float64{counted, bucketed, both, either, slices.Concat(counted, more), slices.Concat(counted, more, all)}
}

// clearedAway reports whether an observation was cleared away before a reading
// had it.
func (m *moment) clearedAway(pl *place, d *dist, o observation) bool {
	if d.cleared == 0 || o.counted > d.cleared {
		return false
	}
	return !slices.ContainsFunc(m.readings(pl), func(r reading) bool { return r.at >= o.counted && r.at < d.cleared })
}

func appendIf(list []float64, ok bool, x float64) []float64 {
	if ok {
		return append(list, x)
	}
	return list
}

// overSets is the truth of a number of a set of observations: no right Lo is
// above the greatest, no right Hi below the least. It is not known without any
// observation. Where count is of another number of observations and says that
// there may be any number, a miss is excused.
func overSets(sets [][]float64, count promfold.Estimate, number func([]float64) (float64, bool)) (t Truth, ok bool) {
	t = Truth{LoMax: math.Inf(-1), HiMin: math.Inf(1)}
	other := math.IsInf(count.Hi, 1)
	for _, values := range sets {
		if float64(len(values)) == count.Value {
			other = false
		}
		if x, known := number(values); known {
			t.LoMax, t.HiMin, ok = max(t.LoMax, x), min(t.HiMin, x), true
		}
	}
	t.LoExcused, t.HiExcused = other, other
	return t, ok
}

// quantile returns the order statistic of rank max(1, ⌈qn⌉), with q taken as
// its shortest decimal.
func quantile(values []float64, q float64) (float64, bool) {
	if len(values) == 0 {
		return 0, false
	}
	exact, _ := new(big.Rat).SetString(strconv.FormatFloat(q, 'g', -1, 64))
	exact.Mul(exact, new(big.Rat).SetInt64(int64(len(values))))
	rank := new(big.Int).Add(exact.Num(), new(big.Int).Sub(exact.Denom(), big.NewInt(1)))
	rank.Div(rank, exact.Denom())
	sorted := slices.Sorted(slices.Values(values))
	return sorted[max(1, rank.Int64())-1], true
}

// over returns the share of values above a threshold.
func over(values []float64, threshold float64) (float64, bool) {
	n := 0
	for _, v := range values {
		if v > threshold {
			n++
		}
	}
	return float64(n) / float64(len(values)), len(values) > 0
}
