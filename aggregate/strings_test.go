package aggregate_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
)

// printable is a fleet that has met nearly everything, and what it reported.
type printable struct {
	bed
	counter    *aggregate.CounterView
	gauge, all *aggregate.GaugeView
	histogram  *aggregate.HistogramView
	ratio      *aggregate.RatioView
	told       map[string]string
}

func newPrintable(t *testing.T) *printable {
	b := newBed(t, aggregate.Config{SplitAlternating: true})
	b.describe(aggregate.Target{Name: "a", Labels: labels.FromStrings("zone", "north")})
	b.describe(aggregate.Target{Name: "b:80", Instance: "pod-b"})
	b.balanced("lb", 2)
	x := &printable{bed: b, told: map[string]string{}}
	x.counter = b.counter(aggregate.View{Select: "c", By: []string{"code"}})
	x.gauge = b.gauge(aggregate.View{Select: "g", Combine: aggregate.Sum})
	x.all = b.gauge(aggregate.View{Select: "g", Combine: aggregate.Distinct})
	x.histogram = b.histogram(aggregate.View{Select: "h"})
	var err error
	x.ratio, err = b.Ratio(aggregate.View{Select: `c{code="500"}`}, aggregate.View{Select: "c"})
	require.NoError(t, err)
	lines := func(n int) []string {
		return []string{typeC, fmt.Sprintf(`c{code="200"} %d`, 3*n), fmt.Sprintf(`c{code="500"} %d`, n), typeG, fmt.Sprint("g ", n),
			"# TYPE h histogram", fmt.Sprintf(`h_bucket{le="+Inf"} %d`, n), fmt.Sprint("h_count ", n), fmt.Sprint("h_sum ", n)}
	}
	report := func(name string, r aggregate.Report) { x.told["report: "+name] = fmt.Sprint(r) }
	report("first", b.scrape("a", 0, -100, lines(1)...))
	report("second", b.scrape("a", 10, -100, lines(11)...))
	report("again", b.scrape("a", 10, -100, lines(11)...))
	report("restart", b.scrape("a", 20, 15, lines(2)...))
	b.scrape("b:80", 0, -50, lines(1)...)
	report("named", b.scrape("b:80", 10, -50, append(lines(2), "more 1")...))
	report("behind", b.scrape("lb", 5, -30, lines(7)...))
	p := &server{n: 5000}
	report("provisional", b.scrape("lb", 9, 0, p.lines()...))
	b.fail("b:80", at(20), errRefused)
	return x
}

