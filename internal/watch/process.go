package watch

import (
	"errors"
	"maps"
	"slices"

	"github.com/promfold/promfold/internal/exact"
)

// Process is what one watcher knows of one process, or of what outlives the
// processes of a name. It may be told again and again, as it grows.
type Process struct {
	// Keys are all names and starts that the process goes by, such as the start
	// its header told and the one its body tells now. What watchers know by keys
	// that are one's, or that one of them tells together, is of one process. A key
	// without a start stands alone.
	Keys []Key
	// Version and Begin are those of State.Standing when the watcher began to
	// follow the process. Knowledge of a higher version replaces that of lower
	// ones: who tells a process anew, at the time of that as its version, takes
	// back what was told of it before. What grew before Begin is counted elsewhere,
	// and nothing that a watcher tells reaches back behind it.
	Version, Begin int64
	Last           int64    // the latest scrape, Unix ms; no reading is later
	Ended          int64    // when it was known to have ended, Unix ms; 0: not
	Groups         []Growth // sorted by group, each once
}

// Pool adds up processes that a watcher cannot tell from each other, such as those behind a balancer without a start,
// before it tells of them. Only what they grew by is known.
type Pool map[Key]*Process

// Add adds a process.
func (p Pool) Add(o Process) {
	x := p[o.Keys[0]]
	if x == nil {
		p[o.Keys[0]] = &o
		return
	}
	x.Version, x.Begin, x.Last, x.Ended = max(x.Version, o.Version), max(x.Begin, o.Begin), max(x.Last, o.Last), min(x.Ended, o.Ended)
	groups := map[string]*tally{}
	for _, list := range [][]Growth{x.Groups, o.Groups} {
		for i := range list {
			t := groups[list[i].Group]
			if t == nil {
				t = &tally{}
				groups[list[i].Group] = t
			}
			t.add(list[i].Grown)
		}
	}
	x.Groups = nil
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		v := groups[group].value()
		x.Groups = append(x.Groups, Growth{Group: group, Grown: &v})
	}
}

// ErrProcess is returned for a Process that cannot be.
var ErrProcess = errors.New("watch: not what a watcher can know of a process")

// process is what is known of one. It is never written to.
type process struct {
	keys        []Key // sorted
	version     int64
	last, ended int64
	records     []record
}

func newProcess(x *Process) (*process, error) {
	if !x.proper() {
		return nil, ErrProcess
	}
	p := &process{keys: slices.Clone(x.Keys), version: x.Version, last: x.Last, ended: x.Ended}
	slices.SortFunc(p.keys, Key.compare)
	p.keys = slices.Compact(p.keys)
	p.records = make([]record, 0, len(x.Groups))
	for i := range x.Groups {
		p.records = append(p.records, newRecord(&x.Groups[i], x.Begin, loose(p.keys)))
	}
	return p, nil
}

func (x *Process) proper() bool {
	if len(x.Keys) == 0 || x.Begin < 0 || x.Version < 0 || x.Last < 0 || x.Ended < 0 {
		return false
	}
	for _, k := range x.Keys {
		if k.Start < Unknown || k.Start <= 0 && len(x.Keys) > 1 {
			return false
		}
	}
	for i := range x.Groups {
		if i > 0 && x.Groups[i-1].Group >= x.Groups[i].Group || !x.Groups[i].proper(x.Begin, x.Last) {
			return false
		}
	}
	return true
}

func (g *Growth) proper(begin, last int64) bool {
	if g.Grown != nil && !g.Grown.proper() {
		return false
	}
	if g.Left.At == 0 {
		return true
	}
	return g.Met.At > 0 && g.Met.At >= begin && g.Met.At <= g.Left.At && g.Left.At <= last && last < never &&
		g.Met.proper() && g.Left.proper()
}

// gone reports whether a process ended, as far as all know that saw it.
func (p *process) gone() bool { return p.ended != 0 && p.ended >= p.last }

// first returns since when something of what is known of a process grew.
func (p *process) first() int64 {
	first := int64(never)
	for i := range p.records {
		first = min(first, p.records[i].first())
	}
	return first
}

