package roster

import (
	"cmp"
	"slices"
)

// Unit is a target, or a balancer with all that is behind it: its scrapes have
// one clock.
type Unit struct {
	Last int64              // its newest scrape
	Live func(e int64) bool // at a time
}

// Now returns the time that a question asked at now is about: its own, or that
// of the newest scrape if it is later. One unit whose newest scrape is stamped
// more than skew after now and after those of all other live units is left out
// until then; ahead is its place in the list, or −1. The scrapes of a unit that
// is alone are believed.
func Now(now, skew int64, units []Unit) (e int64, ahead int) {
	newest, first, second := -1, int64(0), int64(0)
	for i, u := range units {
		switch {
		case newest < 0 || u.Last > first:
			newest, first, second = i, u.Last, first
		default:
			second = max(second, u.Last)
		}
	}
	base := max(now, second)
	if newest < 0 || first <= base+skew {
		return max(now, first), -1
	}
	for i, u := range units {
		if i != newest && u.Live(base) {
			return base, newest
		}
	}
	return max(now, first), -1
}

// NowOf is [Now] for instances: of says which balancer one is behind, the zero
// value for none, and when it answered last; live whether its unit is live at a
// time. ahead is the place in the list of the instance whose scrape is left out,
// or −1.
func NowOf[I any, P comparable](now, skew int64, list []I, of func(I) (behind P, last int64), live func(x I, e int64) bool) (e int64, ahead int) {
	var units []Unit
	var newest []int // of each unit
	var alone P
	pools := map[P]int{}
	for i, x := range list {
		behind, last := of(x)
		at, known := pools[behind]
		switch {
		case behind == alone || !known:
			pools[behind] = len(units)
			units, newest = append(units, Unit{last, func(e int64) bool { return live(x, e) }}), append(newest, i)
		case last > units[at].Last:
			units[at].Last, newest[at] = last, i
		}
	}
	if e, ahead = Now(now, skew, units); ahead >= 0 {
		ahead = newest[ahead]
	}
	return e, ahead
}

// SpareLines is how many lines of departed instances are kept beside the others.
const SpareLines = 8192

// Beyond returns those of departed instances that there is no room for, if those
// who were there last may keep so many lines. Each counts as a hundred at least:
// it is not only its lines that it costs. of returns the lines of an instance and
// its latest scrape; list is sorted by name, and is reordered.
func Beyond[T any](list []T, lines int, of func(T) (lines int, last int64)) []T {
	slices.SortStableFunc(list, func(a, b T) int {
		_, x := of(a)
		_, y := of(b)
		return cmp.Compare(y, x)
	})
	return slices.DeleteFunc(list, func(x T) bool {
		n, _ := of(x)
		n = max(n, 100)
		fits := n <= lines
		if fits {
			lines -= n
		}
		return fits
	})
}

// Earliest returns the earliest of a time and those of a list that are not 0.
func Earliest[I any](list []I, at int64, of func(I) int64) int64 {
	for _, in := range list {
		if x := of(in); x != 0 {
			at = min(at, x)
		}
	}
	return at
}
