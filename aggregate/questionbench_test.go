package aggregate_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

// What a question costs: of three API servers, with an answer of each group.
//
// go test -run '^$' -bench Question -count 6 ./aggregate
func BenchmarkQuestion(b *testing.B) {
	f, err := aggregate.NewFleet(aggregate.Config{})
	require.NoError(b, err)
	requests, err := f.Counter(aggregate.View{Select: "apiserver_request_total", By: []string{"verb", "code"}})
	require.NoError(b, err)
	latency, err := f.Histogram(aggregate.View{Select: "apiserver_request_duration_seconds", By: []string{"verb"}})
	require.NoError(b, err)
	var now time.Time
	for _, sc := range recorded(b) {
		_, err := f.Ingest(sc)
		require.NoError(b, err)
		now = sc.Time
	}
	b.Run("rate", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			groups, _ := requests.In(until(f, now, time.Minute))
			for _, g := range groups {
				g.Rate()
			}
		}
	})
	b.Run("rate anew", func(b *testing.B) { // of two windows in turn: nothing counted is left for the next
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			groups, _ := requests.In(until(f, now, time.Minute-time.Duration(i%2)*time.Millisecond))
			for _, g := range groups {
				g.Rate()
			}
		}
	})
	b.Run("quantile", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			groups, _ := latency.In(until(f, now, time.Minute))
			for _, g := range groups {
				_, _ = g.Quantile(0.99)
			}
		}
	})
	b.Run("quantile anew", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			groups, _ := latency.In(until(f, now, time.Minute-time.Duration(i%2)*time.Millisecond))
			for _, g := range groups {
				_, _ = g.Quantile(0.99)
			}
		}
	})
}
