package window

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/internal/judge"
)

// What is taken back is as if it had never been added: the present and each checkpoint made since are those of the
// moment that was saved, older checkpoints and copies stay as they were.
func TestBack(t *testing.T) {
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 4))
		slots := 2 + r.IntN(6)
		var h History
		h.Make(slots)
		x := NewTable(false, slots, 0)
		d := x.Draft()
		col := d.Column(Key{})
		d.Adopt()
		value, rows := 0.0, []float64{} // by checkpoint
		step := func(at int64) {
			if r.IntN(2) == 0 {
				x.Snap(h.N)
				h.Add(Checkpoint{At: at - 1, Span: at - 1})
				rows = append(rows, value)
			}
			by := float64(r.IntN(10))
			x.Begin()
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
		saved, then, from, events := x.Save(), value, h.N, len(x.Events)
		kept := Checkpoint{At: at - 1, Span: at - 1}
		for range r.IntN(12) {
			step(at)
			at++
		}
		before, history, now := x.Copy(nil), h, value
		x.Back(saved, from, h.N)
		h.Back(kept, from)
		require.Equal(t, then, x.Live.Counts.Float64(0))
		require.Len(t, x.Events, events)
		require.Equal(t, kept.Span, h.Span)
		for n := h.Oldest(); n < h.N; n++ {
			want, moment := rows[n], kept
			if n >= from {
				want = then
			} else {
				moment = *history.At(n)
			}
			require.Equal(t, want, at0(x.Base(n)), "seed %d, checkpoint %d", seed, n)
			require.Equal(t, moment, *h.At(n))
			require.Equal(t, rows[n], at0(before.Base(n)), "a copy stays as it was")
		}
		require.Equal(t, now, before.Live.Counts.Float64(0))
	}
	// A view that had not begun when the state was saved.
	x := NewTable(false, 3, 2)
	d := x.Draft()
	col := d.Column(Key{})
	d.Adopt()
	x.Add(col, 5, 0)
	x.Back(nil, 1, 2)
	assert.Zero(t, x.Live.Counts.Float64(0))
	assert.Empty(t, x.Events)
}

func at0(r *Row) float64 {
	if r.Counts.Len() == 0 {
		return 0
	}
	return r.Counts.Float64(0)
}
