package tally

import (
	"math"
	"unsafe"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/window"
)

type estimate = promfold.Estimate

func exactly(x float64) estimate { return estimate{Value: x, Lo: x, Hi: x} }

const farFuture = int64(1<<63 - 1)

// Asked is what a question is about: the window (Start, End], in ms, of a fleet that had changed so many times.
type Asked struct {
	Start, End int64
	All        bool // everything since the start
	Changes    uint64
	Members    any // of the question, comparable: equal ones stand alike; nil: nothing is known of them
}

func (a *Asked) window() int64 { return a.End - a.Start }

// Tally is what instances counted in a window.
type Tally struct {
	*plan
	asked  Asked
	after  int64 // its bounds are those of all windows that start after this
	until  int64 // and no later than this
	newest int64 // the latest scrape of its shares, or when it was asked if that is earlier
	steady int64 // windows of its length that start later, but before this, have the same shares as long as nothing changes
	shares []Share
	parts  []part
	totals []exact.Sum // by group; nil: the sum of its parts
	inside []exact.Sum // by part: what its steps that began in the window grew by; nil: part.inside is exact
	events []happening // a list for each part, by time
	ended  []int32     // shares of which a process ended in the window
	moved  bool        // the labels of somebody's target changed

	doubled bool // some may be one process

	mean, now rates
	pieces    [][]piece // of histograms, by group; nil: not asked for yet
	merged    []merged  // what the pieces add up to, by group
}

// Latest is what the latest question of a view counted. It is kept because a fleet is asked more often than it is
// scraped, such as by each request that a gateway admits. As long as no scrape arrives, the next question has the same
// instances with the same growth. The zero value is of no question.
type Latest struct {
	tally *Tally
	plan  *plan
}

// Bytes returns what is kept, about.
func (x *Latest) Bytes() int64 {
	if x.tally == nil {
		return 0
	}
	t := x.tally
	n := int64(cap(t.shares))*int64(unsafe.Sizeof(Share{})) + int64(cap(t.parts))*int64(unsafe.Sizeof(part{})+20)
	return n + 16*int64(len(t.totals)+len(t.inside)) + int64(cap(t.events))*int64(unsafe.Sizeof(happening{}))
}

// Forget gives up what is kept: the next question counts anew.
func (x *Latest) Forget() { *x = Latest{} }

// Steady returns what the latest question counted, if this one counts the same because time alone went on; else nil.
func (x *Latest) Steady(a Asked) *Tally {
	t := x.tally
	if t == nil || a.Members == nil || t.asked.Changes != a.Changes || t.asked.All != a.All || t.asked.window() != a.window() ||
		t.asked.Members != a.Members || a.Start <= t.after || a.Start > t.until {
		return nil
	}
	if a.Start != t.asked.Start && (a.Start < t.asked.Start || a.Start >= t.steady) {
		return nil
	}
	return t
}

// Tally returns what the latest question counted if it is what this one counts, else nil.
func (x *Latest) Tally(a Asked, shares []Share) *Tally {
	if t := x.tally; t != nil && t.asked.Changes == a.Changes && t.asked.All == a.All && t.asked.window() == a.window() && t.Holds(shares, a.Start) {
		return t
	}
	return nil
}

// Facts returns what the latest question found of an instance, and which scrape read its columns, if nothing changed
// since; else nil.
func (x *Latest) Facts(a Asked, i int, t *window.Table) *Share {
	if x.tally == nil || x.tally.asked.Changes != a.Changes || i >= len(x.tally.shares) || x.tally.shares[i].Table != t {
		return nil
	}
	return &x.tally.shares[i]
}

// Add adds up what the shares have in the window, and keeps it for the next question if that is of use. The shares are
// the tally's from then on.
func (x *Latest) Add(a Asked, groups *Groups, shares []Share, keep bool) *Tally {
	if x.plan == nil || !x.plan.fits(shares) {
		x.plan = newPlan(groups, shares)
	}
	t := of(a, x.plan, shares)
	if keep {
		x.tally = t
	}
	return t
}

