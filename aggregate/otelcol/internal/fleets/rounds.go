package fleets

import (
	"cmp"
	"slices"
)

// rounds splits the points of one request into scrapes, by time: a scrape ends
// where a series comes again. Most requests are one.
func rounds(points []point) (list [][]point) {
	if len(points) == 0 {
		return nil
	}
	first, last := points[0].at, points[0].at
	for i := range points {
		first, last = min(first, points[i].at), max(last, points[i].at)
	}
	if first == last {
		return [][]point{points}
	}
	byTime := slices.Clone(points)
	slices.SortStableFunc(byTime, func(a, b point) int { return cmp.Compare(a.at, b.at) })
	begin, seen := 0, map[string]int64{}
	for i := range byTime {
		p := &byTime[i]
		if at, ok := seen[p.entry.key]; ok && at != p.at { // at one time it is a double, which the fleet counts
			list = append(list, byTime[begin:i])
			begin = i
			clear(seen)
		}
		seen[p.entry.key] = p.at
	}
	return append(list, byTime[begin:])
}

// timeOfRound returns the latest time of the points.
func timeOfRound(points []point) (at int64) {
	for i := range points {
		at = max(at, points[i].at)
	}
	return at
}
