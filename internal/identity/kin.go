package identity

import "slices"

// Kin is what is known of the instances that are, or may be, one process under several addresses. T names an instance;
// the zero value knows of none.
type Kin[T comparable] struct {
	Suspicions []*Pair[T] // instances that may be the same process
	Twins      *Twins[T]  // instances that are; nil: none
}

// Pair is two instances with equal starts that may be one process.
type Pair[T comparable] struct {
	A, B   T
	Latest T // who was scraped last
	Suspicion
}

// Twins are instances that are one process under several addresses.
type Twins[T comparable] struct{ Members []T }

// Relative is an instance that has kin.
type Relative[T comparable] interface {
	comparable
	Name() string
	Relations() *Kin[T]
}

// Other returns the one of the two that in is not.
func (p *Pair[T]) Other(in T) T {
	if p.A == in {
		return p.B
	}
	return p.A
}

// Suspect notes that two instances may be one process; latest, one of them, was scraped last. A pair is in the order of
// the names, so that the order in which the two were met does not show.
func Suspect[T Relative[T]](a, b, latest T) *Pair[T] {
	if b.Name() < a.Name() {
		a, b = b, a
	}
	p := &Pair[T]{A: a, B: b, Latest: latest}
	Watch(p)
	return p
}

// Watch adds a pair to what its two know.
func Watch[T Relative[T]](p *Pair[T]) {
	for _, in := range []T{p.A, p.B} {
		k := in.Relations()
		k.Suspicions = append(k.Suspicions, p)
	}
}

// End ends a suspicion: the two are one process, or are two.
func End[T Relative[T]](p *Pair[T]) {
	for _, in := range []T{p.A, p.B} {
		k := in.Relations()
		k.Suspicions = slices.DeleteFunc(k.Suspicions, func(x *Pair[T]) bool { return x == p })
	}
}

// Unite makes two instances, and the twins of either, one process.
func Unite[T Relative[T]](a, b T) {
	all := &Twins[T]{}
	for _, in := range []T{a, b} {
		list := []T{in}
		if t := in.Relations().Twins; t != nil {
			list = append(slices.Clone(t.Members), in)
		}
		for _, m := range list {
			if !slices.Contains(all.Members, m) {
				all.Members = append(all.Members, m)
				m.Relations().Twins = all
			}
		}
	}
}

// Part ends all that is believed of an instance: another process answers there.
func Part[T Relative[T]](in T) {
	k := in.Relations()
	for _, p := range slices.Clone(k.Suspicions) {
		End(p)
	}
	t := k.Twins
	if t == nil {
		return
	}
	k.Twins = nil
	t.Members = slices.DeleteFunc(slices.Clone(t.Members), func(m T) bool { return m == in })
	if len(t.Members) == 1 {
		t.Members[0].Relations().Twins = nil
	}
}

// Begin begins what is believed of an instance at which another process answers: what was believed of the former one
// ends, and those of the list that may be the same process are suspected.
func Begin[T Relative[T]](in T, list []T, may func(T) bool) {
	Part(in)
	for _, x := range list {
		if x != in && may(x) {
			Suspect(in, x, x)
		}
	}
}

// WeighAll weighs a scrape of an instance against each that may be the same process. liken returns how the scrape
// compares with what the other one exposed last, and how long ago that was; false if it was later than the scrape.
func WeighAll[T Relative[T]](in T, liken func(other T) (l Likeness, apart int64, ok bool)) {
	for _, x := range slices.Clone(in.Relations().Suspicions) {
		o := x.Other(in)
		l, apart, ok := liken(o)
		if !ok {
			continue
		}
		verdict := x.Weigh(l, apart, x.Latest == o)
		if x.Latest = in; verdict != Open {
			End(x)
		}
		if verdict == Proven {
			Unite(in, o)
		}
	}
}

// Whole returns those of a list whose twins are all in it, and gives the others to left.
func Whole[T Relative[T]](list []T, left func(T)) []T {
	return slices.DeleteFunc(list, func(in T) bool {
		t := in.Relations().Twins
		if t == nil || !slices.ContainsFunc(t.Members, func(m T) bool { return !slices.Contains(list, m) }) {
			return false
		}
		left(in)
		return true
	})
}
