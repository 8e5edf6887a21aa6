package watch

import (
	"cmp"
	"slices"

	"github.com/promfold/promfold/internal/exact"
)

// tally is a value that is being added up, in storage of its own.
type tally struct {
	count  exact.Sum
	hist   *Histogram
	noHist bool      // some of the count came without a histogram
	lost   exact.Sum // at most this was seen and is in none of it
}

// add adds a value.
func (t *tally) add(v *Value) {
	t.count.Merge(&v.Count)
	t.refine(v.Histogram, v.Count.Sign() > 0)
}

// addGrowth adds what lies between two readings; nothing if the later one is
// less.
func (t *tally) addGrowth(left, met *Value) {
	c := left.Count.Cmp(&met.Count)
	if c < 0 {
		return
	}
	if left.Histogram == nil {
		t.noHist = t.noHist || c > 0
		t.count.Merge(&left.Count)
		t.count.Sub(&met.Count)
		return
	}
	v := growth(left, met)
	t.add(&v)
}

// refine adds sum and buckets of what was counted.
func (t *tally) refine(h *Histogram, counted bool) {
	if h == nil {
		t.noHist = t.noHist || counted
		return
	}
	if t.hist == nil {
		t.hist = &Histogram{}
	}
	t.hist.Sum.Merge(&h.Sum)
	t.hist.NoSum = t.hist.NoSum || h.NoSum
	t.hist.Parts = AddParts(t.hist.Parts, h.Parts)
}

// AddParts returns the sum of two lists of parts. What it returns shares nothing
// that it writes to.
func AddParts(list, more []Part) []Part {
	for i := range more {
		list = addPart(list, &more[i])
	}
	return list
}

func addPart(list []Part, p *Part) []Part {
	i, found := slices.BinarySearchFunc(list, &p.Class, func(x Part, c *Class) int { return x.Class.compare(c) })
	if !found {
		own := Part{Class: p.Class, Places: p.Places}
		own.Count.Set(&p.Count)
		own.Counts.Set(&p.Counts)
		return slices.Insert(list, i, own)
	}
	q := &list[i]
	q.Count.Merge(&p.Count)
	if p.Class.Layout != nil || slices.Equal(q.Places, p.Places) {
		q.Counts.Merge(&p.Counts)
		return list
	}
	places := slices.Concat(q.Places, p.Places)
	slices.Sort(places)
	places = slices.Compact(places)
	var counts exact.Vector
	counts.Grow(len(places))
	var x exact.Sum
	for _, from := range []*Part{q, p} {
		for j, place := range from.Places {
			from.cell(&x, j)
			i, _ := slices.BinarySearch(places, place)
			counts.AddSum(i, &x)
		}
	}
	q.Places, q.Counts = places, counts
	return list
}

// addTotal adds a total that was folded.
func (t *tally) addTotal(x *Total) {
	t.add(&x.Value)
	t.lost.Merge(&x.Lost)
}

// addTally adds another one.
func (t *tally) addTally(o *tally) {
	t.count.Merge(&o.count)
	t.refine(o.hist, o.count.Sign() > 0)
	t.noHist = t.noHist || o.noHist
	t.lost.Merge(&o.lost)
}

// value returns what was added up.
func (t *tally) value() (v Value) {
	t.count.Compact()
	v = Value{t.count, t.hist}
	if h := t.hist; h != nil {
		h.NoSum = h.NoSum || t.noHist
		h.Sum.Compact()
		for i := range h.Parts {
			p := &h.Parts[i]
			var counts exact.Vector
			counts.Set(&p.Counts) // canonical
			p.Count.Compact()
			p.Counts = counts
		}
	}
	return v
}

// index finds groups by name, fast where one list of groups is like the last.
type index struct {
	by    map[string]int
	names []string
	last  []int // where the group at each position of a list was found lately
}

// at returns the number of a group; pos is its position in its list.
func (x *index) at(pos int, group string) int {
	if pos < len(x.last) && x.names[x.last[pos]] == group {
		return x.last[pos]
	}
	n, ok := x.by[group]
	if !ok {
		if x.by == nil {
			x.by = map[string]int{}
		}
		n = len(x.names)
		x.by[group], x.names = n, append(x.names, group)
	}
	if pos < len(x.last) {
		x.last[pos] = n
	} else if pos == len(x.last) {
		x.last = append(x.last, n)
	}
	return n
}

// sums are tallies by group.
type sums struct {
	index index
	list  []tally
}

func (s *sums) at(pos int, group string) *tally {
	n := s.index.at(pos, group)
	for len(s.list) <= n {
		s.list = append(s.list, tally{})
	}
	return &s.list[n]
}

// get returns the tally of a group; nil if there is none.
func (s *sums) get(group string) *tally {
	if n, ok := s.index.by[group]; ok {
		return &s.list[n]
	}
	return nil
}

func (s *sums) addAccount(c *account) {
	for i := range c.totals {
		s.at(i, c.totals[i].Group).addTotal(&c.totals[i])
	}
}

// addProcess adds what a process grew by after a time, see record.value.
func (s *sums) addProcess(p *process, after int64, c Clocks) {
	if after > 0 && p.last <= after {
		return
	}
	apart := int64(0)
	if loose(p.keys) {
		apart = c.Skew
	}
	for i := range p.records {
		r := &p.records[i]
		t := s.at(i, r.group)
		if r.more == nil && after == 0 {
			t.addGrowth(&r.left.Value, &r.met.Value)
			continue
		}
		v := r.value(after, apart)
		t.add(&v)
	}
}

func (s *sums) addSums(o *sums) {
	for i, group := range o.index.names {
		s.at(i, group).addTally(&o.list[i])
	}
}

// totals lists the groups, sorted.
func (s *sums) totals() []Total {
	list := make([]Total, 0, len(s.list))
	for i, group := range s.index.names {
		t := &s.list[i]
		t.lost.Compact()
		list = append(list, Total{Group: group, Value: t.value(), Lost: t.lost})
	}
	slices.SortFunc(list, func(a, b Total) int { return cmp.Compare(a.Group, b.Group) })
	return list
}
