package layout

import (
	"cmp"
	"math"
	"slices"

	"github.com/promfold/promfold/internal/exact"
)

// edge is an end of a cell, and the cell's observations as the difference of two counts.
type edge struct{ at, before, after float64 }

// ofRank returns the least end with at least r observations at it or below. There must be r of them. The order of
// edges is lost.
//
// Quickselect moves each edge about twice, where sorting them would cost log₂(len(edges)) comparisons for each, for an
// answer that needs no order. But it adds counts up in any order, which only integers allow.
func ofRank(edges []edge, r float64, integral bool, tally *exact.Sum) float64 {
	if !integral {
		return ofRealRank(edges, r, tally)
	}
	below := 0.0 // observations at edges that are gone, all of them below those left
	for {
		pivot := medianOfThree(edges[0].at, edges[len(edges)/2].at, edges[len(edges)-1].at)
		lower, upTo := 0.0, 0.0
		for _, e := range edges {
			if e.at <= pivot {
				upTo += e.after - e.before
				if e.at < pivot {
					lower += e.after - e.before
				}
			}
		}
		switch {
		case below+lower >= r:
			edges = keep(edges, func(at float64) bool { return at < pivot })
		case below+upTo >= r:
			return pivot
		default:
			below += upTo
			edges = keep(edges, func(at float64) bool { return at > pivot })
		}
	}
}

func keep(edges []edge, wanted func(at float64) bool) []edge {
	n := 0
	for _, e := range edges {
		edges[n] = e // without a branch that cannot be predicted: it is overwritten if it is not wanted
		if wanted(e.at) {
			n++
		}
	}
	return edges[:n]
}

// ofRealRank is ofRank for counts that are not integers. It compares r with their sum, rounded.
func ofRealRank(edges []edge, r float64, tally *exact.Sum) float64 {
	slices.SortFunc(edges, func(a, b edge) int { return cmp.Compare(a.at, b.at) })
	tally.Reset()
	for _, e := range edges {
		tally.AddDiff(e.after, e.before)
		if n := tally.Float64(); n >= r && n > 0 {
			return e.at
		}
	}
	return edges[len(edges)-1].at
}

// firstTrue returns the least of keys for which holds is true, and the greatest for which it is false: ±Inf if there is
// none. holds must be false up to some key and true from there on. The order of keys is lost.
func firstTrue(keys []float64, holds func(key float64) bool) (first, last float64) {
	first, last = math.Inf(1), math.Inf(-1)
	for len(keys) > 0 {
		pivot := medianOfThree(keys[0], keys[len(keys)/2], keys[len(keys)-1])
		found := holds(pivot)
		if found {
			first = pivot
		} else {
			last = pivot
		}
		n := 0
		for _, k := range keys {
			if found && k < pivot || !found && k > pivot {
				keys[n] = k
				n++
			}
		}
		keys = keys[:n]
	}
	return first, last
}

func medianOfThree(a, b, c float64) float64 { return max(min(a, b), min(max(a, b), c)) }
