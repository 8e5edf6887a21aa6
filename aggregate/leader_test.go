package aggregate_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

// elected are the lines of an instance that takes part in the election "e".
func elected(value float64, leads int, election ...string) []string {
	lines := []string{typeG, fmt.Sprintf("g %g", value), "# TYPE leader_election_master_status gauge"}
	if len(election) == 0 {
		election = []string{"e"}
	}
	for _, name := range election {
		lines = append(lines, fmt.Sprintf("leader_election_master_status{name=%q} %d", name, leads))
	}
	return lines
}

var ofLeader = aggregate.View{Select: "g", Combine: aggregate.Leader}

// leads says who leads, with what value, or the warning instead.
func (b bed) leads(v *aggregate.GaugeView, seconds float64) string {
	b.Helper()
	g := b.reading(v, seconds)
	said := strings.Join(slices.DeleteFunc(slices.Clone(g.Warnings()), func(w string) bool { return strings.Contains(w, "process") || strings.HasPrefix(w, "lb") }), "; ")
	m, ok := g.Leader()
	value, okValue := g.Value()
	require.Equal(b, ok, okValue)
	if !ok {
		require.Zero(b, m)
		return said
	}
	require.Equal(b, m.Estimate, value)
	if said != "" {
		said = " (" + said + ")"
	}
	return fmt.Sprint(m.Instance, "=", value, said)
}

// Standbys show what is left of their start: the leader's 0 is the truth.
func TestLeaderAlone(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(ofLeader)
	b.scrape("a", 0, 0, elected(3, 0)...)
	b.scrape("b", 0, 0, elected(0, 1)...)
	b.scrape("c", 0, 0, elected(3, 0)...)
	assert.Equal(t, "b=0", b.leads(v, 0))

	b.scrape("b", 10, 0, elected(0, 0)...)
	assert.Equal(t, "nobody leads", b.leads(v, 10))
	b.scrape("a", 11, 0, elected(2, 1)...)
	assert.Equal(t, "a=2", b.leads(v, 11))
}

func TestLeaderWithoutElection(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(ofLeader)
	b.scrape("a", 0, 0, typeG, "g 1")
	assert.Equal(t, "nobody says who leads: no leader_election_master_status", b.leads(v, 0))
	assert.Equal(t, "nobody says who leads: no leader_election_master_status", b.leads(v, 0))
}

// Two say they lead: the one that began later.
func TestTwoLeaders(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(ofLeader)
	b.scrape("a", 0, 0, elected(1, 1)...)
	b.scrape("b", 0, 0, elected(2, 0)...)
	b.scrape("b", 10, 0, elected(2, 1)...)
	assert.Equal(t, "b=2 (two say they lead, the first began later: b, a)", b.leads(v, 10))
	b.scrape("a", 20, 0, elected(1, 1)...)
	assert.Equal(t, "b=2 (two say they lead, the first began later: b, a)", b.leads(v, 20), "a newer scrape is no newer term")
	b.scrape("a", 30, 0, elected(1, 0)...)
	b.scrape("a", 40, 0, elected(1, 1)...)
	assert.Equal(t, "a=1 (two say they lead, the first began later: a, b)", b.leads(v, 40))
}

func TestLeadersThatTie(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(ofLeader)
	b.scrape("a", 0, 0, elected(1, 1)...)
	b.scrape("b", 0, 0, elected(2, 1)...)
	assert.Equal(t, "two lead: a, b", b.leads(v, 0))
	b.scrape("b", 5, 0, elected(2, 1)...)
	assert.Equal(t, "b=2 (two say they lead, the first was scraped later: b, a)", b.leads(v, 5))
	b.scrape("a", 6, 0, elected(1, 1)...)
	assert.Equal(t, "a=1 (two say they lead, the first was scraped later: a, b)", b.leads(v, 6))

	for i, n := range []int{0, 1} {
		b.scrape("a", float64(10+10*i), 0, elected(1, n)...)
		b.scrape("b", float64(10+10*i), 0, elected(2, n)...)
	}
	assert.Equal(t, "two lead: a, b", b.leads(v, 20), "both began at once")
}

// A new pod that leads at first sight leads since then: it can't have before.
func TestLeaderThatJoined(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(ofLeader)
	b.scrape("a", 0, 0, elected(1, 0)...)
	b.scrape("a", 10, 0, elected(1, 1)...)
	b.scrape("b", 20, 0, elected(2, 1)...)
	b.scrape("a", 25, 0, elected(1, 1)...)
	assert.Equal(t, "b=2 (two say they lead, the first began later: b, a)", b.leads(v, 25))
}

