package identity

import (
	"cmp"
	"slices"
)

// Starts finds the instances at which a process of a start answers, or answered. T is an instance; the zero value is
// empty. Whoever asks still compares: an instance may be found that has another start by now.
type Starts[T Named] struct {
	of  map[Start][]T
	has map[T][]Start
}

// Named is an instance that has a name.
type Named interface {
	comparable
	Name() string
}

// Put makes the starts of an instance those of its process and of the ones before. Unknown ones are left out.
func (x *Starts[T]) Put(in T, now Start, before []Start) {
	if x.of == nil {
		x.of, x.has = map[Start][]T{}, map[T][]Start{}
	}
	has := slices.Clone(before)
	if now.Known() && !slices.Contains(has, now) {
		has = append(has, now)
	}
	for _, s := range x.has[in] {
		if !slices.Contains(has, s) {
			x.drop(s, in)
		}
	}
	for _, s := range has {
		if !slices.Contains(x.has[in], s) {
			x.of[s] = append(x.of[s], in)
		}
	}
	x.has[in] = has
}

// Forget forgets an instance.
func (x *Starts[T]) Forget(in T) {
	for _, s := range x.has[in] {
		x.drop(s, in)
	}
	delete(x.has, in)
}

func (x *Starts[T]) drop(s Start, in T) {
	if x.of[s] = slices.DeleteFunc(x.of[s], func(o T) bool { return o == in }); len(x.of[s]) == 0 {
		delete(x.of, s)
	}
}

// Of returns the instances that had a start, and others, by name.
func (x *Starts[T]) Of(s Start, others ...T) []T {
	list := slices.SortedFunc(slices.Values(slices.Concat(x.of[s], others)), func(a, b T) int { return cmp.Compare(a.Name(), b.Name()) })
	return slices.Compact(list)
}
