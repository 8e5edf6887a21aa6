package gauge

import (
	"math"
	"slices"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/internal/roster"
)

// Range is what a value was in a window.
type Range struct {
	Max, Min promfold.Estimate
	Mean     promfold.Estimate // over the time that it had a value
	Covers   int64             // that time
	From, To int64             // the first and the last moment of it
}

// Line is the value of one instance over time.
type Line struct {
	Name     string
	Steps    []Step
	Presence Presence
}

// piece is a line between two times at which it changes: [from, to).
type piece struct {
	from, to int64
	min, max float64
	mean     promfold.Estimate
	standing roster.Standing
	whole    bool // all that the step holds is in it
}

// pieces returns the pieces of a line in (s, e]: from s on, and to e+1 where it has a value at e, so that a step that
// begins at e counts.
func (l *Line) pieces(s, e int64) []piece {
	var list []piece
	cuts := []int64{}
	for _, x := range l.Presence {
		cuts = append(cuts, x.At)
	}
	for i, x := range l.Steps {
		end := int64(math.MaxInt64)
		if i+1 < len(l.Steps) {
			end = l.Steps[i+1].At
		}
		from, to := max(x.At, s), min(end, e+1)
		if x.None || from >= to {
			continue
		}
		for from < to {
			until := to
			for _, cut := range cuts {
				if cut > from {
					until = min(until, cut)
				}
			}
			if p := l.Presence.At(from); p.Possible() {
				whole, mean := from == x.At && until == end && end <= e, exactly(x.Mean)
				if !whole { // the mean is that of the whole step, also where only the moment after the window is left of it
					mean.Lo, mean.Hi = x.Min, x.Max
				}
				list = append(list, piece{from, until, x.Min, x.Max, mean, p, whole})
			}
			from = until
		}
	}
	return list
}

// mostIntervals bounds the work of [Over]: of more changes in a window, several
// make one interval, in which the values lie between their bounds.
const mostIntervals = 2048

// Over returns what the combined value of a fleet was in the window (s, e]: the
// greatest, the least and the mean of what the members made at each moment, which
// is not what the greatest of each make. It is defined for Sum, Max, Min and
// Mean; false for others, and if there never was a value. Between two scrapes a
// member has the value of the first. Where it was in doubt it is in the bounds;
// unmet instances, which never answered, are in doubt throughout.
func Over(c Combine, lines []Line, s, e int64, unmet int) (Range, bool) {
	if c != Sum && c != Max && c != Min && c != Mean {
		return Range{}, false
	}
	all := make([][]piece, len(lines))
	var times []int64
	for i := range lines {
		all[i] = lines[i].pieces(s, e)
		for _, p := range all[i] {
			times = append(times, p.from, p.to)
		}
	}
	slices.Sort(times)
	times = thinned(slices.Compact(times))
	r := newRanging(e)
	for i := 0; i+1 < len(times); i++ {
		var v variants
		for j := range v {
			v[j].Unmet = unmet
		}
		for j := range all {
			for len(all[j]) > 0 && all[j][0].to <= times[i] {
				all[j] = all[j][1:]
			}
			if p, ok := joined(all[j], times[i], times[i+1], e); ok {
				v.add(lines[j].Name, p)
			}
		}
		r.add(c, &v, times[i], times[i+1])
	}
	return r.result()
}

// variants are the members with the least and the greatest value that each may
// have in an interval, and with the mean and its bounds.
type variants [5]Members

const (
	lowest = iota
	highest
	meanOf
	meanLeast
	meanMost
)

func (v *variants) add(name string, p piece) {
	for i, x := range [...]float64{p.min, p.max, p.mean.Value, p.mean.Lo, p.mean.Hi} {
		v[i].List = append(v[i].List, Member{Name: name, Value: x, Standing: p.standing})
	}
}

// thinned returns at most mostIntervals+1 of the times, the first and the last
// among them.
func thinned(times []int64) []int64 {
	n := len(times)
	if n <= mostIntervals+1 {
		return times
	}
	list := make([]int64, 0, mostIntervals+1)
	for i := range mostIntervals {
		list = append(list, times[i*(n-1)/mostIntervals])
	}
	return append(list, times[n-1])
}

// joined returns what pieces, the first of which does not end before from, make
// of [from, to) together; false if none is in it. The time after end is none.
func joined(list []piece, from, to, end int64) (x piece, ok bool) {
	covered, length := int64(0), min(to, end)-from
	var area [3]float64
	for _, p := range list {
		if p.from >= to {
			break
		}
		span := min(p.to, to, end) - max(p.from, from)
		if covered += span; !ok {
			x, ok = p, true
		} else {
			x.min, x.max, x.standing = min(x.min, p.min), max(x.max, p.max), mixed(x.standing, p.standing)
		}
		for i, mean := range [...]float64{p.mean.Value, p.mean.Lo, p.mean.Hi} {
			area[i] += mean / great * float64(span)
		}
	}
	if ok && x.min != x.max {
		within := func(area float64) float64 {
			mean := area / float64(covered) * great
			if math.IsNaN(mean) {
				mean = x.max
			}
			return min(max(mean, x.min), x.max)
		}
		x.mean = promfold.Estimate{Value: within(area[0]), Lo: within(area[1]), Hi: within(area[2])}
	}
	if ok && covered < length && x.standing == roster.Present {
		x.standing = roster.Likely // a part of the time it was not there
	}
	return x, ok
}

// great is what means are divided by before they are added up: a power of 2, so that it rounds nothing.
const great = 1 << 60

// mixed returns the standing of what had two.
func mixed(a, b roster.Standing) roster.Standing {
	if a != b {
		return roster.Likely
	}
	return a
}

// Possible reports whether the instance may have had a value in the window (s, e].
func (l *Line) Possible(s, e int64) bool { return len(l.pieces(s, e)) > 0 }

// Own returns what the value of one line was in the window (s, e].
func (l *Line) Own(s, e int64) (Range, bool) {
	one := []Line{*l}
	r, ok := Over(Mean, one, s, e, 0)
	if !ok {
		return r, false
	}
	for _, p := range l.pieces(s, e) { // what lies wholly in the window was reached there
		if p.whole && p.standing == roster.Present {
			r.Max.Lo, r.Min.Hi = max(r.Max.Lo, p.max), min(r.Min.Hi, p.min)
		}
	}
	return r, true
}
