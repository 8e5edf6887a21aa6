package aggregate

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/internal/tally"
)

// Member is an instance and its number: of a method's question, or of a gauge its value.
type Member struct {
	Instance string
	Estimate promfold.Estimate
	Share    promfold.Estimate // of rate, observations or a gauge's sum; 0 where parts do not add up
	Weight   float64           // the part of the window in which it lived
	Age      time.Duration     // of its latest scrape or, of a gauge, of its value
	Covers   time.Duration     // the time its steps in the window span
	Older    bool              // no step in the window: Value is of its latest
	Live     bool
	Steps    int
	Resets   int // of series
}

// String returns instance, number and share.
func (m Member) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", m.Instance, m.Estimate)
	if x := m.Share; x.Value > 0 {
		fmt.Fprintf(&b, ", %.3g %%", 100*x.Value)
		if !x.Exact() {
			fmt.Fprintf(&b, " [%.3g, %.3g]", 100*x.Lo, 100*x.Hi)
		}
	}
	return b.String()
}

// memberOf returns a member as a caller sees it.
func memberOf(m tally.Member, ok bool) (Member, bool) { return Member(m), ok }

// membersOf returns members as a caller sees them.
func membersOf(list []tally.Member) []Member {
	return converted(list, func(m tally.Member) Member { return Member(m) })
}

func converted[From, To any](list []From, convert func(From) To) (all []To) {
	for _, x := range list {
		all = append(all, convert(x))
	}
	return all
}

// byLabels are the groups of an answer.
type byLabels[G any] map[string]G

// of returns the group of labels, which open makes if it is new.
func (x byLabels[G]) of(ls labels.Labels, open func() G) G {
	key := string(ls.Bytes(nil))
	g, ok := x[key]
	if !ok {
		g = open()
		x[key] = g
	}
	return g
}

// sorted returns the groups by their labels.
func (x byLabels[G]) sorted(of func(G) labels.Labels) []G {
	return slices.SortedFunc(maps.Values(x), func(a, b G) int { return labels.Compare(of(a), of(b)) })
}
