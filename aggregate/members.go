package aggregate

import (
	"fmt"
	"strings"
	"time"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/internal/tally"
)

// only is the one of a list.
func only[T any](list []T, err error) (x T, _ error) {
	if err == nil {
		x = list[0]
	}
	return x, err
}

// Member is an instance and its number: of a method's question, or of a gauge its value.
type Member struct {
	Instance string
	Estimate promfold.Estimate
	Share    float64       // of all rates of a counter, of the observations, of the sum of a gauge; 0 where parts do not add up
	Weight   float64       // of its rate in the group's: the part of the window in which it lived
	Age      time.Duration // of its latest scrape or, of a gauge, of its value
	Covers   time.Duration // the time its steps in the window span
	Older    bool          // no step in the window: the rate is that of its latest
	Live     bool
	Steps    int
	Resets   int // of series
}

// String returns instance, number and share.
func (m Member) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", m.Instance, m.Estimate)
	if m.Share > 0 {
		fmt.Fprintf(&b, ", %.3g %%", 100*m.Share)
	}
	return b.String()
}

// memberOf returns a member as a caller sees it.
func memberOf(m tally.Member, ok bool) (Member, bool) { return Member(m), ok }

// membersOf returns members as a caller sees them.
func membersOf(list []tally.Member) []Member {
	var out []Member
	for _, m := range list {
		out = append(out, Member(m))
	}
	return out
}
