package parse

import (
	"math"
	"slices"

	"github.com/promfold/promfold/internal/lines"
)

// rebuild makes the list of samples and finds what changed and what is gone.
func (t *tracker) rebuild(exemplars []lines.Exemplar) {
	t.now, t.before = t.before, t.now
	t.now.reset(t.engine.Len(), t.room())
	t.gather()
	t.previous = t.previous[:0]
	for pos := range t.engine.Len() {
		id := t.engine.ID(pos)
		old, _, _ := t.engine.At(pos)
		switch k := t.lines.of(id); {
		case k.state == dropped:
			t.now.place = append(t.now.place, none)
		case k.join != nil && k.join.whole:
			t.addJoined(k.join)
		default:
			t.addLine(id, pos, old)
		}
	}
	if t.exemplars {
		t.findNewest(exemplars)
		for i, e := range t.newest {
			t.now.samples[i].Exemplar = e
		}
	}
	t.compare()
	t.rebuilt = t.reads
}

// room is how many samples there will be, about.
func (t *tracker) room() int {
	if t.lines.keep == nil && !t.lines.join {
		return t.engine.Len()
	}
	return len(t.before.samples)
}

// gather collects the lines of each histogram that is to be joined, and reads
// those that can be.
func (t *tracker) gather() {
	if !t.lines.join {
		return
	}
	t.gathered = t.gathered[:0]
	for pos := range t.engine.Len() {
		id := t.engine.ID(pos)
		j := t.lines.of(id).join
		if j == nil {
			continue
		}
		if j.gathered != t.reads {
			if j.gathered != t.rebuilt {
				j.index = none // it was not in the list before
			}
			j.gathered, j.parts = t.reads, j.parts[:0]
			t.gathered = append(t.gathered, j)
		}
		l := t.lines.store.Line(id)
		j.parts = append(j.parts, part{pos, l.Role, l.Bound})
	}
	for _, j := range t.gathered {
		j.read = t.reads
		j.before, j.index = j.index, none
		j.whole = j.arrange() && j.update(t.engine)
	}
}

// addJoined adds the sample of a histogram at its first line.
func (t *tracker) addJoined(j *joined) {
	if j.index != none {
		t.now.place = append(t.now.place, j.index)
		return
	}
	j.index = int32(len(t.now.samples))
	s := Sample{Family: j.family, Name: j.family.Name, Role: Histogram, Labels: j.labels, Bound: math.NaN()}
	j.fill(&s)
	t.now.add(s, j)
	t.previous = append(t.previous, j.before)
}

// addLine adds the sample of a line; old is where the line stood before, or −1.
func (t *tracker) addLine(id lines.ID, pos, old int) {
	l := t.lines.store.Line(id)
	s := Sample{Family: (*Family)(l.Family), Name: l.Name, Role: Role(l.Role), Labels: l.Labels(), Bound: l.Bound}
	fill(&s, t.engine, pos, s.Role)
	t.now.add(s, nil)
	previous := int32(none)
	if old >= 0 {
		if i := t.before.place[old]; i != none && t.before.joins[i] == nil {
			previous = i
		}
	}
	t.previous = append(t.previous, previous)
}

// compare finds the samples that are new or differ, and those that are gone.
func (t *tracker) compare() {
	stays := make([]bool, len(t.before.samples))
	for _, i := range t.previous {
		if i != none {
			stays[i] = true
		}
	}
	t.match(stays)
	for i, was := range t.previous {
		if was == none || !t.now.samples[i].same(&t.before.samples[was]) {
			t.changed = append(t.changed, int32(i))
		}
	}
	for i, stays := range stays {
		if !stays {
			t.gone = append(t.gone, int32(i))
		}
	}
}

// match finds by its labels what the engine does not lead to the body before: a
// histogram that is joined now and was not, a series with another type, the
// repetition of a line.
func (t *tracker) match(stays []bool) {
	if !slices.Contains(stays, false) || !slices.Contains(t.previous, none) {
		return
	}
	before := map[string][]int32{}
	var key []byte
	for i := range stays {
		if !stays[i] {
			key = t.before.samples[i].Labels.Bytes(key[:0])
			before[string(key)] = append(before[string(key)], int32(i))
		}
	}
	for i, was := range t.previous {
		if was != none {
			continue
		}
		key = t.now.samples[i].Labels.Bytes(key[:0])
		if same := before[string(key)]; len(same) > 0 {
			t.previous[i], stays[same[0]] = same[0], true
			before[string(key)] = same[1:]
		}
	}
}
