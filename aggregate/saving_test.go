package aggregate_test

import (
	"fmt"
	"io"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

// churned is a fleet of five in which series come and go; each was scraped three times.
func churned(t T, c aggregate.Config) bed {
	b := newBed(t, c)
	b.counter(aggregate.View{Select: "c", By: []string{"s"}})
	b.gauge(aggregate.View{Select: "g", Combine: aggregate.Sum, Window: time.Minute})
	for n := range 3 {
		churn(b, n)
	}
	return b
}

func churn(b bed, n int) {
	for i := range 5 {
		body := []string{typeC}
		for k := range 100 {
			body = append(body, fmt.Sprintf("c{s=\"%d\"} %d", k+30*n, n+i+k))
		}
		body = append(body, "# TYPE g gauge", fmt.Sprintf("g %d", n))
		b.scrape(fmt.Sprint("i", i), float64(10*n), float64(-10-i), body...)
	}
}

// What a fleet goes through while its state is written down is not in it.
func TestSavedBeforeItChanges(t *testing.T) {
	for name, x := range map[string]struct {
		c       aggregate.Config
		happens func(b bed)
	}{
		"lines are swept and groups freed": {happens: func(b bed) {
			for n := range 30 {
				churn(b, 3+n)
			}
		}},
		"instances are retired": {happens: func(b bed) {
			b.Remove(at(40), "i0", "i1", "i2")
			b.scrape("i3", 8000, -13, typeC, "c{s=\"1\"} 5")
			b.RetireAll(at(8000))
			require.False(b, b.Holds("i1"))
		}},
		"columns are evicted": {aggregate.Config{MaxBytes: 5 << 20, Window: time.Minute}, func(b bed) {
			for n := range 60 {
				churn(b, 3+n)
			}
		}},
		"a view is declared": {happens: func(b bed) { b.counter(aggregate.View{Select: "c"}) }},
		"targets are described": {happens: func(b bed) {
			b.describe(aggregate.Target{Name: "i1", Labels: labels.FromStrings("s", "x")})
			b.Remove(at(30), "i2")
			b.fail("i3", at(35), io.ErrUnexpectedEOF)
		}},
		"processes restart and others alternate": {aggregate.Config{SplitAlternating: true}, func(b bed) {
			for n := range 6 {
				b.scrape("i0", float64(30+10*n), -10-float64(100*(n%2)), typeC, fmt.Sprintf("c{s=\"1\"} %d", n))
			}
		}},
		"another part is merged": {happens: func(b bed) {
			o := newBed(b.T, aggregate.Config{})
			o.counter(aggregate.View{Select: "c", By: []string{"s"}})
			o.gauge(aggregate.View{Select: "g", Combine: aggregate.Sum, Window: time.Minute})
			o.scrape("j", 20, -12, typeC, "c{s=\"1\"} 5")
			require.NoError(b, b.Merge(o.Fleet))
		}},
		"it is joined with itself": {aggregate.Config{JoinHorizon: time.Hour}, func(b bed) {
			require.NoError(b, b.Join(churned(b.T, aggregate.Config{JoinHorizon: time.Hour}).Fleet))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			b := churned(t, x.c)
			before := saved(t, b.Fleet)
			during := b.SaveWhile(func() { x.happens(b) })
			require.Equal(t, before, during)
			after := saved(t, b.Fleet)
			require.NotEqual(t, before, after)
			assert.Equal(t, after, b.SaveWhile(func() {}), "no copy is left of the save before")
		})
	}
}

// Scrapes and questions go on while states are saved, each of which can be loaded.
func TestSaveBesideScrapes(t *testing.T) {
	b := churned(t, aggregate.Config{})
	v := b.counter(aggregate.View{Select: "c"})
	var all sync.WaitGroup
	for i := range 3 {
		all.Go(func() {
			for n := range 40 {
				body := fmt.Sprintf("%s\nc{s=\"%d\"} %d\n# TYPE g gauge\ng %d\n", typeC, n/4, n, n)
				_, err := b.Ingest(scrapeOf(fmt.Sprint("i", i), float64(30+n), float64(-10-i), body))
				assert.NoError(t, err)
				_, _ = v.In(until(b.Fleet, at(float64(30+n)), time.Minute)) // a scrape may have come since the snapshot
			}
		})
	}
	for range 10 {
		state := saved(t, b.Fleet)
		require.Equal(t, state, saved(t, loadedFrom(t, state, aggregate.Config{})))
	}
	all.Wait()
}

// A writer that takes a part and says nothing of it does not make a state that is believed to be whole.
func TestSaveNoticesAShortWrite(t *testing.T) {
	f, err := aggregate.NewFleet(aggregate.Config{})
	require.NoError(t, err)
	require.ErrorIs(t, f.Save(partly{}), io.ErrShortWrite)
}

type partly struct{}

func (partly) Write(b []byte) (int, error) { return len(b) / 2, nil }

// An instance that is ahead of all others is known to a loaded fleet from that scrape
// on. Until then nobody says that it counted nothing.
func TestLoadedAheadOfTheOthers(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Select: "c"})
	for i := range 10 {
		b.scrape("a", float64(10*i), -100, fmt.Sprint("c ", i))
		b.scrape("b", float64(10*i), -100, fmt.Sprint("c ", i))
	}
	b.scrape("b", 365*86400, -100, "c 100")
	l := bed{t, loadedFrom(t, saved(t, b.Fleet), aggregate.Config{})}
	lv := l.counter(aggregate.View{Select: "c"})
	for _, now := range []float64{90, 365 * 86400} {
		want, _ := b.one(v, now, sinceStart).Increase()
		got, ok := l.one(lv, now, sinceStart).Increase()
		require.True(t, ok)
		if assert.LessOrEqual(t, got.Lo, want.Lo); now == 90 {
			assert.True(t, math.IsInf(got.Hi, 1), "%v", got)
			assert.Equal(t, 1, l.one(lv, now, sinceStart).Coverage().Missing)
			continue
		}
		assert.Equal(t, want, got)
	}
}
