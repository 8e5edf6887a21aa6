package aggregate

import (
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/window"
)

// tally is what instances counted in a window. It never changes, so answers
// that differ only in the time of the question share it.
type tally struct {
	*plan
	shares []shared
	parts  []part
	totals []exact.Sum // by group; nil: the sum of its parts
	events []happening // a list for each part, by time

	mean, now rates
	pieces    [][]buckets // of histograms, by group; nil: not asked for yet
}

// shared is what an instance has in common in all groups.
type shared struct {
	weight              float64 // the part of the window in which the instance lived
	seconds, wall       float64 // observed; wall: for counters that outlive processes
	older               bool
	live                bool
	exposes             bool
	broken              bool     // some of its histograms cannot be one
	b                   *binding // for its view, which does not change
	target              labels.Labels
	name                string
	since, last         int64 // its growth is counted from since to last
	alive               int64
	span, spanOfOutlive time.Duration
	steps               int
	from                provenance // without the restarts
	restarts            []restarted
	checkpoint          int // at which its growth begins
}

// part is what one instance has in one group, in the window.
type part struct {
	grown float64 // rounded
	odd   int32   // its first event, plus 1; 0: all is plain growth
	loose bool    // an event sets its bounds apart
	// unread says that nothing was read of its series in the window: it has no
	// increase, not one of 0.
	unread bool
	open   bool // it has no upper bound: another process answers at the address
}

// happening is an event in the window.
type happening struct {
	*window.Event
	next    int32 // of the part, plus 1
	opening bool  // what was counted before it is no part of the answer
}

// widens reports whether the event sets the bounds apart. What was counted
// before the opening is no part of the answer.
func (e *happening) widens() bool {
	if e.opening && e.Verdict == judge.First {
		return false
	}
	return e.Open != 0 || e.Below.Sign() != 0 || e.Above.Sign() != 0
}

// happenings calls do for each event of a part.
func (t *tally) happenings(p *part, do func(*happening)) {
	for i := p.odd; i > 0; i = t.events[i-1].next {
		do(&t.events[i-1])
	}
}

// bound adds what a part leaves open.
func (t *tally) bound(p *part, x *window.Bounds) {
	t.happenings(p, func(e *happening) { e.bound(x) })
	if p.open {
		x.Open++
	}
}

// around returns the growth of a part with its bounds.
func (t *tally) around(p *part) estimate {
	if !p.loose {
		return exactly(p.grown)
	}
	var grown exact.Sum
	var x window.Bounds
	grown.Add(p.grown)
	t.bound(p, &x)
	return x.Around(&grown)
}

// covers returns the time that the steps of the instance span.
func (sh *shared) covers(g *final) time.Duration {
	if g.outlives {
		return sh.spanOfOutlive
	}
	return sh.span
}

// observed returns the same in seconds.
func (sh *shared) observed(g *final) float64 {
	if g.outlives {
		return sh.wall
	}
	return sh.seconds
}

// counts returns the weight of the instance's rate in that of the group.
func (sh *shared) counts(now bool) float64 {
	switch {
	case !now:
		return sh.weight
	case sh.live:
		return 1
	}
	return 0
}

// idle reports whether the instance exposes the metric, and could have a series
// in the group.
func (t *tally) idle(share int, g *final) bool {
	sh := &t.shares[share]
	return sh.exposes && !sh.broken && !t.lacks(share, g) && sh.b.view.selection.SpeaksFor(g.labels, sh.target)
}

// tally adds up what the shares have in the window.
func (q *question) tally(shares []share) *tally {
	t := &tally{plan: q.v.planFor(shares), shares: make([]shared, len(shares))}
	window := float64(q.e - q.s)
	for i := range shares {
		sh, to := &shares[i], &t.shares[i]
		to.span, to.spanOfOutlive = time.Duration(sh.span)*time.Millisecond, time.Duration(sh.wall)*time.Millisecond
		to.weight, to.seconds, to.wall = float64(sh.alive)/window, to.span.Seconds(), to.spanOfOutlive.Seconds()
		to.name, to.since, to.last, to.steps, to.alive = sh.in.name, sh.beginning(), sh.in.last, sh.scrapes, sh.alive
		to.older, to.live, to.exposes, to.b, to.checkpoint = sh.older, sh.live, sh.exposes(), sh.b, sh.from
		to.target, to.broken = sh.in.labels, sh.in.broken(q.v) > 0
		to.restarts = sh.in.restarts
		sh.in.tell(&to.from)
	}
	t.parts = make([]part, len(t.owners))
	if !t.addIntegers(shares) {
		t.addSums(shares)
	}
	t.addEvents(shares, q.m.opening)
	t.findUnread(shares)
	return t
}

