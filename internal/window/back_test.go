package window

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/internal/judge"
)

// What is taken back is as if it had never been added: the present is that of the moment that was saved, the
// checkpoints made since are gone, older ones and copies stay as they were.
func TestBack(t *testing.T) {
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 4))
		var h History
		x := NewTable(false, 1, 0)
		d := x.Draft()
		col := d.Column(Key{})
		d.Adopt()
		value, rows := 0.0, []float64{} // by checkpoint
		spacing := Spacing{Window: 8, Precision: 2}
		step := func(at int64) {
			x.Snap(h.Keep(Checkpoint{At: at - 1, Span: at - 1}, spacing))
			rows = append(rows, value)
			by := float64(r.IntN(10))
			x.Begin(at, at-1, 8, false, 0)
			x.Add(col, value+by, value)
			x.Note(at, Note{Col: col, Verdict: judge.Grew}, &judge.Step{Verdict: judge.Grew, Add: by})
			value += by
			h.Span = at
		}
		at := int64(1)
		for range r.IntN(12) {
			step(at)
			at++
		}
		saved, then, from, events := x.Save(nil), value, h.N, len(x.Events)
		kept := Checkpoint{At: at - 1, Span: at - 1}
		for range r.IntN(12) {
			step(at)
			at++
		}
		before, history, now := x.Copy(nil), h.Clone(), value
		h.Back(kept, from)
		x.Back(saved, &h)
		require.Equal(t, then, x.Live.Counts.Float64(0))
		require.Len(t, x.Events, events)
		require.Equal(t, kept.Span, h.Span)
		for range r.IntN(4) {
			at++
			x.Snap(h.Keep(Checkpoint{At: at - 1, Span: at - 1}, spacing))
			rows = append(rows, then)
		}
		for _, p := range h.Held() {
			require.Equal(t, rows[p.Number], at0(x.snaps[p.slot].row(&Row{})), "seed %d, checkpoint %d", seed, p.Number)
		}
		for _, p := range history.Within(&h) {
			require.Equal(t, rows[p.Number], at0(before.snaps[p.slot].row(&Row{})), "a copy stays as it was")
		}
		require.Equal(t, now, before.Live.Counts.Float64(0))
	}
	// A view that had not begun when the state was saved.
	k := Kept{At: Checkpoint{At: 7}}
	x := NewTable(false, 3, 2)
	d := x.Draft()
	col := d.Column(Key{})
	d.Adopt()
	x.Add(col, 5, 0)
	assert.Nil(t, k.Restore(0, x, &History{}))
	assert.Zero(t, x.Live.Counts.Float64(0))
	assert.Empty(t, x.Events)
	assert.Equal(t, k.At, x.Begun)
	// One that had.
	x.Add(col, 5, 0)
	k.Add(x, nil)
	x.Add(col, 7, 5)
	assert.NotNil(t, k.Table(0))
	k.Restore(0, x, &History{})
	assert.Equal(t, 5.0, x.Live.Counts.Float64(0))
	k.Set(3, x.Save(nil))
	assert.Nil(t, k.Table(2))
	assert.NotNil(t, k.Table(3))
	assert.Nil(t, (*Kept)(nil).Table(0), "nothing is kept")
}

func at0(r *Row) float64 {
	if r.Counts.Len() == 0 {
		return 0
	}
	return r.Counts.Float64(0)
}
