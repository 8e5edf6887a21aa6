// Package parts keeps the states of the fleets that a root consists of.
//
//	states, by name of the part → the latest of each → who is in which of them
//
// What is in a state, and what states are together, it does not know.
//
// A state is as old as the latest that was told in it: a scrape, a failure, or who left. One that is older than the state
// at hand is late and changes nothing. The removal of a part is a barrier for its name: all states from before it are
// late, and a newer one brings the part back. A state that is not the root's, because it cannot be read, has parts itself
// or other views, is refused whatever its age.
//
// A state carries no configuration, so one of another configuration is not refused. What is kept of a window, of totals
// and of processes is what the part kept; all else is answered by the root's configuration: a window that the part did
// not keep begins where it does, and of a part without a join horizon only what it counted itself is known.
package parts

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/promfold/promfold/internal/saved"
)

// Set is the parts of a root.
type Set struct {
	Since  int64    // the latest Since of any of them, Unix ms
	Stale  bool     // one changed since they were put together
	Shared []string // who is known to several of them
	forgot bool     // one was removed, and no window reaches it
	of     map[string]*Part
}

// Part is the latest state of a part.
type Part struct {
	Content []byte // empty: it was removed long ago, and is a barrier alone
	At      int64  // when something was told in it last, Unix ms
	Removed int64  // when it was, Unix ms; 0: it is there
	Size    int    // instances
	Bytes   int64  // that views keep of them
}

// Has reports whether content is the state of a part already.
func (s *Set) Has(name string, content []byte) bool {
	p := s.of[name]
	return p != nil && p.Removed == 0 && bytes.Equal(p.Content, content)
}

// Older reports whether a state in which something was told last at a time is older
// than the one at hand, or than the removal of its part.
func (s *Set) Older(name string, latest int64) bool {
	p := s.of[name]
	return p != nil && (latest < p.At || latest <= p.Removed)
}

// Held returns the bytes of the states. s may be nil.
func (s *Set) Held() (n int64) {
	if s == nil {
		return 0
	}
	for _, p := range s.of {
		n += int64(cap(p.Content))
	}
	return n
}

// With returns what all parts need if one of them is p.
func (s *Set) With(name string, p *Part) (size int, bytes int64) {
	size, bytes = p.Size, p.Bytes
	for other, o := range s.of {
		if other != name {
			size, bytes = size+o.Size, bytes+o.Bytes
		}
	}
	return size, bytes
}

// Put replaces the state of a part.
func (s *Set) Put(name string, p *Part) {
	if s.of == nil {
		s.of = map[string]*Part{}
	}
	s.of[name], s.Stale = p, true
}

// maxBarriers is how many removed parts are remembered whose state is forgotten.
const maxBarriers = 1024

// Remove notes that a part left, and forgets the states of those that left so long
// ago that no window reaches them, which goes back by reach ms.
func (s *Set) Remove(name string, now, reach int64) {
	if p := s.of[name]; p != nil && p.Removed == 0 {
		p.Removed = max(now, p.At)
	}
	var barriers []string
	for name, p := range s.of {
		if p.Removed != 0 && now-p.Removed > reach && len(p.Content) > 0 {
			s.of[name] = &Part{At: p.At, Removed: p.Removed}
			s.forgot = true
		}
		if len(s.of[name].Content) == 0 {
			barriers = append(barriers, name)
		}
	}
	if len(barriers) > maxBarriers {
		slices.SortFunc(barriers, func(a, b string) int {
			return cmp.Or(cmp.Compare(s.of[b].Removed, s.of[a].Removed), strings.Compare(a, b))
		})
		for _, name := range barriers[maxBarriers:] {
			delete(s.of, name)
		}
	}
	s.Stale = true
}

// All returns the parts: first those that were removed, else by name.
func (s *Set) All() (list []*Part) {
	names := slices.SortedFunc(maps.Keys(s.of), func(a, b string) int {
		return cmp.Or(cmp.Compare(there(s.of[a]), there(s.of[b])), strings.Compare(a, b))
	})
	for _, name := range names {
		if p := s.of[name]; len(p.Content) > 0 {
			list = append(list, p)
		}
	}
	return list
}

func there(p *Part) int {
	if p.Removed != 0 {
		return 0
	}
	return 1
}

// Apart says why what instances counted since the start cannot be added up, as an
// error of a kind, or is nil if it can; few returns names as text. s may be nil.
func (s *Set) Apart(kind error, few func([]string) string) error {
	why := ""
	switch {
	case s == nil:
	case len(s.Shared) > 0:
		why = "parts share instances: " + few(s.Shared)
	case s.forgot:
		why = "a part was removed"
	}
	if why == "" {
		return nil
	}
	return fmt.Errorf("%w: since the start, as %s; ask for totals, which are whole", kind, why)
}

// Code writes parts down, which may be none, or reads them back.
func Code(c *saved.Codec, s **Set) {
	root := *s != nil
	if c.Bool(&root); !root || c.Failed() {
		return
	}
	if c.Reading() {
		*s = &Set{Stale: true}
	}
	c.Int64(&(*s).Since)
	c.Bool(&(*s).forgot)
	saved.Map(c, &(*s).of, 5, func(p **Part) {
		if c.Reading() {
			*p = &Part{}
		}
		c.Bytes(&(*p).Content)
		c.Int64(&(*p).At)
		c.Int64(&(*p).Removed)
		c.Natural(&(*p).Size)
		c.Int64(&(*p).Bytes)
	})
}

// Shares reports whether several parts know somebody of the name. s may be nil.
func (s *Set) Shares(name string) bool { return s != nil && slices.Contains(s.Shared, name) }

// Kin groups the parts, by number, that know somebody in common, be it by way of
// others; known are those that each part knows.
func Kin[T any](known []map[string]T) (list [][]int) {
	of := make([]int, len(known)) // each leads to the first one of its group
	root := func(i int) int {
		for of[i] != i {
			i = of[i]
		}
		return i
	}
	first := map[string]int{}
	for i, names := range known {
		of[i] = i
		for name := range names {
			if j, ok := first[name]; !ok {
				first[name] = i
			} else if a, b := root(i), root(j); a != b {
				of[max(a, b)] = min(a, b)
			}
		}
	}
	groups := map[int][]int{}
	for i := range known {
		groups[root(i)] = append(groups[root(i)], i)
	}
	for _, i := range slices.Sorted(maps.Keys(groups)) {
		list = append(list, groups[i])
	}
	return list
}

// Share leaves everybody to the part that scraped it last, the first one of
// several. known are the latest scrapes of all that each part knows, 0 of those
// that departed from it. It returns the number of that part for each, and who
// several parts know.
func Share(known []map[string]int64) (of map[string]int, shared []string) {
	of = map[string]int{}
	parts := map[string]int{}
	for i, list := range known {
		for name, last := range list {
			parts[name]++
			if best, ok := of[name]; !ok || last > known[best][name] {
				of[name] = i
			}
		}
	}
	for name, n := range parts {
		if n > 1 {
			shared = append(shared, name)
		}
	}
	slices.Sort(shared)
	return of, shared
}

// Without returns a list without those that are lost.
func Without[T any](list []T, lost []bool) []T {
	kept := list[:0]
	for i, x := range list {
		if !lost[i] {
			kept = append(kept, x)
		}
	}
	clear(list[len(kept):])
	return kept
}
