package identity

import (
	"cmp"
	"slices"
)

// Suspected returns the groups of those of a list that may be one process, each by name: everyone in a group fitted another
// one of it. counts says who is asked about.
func Suspected[T Relative[T]](list []T, counts func(T) bool) (groups [][]T) {
	met := map[T]bool{}
	for _, in := range list {
		if len(in.Relations().Suspicions) == 0 || met[in] || !counts(in) {
			continue
		}
		group := []T{in}
		met[in] = true
		for i := 0; i < len(group); i++ {
			for _, x := range group[i].Relations().Suspicions {
				if o := x.Other(group[i]); x.Possible() && !met[o] && counts(o) && !related(x.A, x.B) {
					met[o] = true
					group = append(group, o)
				}
			}
		}
		if len(group) > 1 {
			slices.SortFunc(group, func(a, b T) int { return cmp.Compare(a.Name(), b.Name()) })
			groups = append(groups, group)
		}
	}
	return groups
}

// related reports whether two instances are known to be one process.
func related[T Relative[T]](a, b T) bool {
	t := a.Relations().Twins
	return t != nil && t == b.Relations().Twins
}
