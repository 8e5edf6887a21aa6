package parse

import (
	"iter"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/exemplar"

	"github.com/promfold/promfold/internal/lines"
)

// tracker holds the samples of the latest body and knows which of them changed.
//
// The engine tells which lines changed. If no line came, went or moved, only the
// samples of those lines are touched. Otherwise the list of samples is made anew
// and compared with the one before.
type tracker struct {
	lines     lineTable
	engine    *lines.Reader
	exemplars bool // sets Sample.Exemplar

	reads   uint64  // how many bodies were read
	rebuilt uint64  // for which of them now was made
	now     list    // of the latest body
	before  list    // the one before, if now was made for the latest body
	changed []int32 // indexes in now, ascending
	gone    []int32 // indexes in before, ascending

	gathered []*joined            // histograms with a line in the latest body
	previous []int32              // by index in now: that of the same series in before, or none
	newest   []*exemplar.Exemplar // by index in now
}

// list is the samples of a body.
//
// Invariants: len(joins) == len(samples); place has an entry for each line.
type list struct {
	samples []Sample
	joins   []*joined // by sample: the histogram that it joins, nil if it is one line
	place   []int32   // by position of a line: the index of its sample, or none
}

// none stands for an index where there is none.
const none = -1

// reset empties the list and makes room for a body of so many lines, of which
// about so many samples are kept.
func (l *list) reset(lines, samples int) {
	clear(l.samples)
	clear(l.joins)
	l.samples, l.joins = slices.Grow(l.samples[:0], samples), slices.Grow(l.joins[:0], samples)
	l.place = slices.Grow(l.place[:0], lines)
}

func (l *list) add(s Sample, j *joined) {
	l.place = append(l.place, int32(len(l.samples)))
	l.samples, l.joins = append(l.samples, s), append(l.joins, j)
}

// at yields the samples with these indexes.
func (l *list) at(indexes *[]int32) iter.Seq[*Sample] {
	return func(yield func(*Sample) bool) {
		for _, i := range *indexes {
			if !yield(&l.samples[i]) {
				return
			}
		}
	}
}

// update takes in the body that the engine has staged.
func (t *tracker) update(exemplars []lines.Exemplar) {
	t.reads++
	t.changed, t.gone = t.changed[:0], t.gone[:0]
	if t.engine.Structural() || !t.readJoined() {
		t.rebuild(exemplars)
		return
	}
	for _, pos := range t.engine.Changed() {
		if i := t.now.place[pos]; i != none && t.refresh(i, int(pos)) {
			t.changed = append(t.changed, i)
		}
	}
	if t.exemplars {
		t.refreshExemplars(exemplars)
	}
	if t.exemplars || t.lines.join {
		slices.Sort(t.changed)
		t.changed = slices.Compact(t.changed)
	}
}

// readJoined reads the histograms with changed lines. It returns false if one
// can be joined no more, or may be joined now.
func (t *tracker) readJoined() bool {
	if !t.lines.join {
		return true
	}
	for _, pos := range t.engine.Changed() {
		id := t.engine.ID(int(pos))
		j := t.lines.known[id].join
		if j == nil || j.read == t.reads {
			continue
		}
		j.read = t.reads
		if !j.whole || !j.update(t.engine) {
			return false
		}
	}
	return true
}

// refresh updates the sample at index i, whose line at pos changed, and reports
// whether the sample changed.
func (t *tracker) refresh(i int32, pos int) bool {
	s := &t.now.samples[i]
	var is Sample
	if j := t.now.joins[i]; j != nil {
		j.fill(&is)
	} else {
		fill(&is, t.engine, pos, s.Role)
	}
	is.Exemplar = s.Exemplar
	if s.same(&is) {
		return false // another line of the histogram came first, or it is written in another way
	}
	s.Value, s.Time, s.Start, s.Histogram = is.Value, is.Time, is.Start, is.Histogram
	return true
}

// fill sets what a line says apart from its series.
func fill(s *Sample, engine *lines.Reader, pos int, role Role) {
	_, v, at := engine.At(pos)
	s.Value, s.Time, s.Start = v, timeOf(at), startOf(engine.Start(pos))
	if role == Histogram {
		s.Histogram = fromNative(engine.Native(pos))
	}
}

func timeOf(ms int64) time.Time {
	if ms == lines.NoTime {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func startOf(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// refreshExemplars sets the exemplars and adds the samples with another one than
// before to the changed ones.
func (t *tracker) refreshExemplars(exemplars []lines.Exemplar) {
	t.findNewest(exemplars)
	for i, e := range t.newest {
		if s := &t.now.samples[i]; !sameExemplar(s.Exemplar, e) {
			s.Exemplar = e
			t.changed = append(t.changed, int32(i))
		}
	}
}

// findNewest finds each sample's newest exemplar. One without a timestamp is
// older than all others; of equals the last one counts.
func (t *tracker) findNewest(exemplars []lines.Exemplar) {
	clear(t.newest)
	t.newest = append(t.newest[:0], make([]*exemplar.Exemplar, len(t.now.samples))...)
	for k := range exemplars {
		e := &exemplars[k]
		i := t.now.place[e.Pos]
		if i == none {
			continue
		}
		if was := t.newest[i]; was == nil || !was.HasTs || e.HasTs && e.Ts >= was.Ts {
			t.newest[i] = &e.Exemplar
		}
	}
}
