package gauge

import (
	"math"
	"slices"

	"github.com/promfold/promfold/internal/roster"
	"github.com/promfold/promfold/internal/saved"
)

// Step is a value that an instance has from a time on. Steps that were merged
// hold the least, the greatest and the time-weighted mean of their values.
type Step struct {
	At             int64
	Min, Max, Mean float64
	None           bool // it has no value
}

// Track is what is kept of the value of one instance in one group.
type Track struct {
	Changed int64  // when the value was last seen to change; 0: never
	Steps   []Step // oldest first; only where a window is kept
}

// Set notes the value from a time on, which is not before the latest step;
// false: it has none. What is older than oldest is dropped, but for the step
// that reaches it. Of more than most steps, the two that follow each other in
// the least time become one.
func (t *Track) Set(at int64, value float64, ok bool, oldest int64, most int) {
	next := Step{At: at, Min: value, Max: value, Mean: value, None: !ok}
	if n := len(t.Steps); n > 0 && t.Steps[n-1].At == at {
		t.Steps = t.Steps[:n-1]
	}
	if n := len(t.Steps); n == 0 || !t.Steps[n-1].same(next) {
		t.Steps = append(t.Steps, next)
	}
	for len(t.Steps) > 1 && t.Steps[1].At <= oldest {
		t.Steps = slices.Delete(t.Steps, 0, 1)
	}
	for len(t.Steps) > max(most, 2) && t.merge() {
	}
}

func (s Step) same(o Step) bool {
	return s.None && o.None || !s.None && !o.None && s.Min == s.Max && o.Min == o.Max && s.Min == o.Min
}

// merge makes one step of two neighbours, the latest step not among them; false
// if no two have a value.
func (t *Track) merge() bool {
	at, least := -1, int64(0)
	for i := 0; i+2 < len(t.Steps); i++ {
		if t.Steps[i].None || t.Steps[i+1].None {
			continue
		}
		if span := t.Steps[i+2].At - t.Steps[i].At; at < 0 || span < least {
			at, least = i, span
		}
	}
	if at < 0 {
		t.Steps = slices.Delete(t.Steps, 0, 1)
		return true
	}
	a, b := &t.Steps[at], t.Steps[at+1]
	first, second := float64(b.At-a.At), float64(t.Steps[at+2].At-b.At)
	span := first + second
	mean := (a.Mean*first + b.Mean*second) / span
	if math.Abs(mean) > math.MaxFloat64 || math.IsNaN(mean) { // the products were too large, maybe
		mean = a.Mean*(first/span) + b.Mean*(second/span)
	}
	if math.IsNaN(mean) { // +Inf and −Inf have none
		*a = Step{At: a.At, None: true}
	} else {
		a.Min, a.Max = min(a.Min, b.Min), max(a.Max, b.Max)
		a.Mean = min(max(mean, a.Min), a.Max)
	}
	t.Steps = slices.Delete(t.Steps, at+1, at+2)
	return true
}

// Over reports whether there is no value in all that is kept.
func (t *Track) Over() bool {
	return !slices.ContainsFunc(t.Steps, func(s Step) bool { return !s.None })
}

// Clone returns a copy that does not change with t.
func (t *Track) Clone() Track { return Track{t.Changed, slices.Clone(t.Steps)} }

// Code reads or writes a track.
func (t *Track) Code(c *saved.Codec) {
	c.Int64(&t.Changed)
	last := int64(math.MinInt64)
	saved.List(c, &t.Steps, 5, func(s *Step) {
		c.Int64(&s.At)
		c.Float(&s.Min)
		c.Float(&s.Max)
		c.Float(&s.Mean)
		c.Bool(&s.None)
		c.Must(s.At > last && s.Min <= s.Mean && s.Mean <= s.Max)
		last = s.At
	})
}

// Presence is how far an instance was part of the present, from times on, oldest
// first. Before the first of them it was present.
type Presence []Since

// Since is a standing from a time on.
type Since struct {
	At       int64
	Standing roster.Standing
}

// mostChanges bounds a presence.
const mostChanges = 64

// Set notes a standing from a time on. What is older than oldest is dropped. Of
// too many changes the oldest make way: what is between is in doubt.
func (p *Presence) Set(at int64, s roster.Standing, oldest int64) {
	list := *p
	for len(list) > 0 && list[len(list)-1].At >= at {
		list = list[:len(list)-1]
	}
	if p := list.At(at); p != s {
		list = append(list, Since{at, s})
	}
	for len(list) > 1 && list[1].At <= oldest {
		list = slices.Delete(list, 0, 1)
	}
	if len(list) > mostChanges {
		list = slices.Delete(list, 1, 2)
		list[0].Standing = roster.Likely
	}
	*p = list
}

// End notes a standing from a time on, of an instance that was read last at a time. If it is that of one which may have
// ended, nobody knows when after the reading it did.
func (p *Presence) End(read, at int64, s roster.Standing, oldest int64) {
	known := slices.ContainsFunc(*p, func(x Since) bool { return x.At > read && !x.Standing.Counts() })
	if !s.Counts() && !known {
		p.Set(read+1, roster.Likely, oldest)
	}
	p.Set(at, s, oldest)
}

// At returns the standing at a time.
func (p Presence) At(at int64) roster.Standing {
	s := roster.Present
	for _, x := range p {
		if x.At > at {
			break
		}
		s = x.Standing
	}
	return s
}

// Code reads or writes a presence.
func (p *Presence) Code(c *saved.Codec) {
	last := int64(math.MinInt64)
	saved.List(c, (*[]Since)(p), 2, func(x *Since) {
		c.Int64(&x.At)
		saved.Small(c, &x.Standing, roster.Present)
		c.Must(x.At > last)
		last = x.At
	})
}
