package aggregate_test

import (
	"bytes"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

// everyView declares a view of every counter and of every histogram.
func everyView(t testing.TB, f *aggregate.Fleet) (*aggregate.CounterView, *aggregate.HistogramView) {
	t.Helper()
	all := aggregate.View{Select: everyFamily, TotalsOnly: true, ByAllLabels: true}
	c, err := f.Counter(all)
	require.NoError(t, err)
	h, err := f.Histogram(all)
	require.NoError(t, err)
	return c, h
}

// A fleet is saved, shown and merged from while scrapes come in.
func TestSavedWhileItIsFed(t *testing.T) {
	f, err := aggregate.NewFleet(aggregate.Config{})
	require.NoError(t, err)
	c, h := everyView(t, f)
	list := recorded(t)
	list = list[:min(20, len(list))]
	byTarget := map[string][]aggregate.Scrape{}
	for _, sc := range list {
		byTarget[sc.Target] = append(byTarget[sc.Target], sc)
	}
	var feeding, asking sync.WaitGroup
	done := make(chan struct{})
	for _, own := range byTarget {
		feeding.Go(func() {
			for _, sc := range own {
				_, err := f.Ingest(sc)
				assert.NoError(t, err)
			}
		})
	}
	asking.Go(func() {
		before := 0.0
		for ended := false; !ended; {
			select {
			case <-done:
				ended = true
			default:
			}
			var b bytes.Buffer
			assert.NoError(t, f.Save(&b))
			_, err := aggregate.Load(&b, aggregate.Config{})
			assert.NoError(t, err)
			sum := 0.0
			for _, x := range c.Totals(f.Snapshot(time.UnixMilli(1))) {
				sum += x.Value
			}
			assert.GreaterOrEqual(t, sum, before)
			before = sum
			h.Totals(f.Snapshot(time.UnixMilli(1)))
			f.Snapshot(time.UnixMilli(1)).Health()
			f.Snapshot(time.UnixMilli(1)).Families()
		}
	})
	feeding.Wait()
	close(done)
	asking.Wait()
}

func benchFleet(b *testing.B) *aggregate.Fleet {
	b.Helper()
	f, err := aggregate.NewFleet(aggregate.Config{})
	require.NoError(b, err)
	everyView(b, f)
	for _, sc := range recorded(b) {
		_, err := f.Ingest(sc)
		require.NoError(b, err)
	}
	return f
}

// go test -run '^$' -bench State ./aggregate
func BenchmarkStateSave(b *testing.B) {
	f := benchFleet(b)
	b.SetBytes(int64(len(saved(b, f))))
	b.ReportAllocs()
	for b.Loop() {
		require.NoError(b, f.Save(io.Discard))
	}
}

func BenchmarkStateLoad(b *testing.B) {
	state := saved(b, benchFleet(b))
	b.SetBytes(int64(len(state)))
	b.ReportAllocs()
	for b.Loop() {
		f, err := aggregate.Load(bytes.NewReader(state), aggregate.Config{})
		require.NoError(b, err)
		everyView(b, f)
	}
}
