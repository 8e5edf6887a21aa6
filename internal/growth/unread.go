package growth

import (
	"github.com/promfold/promfold/internal/lines"
)

// Readings returns, for each of the n columns of a view, which scrape read one of
// its objects last: 0 if none leads to it any more. An object that vanished, shows
// no count or repeats an old timestamp was not read: it did not grow by 0. last is
// the latest scrape; the result is nil if it read all columns.
func (st *State) Readings(p *Plan, cols *lines.Columns, view, n int, last int64) []int64 {
	if p == nil {
		return nil
	}
	plain := !cols.Timed() && !st.gapped()
	led := p.leads(view)
	if plain && led.n >= n {
		return nil
	}
	list := make([]int64, n)
	if plain && len(st.held) == 0 {
		for col, yes := range led.to {
			if yes {
				list[col] = last
			}
		}
		return list
	}
	for i := range p.objects {
		o := &p.objects[i]
		if o.kind == Gauge {
			continue
		}
		for j := o.from; j < o.to; j++ {
			if s := &p.sinks[j]; int(s.View) == view && s.Col >= 0 {
				list[s.Col] = max(list[s.Col], st.lastOf(o, uint32(i), cols, last))
			}
		}
	}
	return list
}

// gapped reports whether some object was not read by the latest scrape.
func (st *State) gapped() bool {
	for _, x := range st.held {
		if x.Gapped {
			return true
		}
	}
	return false
}

// lastOf returns the scrape that read an object last, if the latest came at last.
// A line with a timestamp of its own is not read until that moves on.
func (st *State) lastOf(o *object, i uint32, cols *lines.Columns, last int64) int64 {
	if cols.Time(int(o.line)) != lines.NoTime {
		if int(i) < len(st.reads) && st.reads[i] != 0 {
			return st.reads[i]
		}
		return last
	}
	if x := st.held[i]; x != nil {
		return x.Last.Time
	}
	return last
}

// moveReads follows the objects into the plan that replaced theirs.
func (st *State) moveReads(moved []int32) {
	if st.reads == nil {
		return
	}
	n := int32(-1)
	for _, to := range moved {
		n = max(n, to)
	}
	reads := make([]int64, n+1)
	for i, to := range moved {
		if to >= 0 && i < len(st.reads) {
			reads[to] = st.reads[i]
		}
	}
	st.reads = reads
}
