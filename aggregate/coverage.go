package aggregate

import (
	"math"
	"slices"
	"time"
)

// Coverage says on how much of the fleet an answer rests. Missing is not zero.
type Coverage struct {
	Expected  int // targets, and instances behind balancers, that should be there, given or learnt
	Missing   int // of them, those that did not answer lately
	Partial   int // instances that answered, but most of the view's family vanished from them
	Reporting int // instances that answered lately, expected or not
	Stale     int // instances that did not, and were not said to be gone
	Failed    int // targets whose latest scrape failed
	Reset     int // instances that restarted inside the window

	Duplicates int // instances left out: other addresses of one that is in
	Ambiguous  int // scrapes through balancers that could not be attributed
}

// learnt is for how long a target that does not answer stays expected.
const learnt = time.Hour

// question is one consistent look at the fleet: the window (s, e] of a view.
// It is made under the fleet's lock.
type question struct {
	f        *Fleet
	v        *view
	s, e     int64
	all      bool // everything since the beginning
	departs  bool // those that departed are added up, and are no members
	coverage Coverage
	missing  []string // what is expected and does not answer

	provenances map[*instance]*Provenance
}

// ask opens a question, or says why it has no answer.
func (f *Fleet) ask(v *view, now time.Time, window time.Duration, conditions []Condition) (q question, err error) {
	q = question{f: f, v: v, e: now.UnixMilli(), all: window == All}
	kept := f.cfg.Window
	if v.Window != 0 {
		kept = v.Window
	}
	switch {
	case window <= 0 && !q.all:
		return q, errView
	case !q.all && (kept == LedgerOnly || window > kept):
		return q, ErrWindow
	}
	for _, in := range f.ordered {
		if in.last > q.e {
			return q, ErrPast
		}
	}
	q.s = f.since // nothing is known of what was before
	if !q.all {
		q.s = max(q.s, q.e-window.Milliseconds())
	}
	q.coverage = q.cover()
	return q, q.meet(conditions)
}

// cover counts what the answer may rest on.
func (q *question) cover() Coverage {
	f := q.f
	var c Coverage
	for _, in := range f.ordered {
		switch {
		case !f.counts(in, q.e):
			c.Duplicates++
			continue
		case f.live(in, q.e):
			c.Reporting++
			if q.partialNow(in) {
				c.Partial++
			}
		case !in.gone && !in.replaced() && !f.departed(in, q.e):
			c.Stale++
		}
		if q.restarted(in) {
			c.Reset++
		}
	}
	q.expect(&c)
	return c
}

// live: the instance answered lately enough to speak for the present.
func (f *Fleet) live(in *instance, e int64) bool {
	if b := in.pool; b != nil {
		return !in.gone && b.live(in) && f.patient(e-b.last, b.interval)
	}
	return !in.gone && f.patient(e-in.last, in.interval)
}

// patient: a target whose answers come at intervals was not silent for too long.
func (f *Fleet) patient(silent, interval int64) bool {
	return silent <= f.cfg.MinStaleness.Milliseconds() || silent <= int64(f.cfg.Staleness*float64(interval))
}

// opening is when the first round of scrapes was over: some instance had been
// scraped twice. What members counted before their first scrape is no part of
// an answer for those that were there from the beginning; of one that joined
// later it is growth that may have been missed.
func (f *Fleet) opening() int64 {
	over := int64(math.MaxInt64)
	if f.opened != 0 {
		over = f.opened
	}
	for _, in := range f.ordered {
		if in.second != 0 {
			over = min(over, in.second)
		}
	}
	return over
}

// Instance is what the fleet knows of one of its members.
type Instance struct {
	Name         string
	Targets      []string // also those of its duplicates
	Incarnations int
	First, Last  time.Time // accepted scrapes
	Start        time.Time // of the process that answers now; zero: not known
	Stale, Gone  bool
	Alternating  bool // the address reaches several processes
}

// addresses are the targets of an instance and of its twins, its own first.
func (in *instance) addresses() []string {
	list := slices.Clone(in.targets)
	if in.twins != nil {
		for _, m := range in.twins.members {
			for _, t := range m.targets {
				if !slices.Contains(list, t) {
					list = append(list, t)
				}
			}
		}
		slices.Sort(list[len(in.targets):])
	}
	return list
}

// Instances lists the members that were seen in the window that ends at now,
// by name; departed ones too.
func (f *Fleet) Instances(now time.Time, window time.Duration) []Instance {
	f.mu.ask()
	defer f.mu.Unlock()
	var list []Instance
	for _, in := range f.ordered {
		if window != All && in.last <= now.Add(-window).UnixMilli() {
			continue
		}
		if !f.counts(in, now.UnixMilli()) {
			continue
		}
		var began time.Time
		if in.start.Known() {
			began = time.UnixMilli(in.start.At)
		}
		list = append(list, Instance{
			Start: began,
			Name:  in.name, Targets: in.addresses(), Alternating: in.alternates, Incarnations: in.incarnation,
			First: time.UnixMilli(in.first), Last: time.UnixMilli(in.last),
			Stale: !in.gone && !f.live(in, now.UnixMilli()), Gone: in.gone,
		})
	}
	return list
}
