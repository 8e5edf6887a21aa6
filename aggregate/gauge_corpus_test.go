package aggregate_test

import (
	"bufio"
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/catalogue"
)

// kubernetes makes fleets that know the metrics of Kubernetes.
var kubernetes = aggregate.Config{Catalogue: catalogue.Kubernetes().View}

// rounds are the direct scrapes of a recording, those that failed too, step by
// step.
func rounds(t *testing.T, name string) [][]corpusLine {
	t.Helper()
	var list [][]corpusLine
	for _, l := range corpus(t, name) {
		if l.ThroughLB || l.Path != "/metrics" || l.Format != "text" || l.Scenario != name {
			continue
		}
		for len(list) <= l.Step {
			list = append(list, nil)
		}
		list[l.Step] = append(list[l.Step], l)
	}
	require.NotEmpty(t, list)
	return list
}

// play observes a round, the failures too, and returns the bodies by target
// and when it was over.
func (b bed) play(name string, round []corpusLine) (bodies map[string][]byte, now time.Time) {
	b.Helper()
	bodies = map[string][]byte{}
	for _, l := range round {
		if at := time.UnixMilli(l.Time); at.After(now) {
			now = at
		}
		if l.File == "" {
			b.fail(l.Target, time.UnixMilli(l.Time), errRefused)
			continue
		}
		bodies[l.Target] = corpusBody(b.T, name, l.File)
		_, err := b.Ingest(l.scrape(bodies[l.Target]))
		require.NoError(b, err, l.File)
	}
	return bodies, now
}

// lines finds a metric in a body by its name alone: "name{labels}" to value.
func linesOf(t *testing.T, body []byte, name string) map[string]float64 {
	t.Helper()
	found := map[string]float64{}
	sc := bufio.NewScanner(bytes.NewReader(body))
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		line := sc.Text()
		if rest, ok := strings.CutPrefix(line, name); ok && rest != "" && (rest[0] == '{' || rest[0] == ' ') {
			i := strings.LastIndexByte(line, ' ')
			x, err := strconv.ParseFloat(line[i+1:], 64)
			require.NoError(t, err)
			found[line[:i]] = x
		}
	}
	require.NoError(t, sc.Err())
	return found
}

// The leader of the controller managers is killed; after two rounds without
// one its standby takes over, and keeps the lead when the other is back.
func TestControllersFollowTheirLeader(t *testing.T) {
	b := newBed(t, kubernetes)
	pods := b.gauge(aggregate.View{Select: "scheduler_pending_pods", By: []string{"queue"}})
	work := aggregate.View{Select: "workqueue_depth", By: []string{"name"}}
	unnamed := b.gauge(work)
	work.Leader = `leader_election_master_status{name="kube-controller-manager"}`
	queues := b.gauge(work)
	for step, round := range rounds(t, "controllers-ha") {
		bodies, now := b.play("controllers-ha", round)
		want := "kcm-1"
		switch {
		case step >= 12:
			want = "kcm-2"
		case step >= 10:
			want = ""
		}
		groups, err := queues.At(b.Snapshot(now))
		require.NoError(t, err)
		led := 0
		for _, g := range groups {
			leader, ok := g.Leader()
			if !ok {
				continue
			}
			led++
			assert.Equal(t, want, leader.Instance, "step %d", step)
			series := fmt.Sprintf("workqueue_depth{name=%q}", g.Labels().Get("name"))
			assert.Equal(t, linesOf(t, bodies[want], "workqueue_depth")[series], value(g))
		}
		if want == "" {
			assert.Zero(t, led, "step %d", step)
			assert.Contains(t, strings.Join(groups[0].Warnings(), "\n"), "nobody is known to lead, the last scrape failed: kcm-1")
		} else {
			assert.Equal(t, 11, led, "step %d: a standby has 2 queues", step)
		}

		groups, err = pods.At(b.Snapshot(now))
		require.NoError(t, err)
		require.Len(t, groups, 4)
		for _, g := range groups {
			leader, ok := g.Leader()
			require.True(t, ok)
			assert.Equal(t, "sched-1", leader.Instance)
			assert.Equal(t, map[string]float64{"unschedulable": 80}[g.Labels().Get("queue")], value(g), "step %d", step)
			if hottest, _ := g.Max(); g.Labels().Get("queue") == "active" {
				assert.Equal(t, 80.0, hottest.Estimate.Value, "what the standby leaves lying")
			}
		}

		groups, err = unnamed.At(b.Snapshot(now))
		require.NoError(t, err)
		for _, g := range groups {
			_, ok := g.Leader()
			assert.False(t, ok)
			assert.Contains(t, strings.Join(g.Warnings(), "\n"), "several elections")
		}
	}
}

// told is what the naive reading of a fact remembers of an instance.
type told struct {
	value   float64
	changed int64
	known   bool
}

