package growth

// Interner gives small numbers to keys, and those of forgotten keys again. The
// zero value is empty.
type Interner struct {
	byKey map[string]int32
	free  []int32
	n     int32
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
	return i, true
}

// Len returns how many keys there are.
func (x *Interner) Len() int { return len(x.byKey) }

// Keep forgets the keys whose numbers are not used.
func (x *Interner) Keep(used []bool) {
	for key, i := range x.byKey {
		if !used[i] {
			delete(x.byKey, key)
			x.free = append(x.free, i)
		}
	}
}

// Put sets list[i], which may be the next one after its end.
func Put[T any](list []T, i int32, x T) []T {
	if int(i) == len(list) {
		return append(list, x)
	}
	list[i] = x
	return list
}
