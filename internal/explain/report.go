package explain

import (
	"fmt"
	"strings"
)

// Report says what one accepted scrape did, as aggregate.Report.
type Report struct {
	Target      string
	Instance    string   // empty if there are Candidates
	Incarnation int      // of the instance, counted from 1
	By          string   // behind a balancer: the evidence, in words
	Candidates  []string // of an ambiguous scrape: the instances
	Duplicate   bool     // the same scrape once more; nothing changed
	NewInstance bool
	Restarted   bool
	Provisional bool // its growth is
	Alternating bool // the address is

	Lines, Changed, Came, Went     int      // lines of the body: all, with another value, new, vanished
	Double                         int      // lines that repeat an earlier line's series
	Grown, Births, Resets, Refused int      // of the series that views follow
	Partial                        []string // families of which most lines vanished
	Warnings                       []string
}

// String returns the report as one line.
func (r Report) String() string {
	var b strings.Builder
	b.WriteString(r.Target)
	if r.Instance != r.Target && r.Instance != "" {
		fmt.Fprintf(&b, " (%s)", r.Instance)
	}
	fmt.Fprintf(&b, ": %s, %d changed", Count(r.Lines, "line"), r.Changed)
	for _, x := range []struct {
		n    int
		what string
	}{
		{r.Came, "came"}, {r.Went, "went"}, {r.Double, "double"}, {r.Grown, "grown"}, {r.Births, "born"}, {r.Resets, "reset"}, {r.Refused, "refused"},
	} {
		if x.n > 0 {
			fmt.Fprintf(&b, ", %d %s", x.n, x.what)
		}
	}
	for _, x := range []struct {
		ok   bool
		what string
	}{
		{r.Duplicate, "duplicate"}, {r.NewInstance, "new instance"}, {r.Restarted, "restarted"}, {r.Provisional, "provisional"},
		{r.Alternating, "the address reaches several processes"},
		{r.By != "", "attributed by " + r.By}, {len(r.Candidates) > 0, "may be of " + Few(r.Candidates)},
		{len(r.Partial) > 0, "partial: " + Few(r.Partial)},
	} {
		if x.ok {
			b.WriteString("; " + x.what)
		}
	}
	for _, w := range r.Warnings {
		b.WriteString("; " + w)
	}
	return b.String()
}
