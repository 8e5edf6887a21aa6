package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

// level is what a server shows of a priority level after so many rounds.
type shownLevel struct {
	executing [3]int // by flow schema
	limit     int
	waiting   int
	rejected  int // a round
	served    int // a round; each waited for 0.2 s
}

func (l shownLevel) body(name string, round int) string {
	var b strings.Builder
	family := func(kind, name string) { fmt.Fprintf(&b, "# TYPE apiserver_flowcontrol_%s %s\n", name, kind) }
	line := func(family string, value int, more ...string) {
		fmt.Fprintf(&b, "apiserver_flowcontrol_%s{priority_level=%q%s} %d\n", family, name, strings.Join(more, ""), value)
	}
	family("gauge", "current_executing_seats")
	for i, n := range l.executing {
		line("current_executing_seats", n, fmt.Sprintf(",flow_schema=\"%d\"", i))
	}
	family("gauge", "nominal_limit_seats")
	line("nominal_limit_seats", l.limit)
	family("gauge", "current_inqueue_requests")
	line("current_inqueue_requests", l.waiting)
	family("counter", "rejected_requests_total")
	line("rejected_requests_total", 10+l.rejected*round, `,reason="queue-full"`)
	family("counter", "dispatched_requests_total")
	line("dispatched_requests_total", 10+l.served*round)
	family("histogram", "request_wait_duration_seconds")
	for le, n := range map[string]int{"0.1": 0, "0.2": l.served * round, "+Inf": l.served * round} {
		line("request_wait_duration_seconds_bucket", n, fmt.Sprintf(",le=%q", le))
	}
	line("request_wait_duration_seconds_count", l.served*round)
	line("request_wait_duration_seconds_sum", l.served*round)
	return b.String()
}

// seatsOf returns the row about servers of which each shows one level.
func seatsOf(t *testing.T, name string, servers map[string]shownLevel) *checker {
	bodies := map[string]func(int) string{}
	for server, l := range servers {
		bodies[server] = func(round int) string { return l.body(name, round) }
	}
	return pageOf(t, bodies)
}

// pageOf returns the page of servers after five rounds of what each exposes.
func pageOf(t *testing.T, servers map[string]func(round int) string) *checker {
	b, err := newBoard(settings{window: time.Minute, slo: time.Second})
	require.NoError(t, err)
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var targets []aggregate.Target
	for server := range servers {
		targets = append(targets, (&watcher{}).target(server, apiServers, false))
	}
	require.NoError(t, b.fleet.SetTargets(begin, targets...))
	at := begin
	for round := range 5 {
		at = begin.Add(time.Duration(round) * 5 * time.Second)
		for server, body := range servers {
			text := body(round) + fmt.Sprintf("# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %d\n", begin.Unix()-1000*int64(len(server)))
			_, err := b.fleet.Ingest(aggregate.Scrape{Target: server, Time: at, Body: []byte(text)})
			require.NoError(t, err)
		}
	}
	p, err := b.page(at)
	require.NoError(t, err)
	return &checker{T: t, page: &p}
}

// A server that is nearly full is seen beside an idle one: a maximum over a
// maximum would say 33 %, a sum over a sum 50 %.
func TestSeats(t *testing.T) {
	c := seatsOf(t, "workload-low", map[string]shownLevel{
		"a":  {executing: [3]int{80, 80, 80}, limit: 245, waiting: 7, rejected: 5, served: 50},
		"bb": {executing: [3]int{1, 1, 1}, limit: 245, waiting: 1, served: 50},
	})
	e := c.entry("seats", "levels", "workload-low")
	assert.InDelta(t, 240./245, e.Cells[0].Amount.Value, 1e-12)
	assert.Equal(t, "a", e.Cells[1].Text)
	assert.Equal(t, exactly(8), e.Cells[2].Amount, "waiting at both")
	assert.Equal(t, exactly(1), e.Cells[3].Amount, "rejected")
	assert.Equal(t, exactly(20), e.Cells[4].Amount, "dispatched")
	wait := e.Cells[5].Amount
	assert.True(t, .1 <= wait.Lo && wait.Lo <= wait.Value && wait.Value <= wait.Hi && wait.Hi <= .2, "%v", wait)
	assert.Equal(t, exactly(245), e.Cells[6].Amount)
	assert.Equal(t, exactly(8), c.figure("seats", "Waiting"))
	assert.Equal(t, exactly(1), c.figure("seats", "Rejected"))
	assert.Equal(t, Alarm, c.page.row("seats").State)
	assert.Equal(t, "workload-low uses 98.0 % of its seats at a.", c.page.row("seats").Answer)
}

// Servers that differ in their seats are not set alike.
func TestSeatsDiffer(t *testing.T) {
	c := seatsOf(t, "system", map[string]shownLevel{"a": {limit: 30, served: 5}, "bb": {limit: 60, served: 5}})
	assert.Equal(t, Notice, c.page.row("seats").State)
	assert.Equal(t, "Servers differ in the seats of system: 30 at a, 60 at bb.", c.page.row("seats").Answer)
}

// Where all requests are exempt the row says so, as of the recording.
func TestExempt(t *testing.T) {
	for _, p := range []*Page{seatsOf(t, "exempt", map[string]shownLevel{"a": {served: 5}, "bb": {served: 10}}).page, pageAt(t, 65*time.Second)} {
		r := p.row("seats")
		assert.Equal(t, Fine, r.State)
		assert.Contains(t, r.Answer, "are exempt: none takes a seat or waits.")
		assert.Contains(t, r.panel("levels").Note, "exempt")
	}
	r := seatsOf(t, "system", map[string]shownLevel{"a": {limit: 30, served: 5}}).page.row("seats")
	assert.NotContains(t, r.Answer+r.panel("levels").Note, "exempt")
}