// What a program prints with %v can be read.
func TestStrings(t *testing.T) {
	b := newPrintable(t)
	c, told := b.counter, b.told
	s := b.Snapshot(at(20))
	told["coverage"] = fmt.Sprint(s.Coverage())
	for i, in := range s.Instances() {
		told[fmt.Sprint("instance ", i)] = fmt.Sprint(in)
	}
	told["status"] = fmt.Sprint(c.Status(s))
	told["status: none"] = fmt.Sprint(b.bed.counter(aggregate.View{Select: "none"}).Status(b.Snapshot(at(20))))
	told["status: type"] = fmt.Sprint(b.bed.counter(aggregate.View{Select: "g"}).Status(b.Snapshot(at(20))))
	told["status: matchers"] = fmt.Sprint(b.bed.counter(aggregate.View{Select: `c{code="x"}`}).Status(b.Snapshot(at(20))))
	told["status: empty"] = fmt.Sprint(newBed(t, aggregate.Config{}).counter(aggregate.View{Select: "c"}).Status(s))
	groups, err := c.In(s.Last(time.Minute))
	require.NoError(t, err)
	told["counter"] = fmt.Sprint(groups)
	told["rates"] = fmt.Sprint(groups[0].Rates())
	told["increases"] = fmt.Sprint(groups[0].Increases())
	told["events"] = fmt.Sprint(groups[0].Events())
	from, to := groups[0].Covers()
	told["covers"] = fmt.Sprint(from.Sub(t0), to.Sub(t0))
	gauge, err := b.gauge.One(s)
	require.NoError(t, err)
	told["gauge"] = fmt.Sprint(gauge)
	told["gauge members"] = fmt.Sprint(gauge.Members())
	variants, err := b.all.One(s)
	require.NoError(t, err)
	told["distinct"] = fmt.Sprint(variants)
	told["variants"] = fmt.Sprint(variants.Variants())
	histogram, err := b.histogram.One(s.Last(time.Minute))
	require.NoError(t, err)
	told["histogram"] = fmt.Sprint(histogram)
	quotient, err := b.ratio.One(s.Last(time.Minute))
	require.NoError(t, err)
	told["ratio"] = fmt.Sprint(quotient)
	_, err = c.In(b.Snapshot(at(85)).AtLeast(0.9).Last(time.Minute))
	told["refused"] = fmt.Sprint(err)
	for _, x := range []fmt.Stringer{&aggregate.CounterGroup{}, &aggregate.GaugeGroup{}, &aggregate.GaugeRange{}, &aggregate.HistogramGroup{}, &aggregate.RatioGroup{}} {
		told[fmt.Sprintf("zero %T", x)] = fmt.Sprint(x)
	}
	assert.Equal(t, map[string]string{
		"counter":                        `[{} increase 0 [0, +Inf]; 3 of 4 expected, 1 failed, 1 restarted; warnings: 4 {code="200"} increase 39 [39, +Inf]; 3 of 4 expected, 1 failed, 1 restarted; warnings: 4 {code="500"} increase 13 [13, +Inf]; 3 of 4 expected, 1 failed, 1 restarted; warnings: 4]`,
		"coverage":                       "3 of 4 expected, 1 failed, 1 restarted",
		"covers":                         "0s 20s",
		"distinct":                       "{} value not known; 3 of 4 expected, 1 failed, 1 restarted; warnings: 2",
		"events":                         "[2023-11-14T22:13:29Z lb#2: 40 series: first (−0 +775780) 2023-11-14T22:13:40Z a: a process ended that had no series here at its last scrape; what it counted after that is unknown (−0 +Inf)]",
		"gauge":                          "{} sum 9 [9, 11]; 3 of 4 expected, 1 failed, 1 restarted; warnings: 2",
		"gauge members":                  "[a: 2, 22.2 % [18.2, 22.2] lb#1: 7, 77.8 % [63.6, 77.8]]",
		"histogram":                      "{} observations 13 [13, +Inf]; 3 of 4 expected, 1 failed, 1 restarted; warnings: 6",
		"increases":                      "[a: 0 [0, +Inf] lb#1: 0 [0, +Inf] lb#2: 0 [0, +Inf] pod-b: 0]",
		"instance 0":                     `a {zone="north"}: 3 scrapes from 2023-11-14T22:13:20Z to 2023-11-14T22:13:40Z, started 2023-11-14T22:13:35Z, process 2`,
		"instance 1":                     "lb#1 at lb: 1 scrape from 2023-11-14T22:13:25Z to 2023-11-14T22:13:25Z, started 2023-11-14T22:12:50Z, told by its start time",
		"instance 2":                     "lb#2 at lb: 1 scrape from 2023-11-14T22:13:29Z to 2023-11-14T22:13:29Z",
		"instance 3":                     "pod-b at b:80: 2 scrapes from 2023-11-14T22:13:20Z to 2023-11-14T22:13:30Z, started 2023-11-14T22:12:30Z; failed: connection refused",
		"rates":                          "[a: 0 pod-b: 0]",
		"ratio":                          "{} ratio 0.25 [0, 1]; 3 of 4 expected, 1 failed, 1 restarted; warnings: 5",
		"refused":                        "covers 0 % of the fleet, less than the 90 % required: 0 of 4 expected, 3 stale, 1 failed; missing a, b:80, lb (2 of 2)",
		"report: again":                  "a: 7 lines, 0 changed; duplicate",
		"report: behind":                 "lb (lb#1): 7 lines, 7 changed, 7 came; new instance; attributed by start time",
		"report: first":                  "a: 7 lines, 7 changed, 7 came; new instance",
		"report: named":                  "b:80 (pod-b): 8 lines, 7 changed, 1 came, 3 grown",
		"report: provisional":            "lb (lb#2): 40 lines, 40 changed, 40 came; new instance",
		"report: restart":                "a: 7 lines, 7 changed, 3 reset; restarted",
		"report: second":                 "a: 7 lines, 6 changed, 3 grown",
		"status":                         "46 series in 3 groups, of 4 instances",
		"status: empty":                  "nothing scraped yet",
		"status: matchers":               "the metric is there, but no series is selected",
		"status: none":                   "no instance exposes the metric",
		"status: type":                   "the metric is of another type: [gauge]",
		"variants":                       "[{} 2: a {} 7: lb#1]",
		"zero *aggregate.CounterGroup":   "{} increase not known; 0 of 0 expected",
		"zero *aggregate.GaugeGroup":     "{} value not known; 0 of 0 expected",
		"zero *aggregate.GaugeRange":     "{} value not known; 0 of 0 expected",
		"zero *aggregate.HistogramGroup": "{} observations not known; 0 of 0 expected",
		"zero *aggregate.RatioGroup":     "{} ratio not known; 0 of 0 expected",
	}, told)
}

// No value of an enumeration is without a name.
func TestStringsOfAnyValue(t *testing.T) {
	for i := range 256 {
		assert.NotEmpty(t, aggregate.Combine(i).String())
		_ = counter.Verdict(i).String()
		_ = counter.Doubt(i).String()
		assert.NotEmpty(t, counter.Owner(i).String())
	}
	assert.Equal(t, "none sum distinct mean Combine(200)",
		fmt.Sprint(aggregate.Combine(0), " ", aggregate.Sum, " ", aggregate.Distinct, " ", aggregate.Mean, " ", aggregate.Combine(200)))
}
