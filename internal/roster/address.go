package roster

import "iter"

// Address is a place at a moment, and who is to be found there.
type Address[B, I any] struct {
	Name     string
	Entry    *Entry // nil: it was never tried
	Balancer B      // if it is balanced
	Balanced bool

	Behind []I // whose address it is, and then those that are the same process
	own    int // how many of them are the former
	given  bool
}

// Known returns what is known of the address.
func (a *Address[B, I]) Known() Target {
	x := Target{Given: a.given, Balanced: a.Balanced, Reached: len(a.Behind) > 0}
	if t := a.Entry; t != nil {
		x.Tried, x.Failure, x.Told, x.Gone = t.Tried(), t.Failure(), t.Told, t.Gone
	}
	return x
}

// Failed reports whether the latest attempt failed.
func (a *Address[B, I]) Failed(e int64) bool {
	x := a.Known()
	return x.Failed(e)
}

// Own returns those whose address it is.
func (a *Address[B, I]) Own() []I { return a.Behind[:a.own] }

// Addresses returns all addresses: those that were tried, are expected or are
// balancers. They are gathered anew when the version of the fleet changes.
// placed yields the instances with their addresses, and first how many of them
// are their own; the rest are those of instances that are the same process.
func (b *Book[B, I]) Addresses(version uint64, placed iter.Seq2[I, Places]) []Address[B, I] {
	if b.addresses == nil || b.version != version {
		b.addresses, b.version = b.gather(placed), version
	}
	return b.addresses
}

// Places are the addresses that lead to an instance.
type Places struct {
	Names []string
	Own   int // the first are its own, the rest those of the same process
}

// Reached yields the addresses of their own that lead to instances.
func Reached[I any](placed iter.Seq2[I, Places]) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, p := range placed {
			for _, name := range p.Names[:p.Own] {
				if !yield(name) {
					return
				}
			}
		}
	}
}

func (b *Book[B, I]) gather(placed iter.Seq2[I, Places]) []Address[B, I] {
	list, at := make([]Address[B, I], 0, len(b.Entries)), make(map[string]int, len(b.Entries))
	of := func(name string) *Address[B, I] {
		i, ok := at[name]
		if !ok {
			i, at[name] = len(list), len(list)
			list = append(list, Address[B, I]{Name: name})
		}
		return &list[i]
	}
	for name, t := range b.Entries {
		of(name).Entry = t
	}
	for name, x := range b.Balancers {
		a := of(name)
		a.Balancer, a.Balanced = x, true
	}
	for name := range b.Expected {
		of(name).given = true
	}
	for in, p := range placed {
		for _, name := range p.Names[:p.Own] {
			a := of(name)
			a.Behind = append(a.Behind, in)
			a.own++
		}
	}
	for in, p := range placed {
		for _, name := range p.Names[p.Own:] {
			a := of(name)
			a.Behind = append(a.Behind, in)
		}
	}
	return list
}

// Expects reports whether an address should answer: if it is given, or else if
// it was described or tried lately, did not leave, and no other address speaks
// for an instance whose own it is.
func (b *Book[B, I]) Expects(a *Address[B, I], e int64, counts func(I) bool) bool {
	if b.Expected != nil {
		return a.given
	}
	if x := a.Known(); a.Entry == nil || !x.Expected(false, e) {
		return false
	}
	for _, in := range a.Own() {
		if !counts(in) {
			return false
		}
	}
	return true
}