// The leader restarts and leads again: a term of its own.
func TestLeaderThatRestarted(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(ofLeader)
	b.scrape("a", 0, -100, elected(1, 1)...)
	b.scrape("b", 0, -90, elected(2, 0)...)
	b.scrape("b", 10, -90, elected(2, 1)...)
	b.scrape("a", 20, 15, elected(1, 1)...)
	assert.Equal(t, "a=1 (two say they lead, the first began later: a, b)", b.leads(v, 20))
}

// A failed scrape ends a leadership at once, and the next good one restores it.
func TestFailedScrapeEndsLeadership(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(ofLeader)
	b.scrape("a", 0, 0, elected(1, 1)...)
	b.scrape("b", 0, 0, elected(2, 0)...)
	b.fail("a", at(10), errRefused)
	assert.Equal(t, "nobody is known to lead, the last scrape failed: a", b.leads(v, 10))
	assert.Len(t, b.reading(v, 10).Members(), 1, "nor is it a member")
	b.fail("a", at(10), context.DeadlineExceeded)
	assert.Equal(t, "nobody is known to lead, the last scrape failed: a", b.leads(v, 10))
	assert.Len(t, b.reading(v, 10).Members(), 2, "what is slow just does not lead")
	b.scrape("a", 20, 0, elected(1, 1)...)
	assert.Equal(t, "a=1", b.leads(v, 20))
	b.fail("a", at(15), errRefused)
	assert.Equal(t, "a=1", b.leads(v, 20), "an older failure says nothing")
	b.fail("a", at(20), errRefused)
	assert.Equal(t, "nobody is known to lead, the last scrape failed: a", b.leads(v, 20), "in one moment the failure counts")
	b.scrape("a", 40, 0, elected(1, 1)...)
	b.fail("b", at(45), errRefused)
	assert.Equal(t, "a=1", b.leads(v, 45))
	b.Remove(at(50), "a")
	assert.Equal(t, "nobody leads", b.leads(v, 50))
}

// An instance may have several addresses; of one address several instances may
// answer in turn.
func TestLeadershipAndAddresses(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(ofLeader)
	scrape := func(target, instance string, seconds float64, leads int) {
		b.describe(aggregate.Target{Name: target, Instance: instance})
		b.scrape(target, seconds, 0, elected(7, leads)...)
	}
	scrape("x:1", "pod", 0, 1)
	scrape("x:2", "pod", 1, 1)
	b.fail("x:1", at(0.5), errRefused)
	assert.Equal(t, "pod=7", b.leads(v, 1), "it answered since, at the other address")
	b.fail("x:1", at(2), errRefused)
	assert.Equal(t, "nobody is known to lead, the last scrape failed: pod", b.leads(v, 2))
	scrape("x:2", "pod", 3, 1)
	assert.Equal(t, "pod=7", b.leads(v, 3))
	scrape("x:2", "successor", 4, 0)
	assert.Equal(t, "nobody is known to lead, the last scrape failed: pod", b.leads(v, 4), "another one answers there")
}

func TestLeaderWithAnAddressLess(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(ofLeader)
	for i, target := range []string{"x:1", "x:2"} {
		b.describe(aggregate.Target{Name: target, Instance: "pod"})
		b.scrape(target, float64(i), 0, elected(7, 1)...)
	}
	b.fail("x:1", at(2), errRefused)
	b.Remove(at(2), "x:1")
	assert.Equal(t, "pod=7", b.leads(v, 2))
}

// A balancer that fails says nothing about who has an address of its own.
func TestLeaderBehindABalancer(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	b.balanced("lb", 2)
	v := b.gauge(ofLeader)
	b.scrape("a", 0, -100, elected(7, 1)...)
	r := b.scrape("lb", 1, -100, elected(7, 1)...)
	require.Equal(t, "a", r.Instance)
	r = b.scrape("lb", 2, -50, elected(3, 0)...)
	require.Equal(t, "lb#1", r.Instance)
	b.fail("lb", at(3), errRefused)
	assert.Equal(t, "a=7", b.leads(v, 3))

	b.scrape("a", 5, -100, elected(7, 0)...)
	b.scrape("lb", 6, -50, elected(3, 1)...)
	b.scrape("lb", 7, -100, elected(7, 0)...)
	assert.Equal(t, "lb#1=3", b.leads(v, 7), "another one answered since, as it should be")
	b.fail("lb", at(8), errRefused)
	assert.Equal(t, "nobody is known to lead, the last scrape failed: lb#1", b.leads(v, 8))
}

