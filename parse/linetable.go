package parse

import (
	"slices"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/lines"
)

// lineTable remembers of each line of a store whether its family is kept, and
// which histogram it is a part of.
type lineTable struct {
	store *lines.Store
	join  bool
	keep  func(*Family) bool // nil keeps all

	families map[*lines.Family]bool // what keep returned
	known    []known                // by lines.ID
	joins    map[uint64][]*joined   // by hash of the labels
}

// known is what is known of a line.
type known struct {
	state lineState
	join  *joined // nil if the line is a sample by itself
}

type lineState uint8

const (
	unknown lineState = iota
	kept
	dropped // its family is not kept, or Options.Relabel drops it
)

// of returns what is known of a line.
func (t *lineTable) of(id lines.ID) known {
	if int(id) >= len(t.known) {
		n := t.store.Cap()
		t.known = slices.Grow(t.known, n-len(t.known))[:n]
	}
	k := &t.known[id]
	if k.state == unknown {
		*k = t.learn(t.store.Line(id))
	}
	return *k
}

func (t *lineTable) learn(l *lines.Line) known {
	switch {
	case l.Dropped || !t.keeps(l.Family):
		return known{state: dropped}
	case t.join && isPart(l):
		return known{state: kept, join: t.joinOf(l)}
	}
	return known{state: kept}
}

func (t *lineTable) keeps(f *lines.Family) bool {
	if t.keep == nil {
		return true
	}
	keep, ok := t.families[f]
	if !ok {
		keep = t.keep((*Family)(f))
		if t.families == nil {
			t.families = map[*lines.Family]bool{}
		}
		t.families[f] = keep
	}
	return keep
}

// isPart reports whether a line is a part of a histogram.
func isPart(l *lines.Line) bool {
	if l.Family.Type != model.MetricTypeHistogram && l.Family.Type != model.MetricTypeGaugeHistogram {
		return false
	}
	return l.Role != lines.Value // a bucket without a bound is a Value
}

// joinOf returns the histogram of a part: that of its family with its labels,
// but for those that only the part has.
func (t *lineTable) joinOf(l *lines.Line) *joined {
	b := labels.NewBuilder(l.Labels()).Set(model.MetricNameLabel, l.Family.Name)
	if l.Role == lines.Bucket {
		b.Del(labels.BucketLabel)
	}
	ls := b.Labels()
	hash := ls.Hash()
	for _, j := range t.joins[hash] {
		if j.family == (*Family)(l.Family) && labels.Equal(j.labels, ls) {
			return j
		}
	}
	if t.joins == nil {
		t.joins = map[uint64][]*joined{}
	}
	j := &joined{family: (*Family)(l.Family), labels: ls, index: none}
	t.joins[hash] = append(t.joins[hash], j)
	return j
}

// forget drops what is known of the lines that a sweep has freed, and of what
// only those belonged to.
func (t *lineTable) forget(freed []lines.ID) {
	for _, id := range freed {
		if int(id) < len(t.known) {
			t.known[id] = known{}
		}
	}
	inUse, families := map[*joined]bool{}, map[*lines.Family]bool{}
	for id, k := range t.known {
		if k.state == unknown {
			continue
		}
		inUse[k.join] = true
		if t.keep != nil {
			families[t.store.Line(lines.ID(id)).Family] = k.state == kept
		}
	}
	t.families = families
	for hash, list := range t.joins {
		if list = slices.DeleteFunc(list, func(j *joined) bool { return !inUse[j] }); len(list) == 0 {
			delete(t.joins, hash)
		} else {
			t.joins[hash] = list
		}
	}
}
