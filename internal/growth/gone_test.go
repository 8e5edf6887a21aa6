package growth

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/promfold/promfold/internal/judge"
)

// What is kept of lines that vanished depends on the bodies, not on what views
// follow: one view cannot use up the room of another.
func TestVanishedLinesAreBoundedForAll(t *testing.T) {
	for _, c := range []struct {
		churn int // lines of another metric that come and go
		want  judge.Verdict
	}{{0, judge.Returned}, {800, judge.Returned}, {1500, judge.First}} {
		for _, beside := range []bool{false, true} {
			views := []*Selection{{Kind: Counter, Metric: "x"}}
			if beside {
				views = append(views, &Selection{Kind: Counter, Metric: "c"})
			}
			b := newBed(t, views...)
			body := func(first int, x ...string) string {
				list := []string{}
				for i := range c.churn {
					list = append(list, fmt.Sprintf("c{k=\"%d\"} 5", first+i))
				}
				return text("c", "counter", list...) + text("x", "counter", x...)
			}
			var got judge.Verdict
			for i, body := range []string{
				body(0, `x{k="0"} 1`, `x{k="1"} 5`), body(10_000, `x{k="0"} 1`, `x{k="1"} 5`), body(10_000, `x{k="0"} 1`), body(10_000, `x{k="0"} 1`, `x{k="1"} 7`),
			} {
				b.scrape(int64(100_000+10_000*i), 50_000, body)
				for _, x := range b.steps.Odd {
					if x.Now == 7 {
						got = x.Verdict
					}
				}
				b.commit()
			}
			assert.Equal(t, c.want, got, "%d lines come and go, followed: %t", c.churn, beside)
		}
	}
}
