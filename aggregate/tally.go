package aggregate

import (
	"math"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/rate"
	"github.com/promfold/promfold/internal/roster"
	"github.com/promfold/promfold/internal/window"
)

// merged is what all members of a group observed, added up when it is first asked
// for. Answers with the same counts share it. Asking needs the lock.
type merged struct {
	sync.Mutex
	layout.Distribution
	done bool
}

// buckets is what one instance observed in buckets of one layout.
type buckets struct {
	share  int32
	layout *layout.Layout
	counts []float64      // cumulative
	native *layout.Native // in place of layout and counts; without its sum
	sum    float64        // NaN if unknown

	// Where the window begins between two checkpoints: the same, at least and at
	// most; else nil.
	least, most *buckets
}

// tally is what instances counted in a window. It never changes, so answers
// that differ only in the time of the question share it.
type tally struct {
	*plan
	length int64 // of the window, in ms
	start  int64 // of the window
	after  int64 // its bounds are those of all windows that start after this
	until  int64 // and no later than this
	newest int64 // the latest scrape of its shares, or when it was asked if that is earlier
	shares []shared
	parts  []part
	totals []exact.Sum // by group; nil: the sum of its parts
	events []happening // a list for each part, by time

	mean, now rates
	pieces    [][]buckets // of histograms, by group; nil: not asked for yet
	merged    []merged    // what the pieces add up to, by group
}

// holds reports whether the shares are the same. In an unchanged fleet, shares
// differ only by the checkpoints at which they begin, and by what depends on the
// time.
func (t *tally) holds(shares []share, start int64) bool {
	if len(shares) != len(t.shares) || start <= t.after || start > t.until {
		return false
	}
	for i := range shares {
		a, b := &shares[i], &t.shares[i]
		if a.b != b.b || !a.edge.Same(&b.edge) || a.life != b.process.Times ||
			a.steady != b.lasting.Times || a.standing != b.standing || a.older != b.older {
			return false
		}
	}
	return true
}

// rateOf returns the rate of a group in a window that ends at e: of the instances
// live now, or the mean; false if no member was observed for any time. again
// says that it was not the first question.
func (t *tally) rateOf(group int, now, again bool, e int64) (estimate, bool) {
	switch {
	case now && (!again || e != t.newest):
		sum := t.addRates(group, now, e)
		return sum.Estimate(0)
	case !again:
		sum := t.addRates(group, now, t.newest)
		return sum.Estimate(e - t.newest)
	}
	r := &t.mean
	if now {
		r = &t.now
	}
	r.once.Do(func() {
		r.list = make([]rate.Sum, len(t.groups))
		for g := range r.list {
			r.list[g] = t.addRates(g, now, t.newest)
		}
	})
	return r.list[group].Estimate(e - t.newest)
}

// addRates adds up the rates of a group's members.
func (t *tally) addRates(group int, now bool, e int64) (sum rate.Sum) {
	for i := t.from[group]; i < t.from[group+1]; i++ {
		if t.parts[i].unread {
			continue
		}
		m := t.rated(&t.shares[t.owners[i]], &t.parts[i], &t.groups[group], e)
		if now {
			sum.AddNow(&m)
		} else {
			sum.AddMean(&m)
		}
	}
	return sum
}

// rated returns what a part says of the rate of its group until e.
func (t *tally) rated(sh *shared, p *part, g *final, e int64) rate.Member {
	o := sh.observed(g)
	m := rate.Member{
		Width: t.length, Growth: p.grown - p.older, Span: o.span, Pace: p.pace, Times: o.Times, Tail: e - sh.last,
		Live: sh.standing.Possible(), Slow: sh.standing == roster.Likely, Lost: sh.standing == roster.Doubtful,
	}
	if sh.older {
		return m
	}
	m.Lo, m.Hi = p.inside, p.most
	if p.odd > 0 {
		t.rateBounds(sh, p, &m)
	}
	if p.open {
		m.Hi = math.Inf(1)
	}
	return m
}

