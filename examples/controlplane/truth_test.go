package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

// process is a server that answers evenly spaced requests from its start to its end;
// what it did in any time is known.
type process struct {
	place      string // its address, or where it is behind the balancer
	rate       float64
	start, end time.Duration // end 0: it lives on
	frozen     time.Duration // since when its body stands still; 0: never
	hangs      time.Duration // since when it does not answer in time; 0: never
	extra      string        // of its body
	cut        time.Duration // since when that is cut off; 0: never
}

// count returns the requests until a time.
func (p *process) count(at time.Duration) float64 {
	if p.end > 0 {
		at = min(at, p.end)
	}
	return math.Floor(max(0, (at-p.start).Seconds()) * p.rate)
}

func (p *process) alive(at time.Duration) bool { return at >= p.start && (p.end == 0 || at < p.end) }

// body returns what it exposes.
func (p *process) body(begin time.Time, at time.Duration) string {
	if p.frozen > 0 {
		at = min(at, p.frozen)
	}
	n := p.count(at)
	var b strings.Builder
	fmt.Fprintf(&b, "# TYPE apiserver_request_total counter\napiserver_request_total{verb=\"GET\",code=\"200\"} %g\napiserver_request_total{verb=\"LIST\",code=\"500\"} %g\n", n-math.Floor(n/4), math.Floor(n/4))
	fmt.Fprintf(&b, "# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total %g\n", n)
	fmt.Fprintf(&b, "# TYPE apiserver_longrunning_requests gauge\napiserver_longrunning_requests{verb=\"WATCH\",resource=\"pods\"} %g\n", 10*p.rate)
	fmt.Fprintf(&b, "# TYPE apiserver_current_inflight_requests gauge\napiserver_current_inflight_requests{request_kind=\"readOnly\"} %g\n", p.rate)
	fmt.Fprintf(&b, "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %.2f\n", float64(begin.Add(p.start).UnixMilli())/1000)
	if p.cut > 0 && at >= p.cut {
		return b.String()
	}
	return b.String() + p.extra
}

// simulation is a control plane of which everything is known, scraped every 5 s.
type simulation struct {
	processes []*process
	board     *board
	begin     time.Time
	balanced  bool
	expected  int
	picks     []int // behind the balancer: which of those alive answers, round by round
}

const simulated = 5 * time.Second

