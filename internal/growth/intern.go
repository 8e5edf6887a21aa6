package growth

import (
	"maps"
	"slices"
)

// Interner gives small numbers to keys, and those of forgotten keys again. The
// zero value is empty.
type Interner struct {
	byKey map[string]int32
	free  []int32
	n     int32
	bytes int64 // of the keys, and what the map takes of them
}

// Of returns the number of a key, and whether it is new.
func (x *Interner) Of(key []byte) (i int32, added bool) {
	if i, ok := x.byKey[string(key)]; ok {
		return i, false
	}
	if n := len(x.free); n > 0 {
		i, x.free = x.free[n-1], x.free[:n-1]
	} else {
		i = x.n
		x.n++
	}
	if x.byKey == nil {
		x.byKey = map[string]int32{}
	}
	x.byKey[string(key)] = i
	x.bytes += int64(len(key)) + entryBytes
	return i, true
}

// Len returns how many keys there are.
func (x *Interner) Len() int { return len(x.byKey) }

// Keep forgets the keys whose numbers are not used. It returns a bound of the
// numbers that are left: what is kept by number may be cut there, see Cut.
func (x *Interner) Keep(used []bool) (n int32) {
	before := len(x.byKey)
	for key, i := range x.byKey {
		if !used[i] {
			delete(x.byKey, key)
			x.bytes -= int64(len(key)) + entryBytes
			x.free = append(x.free, i)
		}
	}
	if n = 0; len(x.byKey) == before {
		return x.n
	}
	for _, i := range x.byKey {
		n = max(n, i+1)
	}
	if x.free = slices.DeleteFunc(x.free, func(i int32) bool { return i >= n }); 4*len(x.byKey)+64 < before {
		left := make(map[string]int32, len(x.byKey)) // a map keeps its room
		maps.Copy(left, x.byKey)
		x.byKey, x.free = left, slices.Clone(x.free)
	}
	x.n = n
	return n
}

// Cut returns what is kept by number, up to the n that [Interner.Keep] returned.
func Cut[T any](list []T, n int32) []T {
	if int(n) >= len(list) {
		return list
	}
	clear(list[n:])
	if list = list[:n]; 4*len(list)+64 < cap(list) {
		list = slices.Clone(list)
	}
	return list
}

// Put sets list[i], which may be the next one after its end.
func Put[T any](list []T, i int32, x T) []T {
	if int(i) == len(list) {
		return append(list, x)
	}
	list[i] = x
	return list
}