// Holds reports whether the shares are the same, in a window that starts then. In an unchanged fleet, shares differ only
// by the checkpoints at which they begin, and by what depends on the time.
func (t *Tally) Holds(shares []Share, start int64) bool {
	if len(shares) != len(t.shares) || start <= t.after || start > t.until {
		return false
	}
	for i := range shares {
		a, b := &shares[i], &t.shares[i]
		if a.Table != b.Table || a.terms != nil || !a.Edge.Same(&b.Edge) || a.Process.Times != b.Process.Times ||
			a.Lasting.Times != b.Lasting.Times || a.Standing != b.Standing || a.Unsure != b.Unsure || a.Older != b.Older {
			return false
		}
	}
	return true
}

// Shares returns what the instances have in the window.
func (t *Tally) Shares() []Share { return t.shares }

// Groups returns how many groups there are.
func (t *Tally) Groups() int { return len(t.groups) }

// None returns a tally of one group in which the members of t have no series.
func (t *Tally) None(g *Groups, ls labels.Labels) *Tally {
	return &Tally{plan: planOf(g.group(ls), t.plan), asked: t.asked, shares: t.shares, ended: t.ended}
}

// Nobody returns a tally of one group without members.
func Nobody(a Asked, s *growth.Selection, ls labels.Labels) *Tally {
	return &Tally{plan: planOf(Group{Labels: ls}, &plan{selection: s}), asked: a}
}

// of adds up what the shares have in the window.
func of(a Asked, p *plan, shares []Share) *Tally {
	t := &Tally{plan: p, asked: a, after: -farFuture, until: farFuture, shares: shares}
	t.steady = farFuture
	for i := range t.shares {
		t.newest = max(t.newest, min(t.shares[i].Last, a.End))
		t.steady = min(t.steady, t.shares[i].steady(a.window()))
	}
	for i := range t.shares {
		t.shares[i].selection = p.selection
		t.shares[i].watched(a.window(), t.newest)
		t.moved, t.doubled = t.moved || t.shares[i].terms != nil, t.doubled || t.shares[i].Double != 0
		if t.shares[i].lost(&a) {
			t.ended = append(t.ended, int32(i))
		}
	}
	t.parts = make([]part, len(t.owners))
	if !t.addIntegers() {
		t.addSums()
	}
	t.addEvents()
	t.findUnread()
	t.findSpares()
	return t
}

// addIntegers adds up what the instances have; it returns false unless all are integers whose sum is not rounded.
func (t *Tally) addIntegers() bool {
	all := 0.0
	var counts [2 * fewColumns]int64
	var paces [fewColumns]float64
	r := grownRoom{counts[:fewColumns], counts[fewColumns:], paces[:]}
	for i, own := range t.columns {
		sh := &t.shares[i]
		if !r.fill(sh, t.counts[i], t.asked.All) {
			return false
		}
		all += t.addGrown(own, &r)
		if !sh.Older && !sh.begun() {
			for _, at := range own {
				t.parts[at].plain = true
			}
		}
		if sh.Edge.Part != 0 && !t.addLeast(i, &r) {
			return false
		}
	}
	return all < 1<<53
}

// grownRoom is what the columns of a share grew by, and how fast at most.
type grownRoom struct {
	most, inside []int64
	paces        []float64
}

// fewColumns are as many as most instances have in a view.
const fewColumns = 24

// fill fills in what is in the columns whose counts stand at the given places; false unless they are integers.
func (r *grownRoom) fill(sh *Share, at []int32, all bool) bool {
	if n := len(at); len(r.most) < n {
		r.most, r.inside, r.paces = make([]int64, n), make([]int64, n), make([]float64, n)
	}
	sh.Table.Paces(all, r.paces[:len(at)])
	if !sh.Table.GrownAt(&sh.Edge.Most.Past, at, r.most[:len(at)]) {
		return false
	}
	if sh.Edge.Inside.Past == sh.Edge.Most.Past {
		copy(r.inside, r.most[:len(at)])
		return true
	}
	return sh.Table.GrownAt(&sh.Edge.Inside.Past, at, r.inside[:len(at)])
}