// Three API servers count the same objects, at different times. The fact is
// compared with one found by reading the bodies line by line.
func TestStorageObjectsAreNotTripled(t *testing.T) {
	const metric = "apiserver_storage_objects"
	b := newBed(t, kubernetes)
	v := b.gauge(aggregate.View{Select: metric, By: []string{"resource"}})
	all := rounds(t, "apiserver-ha")
	if testing.Short() {
		all = all[:12]
	}
	naive := map[string]map[string]told{} // by series, by target
	met, starts := map[string]bool{}, map[string]float64{}
	disagree, tripled := 0, 0
	for step, round := range all {
		bodies, now := b.play("apiserver-ha", round)
		for _, l := range round {
			start := linesOf(t, bodies[l.Target], "process_start_time_seconds")["process_start_time_seconds"]
			another := start != 0 && starts[l.Target] != 0 && start != starts[l.Target] // the first reading of a process is a change
			if start != 0 {
				starts[l.Target] = start
			}
			for series, x := range linesOf(t, bodies[l.Target], metric) {
				if naive[series] == nil {
					naive[series] = map[string]told{}
				}
				old := naive[series][l.Target]
				if another || met[l.Target] && (!old.known || old.value != x) {
					old.changed = l.Time
				}
				naive[series][l.Target] = told{x, old.changed, true}
			}
			met[l.Target] = met[l.Target] || l.File != ""
		}
		groups, err := v.At(b.Snapshot(now))
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(groups), 50)
		for _, g := range groups {
			f, ok := g.Value()
			require.True(t, ok, g.Labels())
			series := fmt.Sprintf("%s{resource=%q}", metric, g.Labels().Get("resource"))
			latest, want := int64(-1), math.Inf(-1)
			for target, x := range naive[series] {
				if !slices.ContainsFunc(g.Members(), func(m aggregate.Member) bool { return m.Instance == target }) {
					continue // stale
				}
				if x.changed > latest {
					latest, want = x.changed, x.value
				}
			}
			if latest > 0 { // ties of the first round are tested elsewhere
				assert.Equal(t, want, f.Value, "step %d %s", step, series)
			}
			assert.LessOrEqual(t, f.Lo, f.Value)
			assert.LessOrEqual(t, f.Value, f.Hi)
			if strings.Contains(strings.Join(g.Warnings(), "\n"), " instances say ") {
				disagree++
			}
			if mean, _ := g.Mean(); len(g.Members()) == 3 && f.Exact() && f.Value > 0 {
				assert.Equal(t, f.Value, mean, "the sum is three times as much")
				tripled++
			}
		}
	}
	t.Logf("disagreeing facts %d, triplets %d", disagree, tripled)
	assert.Positive(t, disagree)
	assert.Positive(t, tripled)
}

// In the middle of an upgrade: a gauge that became a counter, other HELP texts.
func TestVersionsThatDiffer(t *testing.T) {
	if testing.Short() {
		t.Skip("the recording in the repository is enough to find a race")
	}
	b, plain := newBed(t, aggregate.Config{Catalogue: kubernetes.Catalogue}), newBed(t, aggregate.Config{})
	total := b.counter(aggregate.View{Select: "etcd_bookmark_total"})
	counts := b.counter(aggregate.View{Select: "etcd_bookmark_counts"})
	declared := plain.counter(aggregate.View{Select: "etcd_bookmark_counts"})
	build := b.gauge(aggregate.View{Select: "kubernetes_build_info"})
	features := b.gauge(aggregate.View{Select: "kubernetes_feature_enabled", By: []string{"name"}})

	help := map[string]map[string]bool{}
	const reworded = "workqueue_adds_total"
	adds := b.counter(aggregate.View{Select: reworded, By: []string{"name"}})
	first, last := map[string]map[string]float64{}, map[string]map[string]float64{} // of it, by target
	var now time.Time
	for _, round := range rounds(t, "apiserver-skew") {
		var bodies map[string][]byte
		bodies, now = b.play("apiserver-skew", round)
		plain.play("apiserver-skew", round)
		for target, body := range bodies {
			for line := range strings.Lines(string(body)) {
				if name, text, ok := strings.Cut(strings.TrimPrefix(line, "# HELP "), " "); ok && strings.HasPrefix(line, "# HELP ") {
					if help[name] == nil {
						help[name] = map[string]bool{}
					}
					help[name][text] = true
				}
			}
			last[target] = linesOf(t, body, reworded)
			if first[target] == nil {
				first[target] = last[target]
			}
		}
	}
	differ := 0
	for _, texts := range help {
		if len(texts) > 1 {
			differ++
		}
	}
	assert.GreaterOrEqual(t, differ, 12)
	assert.Len(t, help[reworded], 2)

	members := func(v *aggregate.CounterView) []string {
		groups, err := v.In(until(b, now, sinceStart))
		require.NoError(t, err)
		require.Len(t, groups, 1)
		var names []string
		for _, m := range groups[0].Increases() {
			names = append(names, m.Instance)
			assert.GreaterOrEqual(t, m.Estimate.Value, 0.0)
		}
		return names
	}
	assert.Equal(t, []string{"apiserver-c"}, members(counts))
	assert.Subset(t, members(total), []string{"apiserver-a", "apiserver-b"})
	groups, err := declared.In(until(plain, now, sinceStart))
	require.NoError(t, err)
	assert.Empty(t, groups[0].Increases(), "bodies declare it a gauge")
	assert.Equal(t, []string{"apiserver-c"}, declared.Status(plain.Snapshot(t0)).Excluded)

	var versions []string
	g, err := build.One(b.Snapshot(now))
	require.NoError(t, err)
	for _, v := range g.Variants() {
		versions = append(versions, fmt.Sprint(v.Labels.Get("git_version"), v.Instances))
	}
	assert.Equal(t, []string{"v1.35.4[apiserver-c]", "v1.36.3[apiserver-a apiserver-b]"}, versions)
	byName, err := features.At(b.Snapshot(now))
	require.NoError(t, err)
	skewed := 0
	for _, g := range byName {
		skewed += strings.Count(skew(g), "\n")
	}
	assert.Greater(t, skewed, 20, "features that one version alone has")

	// Per instance and series, across the two versions: what was there at the end, less what was at the start.
	groups, err = adds.In(until(b, now, sinceStart))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(groups), 25)
	for _, g := range groups {
		key := fmt.Sprintf("%s{name=%q}", reworded, g.Labels().Get("name"))
		require.Len(t, g.Increases(), 3, key)
		for _, m := range g.Increases() {
			if m.Instance == "apiserver-c" { // it restarted into another version: at least its count since
				assert.GreaterOrEqual(t, m.Estimate.Value, last[m.Instance][key], key)
				continue
			}
			assert.Equal(t, last[m.Instance][key]-first[m.Instance][key], m.Estimate.Value, "%s %s", m.Instance, key)
		}
	}
}

