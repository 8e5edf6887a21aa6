package watch

import (
	"cmp"
	"slices"
)

// Key names a process so that every watcher of it names it alike.
type Key struct {
	Name  string // of the instance, or of the balancer it answers behind
	Start int64  // Unix ms, as the process tells it; or External or Unknown
}

// What a Start is where no process tells one.
const (
	External int64 = 0  // counts that outlive the processes of the name
	Unknown  int64 = -1 // all processes of the name that tell no start
)

// Clocks says which times of two watchers may be of one moment, in ms.
type Clocks struct {
	// Tolerance is how much two readings of one start differ by at most.
	Tolerance int64
	// Skew is how much two clocks differ by at most. What lies further apart was in that order.
	Skew int64
}

// Keys names a process of several names that told such starts; one that told none
// goes by the first name and the kind of those.
func Keys(kind int64, starts []int64, names ...string) (list []Key) {
	if len(starts) == 0 {
		return []Key{{names[0], kind}}
	}
	for _, name := range names {
		for _, start := range starts {
			list = append(list, Key{name, start})
		}
	}
	return list
}

func (k Key) compare(o Key) int {
	return cmp.Or(cmp.Compare(k.Name, o.Name), cmp.Compare(k.Start, o.Start))
}

// near reports whether two keys are of one process: start times are told in
// whole seconds or in parts of them, and jitter.
func (k Key) near(o Key, tolerance int64) bool {
	if k.Name != o.Name {
		return false
	}
	if k.Start <= 0 || o.Start <= 0 {
		return k.Start == o.Start
	}
	return k.Start-o.Start <= tolerance && o.Start-k.Start <= tolerance
}

// entry is a key of a process that is known by itself.
type entry struct {
	Key
	process *process
}

// loose reports whether keys name no process, so that what they name may begin to count anew unnoticed.
func loose(keys []Key) bool { return keys[0].Start <= 0 }

// nearby returns the range of list, which is sorted by key, that is near to k.
func nearby[T any](list []T, key func(*T) Key, k Key, tolerance int64) (from, to int) {
	least := k
	if k.Start > 0 {
		least.Start = max(1, k.Start-tolerance)
	}
	from, _ = slices.BinarySearchFunc(list, least, func(x T, k Key) int { return key(&x).compare(k) })
	for to = from; to < len(list) && key(&list[to]).near(k, tolerance); to++ {
	}
	return from, to
}

// named returns the range of list, which is sorted by key, that has the name.
func named[T any](list []T, key func(*T) Key, name string) (from, to int) {
	from, _ = slices.BinarySearchFunc(list, Key{name, Unknown}, func(x T, k Key) int { return key(&x).compare(k) })
	for to = from; to < len(list) && key(&list[to]).Name == name; to++ {
	}
	return from, to
}

// union merges two sorted lists of keys; it returns a or b where that is the
// result.
func union(a, b []Key) []Key {
	if slices.Equal(a, b) {
		return a
	}
	all := slices.Concat(a, b)
	slices.SortFunc(all, Key.compare)
	all = slices.Compact(all)
	switch len(all) {
	case len(a):
		return a
	case len(b):
		return b
	}
	return all
}
