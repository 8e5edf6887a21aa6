package gauge

import (
	"fmt"
	"strings"
	"time"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/internal/explain"
)

// Past is what a group read in a window, and who had a part in it.
type Past struct {
	Combine Combine
	All     Range // of what the members make at each moment
	Known   bool
	Members []PastMember // that had a value, in the order of their lines

	came, went, silent []string
}

// PastMember is an instance and what its value was in a window, as
// aggregate.GaugeMember.
type PastMember struct {
	Instance       string
	Max, Min, Mean promfold.Estimate
	Covers         time.Duration
	From, To       time.Time
}

// String returns the instance, its numbers and how long it had a value.
func (m PastMember) String() string {
	return fmt.Sprintf("%s: %s to %s, mean %s, over %s", m.Instance, m.Min, m.Max, m.Mean, m.Covers)
}

// PastOf returns what lines make in the window (s, e], with so many expected
// members that never answered.
func PastOf(c Combine, lines []Line, s, e int64, unmet int) Past {
	p := Past{Combine: c}
	p.All, p.Known = Over(c, lines, s, e, unmet)
	for i := range lines {
		l := &lines[i]
		r, ok := l.Own(s, e)
		if !ok {
			if l.Possible(s, e) {
				p.silent = append(p.silent, l.Name)
			}
			continue
		}
		p.Members = append(p.Members, PastMember{
			Instance: l.Name, Max: r.Max, Min: r.Min, Mean: r.Mean, Covers: time.Duration(r.Covers) * time.Millisecond,
			From: time.UnixMilli(r.From), To: time.UnixMilli(r.To),
		})
		if r.From > s {
			p.came = append(p.came, l.Name)
		}
		if r.To < e {
			p.went = append(p.went, l.Name)
		}
	}
	return p
}

// Said returns warnings about members that were not there all the time.
func (p *Past) Said() (list []string) {
	for _, x := range []struct {
		what  string
		names []string
	}{{"came within the window: ", p.came}, {"ended within the window: ", p.went}, {"not heard of in the window, so in Lo or Hi alone: ", p.silent}} {
		if len(x.names) > 0 {
			list = append(list, x.what+explain.Few(x.names))
		}
	}
	return list
}

// Write writes the numbers, of the group and member by member.
func (p *Past) Write(b *strings.Builder) {
	if p.Known {
		fmt.Fprintf(b, "%s: %s to %s, mean %s\n", p.Combine, p.All.Min, p.All.Max, p.All.Mean)
	}
	for _, m := range p.Members {
		fmt.Fprintf(b, "  %s, %s to %s\n", m, explain.Clock(m.From), explain.Clock(m.To))
	}
}
