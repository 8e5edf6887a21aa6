package main

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Of a server that shows no call of etcd nobody knows how long it waits for it:
// not at all, as a ratio of sums would say, is a guess.
func TestNoCallOfEtcd(t *testing.T) {
	requests := func(slow bool) func(int) string {
		return func(round int) string {
			var b strings.Builder
			histogram := func(name, labels string, n, le int) {
				fmt.Fprintf(&b, "# TYPE %s histogram\n", name)
				fmt.Fprintf(&b, "%[1]s_bucket{%[2]s,le=\"%[3]d\"} %[4]d\n%[1]s_bucket{%[2]s,le=\"+Inf\"} %[4]d\n%[1]s_sum{%[2]s} %[5]d\n%[1]s_count{%[2]s} %[4]d\n", name, labels, le, n, n*le)
			}
			histogram("apiserver_request_duration_seconds", `verb="GET",resource="pods"`, 10*round, 4)
			if slow {
				histogram("etcd_request_duration_seconds", `operation="get",type="pods"`, 10*round, 3)
			}
			return b.String()
		}
	}
	c := pageOf(t, map[string]func(int) string{"a": requests(false), "bb": requests(false)})
	row := c.page.row("blame")
	assert.False(t, c.figure("blame", "Time at etcd").Known)
	assert.False(t, c.cell("blame", "servers", "a", 0).Known)
	assert.NotContains(t, row.Answer, "etcd has")
	assert.NotContains(t, row.Answer, "wait for etcd")

	c = pageOf(t, map[string]func(int) string{"a": requests(false), "bb": requests(true)})
	assert.False(t, c.cell("blame", "servers", "a", 0).Known)
	assert.InDelta(t, .75, c.cell("blame", "servers", "bb", 0).Value, 1e-9)
	assert.True(t, math.IsInf(c.figure("blame", "Time at etcd").Hi, 1), "a may wait, too")
}