// play calls look after each round.
func (s *simulation) play(t *testing.T, rounds int, look func(after time.Duration, c *checker)) {
	var err error
	s.board, err = newBoard(settings{window: time.Minute, slo: time.Second, skew: time.Second, expected: s.expected})
	require.NoError(t, err)
	s.begin = time.Unix(1_700_000_000, 0)
	w := &watcher{o: options{settings: settings{expected: s.expected}}}
	places := []string{"lb"}
	if !s.balanced {
		places = nil
		for _, p := range s.processes {
			if !contains(places, p.place) {
				places = append(places, p.place)
			}
		}
	}
	var targets []aggregate.Target
	for _, place := range places {
		targets = append(targets, w.target(place, apiServers, s.balanced))
	}
	require.NoError(t, s.board.fleet.SetTargets(s.begin, targets...))
	for round := range rounds {
		for i, place := range places {
			after := time.Duration(round)*simulated + time.Duration(i)*100*time.Millisecond
			s.scrape(t, place, round, after)
		}
		after := time.Duration(round)*simulated + 2*time.Second
		p, err := s.board.page(s.begin.Add(after))
		require.NoError(t, err)
		look(after, &checker{T: t, page: &p})
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func (s *simulation) scrape(t *testing.T, place string, round int, after time.Duration) {
	var up []*process
	for _, p := range s.processes {
		if p.alive(after) && (s.balanced || p.place == place) {
			up = append(up, p)
		}
	}
	at := s.begin.Add(after)
	switch {
	case len(up) == 0:
		require.NoError(t, s.board.fleet.ScrapeFailed(place, at, syscall.ECONNREFUSED))
		return
	case s.balanced:
		up[0] = up[s.picks[round%len(s.picks)]%len(up)]
	case up[0].hangs > 0 && after >= up[0].hangs:
		require.NoError(t, s.board.fleet.ScrapeFailed(place, at, context.DeadlineExceeded))
		return
	}
	r, err := s.board.fleet.Ingest(aggregate.Scrape{Target: place, Time: at, Body: []byte(up[0].body(s.begin, after))})
	require.NoError(t, err)
	s.board.still.note(r, at)
}

// did returns the requests a second of the minute that ends at a time: of a process, of
// a place, or of all.
func (s *simulation) did(after time.Duration, of func(*process) bool) (sum float64) {
	for _, p := range s.processes {
		if of(p) {
			sum += p.count(after) - p.count(after-time.Minute)
		}
	}
	return sum / 60
}

// names returns which processes have a name on the page.
func (s *simulation) named(name string) func(*process) bool {
	if !s.balanced {
		return func(p *process) bool { return p.place == name }
	}
	for _, i := range s.board.fleet.Snapshot(s.begin).Instances() {
		if i.Name == name {
			start := i.Start.Sub(s.begin).Round(10 * time.Millisecond)
			return func(p *process) bool { return p.start.Round(10*time.Millisecond) == start }
		}
	}
	return func(*process) bool { return false }
}

// check compares what a page says of requests with the truth.
func (s *simulation) check(after time.Duration, c *checker) {
	c.Helper()
	all := s.did(after, func(*process) bool { return true })
	const slack = 1.01 / 60 // counts are whole
	within := func(truth, slack float64, a Amount, what string) {
		if a.Known {
			assert.LessOrEqual(c, a.Lo, truth+slack, "%s: %s", after, what)
			assert.GreaterOrEqual(c, a.Hi, truth-slack, "%s: %s", after, what)
			assert.True(c, a.Lo <= a.Value && a.Value <= a.Hi, "%s: %s: %v", after, what, a)
		}
	}
	row := c.page.row("requests")
	if row.State == Fine { // no place is hot
		places := map[string]float64{}
		for _, p := range s.processes {
			places[p.place] += s.did(after, func(x *process) bool { return x == p })
		}
		for place, did := range places {
			assert.LessOrEqual(c, did*float64(len(places)), hotter*(all+slack), "%s: %s", after, place)
		}
	}
	within(all, slack*float64(len(s.processes)), c.figure("requests", "All servers"), "all")
	for _, e := range row.panel("servers").Entries {
		truth := s.did(after, s.named(e.Key))
		within(truth, slack, e.Cells[0].Amount, e.Key)
		if all > 0 {
			within(truth/all, slack/all*2, e.Cells[1].Amount, "share of "+e.Key)
		}
	}
	for _, e := range c.page.row("errors").panel("servers").Entries {
		within(.25, .01, e.Cells[0].Amount, "failed at "+e.Key)
	}
	for _, e := range c.page.row("processes").panel("cpu").Entries {
		within(s.did(after, s.named(e.Key)), slack, e.Cells[0].Amount, "CPU of "+e.Key)
	}
}

// Servers that are killed, hang, freeze and restart: what each does is of the window,
// within its bounds, and a server of which no step is in the window is not known.
func TestServersThatFail(t *testing.T) {
	s := &simulation{processes: []*process{
		{place: "a", rate: 40, start: -time.Hour}, {place: "killed", rate: 24, start: -time.Hour, end: 103 * time.Second},
		{place: "hangs", rate: 12, start: -time.Hour, hangs: 120 * time.Second},
		{place: "again", rate: 8, start: -time.Hour, end: 131 * time.Second}, {place: "again", rate: 8, start: 139 * time.Second},
	}}
	unknown := map[string]time.Duration{}
	s.play(t, 60, func(after time.Duration, c *checker) {
		if after < time.Minute {
			return
		}
		s.check(after, c)
		for _, e := range c.page.row("requests").panel("servers").Entries {
			if !e.Cells[0].Amount.Known {
				assert.True(t, e.Lost, e.Key)
				assert.False(t, e.Cells[1].Amount.Known, e.Key)
				if unknown[e.Key] == 0 {
					unknown[e.Key] = after
				}
			}
		}
	})
	assert.Equal(t, map[string]time.Duration{"killed": 162 * time.Second, "hangs": 177 * time.Second}, unknown)
}

// A body that stands still shows no request, and no share of none.
func TestFrozen(t *testing.T) {
	s := &simulation{processes: []*process{{place: "a", rate: 40, start: -time.Hour, frozen: 50 * time.Second}, {place: "b", rate: 4, start: -time.Hour, frozen: 50 * time.Second}}}
	s.play(t, 30, func(after time.Duration, c *checker) {
		if trust := c.page.row("trust"); after > 65*time.Second {
			assert.Equal(t, Notice, trust.State)
			assert.Regexp(t, "as if frozen: a for .*, b for ", trust.Answer)
		} else {
			assert.Equal(t, Fine, trust.State, "%s: %s", after, trust.Answer)
		}
		if r := c.page.row("requests"); after > 2*time.Minute {
			assert.NotContains(t, r.Answer, "%")
			assert.Equal(t, "No request was counted.", r.Answer)
			assert.True(t, math.IsInf(c.figure("requests", "All servers").Hi, 1))
			for _, e := range r.panel("servers").Entries {
				assert.False(t, e.Cells[0].Amount.Known || e.Cells[1].Amount.Known, "nobody knows what it does")
			}
			assert.True(t, math.IsInf(c.cell("watches", "servers", "a", 0).Hi, 1))
		}
	})
}

// Behind a balancer, where servers are met now and then, and some come and go.
func TestBehindBalancer(t *testing.T) {
	s := &simulation{balanced: true, expected: 4, picks: []int{0, 1, 2, 3, 3, 1, 0, 2, 2, 1, 3, 0}, processes: []*process{
		{place: "a", rate: 40, start: -time.Hour}, {place: "b", rate: 20, start: -2 * time.Hour}, {place: "c", rate: 10, start: -3 * time.Hour, end: 131 * time.Second},
		{place: "d", rate: 5, start: -4 * time.Hour}, {place: "c", rate: 10, start: 140 * time.Second},
	}}
	s.play(t, 60, func(after time.Duration, c *checker) {
		if after < time.Minute {
			return
		}
		s.check(after, c)
		assert.Contains(t, c.page.Parts[0].Text, "met in the last ")
		watches := c.figure("watches", "Open watches")
		assert.True(t, math.IsInf(watches.Hi, 1) && watches.Lo <= 400, "%v", watches)
		inflight := c.figure("inflight", "readOnly, busiest server")
		assert.True(t, math.IsInf(inflight.Hi, 1), "%v", inflight)
		restarted := c.figure("processes", "Restarted lately")
		assert.True(t, math.IsInf(restarted.Hi, 1) && restarted.Lo == 0, "%v", restarted)
		if after > 200*time.Second {
			assert.Equal(t, 1.0, restarted.Value)
			assert.Equal(t, Notice, c.page.row("processes").State)
		}
		trust := c.page.row("trust")
		assert.NotContains(t, trust.Answer, "Every server answers")
		assert.Less(t, c.figure("trust", "Answers in full").Lo, 1.0)
	})
}

// Where most servers were never met nothing is said of all: not how the load is spread,
// and not that no request fails.
func TestMostNeverMet(t *testing.T) {
	for name, s := range map[string]*simulation{
		"balanced": {balanced: true, expected: 5, picks: []int{0}, processes: []*process{{place: "a", rate: 40, start: -time.Hour}, {place: "b", rate: 100, start: -time.Hour - time.Minute}}},
		"unasked":  {balanced: true, picks: []int{0}, processes: []*process{{place: "a", rate: 40, start: -time.Hour}, {place: "b", rate: 100, start: -time.Hour - time.Minute}}},
		"direct": {processes: []*process{{place: "a", rate: 40, start: -time.Hour}, {place: "b", rate: 100, start: time.Hour}, {place: "c", rate: 1, start: time.Hour},
			{place: "d", rate: 1, start: time.Hour}, {place: "e", rate: 1, start: time.Hour}}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, p := range s.processes {
				p.extra = "# TYPE apiserver_request_sli_duration_seconds histogram\n"
				for _, le := range []string{"1", "+Inf"} {
					p.extra += fmt.Sprintf("apiserver_request_sli_duration_seconds_bucket{verb=\"PUT\",resource=\"x\",le=%q} %d\n", le, 0)
				}
			}
			s.play(t, 30, func(after time.Duration, c *checker) {
				if after < time.Minute {
					return
				}
				s.check(after, c)
				for _, id := range []string{"requests", "errors", "watches", "inflight"} {
					r := c.page.row(id)
					assert.NotEqual(t, Fine, r.State, "%s: %s", id, r.Answer)
				}
				assert.Equal(t, Amount{true, estimate(1, 0, 1)}, c.figure("requests", "Hottest server"))
				assert.NotContains(t, c.page.row("requests").Answer, "%")
				failed := c.figure("errors", "Failed (5xx and 429)")
				assert.True(t, failed.Lo >= 0 && failed.Hi == 1, "%v", failed)
			})
		})
	}
}

// A body that is cut at the end of a line is no answer in full, wherever that is asked.
func TestCutBody(t *testing.T) {
	objects := "# TYPE apiserver_storage_objects gauge\n"
	for i := range 20 {
		objects += fmt.Sprintf("apiserver_storage_objects{resource=\"r%d\"} %d\n", i, 5+i)
	}
	s := &simulation{processes: []*process{{place: "a", rate: 4, start: -time.Hour, extra: objects}, {place: "b", rate: 4, start: -time.Hour, extra: objects, cut: 60 * time.Second}}}
	s.play(t, 18, func(after time.Duration, c *checker) {
		trust := c.page.row("trust")
		if after < time.Minute {
			assert.Equal(t, "2 of 2 API servers answer", c.page.Parts[0].Text)
			assert.Equal(t, Fine, trust.State)
			return
		}
		assert.Equal(t, "2 of 2 API servers answer, 1 in part", c.page.Parts[0].Text)
		assert.Equal(t, exactly(.5), c.figure("trust", "Answers in full"))
		assert.Equal(t, Alarm, trust.State)
		assert.Contains(t, trust.Answer, "Silent or partial: b.")
		assert.Contains(t, trust.Coverage, "1 partial")
	})
}

// A killed process is none that answers, and may be back.
func TestProcessesThatAnswer(t *testing.T) {
	s := &simulation{processes: []*process{{place: "a", rate: 4, start: -time.Hour}, {place: "b", rate: 4, start: -time.Hour, end: 60 * time.Second}}}
	s.play(t, 18, func(after time.Duration, c *checker) {
		want := exactly(2)
		if after > time.Minute {
			want = Amount{true, estimate(1, 1, 2)}
		}
		assert.Equal(t, want, c.figure("processes", "Processes that answer"), after)
	})
}

// What cannot be is not shown, and said.
func TestBelow0(t *testing.T) {
	gauges := "# TYPE go_goroutines gauge\ngo_goroutines -5\n# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes -1\n" +
		"# TYPE apiserver_longrunning_requests gauge\napiserver_longrunning_requests{verb=\"WATCH\",resource=\"nodes\"} -900\n"
	s := &simulation{processes: []*process{{place: "a", rate: 4, start: -time.Hour}, {place: "b", rate: 4, start: -time.Hour, extra: gauges}}}
	s.play(t, 3, func(after time.Duration, c *checker) {
		for _, panel := range []string{"goroutines", "memory"} {
			assert.False(t, c.cell("processes", panel, "b", 0).Known, panel)
		}
		assert.Contains(t, c.page.row("processes").Warnings, "b says -5, which cannot be, and is not shown")
		assert.False(t, c.figure("watches", "Open watches").Known)
		assert.False(t, c.cell("watches", "servers", "b", 0).Known)
		assert.True(t, c.cell("watches", "servers", "a", 0).Known)
	})
}

// After a restart nobody knows how the requests went that no scrape saw: that is in the
// share of slow ones, and in that of failed ones.
func TestSharesAfterRestart(t *testing.T) {
	var s *simulation
	histogram := func(rate float64) string {
		return "# TYPE apiserver_request_sli_duration_seconds histogram\n"
	}
	one := &process{place: "a", rate: 40, start: -time.Hour, end: 63 * time.Second, extra: histogram(40)}
	other := &process{place: "a", rate: 40, start: 66 * time.Second}
	s = &simulation{processes: []*process{one, other, {place: "b", rate: 40, start: -time.Hour}}}
	s.play(t, 24, func(after time.Duration, c *checker) {
		failed := c.figure("errors", "Failed (5xx and 429)")
		switch {
		case after < 30*time.Second:
		case after < time.Minute:
			assert.InDelta(t, .25, failed.Value, .01)
			assert.Equal(t, failed.Value, failed.Hi)
		case after > 72*time.Second:
			assert.InDelta(t, .25, failed.Value, .01)
			assert.True(t, failed.Lo < failed.Value && failed.Value < failed.Hi && failed.Hi < .5, "%v", failed)
		}
	})
}

// Numbers near the end of what a float64 holds make no page that nobody can read, and no
// number that is none.
func TestGreatNumbers(t *testing.T) {
	huge := func(n string) string {
		return "apiserver_request_total{verb=\"PUT\",code=\"200\"} " + n + "\napiserver_longrunning_requests{verb=\"WATCH\",resource=\"x\"} " + n +
			"\n# TYPE go_goroutines gauge\ngo_goroutines " + n + "\nprocess_cpu_seconds_total{x=\"y\"} " + n + "\n"
	}
	a, b := &process{place: "a", rate: 40, start: -time.Hour}, &process{place: "b", rate: 40, start: -2 * time.Hour}
	s := &simulation{processes: []*process{a, b, {place: "c", rate: 4, start: -3 * time.Hour}}}
	bodies := []string{"", huge("NaN"), huge("0"), huge("1e308"), huge("1.7e308"), huge("+Inf"), huge("-1"), huge("1.7e308"), ""}
	s.play(t, 40, func(after time.Duration, c *checker) {
		a.extra = bodies[int(after/simulated)%len(bodies)]
		b.extra = a.extra
		text, err := json.Marshal(c.page)
		require.NoError(t, err)
		assert.NotRegexp(t, `"(value|lo|hi)":"NaN"`, string(text))
		for _, r := range c.page.Rows {
			assert.Less(t, len(r.Answer), 200, r.ID)
			for _, f := range r.Figures {
				assert.False(t, f.Amount.Known && math.IsInf(f.Amount.Value, 0), "%s: %s", r.ID, f.Name)
				assert.Less(t, len(f.Unit.format(f.Amount)+f.Unit.bounds(f.Amount)), 60)
			}
			for _, p := range r.Panels {
				for _, e := range p.Entries {
					for _, x := range e.Cells {
						assert.False(t, x.Amount.Known && (math.IsInf(x.Amount.Value, 0) || x.Amount.Lo > x.Amount.Value || x.Amount.Hi < x.Amount.Value), "%s: %s: %s: %v", r.ID, p.ID, e.Key, x.Amount)
					}
				}
			}
		}
	})
}