// rateBounds sets the bounds of a member's growth in the window apart, by the
// events of its part.
func (t *tally) rateBounds(sh *shared, p *part, m *rate.Member) {
	var lo, hi exact.Total // the order of events must not show
	lo.Add(m.Lo)
	hi.Add(m.Hi)
	t.happenings(p, func(e *happening) {
		if e.Verdict == judge.First && e.At == sh.from.First {
			return // of before its first scrape, which no scrape saw
		}
		switch {
		case e.At <= sh.edge.Inside.At:
		case e.From != 0 && e.From < t.start:
			lo.Add(-e.Early.Float64())
			fallthrough
		default:
			lo.Add(-e.Below.Float64())
		}
		if e.TakesBack(t.start) {
			lo.Add(-e.Back.Float64())
		}
		hi.Add(e.Above.Float64())
		hi.Add(rate.Open(p.pace, e.Open, e.Blind))
	})
	m.Lo, m.Hi = max(0, lo.Float64()), hi.Float64()
	if math.IsNaN(m.Hi) {
		m.Hi = math.Inf(1)
	}
}

// happenings calls do for each event of a part.
func (t *tally) happenings(p *part, do func(*happening)) {
	for i := p.odd; i > 0; i = t.events[i-1].next {
		do(&t.events[i-1])
	}
}

// around returns the growth of a part with its bounds.
func (t *tally) around(p *part) estimate {
	if !p.loose && p.least == p.most {
		return exactly(p.grown)
	}
	var grown exact.Sum
	var x window.Bounds
	grown.Add(p.grown)
	t.bound(p, &x)
	return x.Around(&grown)
}

// bound adds to the bounds of an answer what a part leaves open.
func (t *tally) bound(p *part, x *window.Bounds) {
	x.Between(p.least, p.grown, p.most)
	t.happenings(p, func(e *happening) { e.bound(x, t.start) })
	if p.open {
		x.Open++
	}
}

// idle reports whether the instance exposes the metric, and could have a series
// in the group.
func (t *tally) idle(share int, g *final) bool {
	sh := &t.shares[share]
	return sh.exposes && !sh.broken && !t.lacks(share, g) && sh.b.view.selection.SpeaksFor(g.labels, sh.target)
}

