package aggregate

import (
	"fmt"
	"slices"
)

// Condition is what an answer has to meet, or there is none. Without any, a
// question is answered with what there is, and [Coverage] says what that is.
type Condition struct{ share float64 }

// AtLeast refuses, with a *[CoverageError], an answer that rests on less than
// a share of the fleet, 0 to 1: see [Coverage.Share].
func AtLeast(share float64) Condition { return Condition{share} }

// CoverageError says on how much of the fleet a refused answer would have
// rested, and what is missing.
type CoverageError struct {
	Coverage Coverage
	Least    float64
	Missing  []string // expected targets without an answer, and instances that answer in part
}

func (e *CoverageError) Error() string {
	text := fmt.Sprintf("covers less than %g of the fleet: %s", e.Least, e.Coverage)
	if len(e.Missing) > 0 {
		text += "; missing " + few(e.Missing)
	}
	return text
}

// Share is the part of the expected fleet that answers in full; false where
// nothing is expected.
func (c Coverage) Share() (float64, bool) {
	if c.Expected <= 0 {
		return 0, false
	}
	return float64(max(0, c.Expected-c.Missing-c.Partial)) / float64(c.Expected), true
}

// String tells what is there, and of what is not what there is any of.
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

// meet refuses the question that does not meet a condition.
func (q *question) meet(conditions []Condition) error {
	for _, c := range conditions {
		if !(c.share >= 0 && c.share <= 1) {
			return fmt.Errorf("%w: at least %g of the fleet", errView, c.share)
		}
		if share, ok := q.coverage.Share(); !ok && c.share > 0 || share < c.share {
			return &CoverageError{Coverage: q.coverage, Least: c.share, Missing: append(q.missing, q.inPart()...)}
		}
	}
	return nil
}

// inPart names the instances that answer a part only.
func (q *question) inPart() []string {
	var list []string
	for _, in := range q.f.ordered {
		if q.f.counts(in, q.e) && q.f.live(in, q.e) && q.partialNow(in) {
			list = append(list, in.name+" (in part)")
		}
	}
	return list
}

// expect counts what should be there, and what of it does not answer: targets
// that no live instance is behind, and instances behind balancers, as far as
// their number is known. Of several addresses of one process one is expected,
// unless the caller named them all.
func (q *question) expect(c *Coverage) {
	list := q.f.addresses()
	for i := range list {
		a := &list[i]
		if t := a.target; t != nil && t.failed.Load() && !t.gone {
			c.Failed++
		}
		switch {
		case a.balancer != nil:
			q.expectBehind(a, c)
		case a.expected(q.f, q.e):
			c.Expected++
			if !a.reached(q.f, q.e) {
				q.missing = append(q.missing, a.name)
				c.Missing++
			}
		}
	}
	slices.Sort(q.missing)
}

// expectBehind counts the instances behind a balancer.
func (q *question) expectBehind(a *address, c *Coverage) {
	b := a.balancer
	live, n := b.alive(q.f, q.e), b.pool().Expects()
	if t := a.target; n == 0 && t != nil && !t.gone && !a.reached(q.f, q.e) {
		n = 1 // at least
	}
	c.Expected += n
	if n > live {
		q.missing = append(q.missing, fmt.Sprintf("%s (%d of %d)", a.name, n-live, n))
		c.Missing += n - live
	}
	c.Ambiguous += b.unclear
}

// alive is how many of the instances behind the balancer that have no address
// of their own answered lately.
func (b *balanced) alive(f *Fleet, e int64) int {
	n := 0
	for _, m := range b.members {
		if m.pool == b && m.twins == nil && f.live(m, e) {
			n++
		}
	}
	return n
}
