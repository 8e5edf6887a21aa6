package roster

import (
	"iter"
	"maps"
	"slices"
)

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
	Opened int64 // when one was scraped for the second time, the first of all; 0: none was
}

// Began returns the earlier of a time and the first scrape of those that were
// retired.
func (l *Left) Began(at int64) int64 {
	if l.First == 0 {
		return at
	}
	return min(at, l.First)
}

// Open notes when one that leaves was scraped for the second time; 0: it was not.
func (l *Left) Open(second int64) {
	if second != 0 && (l.Opened == 0 || second < l.Opened) {
		l.Opened = second
	}
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
	l.Open(o.Opened)
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