// addGrown adds what columns grew by to their parts, and returns the sum of the magnitudes.
func (t *Tally) addGrown(own []int32, r *grownRoom) (all float64) {
	parts, most, inside, paces := t.parts, r.most[:len(own)], r.inside[:len(own)], r.paces[:len(own)]
	for c, at := range own {
		p, x := &parts[at], float64(most[c])
		p.most += x
		p.inside += float64(inside[c])
		p.pace += paces[c]
		p.grown, p.least = p.most, p.most
		all += math.Abs(x)
	}
	return all
}

// addLeast adds up the least that a share has where the window begins between two checkpoints, of integers.
func (t *Tally) addLeast(i int, r *grownRoom) bool {
	sh, own := &t.shares[i], t.columns[i]
	if !sh.Table.GrownAt(&sh.Edge.Least.Past, t.counts[i], r.most) {
		return false
	}
	for _, at := range own {
		t.parts[at].least = 0
	}
	for c, at := range own {
		p := &t.parts[at]
		p.least += float64(r.most[c])
		p.grown = sh.Edge.Value(p.least, p.most)
	}
	return true
}

// addSums adds up anything.
func (t *Tally) addSums() {
	clear(t.parts)
	t.totals, t.inside = make([]exact.Sum, len(t.groups)), make([]exact.Sum, len(t.parts))
	for i, own := range t.columns {
		sh := &t.shares[i]
		rows := [...]*window.Row{sh.Edge.Most.Row(), sh.Edge.Inside.Row(), sh.Edge.Least.Row()}
		since := func(r *window.Row, at int32) (x exact.Sum) {
			sh.Table.Live.Counts.SumDiff(&x, int(at), &r.Counts)
			return x
		}
		for c, at := range t.counts[i] {
			p, total := &t.parts[own[c]], &t.totals[t.group[own[c]]]
			most, inside, least := since(rows[0], at), since(rows[1], at), since(rows[2], at)
			x, y := most.Most(), least.Least()
			p.most, p.least, p.inside = exact.NotBelow(p.most+x), exact.NotAbove(p.least+y), exact.NotAbove(p.inside+inside.Least())
			p.pace += sh.Table.Pace(c, t.asked.All)
			t.inside[own[c]].Merge(&inside)
			value := sh.Edge.Value(y, x)
			p.grown = exact.Finite(p.grown + value)
			switch {
			case sh.Older:
			case sh.Edge.Part == 0:
				total.Merge(&most)
			default:
				total.Add(value)
			}
		}
	}
}

// addEvents collects the events of the window. An event does not change after its scrape, so a pointer to it is enough.
func (t *Tally) addEvents() {
	n := 0
	for i := range t.shares {
		n += len(t.shares[i].Events)
	}
	if n > 0 {
		t.events = make([]happening, 0, n)
	}
	for i, own := range t.columns {
		sh := &t.shares[i]
		for j := len(sh.Events) - 1; j >= 0; j-- {
			e := &sh.Events[j]
			p := &t.parts[own[e.Col]]
			first := e.At == sh.Source.First && sh.Early && (!sh.Young || t.groups[t.group[own[e.Col]]].Outlives)
			edge := sh.Edge.Part > 0 && e.At <= sh.Edge.Least.At
			h := happening{e, p.odd, first, edge}
			t.events = append(t.events, h)
			switch {
			case e.Reach == 0:
			case e.Reach < t.asked.Start:
				t.after = max(t.after, e.Reach)
			default:
				t.until = min(t.until, e.Reach)
			}
			if e.TakesBack(t.asked.Start) {
				t.until = min(t.until, e.BackAt-1)
			} else {
				t.after = max(t.after, e.BackAt-1)
			}
			p.odd, p.plain = int32(len(t.events)), false
			p.loose = p.loose || h.widens()
			p.eventful = p.eventful || !h.before(sh) || e.Quirk == growth.Negative
			if e.From != 0 && e.From < sh.Begin { // else nothing of it is older
				p.older = exact.Finite(p.older + e.Before(sh.Begin))
			}
		}
		if sh.Another {
			for _, c := range own {
				p := &t.parts[c]
				p.open, p.loose, p.plain = true, true, false
			}
		}
	}
}

