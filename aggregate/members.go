package aggregate

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/explain"
)

// Member is an instance and its number: of a method's question, or of a gauge
// its value.
type Member struct {
	Instance string
	Estimate promfold.Estimate
	Share    float64       // of all rates of a counter, of the observations, of the sum of a gauge; 0 where parts do not add up
	Weight   float64       // of its rate in the group's: the part of the window in which it lived
	Age      time.Duration // of its latest scrape or, of a gauge, of its value
	Covers   time.Duration // the time its steps in the window span
	Older    bool          // no step in the window: the rate is that of its latest
	Live     bool
	Steps    int
	Resets   int // of series
}

// String returns instance, number and share.
func (m Member) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", m.Instance, m.Estimate)
	if m.Share > 0 {
		fmt.Fprintf(&b, ", %.3g %%", 100*m.Share)
	}
	return b.String()
}

func (m Member) value() float64 { return m.Estimate.Value }

// member returns a member without the number that is asked for.
func (g *CounterGroup) member(sh *shared, p *part) Member {
	m := Member{
		Instance: sh.name, Covers: sh.covers(g.final()), Older: sh.older, Live: sh.standing.Counts(), Steps: sh.steps,
		Age: time.Duration(g.answer.e-sh.last) * time.Millisecond,
	}
	if w := g.answer.window(); w > 0 {
		m.Weight = float64(sh.observed(g.final()).Life) / float64(w)
	}
	g.answer.happenings(p, func(e *happening) { m.Resets += e.Resets() })
	return m
}

// increased returns a member with its increase, 0 if all its steps are older
// than the window.
func (g *CounterGroup) increased(sh *shared, p *part) Member {
	m := g.member(sh, p)
	if !sh.older {
		m.Estimate = g.answer.around(p)
	}
	return m
}

// rateOf returns the rate of a member over the time it was observed; false if
// that is a single moment.
func (g *CounterGroup) rateOf(sh *shared, p *part) (estimate, bool) {
	if sh.covers(g.final()) <= 0 {
		return estimate{}, false
	}
	x, seconds := exactly(p.grown), sh.covers(g.final()).Seconds()
	if !sh.older {
		x = g.answer.around(p)
	}
	value := p.grown - p.older
	return estimate{Value: value / seconds, Lo: min(x.Lo, value) / seconds, Hi: x.Hi / seconds}, true
}

// rated returns the members with a rate, by name.
func (g *CounterGroup) rated() []Member {
	var list []Member
	g.each(func(sh *shared, p *part) {
		if r, ok := g.rateOf(sh, p); ok {
			m := g.member(sh, p)
			m.Estimate = r
			list = append(list, m)
		}
	})
	return g.shared(list)
}

// shared sets the share of each member in the sum of rates. Rates of older
// steps have none: they are of another time.
func (g *CounterGroup) shared(list []Member) []Member {
	rates := map[string]float64{}
	var sum exact.Sum
	g.each(func(sh *shared, p *part) {
		if r, ok := g.rateOf(sh, p); ok && !sh.older {
			rates[sh.name] = r.Value
			sum.Add(r.Value)
		}
	})
	if total := sum.Float64(); total > 0 {
		for i := range list {
			list[i].Share = rates[list[i].Instance] / total
		}
	}
	return list
}

// greatest returns the member with the greatest value; ties go to the first
// name.
func greatest[T any](members []T, value func(T) float64) (x T, ok bool) {
	for i, m := range members {
		if i == 0 || value(m) > value(x) {
			x = m
		}
	}
	return x, len(members) > 0
}

// memberAt returns the member at the rank of a quantile. As elsewhere, q is the
// shortest decimal that prints as it, and the product is exact: 0.07 of 100 is
// 7.
func memberAt(q float64, members []Member) (Member, bool) {
	n := len(members)
	if !(q >= 0 && q <= 1) || n == 0 {
		return Member{}, false
	}
	product, _ := new(big.Rat).SetString(strconv.FormatFloat(q, 'g', -1, 64))
	product.Mul(product, big.NewRat(int64(n), 1))
	rank, rest := new(big.Int).QuoRem(product.Num(), product.Denom(), new(big.Int))
	if rest.Sign() > 0 {
		rank.Add(rank, big.NewInt(1))
	}
	sorted := slices.Clone(members)
	slices.SortStableFunc(sorted, func(a, b Member) int { return cmp.Compare(a.value(), b.value()) })
	return sorted[max(1, rank.Int64())-1], true
}

// asymmetry returns how unevenly the members share the group's rate.
func (g *CounterGroup) asymmetry() (explain.Asymmetry, bool) {
	var list []explain.Load
	for _, m := range g.rated() {
		if !m.Older {
			list = append(list, explain.Load{Name: m.Instance, Value: m.value()})
		}
	}
	return explain.AsymmetryOf(list)
}
