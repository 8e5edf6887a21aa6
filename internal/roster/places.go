package roster

import "slices"

// Meet notes that an instance answers at an address.
func (b *Book[B, I]) Meet(name string, in I) {
	if b.met == nil {
		b.met = map[string][]I{}
	}
	b.met[name] = append(b.met[name], in)
}

// At returns the instances that answered at an address.
func (b *Book[B, I]) At(name string) []I { return b.met[name] }

// Part forgets that an instance answered at addresses.
func (b *Book[B, I]) Part(names []string, in I) {
	for _, name := range names {
		list := slices.DeleteFunc(b.met[name], func(x I) bool { return x == in })
		if b.met[name] = list; len(list) == 0 {
			delete(b.met, name)
		}
	}
}
