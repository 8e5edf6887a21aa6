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
	Relations() *Kin[T]
}

// Other returns the one of the two that in is not.
func (p *Pair[T]) Other(in T) T {
	if p.A == in {
		return p.B
	}
	return p.A
}

// Suspect notes that a and b may be one process; latest, one of them, was scraped last.
func Suspect[T Relative[T]](a, b, latest T) *Pair[T] {
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
