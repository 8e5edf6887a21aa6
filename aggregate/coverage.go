package aggregate

import (
	"fmt"
	"slices"
	"time"
)

// Coverage says on how much of the fleet an answer rests. Missing is not zero.
type Coverage struct {
	Expected  int // targets, and instances behind balancers, that should be there, given or learnt
	Missing   int // of them, those that did not answer lately
	Partial   int // instances that answered, but most of the view's family vanished from them
	Reporting int // instances that answered lately, expected or not
	Stale     int // instances that did not, and did not leave
	Failed    int // targets whose latest scrape failed
	Reset     int // instances that restarted inside the window

	Duplicates int // instances left out: other addresses of one that is in
	Ambiguous  int // scrapes through balancers that could not be attributed
}

// Share returns the part of the expected fleet that answers in full; false if
// nothing is expected.
func (c Coverage) Share() (float64, bool) {
	if c.Expected <= 0 {
		return 0, false
	}
	return float64(max(0, c.Expected-c.Missing-c.Partial)) / float64(c.Expected), true
}

// String lists the expected count and every non-zero deficit.
func (c Coverage) String() string {
	text := fmt.Sprintf("%d of %d expected", c.Expected-c.Missing, c.Expected)
	for _, x := range []struct {
		n    int
		what string
	}{
		{c.Partial, "in part"}, {c.Stale, "stale"}, {c.Failed, "failed"}, {c.Reset, "restarted"},
		{c.Duplicates, "duplicates left out"}, {c.Ambiguous, "scrapes ambiguous"},
	} {
		if x.n > 0 {
			text += fmt.Sprintf(", %d %s", x.n, x.what)
		}
	}
	return text
}

// CoverageError refuses an answer that would rest on too little of the fleet.
type CoverageError struct {
	Coverage Coverage
	AtLeast  float64
	Missing  []string // expected targets without an answer, and instances that answer in part
}

func (e *CoverageError) Error() string {
	share, _ := e.Coverage.Share()
	text := fmt.Sprintf("covers %.3g %% of the fleet, less than the %.3g %% required: %s", 100*share, 100*e.AtLeast, e.Coverage)
	if len(e.Missing) > 0 {
		text += "; missing " + few(e.Missing)
	}
	return text
}

// learnt is for how long a target that does not answer stays expected.
const learnt = time.Hour

// live reports whether the instance answered recently enough to be part of the
// present.
func (f *Fleet) live(in *instance, e int64) bool {
	if b := in.pool; b != nil {
		return !in.gone && b.live(in) && !b.spacings.Stale(e-b.last, f.cfg.Staleness)
	}
	return !in.gone && !in.spacings.Stale(e-in.last, f.cfg.Staleness)
}

// opening returns when the first round of scrapes was over: when some instance
// had been scraped twice. For instances of the first round, what they counted
// before their first scrape is no part of an answer; for later ones it is
// growth that may have been missed.
func (f *Fleet) opening() int64 {
	over := farFuture
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

const farFuture = int64(1<<63 - 1)

// cover returns on how much of the fleet an answer rests.
func (q *question) cover() Coverage {
	var c Coverage
	for _, ls := range q.m.doubles {
		if q.scope.holds(ls) {
			c.Duplicates++
		}
	}
	for i := range q.states {
		x := &q.states[i]
		switch {
		case x.live:
			c.Reporting++
			if q.partialNow(x.in) {
				c.Partial++
			}
		case !x.gone && !x.departed && !x.in.replaced():
			c.Stale++
		}
		if q.restarted(x.in) {
			c.Reset++
		}
	}
	for i := range q.m.targets {
		a := &q.m.targets[i]
		if !q.scope.holds(a.labels) {
			continue
		}
		if a.failed {
			c.Failed++
		}
		c.Expected += a.expected
		c.Missing += max(0, a.expected-a.live)
		c.Ambiguous += a.unclear
	}
	return c
}

// missing returns the expected targets that do not answer.
func (q *question) missing() []string {
	var list []string
	for i := range q.m.targets {
		a := &q.m.targets[i]
		switch n := a.expected - a.live; {
		case n <= 0 || !q.scope.holds(a.labels):
		case a.balanced:
			list = append(list, fmt.Sprintf("%s (%d of %d)", a.name, n, a.expected))
		default:
			list = append(list, a.name)
		}
	}
	slices.Sort(list)
	return list
}

// inPart returns the instances that answer only in part.
func (q *question) inPart() []string {
	var list []string
	for i := range q.states {
		if x := &q.states[i]; x.live && q.partialNow(x.in) {
			list = append(list, x.in.name+" (in part)")
		}
	}
	return list
}

// aim finds the expected targets and how many of them answer: a target answers
// if a live instance is behind it; of a balancer, as many as there are live
// instances. Of several addresses of one process one is expected, unless the
// program named them all.
func (m *moment) aim() {
	list := m.f.addresses()
	for i := range list {
		a := &list[i]
		x := aim{name: a.name, balanced: a.balancer != nil}
		if a.target != nil {
			x.labels = a.target.labels
		}
		x.failed = a.failed(m.e)
		switch {
		case a.balancer != nil:
			m.aimBehind(&x, a)
		case a.expected(m.f, m.e):
			x.expected = 1
			if m.reached(a) {
				x.live = 1
			}
		}
		if x.expected > 0 || x.failed || x.unclear > 0 {
			m.targets = append(m.targets, x)
		}
	}
}

// aimBehind counts the instances behind a balancer.
func (m *moment) aimBehind(x *aim, a *address) {
	b := a.balancer
	x.live, x.expected, x.unclear = b.alive(m.f, m.e), b.pool().Expects(), b.Unclear
	if t := a.target; x.expected == 0 && t != nil && !t.gone && !m.reached(a) {
		x.expected = 1 // at least
	}
}

// reached reports whether a live instance answers at the address.
func (m *moment) reached(a *address) bool {
	return slices.ContainsFunc(a.behind, func(in *instance) bool {
		in = in.until(m.e)
		return in != nil && m.f.live(in, m.e)
	})
}

// alive returns how many instances behind the balancer answered recently,
// without those that have an address of their own.
func (b *balanced) alive(f *Fleet, e int64) int {
	n := 0
	for _, m := range b.Members {
		if m.pool == b && m.Twins == nil && f.live(m, e) {
			n++
		}
	}
	return n
}
