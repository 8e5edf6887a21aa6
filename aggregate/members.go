package aggregate

import (
	"cmp"
	"fmt"
	"iter"
	"math"
	"math/big"
	"slices"
	"strconv"

	"github.com/promfold/promfold/internal/exact"
)

// Operations across the members of a group. All stand in the order of their
// names, so that of equals the first by name is meant.

// Count is of how many members the answer is.
func (g *GaugeGroup) Count() int { return len(g.members) }

// Sum is right for what each instance has a share of.
func (g *GaugeGroup) Sum() (float64, bool) {
	var s exact.Sum
	for _, m := range g.members {
		s.Add(m.Value)
	}
	x := s.Float64()
	if math.IsNaN(x) { // +Inf and −Inf have no sum
		return 0, false
	}
	return x, len(g.members) > 0
}

// Mean is the mean of the members' values.
func (g *GaugeGroup) Mean() (float64, bool) {
	sum, ok := g.Sum()
	return sum / float64(max(1, len(g.members))), ok
}

// Stddev is the standard deviation of the members' values around their mean:
// of these members, not an estimate for others (divided by their number, as
// PromQL does). Of values that are not finite there is none.
func (g *GaugeGroup) Stddev() (float64, bool) {
	mean, ok := g.Mean()
	if !ok || !finite(mean) {
		return 0, false
	}
	widest := 0.0
	for _, m := range g.members {
		widest = max(widest, math.Abs(m.Value-mean))
	}
	if widest == 0 || !finite(widest) {
		return 0, widest == 0
	}
	var squares exact.Sum // relative to the widest: a square may not be a number
	for _, m := range g.members {
		d := (m.Value - mean) / widest
		squares.Add(d * d)
	}
	return widest * math.Sqrt(squares.Float64()/float64(len(g.members))), true
}

// Max is the instance with the largest value.
func (g *GaugeGroup) Max() (GaugeMember, bool) { return greatest(g.members, gaugeValue) }

// Min is the instance with the smallest value.
func (g *GaugeGroup) Min() (GaugeMember, bool) {
	return greatest(g.members, func(m GaugeMember) float64 { return -m.Value })
}

// Quantile is the member of rank max(1, ⌈q·n⌉), from the smallest value up: at
// least a part q of the members are not above it. It is a member, not a number
// between two as PromQL has it. The error is of q alone: not within [0, 1].
func (g *GaugeGroup) Quantile(q float64) (GaugeMember, bool, error) {
	return memberAt(q, g.members, gaugeValue)
}

// Top lists the k members with the largest values, largest first.
func (g *GaugeGroup) Top(k int) []GaugeMember { return top(k, g.members, gaugeValue) }

func gaugeValue(m GaugeMember) float64 { return m.Value }

// Top lists the k members with the highest rates, highest first; those that
// have none are left out.
func (g *CounterGroup) Top(k int) []CounterMember { return top(k, g.rated(), memberRate) }

// RateQuantile is the member of rank max(1, ⌈q·n⌉) among those that have a
// rate, from the lowest up, as [GaugeGroup.Quantile].
func (g *CounterGroup) RateQuantile(q float64) (CounterMember, bool, error) {
	return memberAt(q, g.rated(), memberRate)
}

func memberRate(m CounterMember) float64 { return m.Rate }

func (g *CounterGroup) rated() []CounterMember {
	return slices.DeleteFunc(g.Members(), func(m CounterMember) bool { return !m.HasRate })
}

// MaxIncrease is the member that saw most, which is right where every instance
// counts the same events (the leader changes that each member of an etcd
// cluster sees). It may have missed some: a lower bound. Without a step in the
// window there is none.
func (g *CounterGroup) MaxIncrease() (CounterMember, bool) {
	seen := slices.DeleteFunc(g.rated(), func(m CounterMember) bool { return m.Older })
	return greatest(seen, func(m CounterMember) float64 { return m.Increase.Value })
}

// top are the k greatest, greatest first, equals by name.
func top[T any](k int, members []T, value func(T) float64) []T {
	sorted := slices.Clone(members)
	slices.SortStableFunc(sorted, func(a, b T) int { return cmp.Compare(value(b), value(a)) })
	return sorted[:max(0, min(k, len(sorted)))]
}

// greatest is the first by name of the greatest.
func greatest[T any](members []T, value func(T) float64) (x T, ok bool) {
	for i, m := range members {
		if i == 0 || value(m) > value(x) {
			x = m
		}
	}
	return x, len(members) > 0
}

// memberAt is the member at a quantile's rank. As elsewhere, q is the shortest
// decimal that reads as it, and the product is exact: 0.07 of 100 is 7.
func memberAt[T any](q float64, members []T, value func(T) float64) (x T, ok bool, err error) {
	if !(q >= 0 && q <= 1) {
		return x, false, fmt.Errorf("%w: quantile %g of members", errView, q)
	}
	n := len(members)
	if n == 0 {
		return x, false, nil
	}
	product, _ := new(big.Rat).SetString(strconv.FormatFloat(q, 'g', -1, 64))
	product.Mul(product, big.NewRat(int64(n), 1))
	rank, rest := new(big.Int).QuoRem(product.Num(), product.Denom(), new(big.Int))
	if rest.Sign() > 0 {
		rank.Add(rank, big.NewInt(1))
	}
	sorted := slices.Clone(members)
	slices.SortStableFunc(sorted, func(a, b T) int { return cmp.Compare(value(a), value(b)) })
	return sorted[max(1, rank.Int64())-1], true, nil
}

// present are the instances that speak for the present, with what the view
// keeps of them, by name.
func (q *question) present() iter.Seq2[*instance, *binding] { return q.presentOf(q.v) }

func (q *question) presentOf(v *view) iter.Seq2[*instance, *binding] {
	return func(yield func(*instance, *binding) bool) {
		for _, in := range q.f.ordered {
			if q.f.live(in, q.e) && q.f.counts(in, q.e) && !yield(in, in.bindings[v.index]) {
				return
			}
		}
	}
}

// exclusions are the reasons why series are left out of an answer, as formats
// of their number, each with the instances it is about.
type exclusions map[string]map[string]int

func (x exclusions) add(why, name string, n int) {
	if x[why] == nil {
		x[why] = map[string]int{}
	}
	x[why][name] += n
}

// mistyped notes an instance that exposes the metric as another type alone.
func (x exclusions) mistyped(in *instance, v *view) {
	if n := in.refused(v); n > 0 {
		x.add(ofAnotherType, in.name, n)
	}
}

func (x exclusions) words() []string {
	var list []string
	for why, members := range x {
		list = append(list, counted(why, members))
	}
	slices.Sort(list)
	return list
}
