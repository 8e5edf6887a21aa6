package aggregate_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/promfold/promfold/aggregate"
)

// A program that logs what each scrape did, and why a view says what it says.
func ExampleReport() {
	fleet, err := aggregate.NewFleet(aggregate.Config{ClockSkew: 10 * time.Second})
	check(err)
	errors, err := fleet.Counter(aggregate.View{Select: `http_requests_total{code=~"5.."}`, By: []string{"handler"}})
	check(err)
	latency, err := fleet.Histogram(aggregate.View{Select: "http_seconds"})
	check(err)

	now := time.Unix(1_700_000_000, 0)
	for i, page := range []string{
		`http_requests_total{code="200",handler="/"} 70
http_requests_total{code="500",handler="/"} 7
http_requests_total{handler="/",code="500"} 7
# TYPE http_seconds histogram
# UNIT http_seconds seconds
http_seconds_bucket{le="0.1"} 60
http_seconds_bucket{le="+Inf"} 77
http_seconds_sum 9
http_seconds_count 77
`, `http_requests_total{code="200",handler="/"} 90
http_requests_total{code="500",handler="/"} 9
http_requests_total{handler="/",code="500"} 9
# TYPE http_seconds histogram
# UNIT http_seconds seconds
http_seconds_bucket{le="0.1"} 70
http_seconds_bucket{le="0.5"} 99
http_seconds_bucket{le="+Inf"} 99
http_seconds_sum 10
http_seconds_count 99
`,
	} {
		r, err := fleet.Ingest(aggregate.Scrape{
			Target: "10.0.0.7:8080", Time: now.Add(time.Duration(i) * 10 * time.Second), Start: now.Add(-time.Hour),
			Header: http.Header{"Content-Type": {"application/openmetrics-text; version=1.0.0"}},
			Body:   []byte("# TYPE http_requests counter\n" + page + "# EOF\n"),
		})
		check(err)
		fmt.Println(r.Target, r.NewInstance, r.Lines, "lines,", r.Changed, "changed,", r.Double, "twice;", r.Grown, "grown")
	}

	snapshot := fleet.Snapshot(now.Add(10 * time.Second))
	fmt.Println(snapshot)
	status := errors.Status(snapshot)
	fmt.Println(status.Types, status.Selected, "of", status.Instances, "instances,", status.Groups, "groups")
	for _, f := range snapshot.Families() {
		fmt.Println(f.Name, f.Type, f.Unit, f.Instances)
	}
	group, err := latency.One(snapshot.Last(time.Minute))
	check(err)
	for _, e := range group.Observations().Events() {
		if e.Note != "" {
			fmt.Println(e.Instance, e.Verdict, e.Note)
		}
	}
	// Output:
	// 10.0.0.7:8080 true 7 lines, 7 changed, 1 twice; 0 grown
	// 10.0.0.7:8080 false 8 lines, 8 changed, 1 twice; 2 grown
	// 2023-11-14T22:13:30Z: 1 of 1 expected
	// [counter] 1 of 1 instances, 1 groups
	// http_requests_total counter  1
	// http_seconds histogram seconds 1
	// 10.0.0.7:8080 grew other buckets than before
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// A snapshot prints what it is, and none of what it refers to.
func TestSnapshotIsPrinted(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	b.scrape("a", 0, -100, typeC, "c 1")
	b.scrape("b", 1, -100, typeC, "c 1")
	b.fail("b", at(2), errRefused)
	s := b.Snapshot(at(2))
	for _, text := range []string{fmt.Sprint(s), fmt.Sprintf("%v", s), fmt.Sprintf("%+v", s), s.String()} {
		assert.Equal(t, "2023-11-14T22:13:22Z: 1 of 2 expected, 1 failed", strings.TrimSpace(text))
	}
	assert.Equal(t, "no snapshot", aggregate.Snapshot{}.String())
}
