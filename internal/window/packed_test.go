package window

import (
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"

	"github.com/promfold/promfold/internal/judge"
)

// A packed table is a copy: sums of its events, which may have limbs, stay what
// they were while the table's go on.
func TestPackedIsACopy(t *testing.T) {
	table := NewTable(false, 0, 0)
	d := table.Draft()
	d.Column(Key{})
	d.Adopt()
	add := func(e *Event) {
		e.Below.Add(1e300)
		e.Above.Add(0.1)
		e.Early.Add(1e-300)
	}
	e := Event{Note: Note{Verdict: judge.Reset}, At: 5, N: 1}
	add(&e)
	table.Events = []Event{e}
	past := e.Clone()
	table.Past = map[Note]*Event{past.Note: past}

	cols, order := table.Order(func(int32) labels.Labels { return labels.EmptyLabels() })
	p := table.Pack(&History{}, cols, order, nil)
	add(&table.Events[0])
	add(past)
	for _, list := range [][]Event{p.Events, p.Past} {
		assert.Equal(t, 1e300, list[0].Below.Float64())
		assert.Equal(t, 0.1, list[0].Above.Float64())
		assert.Equal(t, 1e-300, list[0].Early.Float64())
	}
}
