package roster

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/promfold/promfold/internal/lines"
)

// A program may answer before it knows everything: kube-state-metrics serves
// what it has while it lists its objects anew. The process goes on, so nothing
// else shows it.

// fewLines is from how many lines on a family can be partial.
const fewLines = 10

// LostMost reports whether a family is partial: a scrape has fewer than half of
// the lines of the scrape before, of the same process. Families of a few lines
// are never partial.
func LostMost(before, lines int) bool { return before >= fewLines && 2*lines < before }

// Enough reports whether so many vanished lines can be most of a family's.
func Enough(vanished int) bool { return 2*vanished > fewLines }

// Shrunk is a family that lost most of its lines. It is kept until half of them
// are back or its process ends, and then until no window reaches it.
type Shrunk struct {
	Family        *lines.Family
	At, Until     int64 // the scrapes that found it partial and whole again (0: not yet)
	Before, Lines int
}

// Shrink adds a partial family to a list. If it was partial earlier, that time
// is in no window in which this one is not.
func Shrink(list []Shrunk, x Shrunk) []Shrunk {
	for i := range list {
		if o := &list[i]; o.Family.Name == x.Family.Name {
			if o.Until == 0 {
				x.Before = o.Before // it still lacks those
			}
			*o = x
			return list
		}
	}
	return append(list, x)
}

// Recover ends the families that are whole at a scrape, and drops those that
// ended at or before the oldest time that is kept.
func Recover(list []Shrunk, at, oldest int64, whole func(*Shrunk) bool) []Shrunk {
	for i := range list {
		if x := &list[i]; x.Until == 0 && whole(x) {
			x.Until = at
		}
	}
	return slices.DeleteFunc(list, func(x Shrunk) bool { return x.Until != 0 && x.Until <= oldest })
}

// Compare ends the families of a list that are whole in a staged scrape of the
// same process, and returns those that it finds partial, by name.
func Compare(list []Shrunk, s *lines.Store, r *lines.Reader, before *lines.Columns, at, oldest int64) (all, found []Shrunk) {
	lost := map[string]*lines.Family{}
	if gone := r.Gone(); Enough(len(gone)) {
		for _, old := range gone {
			f := s.Line(before.ID(int(old))).Family
			lost[f.Name] = f
		}
	}
	if len(lost)+len(list) == 0 {
		return list, nil
	}
	was, is := map[string]int{}, map[string]int{}
	for _, id := range before.IDs() {
		was[s.Line(id).Family.Name]++
	}
	for _, id := range r.IDs() {
		is[s.Line(id).Family.Name]++
	}
	list = Recover(list, at, oldest, func(x *Shrunk) bool { return !LostMost(x.Before, is[x.Family.Name]) })
	for _, name := range slices.Sorted(maps.Keys(lost)) {
		if b, n := was[name], is[name]; LostMost(b, n) {
			x := Shrunk{Family: lost[name], At: at, Before: b, Lines: n}
			list, found = Shrink(list, x), append(found, x)
		}
	}
	return list, found
}

// Open reports whether the family is partial at a time. One that stays small
// for long is no longer partial, it is small.
func (x *Shrunk) Open(e int64) bool { return x.Until == 0 && e-x.At <= Learnt }

// In reports whether the family was partial in the window (s, e].
func (x *Shrunk) In(s, e int64) bool { return x.Open(e) || x.Until > s }

// Text tells it of an instance.
func (x *Shrunk) Text(instance string) string {
	if x.Until != 0 {
		return fmt.Sprintf("%s: %s was partial from %s to %s", instance, x.Family.Name, clock(x.At), clock(x.Until))
	}
	return fmt.Sprintf("%s: only %d of %d lines of %s since %s, of the same process: it may be partial",
		instance, x.Lines, x.Before, x.Family.Name, clock(x.At))
}

func clock(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.999Z") }