func TestEtcdMembers(t *testing.T) {
	b := newBed(t, kubernetes)
	view := func(metric string) *aggregate.GaugeView { return b.gauge(aggregate.View{Select: metric}) }
	leader, seen := view("etcd_server_is_leader"), view("etcd_server_has_leader")
	log := view("etcd_server_proposals_committed_total")
	full := view("etcd_mvcc_db_total_size_in_bytes")
	changes := b.counter(aggregate.View{Select: "etcd_server_leader_changes_seen_total"})
	one := func(v *aggregate.GaugeView, now time.Time) *aggregate.GaugeGroup {
		g, err := v.One(b.Snapshot(now))
		require.NoError(t, err)
		require.Len(t, g.Members(), 3, "three members, though with one start time")
		return g
	}
	var now time.Time
	for _, round := range rounds(t, "etcd") {
		var bodies map[string][]byte
		bodies, now = b.play("etcd", round)
		assert.Equal(t, 1.0, value(one(leader, now)))
		assert.Equal(t, 1.0, value(one(seen, now)))
		size := 0.0
		for _, body := range bodies {
			size = max(size, linesOf(t, body, "etcd_mvcc_db_total_size_in_bytes")["etcd_mvcc_db_total_size_in_bytes"])
		}
		assert.Equal(t, size/2147483648, value(one(full, now)), "one quota for all of them")
		mean, ok := one(log, now).Mean()
		assert.True(t, ok)
		assert.InEpsilon(t, value(one(log, now)), mean, 0.05, "the sum counts each entry three times")
	}
	groups, err := changes.In(until(b, now, sinceStart))
	require.NoError(t, err)
	m, ok := groups[0].MaxIncrease()
	assert.True(t, ok)
	assert.Zero(t, m.Estimate.Value)
}

// Each level of each API server: what it executes to its own limit.
func TestSeatsOfRecordedServers(t *testing.T) {
	b := newBed(t, kubernetes)
	e, ok := catalogue.Kubernetes().Lookup("apiserver_flowcontrol_current_executing_seats")
	require.True(t, ok)
	v := b.gauge(aggregate.View{Select: e.Metric, By: []string{"priority_level"}})
	bodies, now := b.play("apiserver-ha", rounds(t, "apiserver-ha")[5])
	groups, err := v.At(b.Snapshot(now))
	require.NoError(t, err)
	require.Len(t, groups, 8)
	for _, g := range groups {
		level := g.Labels().Get("priority_level")
		want := -1.0 // none
		for _, body := range bodies {
			seats := 0.0
			for series, n := range linesOf(t, body, e.Metric) {
				if strings.Contains(series, fmt.Sprintf("priority_level=%q", level)) {
					seats += n
				}
			}
			if limit := linesOf(t, body, e.View.Limit)[fmt.Sprintf("%s{priority_level=%q}", e.View.Limit, level)]; limit > 0 {
				want = max(want, seats/limit)
			}
		}
		m, ok := g.Max()
		assert.Equal(t, want >= 0, ok, level)
		if ok {
			assert.Equal(t, want, m.Estimate.Value, level)
		} else {
			assert.Equal(t, []string{"3 limits are not above 0, or not known, left out: apiserver-a, apiserver-b, apiserver-c"}, g.Warnings(), level)
		}
	}
}