// tally adds up what the shares have in the window.
func tallyOf(q *question, shares []share) *tally {
	t := &tally{plan: q.v.planFor(shares), start: q.s, after: -farFuture, until: farFuture, length: q.e - q.s, shares: make([]shared, len(shares))}
	for i := range shares {
		sh, to := &shares[i], &t.shares[i]
		to.process, to.lasting = observed{sh.life, sh.span}, observed{sh.steady, sh.wall}
		to.name, to.since, to.last, to.steps = sh.in.name, sh.beginning(), sh.in.last, sh.scrapes
		to.older, to.standing, to.exposes, to.b, to.edge = sh.older, sh.standing, sh.exposes(), sh.b, sh.edge
		t.newest = max(t.newest, min(sh.in.last, q.e))
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

// addIntegers adds up what the instances have; it returns false unless all are
// integers whose sum is not rounded.
func (t *tally) addIntegers(shares []share) bool {
	columns, all := t.columns, 0.0
	for i := range shares {
		sh := &shares[i]
		own := columns[:len(t.of[i])]
		columns = columns[len(own):]
		var rows [4][]int64
		for j, r := range []*window.Row{&sh.b.Live, sh.edge.Most.Row, sh.edge.Least.Row, sh.edge.Inside.Row} {
			var ok bool
			if rows[j], ok = r.Counts.Integers(); !ok {
				return false
			}
		}
		live, most, least, inside := rows[0], rows[1], rows[2], rows[3]
		for c, at := range own {
			n, p := live[at.count], &t.parts[at.part]
			x := float64(n - at.in(most))
			p.most += x
			p.inside += float64(n - at.in(inside))
			p.pace += sh.b.Pace(c)
			if all += max(x, -x); sh.edge.Part == 0 {
				p.grown, p.least = p.most, p.most
				continue
			}
			p.least += float64(n - at.in(least))
			p.grown = sh.edge.Value(p.least, p.most)
		}
	}
	return all < 1<<53
}

// addSums adds up anything.
func (t *tally) addSums(shares []share) {
	clear(t.parts)
	t.totals = make([]exact.Sum, len(t.groups))
	columns := t.columns
	for i := range shares {
		sh := &shares[i]
		since := func(b *window.Base, at int32) (x exact.Sum) {
			sh.b.Live.Counts.SumDiff(&x, int(at), &b.Row.Counts)
			return x
		}
		own := columns[:len(t.of[i])]
		columns = columns[len(own):]
		for c, at := range own {
			p, total := &t.parts[at.part], &t.totals[t.group[at.part]]
			most, inside, least := since(&sh.edge.Most, at.count), since(&sh.edge.Inside, at.count), since(&sh.edge.Least, at.count)
			x, y := most.Float64(), least.Float64()
			p.most, p.least, p.inside, p.pace = p.most+x, p.least+y, p.inside+inside.Float64(), p.pace+sh.b.Pace(c)
			value := sh.edge.Value(y, x)
			p.grown += value
			switch {
			case sh.older:
			case sh.edge.Part == 0:
				total.Merge(&most)
			default:
				total.Add(value)
			}
		}
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
		sh, since := &shares[i], shares[i].beginning()
		for j := len(sh.events) - 1; j >= 0; j-- {
			e := &sh.events[j]
			p := &t.parts[columns[e.Col].part]
			first, edge := e.At == sh.in.first && sh.in.sinceOpening(opening), sh.edge.Part > 0 && e.At <= sh.edge.Least.At
			t.events = append(t.events, happening{e, p.odd, first, edge})
			switch {
			case e.From == 0:
			case e.From < t.start:
				t.after = max(t.after, e.From)
			default:
				t.until = min(t.until, e.From)
			}
			if e.TakesBack(t.start) {
				t.until = min(t.until, e.BackAt-1)
			} else {
				t.after = max(t.after, e.BackAt-1)
			}
			p.odd = int32(len(t.events))
			p.loose = p.loose || t.events[p.odd-1].widens()
			p.older += e.Before(since)
		}
		columns = columns[len(t.of[i]):]
	}
}

// rates are the rates of all groups. Only a second question to the same tally
// adds them up at once: most tallies are asked once.
type rates struct {
	once sync.Once
	list []rate.Sum
}

// shared is what an instance has in common in all groups.
type shared struct {
	process, lasting observed // lasting: for counters that outlive processes
	older            bool
	standing         roster.Standing
	exposes          bool
	broken           bool     // some of its histograms cannot be one
	b                *binding // for its view, which does not change
	target           labels.Labels
	name             string
	since, last      int64 // its growth is counted from since to last
	steps            int
	from             explain.Source // without the restarts
	restarts         []restarted
	edge             window.Edge // at which its growth begins
}

// observed returns for how long the instance was observed.
func (sh *shared) observed(g *final) *observed {
	if g.outlives {
		return &sh.lasting
	}
	return &sh.process
}

// covers returns the time that the steps of the instance span.
func (sh *shared) covers(g *final) time.Duration {
	return time.Duration(sh.observed(g).span) * time.Millisecond
}

// observed is for how long an instance was observed in the window.
type observed struct {
	rate.Times
	span int64 // ms that its steps cover
}

// part is what one instance has in one group, in the window.
type part struct {
	grown       float64 // rounded
	least, most float64 // the same, of plain growth, where the window begins between two checkpoints
	inside      float64 // growth of steps that began in the window, if all is plain
	older       float64 // of grown, what was counted before the time that its instance was observed
	pace        float64 // the fastest sure growth per ms
	odd         int32   // its first event, plus 1; 0: all is plain growth
	loose       bool    // an event sets its bounds apart
	open        bool    // it has no upper bound: another process answers at the address
	unread      bool    // nothing was read of its series in the window: it has no increase, not one of 0
}

// happening is an event in the window.
type happening struct {
	*window.Event
	next    int32 // of the part, plus 1
	opening bool  // what was counted before it is no part of the answer
	edge    bool  // it may have been before the window
}

// widens reports whether the event sets the bounds apart. What was counted
// before the opening is no part of the answer.
func (e *happening) widens() bool {
	if e.opening && e.Verdict == judge.First {
		return false
	}
	return e.Open != 0 || e.Below.Sign() != 0 || e.Above.Sign() != 0 || e.Back.Sign() != 0
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

// in returns the place's count in a row, 0 where the row is older than it.
func (x place) in(row []int64) int64 {
	if int(x.count) < len(row) {
		return row[x.count]
	}
	return 0
}