// grewBy reports whether some of what is known to have grown may have by a time.
// At that very time it has if it is the latest scrape; where a process begins
// anew nothing grew yet.
func (p *process) grewBy(time int64, c Clocks) bool {
	first := p.first()
	if first != time || p.last > time {
		return first < time
	}
	n := p.amount(c)
	return n.Sign() > 0
}

// amount returns what a process counted in all groups.
func (p *process) amount(c Clocks) (n exact.Sum) {
	var all sums
	all.addProcess(p, 0, c)
	for i := range all.list {
		n.Merge(&all.list[i].count)
	}
	n.Compact()
	return n
}

// join returns what both know. It is p or o, if that is the result.
func (p *process) join(o *process) *process {
	if p == o {
		return p
	}
	j := process{keys: union(p.keys, o.keys), last: max(p.last, o.last), ended: max(p.ended, o.ended)}
	switch {
	case p.version > o.version:
		j.version, j.records = p.version, p.records
	case p.version < o.version:
		j.version, j.records = o.version, o.records
	default:
		j.version, j.records = p.version, joinRecords(p.records, o.records, loose(j.keys))
	}
	for _, x := range []*process{p, o} {
		if x.is(&j) {
			return x
		}
	}
	return &j
}

// is reports whether p equals j, whose parts are those of p where they can be.
func (p *process) is(j *process) bool {
	return p.version == j.version && p.last == j.last && p.ended == j.ended &&
		slices.Equal(p.keys, j.keys) && sameSlice(p.records, j.records)
}

func sameSlice(a, b []record) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// joinRecords merges two sorted lists. It returns a or b, if that is the result.
func joinRecords(a, b []record, loose bool) []record {
	if sameSlice(a, b) {
		return a
	}
	m := merging{a: a, b: b, isA: true, isB: true}
	var both record
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case j == len(b) || i < len(a) && a[i].group < b[j].group:
			m.push(&a[i], true, false)
			i++
		case i == len(a) || a[i].group != b[j].group:
			m.push(&b[j], false, true)
			j++
		default:
			isA, isB := a[i].join(&b[j], &both, loose)
			x := &both
			if isA {
				x = &a[i]
			} else if isB {
				x = &b[j]
			}
			m.push(x, isA, isB)
			i, j = i+1, j+1
		}
	}
	switch {
	case m.isA && m.n == len(a):
		return a
	case m.isB && m.n == len(b):
		return b
	}
	return m.out
}

// merging is a list that is copied only once it is neither a nor b.
type merging struct {
	a, b     []record
	n        int
	isA, isB bool // what was pushed are the first n of a, of b
	out      []record
}

func (m *merging) push(r *record, fromA, fromB bool) {
	wasA, wasB := m.isA, m.isB
	m.isA, m.isB = wasA && fromA, wasB && fromB
	m.n++
	if m.isA || m.isB {
		return
	}
	if wasA || wasB {
		m.out = make([]record, 0, max(len(m.a), len(m.b)))
	}
	switch {
	case wasA:
		m.out = append(m.out, m.a[:m.n-1]...)
	case wasB:
		m.out = append(m.out, m.b[:m.n-1]...)
	}
	m.out = append(m.out, *r)
}

// begun returns what is known of a process that goes on, once all that grew is
// counted elsewhere: where each group was in the latest scrape, if its reading
// compares with what others read: by no clock but its own, if others may differ.
func (p *process) begun(c Clocks) *process {
	q := *p
	if q.records = nil; c.Skew > 0 {
		return &q
	}
	for i := range p.records {
		r := &p.records[i]
		_, lefts := r.points()
		if len(lefts) == 0 {
			continue
		}
		last := slices.MaxFunc(lefts, func(x, y Reading) int { return x.compareTo(&y) })
		if last.At == p.last {
			q.records = append(q.records, record{group: r.group, met: last, left: last, more: &more{base: &base{p.last, last, nil}}})
		}
	}
	return &q
}
