package ledger

import (
	"math"
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/window"
)

// Departures are what departed instances leave in a group. The zero value is
// that of none.
type Departures struct {
	Labels  labels.Labels // of the group, in an answer
	Classes []window.Class
	Bounds  window.Bounds
	Stepped bool // some were observed for a time

	n int // columns
	// Σ of rate times ms lived: a mean over a window is that over its length.
	weighted, lowest, highest exact.Sum
	begun                     []opened
}

// opened is what members may have counted before their first scrape: growth
// that was missed, unless they were there from the beginning, see Open. For a
// part of a fleet that is known only when it is merged.
type opened struct {
	at             int64
	above, highest exact.Sum
}

// Life is what the departure of an instance needs to know of it, in ms.
type Life struct {
	First int64 // its first scrape
	Young bool  // what its process counted before that is growth
	Alive int64 // how long it lived, by estimate
	Span  int64 // how long its counters were observed
	Wall  int64 // the same for counters that outlive processes
	// For how long it may have been alive and no scrape saw it, and the same for counters that outlive processes.
	Unseen, Still int64
}

// None reports whether nothing departed.
func (d *Departures) None() bool { return d == nil || d.n == 0 }

// Depart adds what a table has of an instance to the departures of its groups:
// of returns those of a column, outlives whether the column's counters outlive
// processes.
func Depart(t *window.Table, life Life, outlives func(col int) bool, of func(col int) *Departures) {
	bounds, unseen := make([]window.Bounds, len(t.Cols)), make([]exact.Sum, len(t.Cols))
	each := func(e *window.Event) {
		if e.Verdict == judge.First && e.At == life.First && (!life.Young || outlives(int(e.Col))) {
			unseen[e.Col].Merge(&e.Above)
			return
		}
		bounds[e.Col].Add(e, math.MinInt64)
	}
	for _, e := range t.Past {
		each(e)
	}
	for i := range t.Events {
		each(&t.Events[i])
	}
	sumless := t.Sumless()
	for i := range t.Cols {
		d := of(i)
		window.ClassOf(&d.Classes, t.Cols[i].Layout, t.Cols[i].Grid).AddColumn(t, i, sumless[int32(i)])
		d.Bounds.Merge(&bounds[i])
		d.n++
		begun := opened{at: life.First}
		begun.above.Set(&unseen[i])
		span, hidden := life.Span, life.Unseen
		if outlives(i) {
			span, hidden = life.Wall, life.Still
		}
		if span > 0 {
			per := float64(life.Alive) / float64(span)
			d.weigh(t, i, &bounds[i], per, hidden)
			begun.highest.Add(begun.above.Most() * per)
		}
		if begun.above.Sign() != 0 {
			d.begun = append(d.begun, begun)
		}
	}
}

// weigh adds a column's rate times the time its instance lived. per is the time
// it lived to the time it was observed, unseen for how long no scrape saw it: it
// may have counted nothing then, or as fast as it ever did.
func (d *Departures) weigh(t *window.Table, col int, x *window.Bounds, per float64, unseen int64) {
	var grown exact.Sum
	t.Grown(&grown, col, nil)
	a := x.Around(&grown)
	d.Stepped = true
	d.weighted.Add(exact.Finite(a.Value * per))
	d.lowest.Add(a.Lo * min(per, 1))
	if !math.IsInf(a.Hi, 1) {
		d.highest.Add(max(a.Hi*per, a.Hi+t.Pace(col, true)*float64(unseen)))
	}
}

// Open adds to the bounds what was missed of instances that began after the
// opening: when the first round of scrapes was over.
func (d *Departures) Open(opening int64) {
	if d == nil {
		return
	}
	d.begun = slices.DeleteFunc(d.begun, func(x opened) bool {
		if x.at < opening {
			return false
		}
		d.Bounds.Above.Merge(&x.above)
		d.highest.Merge(&x.highest)
		return true
	})
}

// Merge adds other departures of the group.
func (d *Departures) Merge(o *Departures) {
	window.MergeClasses(&d.Classes, o.Classes)
	d.n += o.n
	d.Stepped = d.Stepped || o.Stepped
	for i := range o.begun {
		x := opened{at: o.begun[i].at}
		x.above.Set(&o.begun[i].above)
		x.highest.Set(&o.begun[i].highest)
		d.begun = append(d.begun, x)
	}
	d.Bounds.Merge(&o.Bounds)
	d.weighted.Merge(&o.weighted)
	d.lowest.Merge(&o.lowest)
	d.highest.Merge(&o.highest)
}

// AddTotal adds what they counted to sum.
func (d *Departures) AddTotal(sum *exact.Sum) {
	for i := range d.Classes {
		c := &d.Classes[i]
		c.Counts.SumDiff(sum, c.Count(), nil)
	}
}

// Rate returns their part of a mean rate per second over a window in ms.
func (d *Departures) Rate(window int64) promfold.Estimate {
	per := func(x float64) float64 { return x / float64(window) * 1000 }
	a := promfold.Estimate{Value: exact.Finite(per(d.weighted.Near())), Lo: exact.NotAbove(per(d.lowest.Least())), Hi: math.Inf(1)}
	if d.Bounds.Open == 0 {
		a.Hi = per(d.highest.Most())
	}
	return a
}

// Departed are the departures of groups, by the bytes of their labels.
type Departed map[string]*Departures

// Of returns those of a group, which are none if it is new.
func (x Departed) Of(group labels.Labels) *Departures {
	key := string(group.Bytes(nil))
	d, ok := x[key]
	if !ok {
		d = &Departures{Labels: group}
		x[key] = d
	}
	return d
}
