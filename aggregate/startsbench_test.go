package aggregate_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

// What a start that was not seen before costs, and a scrape behind a balancer, in a fleet of so many instances, each with
// a start of its own:
//
//	go test ./aggregate -run '^$' -bench Starts -benchtime 2000x
func BenchmarkStarts(b *testing.B) {
	at := time.Unix(1_700_000_000, 0)
	body := func(start, n int) []byte {
		return fmt.Appendf(nil, "# TYPE c_total counter\nc_total %d\nprocess_start_time_seconds %d\n", n, start)
	}
	for _, instances := range []int{100, 1000, 10_000} {
		fleet := func(b *testing.B) *aggregate.Fleet {
			f, err := aggregate.NewFleet(aggregate.Config{})
			require.NoError(b, err)
			require.NoError(b, f.Describe(at, aggregate.Target{Name: "lb", Balanced: true}))
			for i := range instances {
				ingest(b, f, aggregate.Scrape{Target: fmt.Sprintf("i%05d", i), Time: at.Add(time.Second), Body: body(1_600_000_000+10*i, 1)})
			}
			return f
		}
		b.Run(fmt.Sprintf("event=restart/instances=%d", instances), func(b *testing.B) {
			f, n := fleet(b), 0
			b.ReportAllocs()
			for b.Loop() {
				n++
				sc := aggregate.Scrape{Target: fmt.Sprintf("i%05d", n%instances), Time: at.Add(time.Duration(1000+n) * time.Millisecond), Body: body(1_700_000_000+10*n, 0)}
				ingest(b, f, sc)
			}
		})
		b.Run(fmt.Sprintf("event=balanced/instances=%d", instances), func(b *testing.B) {
			f, n := fleet(b), 0
			b.ReportAllocs()
			for b.Loop() {
				n++
				ingest(b, f, aggregate.Scrape{Target: "lb", Time: at.Add(time.Duration(1000+n) * time.Millisecond), Body: body(1_500_000_000+10*(n%3), n)})
			}
		})
	}
}

func ingest(b *testing.B, f *aggregate.Fleet, sc aggregate.Scrape) {
	_, err := f.Ingest(sc)
	require.NoError(b, err)
}