// findUnread finds the parts of which nothing was read in the window.
func (t *tally) findUnread(shares []share) {
	columns := t.columns
	for i := range shares {
		own := columns[:len(t.of[i])]
		columns = columns[len(own):]
		sh := &shares[i]
		readings := sh.b.readings(sh.in)
		if readings == nil {
			continue
		}
		for c := range own {
			t.parts[own[c].part].unread = true
		}
		for c := range own {
			if sh.read(int32(c), readings[c]) {
				t.parts[own[c].part].unread = false
			}
		}
	}
}

// read reports whether a column was read in the window, so that there is a step;
// at is when it was read last, 0 if it vanished.
func (sh *share) read(col int32, at int64) bool {
	since := sh.since
	if sh.in.birth == 0 {
		since = max(since, sh.in.first)
	}
	if at > 0 {
		return at > since
	}
	return slices.ContainsFunc(sh.events, func(e window.Event) bool { // it may have been read before it vanished
		return e.Col == col && e.Verdict == judge.Gap && e.Doubt&judge.Gapped != 0 && e.At-sh.in.spacings.Interval() > since
	})
}

// addIntegers adds up what the instances have; it returns false unless all are
// integers whose sum is not rounded.
func (t *tally) addIntegers(shares []share) bool {
	columns, all := t.columns, 0.0
	for i := range shares {
		live, ok := shares[i].b.Live.Counts.Integers()
		base, too := shares[i].row.Counts.Integers()
		if !ok || !too {
			return false
		}
		own := columns[:len(t.of[i])]
		columns = columns[len(own):]
		for _, c := range own {
			n := live[c.count]
			if int(c.count) < len(base) {
				n -= base[c.count]
			}
			x := float64(n)
			t.parts[c.part].grown += x
			all += max(x, -x)
		}
	}
	return all < 1<<53
}

// addSums adds up anything.
func (t *tally) addSums(shares []share) {
	clear(t.parts)
	t.totals = make([]exact.Sum, len(t.groups))
	columns := t.columns
	var grown exact.Sum
	for i := range shares {
		sh := &shares[i]
		for _, c := range columns[:len(t.of[i])] {
			grown.Reset()
			sh.b.Live.Counts.SumDiff(&grown, int(c.count), &sh.row.Counts)
			t.parts[c.part].grown += grown.Float64()
			if !sh.older {
				t.totals[t.group[c.part]].Merge(&grown)
			}
		}
		columns = columns[len(t.of[i]):]
	}
}

// openParts leaves the growth of addresses open at which another process answered,
// of which nothing is known in between.
func (t *tally) openParts(shares []share) {
	columns := t.columns
	for i := range shares {
		for _, c := range columns[:len(t.of[i])] {
			if shares[i].in.another {
				t.parts[c.part].open, t.parts[c.part].loose = true, true
			}
		}
		columns = columns[len(t.of[i]):]
	}
}

// addEvents collects the events of the window. An event does not change after
// its scrape, so a pointer to it is enough.
func (t *tally) addEvents(shares []share, opening int64) {
	n := 0
	for i := range shares {
		n += len(shares[i].events)
	}
	t.openParts(shares)
	if n == 0 {
		return
	}
	t.events = make([]happening, 0, n)
	columns := t.columns
	for i := range shares {
		sh := &shares[i]
		for j := len(sh.events) - 1; j >= 0; j-- {
			e := &sh.events[j]
			p := &t.parts[columns[e.Col].part]
			t.events = append(t.events, happening{e, p.odd, e.At == sh.in.first && sh.in.sinceOpening(opening)})
			p.odd = int32(len(t.events))
			p.loose = p.loose || t.events[p.odd-1].widens()
		}
		columns = columns[len(t.of[i]):]
	}
}
