package scaling

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

func at(s int) time.Time { return time.Unix(1_000_000_000+int64(s), 0) }

// watched is a fleet of two instances, and a set of metrics of it.
type watched struct {
	*Set
	t *testing.T
}

func watch(t *testing.T, metrics string) watched {
	c, err := Read(strings.NewReader("metrics:\n" + metrics))
	require.NoError(t, err)
	f, err := aggregate.NewFleet(aggregate.Config{Since: at(-1)})
	require.NoError(t, err)
	require.NoError(t, f.SetTargets(at(0), aggregate.Target{Name: "a"}, aggregate.Target{Name: "b"}))
	s, err := New(f, c)
	require.NoError(t, err)
	return watched{s, t}
}

func (w watched) says(s int, target, body string) {
	_, err := w.fleet.Ingest(aggregate.Scrape{Target: target, Time: at(s), Body: []byte(body)})
	require.NoError(w.t, err)
}

// number returns the answer in words.
func (w watched) number(s int, name string) string {
	n, err := w.One(at(s), name)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%.4g", n.Value)
}

// TestNumbers has each way to scale once, with numbers that are known.
func TestNumbers(t *testing.T) {
	w := watch(t, `
  - {name: requests, select: requests_total, scaleBy: rate}
  - {name: queue, select: queue, scaleBy: largest}
  - {name: queue_mean, select: queue, scaleBy: mean, combine: mean}
  - {name: p50, select: seconds, scaleBy: worstQuantile, quantile: 0.5}
  - {name: slow, select: seconds, scaleBy: shareOver, threshold: 1}
  - {name: full, select: used, scaleBy: saturation, limit: limit}
`)
	for i := range 5 {
		for k, target := range []string{"a", "b"} {
			n := 15 * i * (k + 1)
			w.says(15*i, target, fmt.Sprintf(`# TYPE process_start_time_seconds gauge
process_start_time_seconds 1
# TYPE requests_total counter
requests_total %d
# TYPE queue gauge
queue %d
# TYPE seconds histogram
seconds_bucket{le="1"} %d
seconds_bucket{le="2"} %d
seconds_bucket{le="+Inf"} %d
seconds_sum %d
seconds_count %d
# TYPE used gauge
used %d
# TYPE limit gauge
limit 100
`, 10*n, 10*(k+1), n*(1-k), n, n, n, n, 30*(k+1)))
		}
	}
	assert.Equal(t, "30", w.number(60, "requests"))
	assert.Equal(t, "30", w.number(60, "queue"))
	assert.Equal(t, "15", w.number(60, "queue_mean"))
	assert.Equal(t, "0.6667", w.number(60, "slow"), "b has twice as many as a, all of them slow")
	assert.Equal(t, "0.6", w.number(60, "full"))
	n, err := w.One(at(60), "p50")
	require.NoError(t, err)
	assert.True(t, 1 <= n.All.Lo && n.All.Hi <= 2, "the worst is b, whose observations lie between 1 and 2: %v", n.All)
	assert.Equal(t, at(60), n.Time)
	lo, err := w.One(at(60), "p50.lo")
	require.NoError(t, err)
	assert.Equal(t, n.All.Lo, lo.Value)
	hi, err := w.One(at(60), "p50.hi")
	require.NoError(t, err)
	assert.Equal(t, n.All.Hi, hi.Value)
}

// TestUnknown: what is not known, or rests on too little, is an error and not 0.
func TestUnknown(t *testing.T) {
	w := watch(t, "  - {name: requests, select: requests_total, scaleBy: rate, by: [verb]}\n  - {name: queue, select: queue, scaleBy: largest, by: [verb]}\n")
	_, err := w.One(at(0), "nothing")
	assert.ErrorIs(t, err, ErrNoMetric)
	var few *aggregate.CoverageError
	_, err = w.One(at(0), "requests")
	assert.ErrorAs(t, err, &few)
	body := func(n int) string {
		return fmt.Sprintf("# TYPE requests_total counter\nrequests_total{verb=\"get\"} %d\nrequests_total{verb=\"put\"} %d\n# TYPE queue gauge\nqueue{verb=\"get\"} 1\nqueue{verb=\"put\"} 2\n", n, n)
	}
	w.says(0, "a", body(0))
	w.says(0, "b", body(0))
	_, err = w.One(at(0), "requests", labels.MustNewMatcher(labels.MatchEqual, "verb", "none"))
	assert.ErrorIs(t, err, ErrUnknown)
	for s := 15; s <= 60; s += 15 {
		w.says(s, "a", body(10*s))
		w.says(s, "b", body(10*s))
	}
	assert.Equal(t, "40", w.number(60, "requests"), "a sum of rates is a rate")
	_, err = w.One(at(60), "queue")
	assert.ErrorIs(t, err, ErrSeveral)
	all, err := w.All(at(60), "queue")
	require.NoError(t, err)
	assert.Len(t, all, 2)
	get := labels.MustNewMatcher(labels.MatchEqual, "verb", "get")
	n, err := w.One(at(60), "queue", get)
	require.NoError(t, err)
	assert.Equal(t, 2.0, n.Value)

	require.NoError(t, w.fleet.ScrapeFailed("b", at(75), context.DeadlineExceeded))
	_, err = w.One(at(75), "requests")
	require.ErrorAs(t, err, &few)
	assert.Equal(t, []string{"b"}, few.Missing)
}

