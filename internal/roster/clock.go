package roster

import (
	"cmp"
	"iter"
	"maps"
	"slices"
)

// Lull is the least gap without any scrape that counts as a pause of the
// watcher, not of its instances.
const Lull = Learnt / 2

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

// Silence is for how long an instance was silent while the fleet was watched: at
// is the present, last its latest scrape, awake the first scrape of the fleet
// after its latest lull.
func Silence(at, last, awake int64) int64 { return at - max(last, awake) }

// Watch is when a part of a fleet was scraped, in Unix ms.
type Watch struct {
	First, Latest int64
	Awake         int64 // the first scrape after the latest lull; 0: there was none
}

// Awakened returns the first scrape after the latest lull of two parts together: a
// lull of one is none while the other one was scraped.
func Awakened(a, b Watch) int64 { return max(a.awakened(b), b.awakened(a)) }

func (w Watch) awakened(o Watch) int64 {
	if max(o.First, o.Awake) < w.Awake && w.Awake-o.Latest <= Lull {
		return 0
	}
	return w.Awake
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

// rememberedLeft is the number of departed instances of which the last scrape
// is remembered.
const rememberedLeft = 10_000

// Left remembers until when instances were watched that were retired since:
// what they counted until then is in the totals, or never will be. The zero
// value remembers nothing.
type Left struct {
	At     map[string]int64
	Before int64 // until when any may have been watched that At had to forget
	First  int64 // the first scrape of any; 0: none was retired
}

// Began returns the earlier of a time and the first scrape of those that were
// retired.
func (l *Left) Began(at int64) int64 {
	if l.First == 0 {
		return at
	}
	return min(at, l.First)
}

// Note notes that an instance was watched until a time.
func (l *Left) Note(name string, at int64) {
	if l.At == nil {
		l.At = map[string]int64{}
	}
	l.At[name] = at
}

// Watched returns until when an instance that appears may have been watched
// before. Of one of which nothing is remembered that is 0, or the latest time
// of those that were forgotten.
func (l *Left) Watched(name string) int64 {
	if at, ok := l.At[name]; ok {
		return at
	}
	return l.Before
}

// Bound forgets the older half if too many are remembered.
func (l *Left) Bound() {
	if len(l.At) <= rememberedLeft {
		return
	}
	names := slices.Collect(maps.Keys(l.At))
	for _, name := range Oldest(names, len(names)/2, func(name string) int64 { return l.At[name] }) {
		l.Before = max(l.Before, l.At[name])
		delete(l.At, name)
	}
}

// Merge adds what another part of the fleet remembers.
func (l *Left) Merge(o *Left) {
	for name, at := range o.At {
		l.Note(name, at)
	}
	l.Before = max(l.Before, o.Before)
	if o.First != 0 {
		l.First = l.Began(o.First)
	}
}

// Shared returns the names that two parts of a fleet watched, sorted. theirs are
// the instances of the part that remembers o, and here says which are of the one
// that remembers l.
func (l *Left) Shared(o *Left, theirs []string, here func(name string) bool) (shared []string) {
	for _, names := range []iter.Seq[string]{slices.Values(theirs), maps.Keys(o.At)} {
		for name := range names {
			if _, left := l.At[name]; left || here(name) {
				shared = append(shared, name)
			}
		}
	}
	slices.Sort(shared)
	return shared
}
