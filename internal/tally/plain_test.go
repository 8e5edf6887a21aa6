package tally

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/rate"
	"github.com/promfold/promfold/internal/window"
)

// A part to which nothing happened, or nothing but what was counted before its first reading, has in a rate what it has
// by the events, to the bit.
func TestPlainParts(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		v := drawView(rt)
		for _, x := range v.list {
			if rapid.Bool().Draw(rt, "quiet") {
				x.Events = nil
			}
			x.meet()
		}
		a := v.ask(rt)
		if rapid.Bool().Draw(rt, "since the beginning") {
			a.Start = epoch - 1
		}
		_, shares := v.shares(a)
		all := (&Latest{}).Add(a, &v.Groups, shares, false)
		for i := range all.parts {
			p, sh := &all.parts[i], &all.shares[all.owners[i]]
			if p.plain && p.grown >= 0 && p.inside >= 0 {
				require.False(rt, sh.Older || sh.begun())
				require.Equal(rt, all.paced(sh, int32(i)), rate.Counted{Growth: p.grown, Lo: p.inside, Hi: p.most, Pace: p.pace})
			}
			if sh.Older || p.eventful || p.open || all.inside != nil {
				continue
			}
			short, began, negative := all.counted(sh, p, nil)
			require.False(rt, began || negative)
			long := rate.Counted{Growth: short.Growth, Pace: short.Pace}
			began, negative = all.reckon(sh, p, nil, &long)
			require.False(rt, began || negative)
			require.Equal(rt, long, short)
		}
	})
}

// meet says of each column that something was counted before its first reading.
func (x *instance) meet() {
	for c := range x.Cols {
		first := window.Event{Note: window.Note{Col: int32(c), Verdict: judge.First}, At: x.at[0], N: 1, Open: 1}
		x.Events = slices.Insert(x.Events, 0, first)
	}
}

// Which parts are so is known.
func TestPlainPartsAreFound(t *testing.T) {
	v := &view{Groups: Groups{Selection: &growth.Selection{Metric: "m"}}}
	x := newInstance("i", false, []window.Key{{Group: v.Number(named(0))}})
	for i := range int64(5) {
		at, value := epoch+i*interval, float64(10*i)
		x.scrape(at, []judge.Step{{Verdict: judge.Grew, Add: value + 10, Sub: value, Lo: 10, Hi: 10, From: at - interval, To: at, Reach: at - interval}})
	}
	x.meet()
	v.list = []*instance{x}
	partIn := func(window int64) part {
		a := Asked{Start: x.present().At - window, End: x.present().At}
		_, shares := v.shares(a)
		return (&Latest{}).Add(a, &v.Groups, shares, false).parts[0]
	}
	p := partIn(interval)
	assert.True(t, p.plain)
	assert.Zero(t, p.odd)
	p = partIn(5 * interval)
	assert.False(t, p.plain || p.eventful)
	assert.Positive(t, p.odd)
	x.Events[0].Verdict = judge.Reset
	assert.True(t, partIn(5*interval).eventful)
}
