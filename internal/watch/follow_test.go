package watch

import (
	"fmt"
	"slices"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/layout"
)

// The forms in which a histogram of the simulation can be read, and how its
// four kinds of observation, up to 1, 2, 4 and above, fall into their buckets.
const (
	coarseText = iota // le 1
	fineText          // le 1, 2
	schema2
	schema3
	forms
)

var formBuckets = [forms][4]int{{0, 1, 1, 1}, {0, 1, 2, 2}, {0, 1, 2, 3}, {0, 1, 2, 3}}

func mustLayout(bounds ...float64) *layout.Layout {
	l, err := layout.NewLayout(bounds)
	if err != nil {
		panic(err)
	}
	return l
}

var formClasses = [forms]Class{{Layout: mustLayout(1)}, {Layout: mustLayout(1, 2)}, {Schema: 2, Zero: 0x1p-16}, {Schema: 3, Zero: 0x1p-16}}

// coarser is the form that both have in common.
func coarser(a, b int) int { return min(a, b) }

// amount is what a group has: by kinds of observation, and of a histogram also
// by the forms in which they were read.
type amount struct {
	kinds [4]int64
	by    [forms][4]int64 // of a histogram; all of it, by form
	hist  bool
}

func (a *amount) count() int64 { return a.kinds[0] + a.kinds[1] + a.kinds[2] + a.kinds[3] }

func (a amount) plus(kinds [4]int64, form int) amount {
	for i, n := range kinds {
		a.kinds[i] += n
		a.by[form][formBuckets[form][i]] += n
	}
	return a
}

func number(n int64) (s exact.Sum) {
	s.AddInt(n)
	return s
}

func (a *amount) value() Value {
	v := Value{Count: number(a.count())}
	if !a.hist {
		return v
	}
	h := &Histogram{Sum: number(a.kinds[0] + 2*a.kinds[1] + 4*a.kinds[2] + 8*a.kinds[3])}
	for form := range forms {
		if p := formPart(form, a.by[form]); p.Count.Sign() > 0 {
			h.Parts = append(h.Parts, p)
		}
	}
	slices.SortFunc(h.Parts, func(p, q Part) int { return p.Class.compare(&q.Class) })
	v.Histogram = h
	return v
}

func formPart(form int, n [4]int64) Part {
	p := Part{Class: formClasses[form], Count: number(n[0] + n[1] + n[2] + n[3])}
	if l := p.Class.Layout; l != nil {
		p.Counts.Grow(l.Len())
		up := int64(0)
		for i := range l.Len() {
			up += n[i]
			p.Counts.AddInt(i, up)
		}
		return p
	}
	for i, x := range n {
		if x > 0 {
			p.Places = append(p.Places, PositivePlace(int32(i<<formClasses[form].Schema)))
			p.Counts.Grow(len(p.Places))
			p.Counts.AddInt(len(p.Places)-1, x)
		}
	}
	return p
}

// life is a process as a follower follows it, and what it knows of its groups.
type life struct {
	keys           []Key
	version, begin int64
	born           bool
	first, last    int64
	groups         map[string]*course
	procs          []int // who it is in truth
}

// course is what a follower saw of a group.
type course struct {
	born      bool
	met, left amount
	metAt     int64
	pure      bool // no reset was seen
	raw       amount
	form      int
}

// scraped is what a scrape says of a group.
type scraped struct {
	kinds [4]int64
	form  int
	hist  bool
}

// follower does for the tests what a fleet does: of scrapes it makes accounts.
type follower struct {
	since int64
	lives map[string]*life
}

// see takes in a scrape of a place. The life is that under the name ident; keys
// are those the scrape tells.
func (f *follower) see(s *State, ident string, now int64, keys []Key, proc int, groups map[string]scraped) *life {
	l := f.lives[ident]
	if l == nil {
		l = &life{keys: keys, first: now}
		l.version, l.begin = standing(s, now, l)
		l.born = l.version == 0 && l.begin == 0 && keys[0].Start > f.since
		f.lives[ident] = l
	} else if v, b := standing(s, now, l); v > l.version || b > l.begin {
		l.version, l.begin, l.born, l.groups = v, b, false, nil // anew from here
	}
	if l.groups == nil {
		l.groups = map[string]*course{}
	}
	if !slices.Contains(l.procs, proc) {
		l.procs = append(l.procs, proc)
	}
	l.last = now
	for group, x := range groups {
		c := l.groups[group]
		if c == nil {
			c = &course{born: l.born, metAt: now, pure: true, form: x.form}
			c.met.hist, c.left.hist, c.raw.hist = x.hist, x.hist, x.hist
			if !l.born {
				c.met = c.met.plus(x.kinds, x.form)
			}
			c.left = c.left.plus(x.kinds, x.form)
		} else {
			c.step(x, keys[0].Start == External)
		}
		c.raw.kinds, c.form = x.kinds, x.form
		l.groups[group] = c
	}
	return l
}

// standing is that of the state for who reads at a time: until when it is counted
// elsewhere nothing begins anew.
func standing(s *State, now int64, l *life) (version, begin int64) {
	if version, begin = s.Standing(l.keys...); begin > now {
		begin = l.begin
	}
	return version, begin
}

func (c *course) step(x scraped, external bool) {
	fell := false
	var grew [4]int64
	for i, n := range x.kinds {
		grew[i] = n - c.raw.kinds[i]
		fell = fell || grew[i] < 0
	}
	switch {
	case fell && external:
		c.pure = false
	case fell:
		c.pure = false
		c.left = c.left.plus(x.kinds, x.form)
	default:
		c.left = c.left.plus(grew, coarser(x.form, c.form))
	}
}

// process is what a follower tells of a life.
func (l *life) process(ended int64) Process {
	p := Process{Keys: l.keys, Version: l.version, Begin: l.begin, Last: l.last, Ended: ended}
	for _, group := range sortedKeys(l.groups) {
		c := l.groups[group]
		g := Growth{Group: group, Met: Reading{At: c.metAt, Value: c.met.value()}, Left: Reading{At: c.leftAt(l), Value: c.left.value()}}
		if c.born {
			g.Met = Reading{At: min(c.metAt-1, l.keys[0].Start)}
		}
		p.Groups = append(p.Groups, g)
	}
	return p
}

func (c *course) leftAt(l *life) int64 {
	if c.pure {
		return l.last
	}
	return c.metAt
}

func sortedKeys[T any](m map[string]T) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// clone copies a follower, as a checkpoint does.
func (f *follower) clone() *follower {
	c := &follower{since: f.since, lives: map[string]*life{}}
	for ident, l := range f.lives {
		m := *l
		m.keys, m.procs = slices.Clone(l.keys), slices.Clone(l.procs)
		m.groups = map[string]*course{}
		for group, x := range l.groups {
			y := *x
			m.groups[group] = &y
		}
		c.lives[ident] = &m
	}
	return c
}

// counts are the totals of a state.
func (s *State) counts() map[string]int64 {
	m := map[string]int64{}
	for _, t := range s.Totals() {
		n, ok := t.Count.Int64()
		if !ok {
			panic(fmt.Sprint("not an integer: ", t.Group))
		}
		m[t.Group] = n
	}
	return m
}