// The election is named in the body, whatever labels the target has.
func TestElectionAndTargetLabels(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(aggregate.View{Select: "g", Combine: aggregate.Leader, Leader: `leader_election_master_status{name="e"}`})
	b.describe(aggregate.Target{Name: "a", Labels: labels.FromStrings("name", "pod-1")})
	b.scrape("a", 0, 0, elected(1, 1)...)
	assert.Equal(t, "a=1", b.leads(v, 0))
}

func TestElectionsAreToldApart(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	any := b.gauge(ofLeader)
	e := ofLeader
	e.Leader = `leader_election_master_status{name="e"}`
	one := b.gauge(e)
	e.Leader = `leader_election_master_status{name="none"}`
	none := b.gauge(e)
	b.scrape("a", 0, 0, elected(1, 1, "e")...)
	b.scrape("b", 0, 0, elected(2, 0, "e")...)
	b.scrape("other", 0, 0, elected(0, 1, "x")[2:]...)
	assert.Equal(t, "a=1", b.leads(any, 0), "the election x is of instances that do not expose g")
	b.scrape("c", 0, 0, elected(3, 1, "f", "g")...)
	assert.Equal(t, "several elections, the view selects none: e, f, g", b.leads(any, 0))
	assert.Equal(t, "a=1", b.leads(one, 0))
	assert.Equal(t, `nobody says who leads: no leader_election_master_status{name="none"}`, b.leads(none, 0))
}

// The leader may lack what the standbys show.
func TestLeaderWithoutTheSeries(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(ofLeader)
	b.scrape("a", 0, 0, elected(1, 1)[2:]...)
	b.scrape("b", 0, 0, elected(2, 0)...)
	assert.Equal(t, "the leader has nothing in this group: a", b.leads(v, 0))
}

func TestLeaderByAnotherMetric(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.gauge(aggregate.View{Select: "g", Combine: aggregate.Leader, Leader: "is_leader"})
	b.scrape("a", 0, 0, typeG, "g 1", "# TYPE is_leader gauge", "is_leader 0")
	b.scrape("b", 0, 0, typeG, "g 2", "# TYPE is_leader gauge", "is_leader 1")
	assert.Equal(t, "b=2", b.leads(v, 0))
}

// A view declared late knows who leads, though not since when.
func TestElectionDeclaredLate(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	b.scrape("a", 0, 0, elected(1, 0)...)
	b.scrape("b", 0, 0, elected(2, 1)...)
	v := b.gauge(ofLeader)
	assert.Equal(t, "b=2", b.leads(v, 0))
	b.scrape("a", 10, 0, elected(1, 1)...)
	assert.Equal(t, "a=1 (two say they lead, the first began later: a, b)", b.leads(v, 10))
}

// A view that does not fit in leaves nothing behind; nor do several views of
// one election cost more than one.
func TestElectionIsSharedOrNot(t *testing.T) {
	for spare, fits := range map[int64]bool{499: false, 500 + 4096: true} {
		b := newBed(t, aggregate.Config{})
		b.scrape("a", 0, 0, elected(1, 1, "1", "2", "3", "4")...)
		b.SetMaxBytes(b.held() + spare)
		before := b.Dump()
		_, err := b.Gauge(ofLeader)
		if fits {
			require.NoError(t, err)
			assert.EqualValues(t, 500, b.Sizes().Bytes, "100 of the view, 400 of the four elections")
			b.SetMaxBytes(1 << 20)
			b.gauge(ofLeader)
			assert.EqualValues(t, 600, b.Sizes().Bytes)
			continue
		}
		require.ErrorIs(t, err, aggregate.ErrLimit)
		assert.Equal(t, before, b.Dump())
	}
}

func TestSteadyScrapesOfElectionsDoNotAllocate(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	b.gauge(ofLeader)
	b.gauge(ofLeader)
	var bodies [][]byte
	for i := range 400 {
		bodies = append(bodies, []byte(strings.Join(elected(float64(i), i/2%2), "\n")+"\n"))
	}
	n := 0
	observe := func() {
		_, err := b.Ingest(aggregate.Scrape{Target: "a", Time: at(float64(5 * n)), Body: bodies[n]})
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	for range 100 {
		observe()
	}
	assert.Zero(t, testing.AllocsPerRun(250, observe))
}
