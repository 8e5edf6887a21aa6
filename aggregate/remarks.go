package aggregate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// identities returns the doubts about who is who, which concern every answer of
// the fleet.
func (f *Fleet) identities(e int64) []note {
	var list []note
	for _, b := range f.balancers {
		for _, text := range b.words() {
			list = append(list, note{f.labelsAt(b.target), text})
		}
	}
	for _, in := range f.ordered {
		if in.alternates && in.pool == nil {
			list = append(list, note{in.labels, in.name + " reaches several processes: declare it as balanced"})
		}
		if in.Twins != nil && f.counts(in, e) {
			others := slices.DeleteFunc(in.addresses(), func(t string) bool { return t == in.name })
			list = append(list, note{in.labels, fmt.Sprintf("%s and %s are one process, counted once", in.name, strings.Join(others, ", "))})
		}
		for _, x := range in.Suspicions {
			if x.A == in && x.Possible() && !f.departed(x.A, e) && !f.departed(x.B, e) && (in.Twins == nil || in.Twins != x.B.Twins) {
				list = append(list, note{in.labels,
					fmt.Sprintf("possible duplicate: %s and %s have one start time and one set of series, both are counted", x.A.name, x.B.name)})
			}
		}
	}
	slices.SortFunc(list, func(a, b note) int { return cmp.Compare(a.text, b.text) })
	return list
}

// words says how many of the instances behind the balancer were met.
func (b *balanced) words() []string {
	met, blind := 0, []string{}
	for _, m := range b.Members {
		if m.pool != b || b.live(m) {
			met++
		}
		if m.pool == b && !m.start.Known() {
			blind = append(blind, m.name)
		}
	}
	of := "how many there are is not known"
	if b.Expected > 0 {
		of = fmt.Sprintf("%d expected", b.Expected)
	}
	list := []string{fmt.Sprintf("%s: %d instances met, %s; increases are lower bounds", b.target, met, of)}
	if b.Unclear > 0 {
		list = append(list, fmt.Sprintf("%s: %d scrapes are ambiguous and count for none", b.target, b.Unclear))
	}
	if len(blind) > 0 {
		list = append(list, fmt.Sprintf("%s: ambiguous without a start time, an idle twin would not show", strings.Join(blind, ", ")))
	}
	return list
}