func TestConfig(t *testing.T) {
	for text, says := range map[string]string{
		"metrics: [{name: a, selects: b}]":                                                    "selects",
		"metrics: [{select: b, scaleBy: rate}]":                                               "name of its own",
		"metrics: [{name: a}, {name: a}]":                                                     "name of its own",
		"metrics: [{name: a, window: -1s}]":                                                   "negative",
		"metrics: [{name: a, coverage: 2}]":                                                   "shares",
		"metrics: [{name: a, target: -2}]":                                                    "not negative",
		"metrics: [{name: a, target: .nan}]":                                                  "not negative",
		"metrics: [{name: a, activation: .nan}]":                                              "not negative",
		"metrics: [{name: a, coverage: .nan}]":                                                "shares",
		"metrics: [{name: a, quantile: .nan}]":                                                "shares",
		"metrics: [{name: a, threshold: .nan}]":                                               "a number",
		"interval: 5s\n---\ninterval: 6s":                                                     "more than one document",
		"metrics: [{name: a, scaleBy: saturation}]":                                           "needs a limit",
		"metrics: [{name: a, object: {name: x}}]":                                             "needs a kind",
		"metrics: [{name: a, object: {kind: Pod}}]":                                           "name or a nameLabel",
		"metrics: [{name: a, object: {kind: Pod, name: x, namespace: y, namespaceLabel: z}}]": "namespace or a namespaceLabel",
		"interval: -1s": "interval",
		"metrics: [{name: a, select: b, scaleBy: sum}]":                `not "sum"`,
		"metrics: [{name: a, select: b, scaleBy: mean, combine: all}]": `not "all"`,
		"metrics: [{name: a, select: 'b{', scaleBy: rate}]":            "a: ",
	} {
		c, err := Read(strings.NewReader(text))
		if err == nil {
			f, e := aggregate.NewFleet(aggregate.Config{})
			require.NoError(t, e)
			_, err = New(f, c)
		}
		assert.ErrorContains(t, err, says, text)
	}
}

// A file has its limit, to the byte: a device such as /dev/zero has no end.
func TestFileHasALimit(t *testing.T) {
	config := "interval: 7s #"
	c, err := Read(strings.NewReader(config + strings.Repeat("x", 16<<20-len(config))))
	require.NoError(t, err)
	assert.Equal(t, 7*time.Second, c.Interval)
	_, err = Read(strings.NewReader(config + strings.Repeat("x", 16<<20-len(config)+1)))
	assert.ErrorContains(t, err, "larger than 16777216 bytes")
	read := 0
	_, err = Read(endless{&read})
	assert.ErrorContains(t, err, "larger than 16777216 bytes")
	assert.LessOrEqual(t, read, 17<<20)
}

// endless has zeros for whoever reads.
type endless struct{ read *int }

func (e endless) Read(p []byte) (int, error) {
	clear(p)
	*e.read += len(p)
	if *e.read > 64<<20 {
		return 0, errors.New("it was read on and on")
	}
	return len(p), nil
}

// TestAmong: those who can be in a group must answer. Where a label is of the
// targets these are the targets that have it, and others may be silent; where it
// is of bodies anyone may be, and where some have it these and all others.
func TestAmong(t *testing.T) {
	web := labels.MustNewMatcher(labels.MatchEqual, "service", "web")
	api := labels.MustNewMatcher(labels.MatchEqual, "service", "api")
	for _, c := range []struct {
		name            string
		labels          [4]string // of the targets a to d
		bodies          [4]string // of what they expose
		fails           string
		webKnown, known bool
	}{
		{"of targets", [4]string{"web", "web", "api", "api"}, [4]string{}, "c", true, false},
		{"of bodies", [4]string{}, [4]string{"web", "web", "api", "api"}, "cd", false, false},
		{"of some, of which one fails", [4]string{"web", "web", "", ""}, [4]string{"", "", "api", "api"}, "a", false, true},
		{"all answer", [4]string{"web", "web", "", ""}, [4]string{"", "", "api", "api"}, "", true, true},
	} {
		config, err := Read(strings.NewReader("metrics: [{name: requests, select: requests_total, scaleBy: rate, by: [service], coverage: 0.7}]"))
		require.NoError(t, err)
		f, err := aggregate.NewFleet(aggregate.Config{Since: at(-1)})
		require.NoError(t, err)
		var targets []aggregate.Target
		for i, name := range []string{"a", "b", "c", "d"} {
			target := aggregate.Target{Name: name}
			if c.labels[i] != "" {
				target.Labels = labels.FromStrings("service", c.labels[i])
			}
			targets = append(targets, target)
		}
		require.NoError(t, f.SetTargets(at(0), targets...))
		s, err := New(f, config)
		require.NoError(t, err)
		w := watched{s, t}
		for n := range 5 {
			for i, target := range targets {
				if n == 4 && strings.Contains(c.fails, target.Name) {
					require.NoError(t, f.ScrapeFailed(target.Name, at(60), context.DeadlineExceeded))
					continue
				}
				series := "requests_total"
				if c.bodies[i] != "" {
					series += fmt.Sprintf("{service=%q}", c.bodies[i])
				}
				w.says(15*n, target.Name, fmt.Sprintf("# TYPE requests_total counter\n%s %d\n", series, 150*n))
			}
		}
		for _, x := range []struct {
			of    *labels.Matcher
			known bool
		}{{web, c.webKnown}, {api, c.known}} {
			n, err := w.One(at(60), "requests", x.of)
			if !x.known {
				var few *aggregate.CoverageError
				assert.ErrorAs(t, err, &few, "%s: %s", c.name, x.of)
				continue
			}
			require.NoError(t, err, "%s: %s", c.name, x.of)
			assert.Equal(t, 20.0, n.Value, "%s: %s", c.name, x.of)
		}
	}
}
