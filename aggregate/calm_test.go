package aggregate_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/aggregate"
)

// A snapshot that is made of the one before is as if everybody had been looked at anew, whatever came in between.
func TestSnapshotGoesOn(t *testing.T) {
	went, anew := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		b := newBed(t, aggregate.Config{Window: time.Minute})
		b.counter(aggregate.View{Select: "c_total"})
		now, starts := 1000.0, map[string]float64{"a": 100, "b": 200, "c": 300}
		if rapid.Bool().Draw(t, "given") {
			b.expect("a", "b")
		}
		target := rapid.SampledFrom([][]string{{"a", "b"}, {"a", "a", "b", "b", "c"}}[rapid.IntRange(0, 1).Draw(t, "third")])
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			name := target.Draw(t, "target")
			switch rapid.IntRange(0, 60).Draw(t, "what") {
			case 0:
				b.fail(name, at(now+rapid.SampledFrom([]float64{-5, 0, 5}).Draw(t, "late")), context.DeadlineExceeded)
			case 1:
				b.Remove(at(now), name)
			case 2:
				b.describe(aggregate.Target{Name: name, Labels: labels.FromStrings("zone", rapid.SampledFrom([]string{"x", "y"}).Draw(t, "zone"))})
			case 3:
				starts[name] = now + 1.7e9 // another process
			case 4:
				starts["a"], starts["b"] = 7, 7 // perhaps one process
			case 5:
				now += rapid.SampledFrom([]float64{30, 90, 4000, 8000}).Draw(t, "pause")
			case 6:
				b.balanced("lb", 2)
			case 7:
				b.expect("a", "b", "c")
			default:
				now += 10
				for _, name := range []string{"a", "b", target.Draw(t, "another")} {
					ahead := rapid.SampledFrom([]float64{0, 0, 0, 0, 0, 3, 70}).Draw(t, "ahead")
					if rapid.IntRange(0, 9).Draw(t, "left out") == 0 {
						continue
					}
					_, _ = b.Ingest(aggregate.Scrape{Target: name, Time: at(now + ahead), Body: fmt.Appendf(nil,
						"# TYPE c_total counter\nc_total{i=%q} %g\nprocess_start_time_seconds %g\n", name, now, starts[name])})
				}
			}
			differs, again := b.Surveyed(at(now))
			require.Empty(t, differs)
			if again {
				went++
			} else {
				anew++
			}
		}
	})
	assert.NotZero(t, went)
	assert.NotZero(t, anew)
}
