package roster

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Learnt is for how long a target that does not answer stays expected, where
// nobody said who is.
const Learnt = int64(time.Hour / time.Millisecond)

// Target is what is known of an address.
type Target struct {
	Tried    int64 // the latest attempt; 0: none
	Failure  Failure
	Told     bool // it was described
	Given    bool // it is one of the set that was said to be expected
	Gone     bool // it left
	Balanced bool
	Reached  bool // it leads to an instance
}

// Expected reports whether the target should be there. With a set that was said
// (given), that alone decides; else it is a target that was described or tried
// within [Learnt].
func (t *Target) Expected(given bool, now int64) bool {
	if given {
		return t.Given
	}
	return !t.Gone && (t.Told || t.Tried != 0 && now-t.Tried <= Learnt)
}

// Failed reports whether the latest attempt failed. Of what never answered that
// counts for as long as it is expected to.
func (t *Target) Failed(now int64) bool {
	if t.Gone || t.Failure == NoFailure {
		return false
	}
	return t.Told || t.Given || t.Balanced || t.Reached || now-t.Tried <= Learnt
}

// Forgotten reports whether nothing refers to the target any more: it was not
// tried for longer than any window reaches.
func (t *Target) Forgotten(now, reach int64) bool {
	horizon := max(reach, Learnt)
	if t.Gone {
		horizon = reach
	}
	return t.Stranger() && t.Tried != 0 && now-t.Tried > horizon
}

// Stranger reports whether the target never answered and nobody described it.
func (t *Target) Stranger() bool { return !t.Reached && !t.Told && !t.Balanced }

// Coverage says on how much of a fleet an answer rests.
type Coverage struct {
	Expected  int // targets, and instances behind balancers, that should be there
	Missing   int // of them, those that did not answer lately
	Partial   int // instances that answered, but most of the view's family vanished from them
	Reporting int // instances that answered lately, expected or not
	Stale     int // instances that did not, and did not leave
	Failed    int // targets whose latest scrape failed
	Reset     int // instances that restarted inside the window

	Duplicates int // instances left out: other addresses of one that is in
	Ambiguous  int // scrapes that could not be attributed
}

// Member is an instance as a coverage sees it.
type Member struct {
	Standing  Standing
	Gone      bool // it left, or another one has its place
	Partial   bool
	Restarted bool
}

// AddTarget counts a target.
func (c *Coverage) AddTarget(a *Aim) {
	if a.Failed {
		c.Failed++
	}
	c.Expected += a.Expected
	c.Missing += max(0, a.Expected-a.Live)
	c.Ambiguous += a.Unclear
}

// AddMember counts an instance.
func (c *Coverage) AddMember(m Member) {
	switch {
	case m.Standing == Present:
		c.Reporting++
		if m.Partial {
			c.Partial++
		}
	case m.Standing == Absent && !m.Gone:
		c.Stale++
	}
	if m.Restarted {
		c.Reset++
	}
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
		{c.Partial, "partial"}, {c.Stale, "stale"}, {c.Failed, "failed"}, {c.Reset, "restarted"},
		{c.Duplicates, "duplicates left out"}, {c.Ambiguous, "ambiguous scrapes"},
	} {
		if x.n > 0 {
			text += fmt.Sprintf(", %d %s", x.n, x.what)
		}
	}
	return text
}

// Oldest returns the names of the n targets that were tried the longest ago;
// ties go to the first name.
func Oldest(names []string, n int, tried func(name string) int64) []string {
	list := slices.SortedFunc(slices.Values(names), func(a, b string) int {
		return cmp.Or(cmp.Compare(tried(a), tried(b)), cmp.Compare(a, b))
	})
	return list[:min(max(n, 0), len(list))]
}