// findSpares finds the parts that may be counted twice: of members that may be one process, those in a group but for the
// one that certainly counted most. In lower bounds they are one.
func (t *Tally) findSpares() {
	if !t.doubled {
		return
	}
	for g := range t.groups {
		kept := map[int32]int32{} // by the number of the suspicion
		for i := t.from[g]; i < t.from[g+1]; i++ {
			double := t.shares[t.owners[i]].Double
			switch k, ok := kept[double]; {
			case double == 0:
			case !ok:
				kept[double] = i
			case t.least(i) > t.least(k):
				t.parts[k].spare, kept[double] = true, i
			default:
				t.parts[i].spare = true
			}
		}
	}
}

// least returns what a part certainly grew by.
func (t *Tally) least(i int32) float64 {
	if t.shares[t.owners[i]].Older {
		return 0
	}
	return t.around(&t.parts[i]).Lo
}

// findUnread finds the parts of which nothing was read in the window.
func (t *Tally) findUnread() {
	for i, own := range t.columns {
		sh := &t.shares[i]
		if sh.Reads == nil {
			continue
		}
		since, some := sh.since(), false
		for c := range own {
			if sh.Reads[c] <= since && (sh.terms == nil || sh.observed(&t.groups[t.group[own[c]]]).Live) {
				t.parts[own[c]].unread, some = true, true
			}
		}
		if !some { // nearly always
			continue
		}
		for c := range own {
			if p := &t.parts[own[c]]; p.unread && sh.read(int32(c), since) {
				p.unread = false
			}
		}
	}
}

// happenings calls do for each event of a part.
func (t *Tally) happenings(p *part, do func(*happening)) {
	for i := p.odd; i > 0; i = t.events[i-1].next {
		do(&t.events[i-1])
	}
}

// has reports whether something of the kind happened to a part.
func (t *Tally) has(p *part, q growth.Quirk) (found bool) {
	for i := p.odd; i > 0 && !found; i = t.events[i-1].next {
		found = t.events[i-1].Quirk == q
	}
	return found
}

// around returns the growth of a part with its bounds.
func (t *Tally) around(p *part) estimate {
	if !p.loose && p.least == p.most {
		return exactly(p.grown)
	}
	var grown exact.Sum
	var x window.Bounds
	grown.Add(p.grown)
	t.bound(p, &x)
	e := x.Around(&grown)
	if e.Value == math.MaxFloat64 { // it is more, and so is what its bound is below that
		e.Lo = max(e.Lo, 0)
	}
	return e
}

// bound adds to the bounds of an answer what a part leaves open.
func (t *Tally) bound(p *part, x *window.Bounds) {
	x.Between(p.least, p.grown, p.most)
	t.happenings(p, func(e *happening) { e.bound(x, t.asked.Start) })
	if p.open {
		x.Open++
	}
}

// idle reports whether the instance exposes the metric, and could have a series in the group.
func (t *Tally) idle(share int, g *Group) bool {
	sh := &t.shares[share]
	return sh.Exposes && !sh.Broken && !t.lacks(share, g) && t.selection.SpeaksFor(g.Labels, sh.Target)
}

// open returns a sum or an extreme with no upper bound if there are members that never answered.
func open(x estimate, unmet bool) estimate {
	if unmet {
		x.Hi = math.Inf(1)
	}
	return x
}
