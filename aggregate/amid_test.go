package aggregate_test

import (
	"bytes"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/aggregate"
)

// drawnOps draws what happens to a fleet, and returns a function that does it to one. Times go on from those before.
func drawnOps(rt *rapid.T, label string, from int) (do func(b bed), until int) {
	var ops []func(b bed)
	n := rapid.IntRange(1, 12).Draw(rt, label)
	for i := range n {
		now, name := float64(10*(from+i)), rapid.SampledFrom([]string{"a", "b", "c", "lb"}).Draw(rt, "target")
		switch rapid.IntRange(0, 9).Draw(rt, "op") {
		case 0:
			ls := labels.FromStrings("zone", rapid.SampledFrom([]string{"x", "y"}).Draw(rt, "zone"))
			ops = append(ops, func(b bed) { b.describe(aggregate.Target{Name: name, Labels: ls, Balanced: name == "lb"}) })
		case 1:
			ops = append(ops, func(b bed) { b.fail(name, at(now), nil) })
		case 2:
			ops = append(ops, func(b bed) {
				require.NoError(b, b.SetTargets(at(now), aggregate.Target{Name: "a"}, aggregate.Target{Name: "lb", Balanced: true}))
			})
		case 3:
			ops = append(ops, func(b bed) { saved(b, b.Fleet) })
		default:
			v, start := rapid.IntRange(0, 30).Draw(rt, "v"), rapid.SampledFrom([]float64{-100, -50, now - 1}).Draw(rt, "start")
			lines := []string{typeC, fmt.Sprintf(`c{k="1"} %d`, v+n*i)}
			if rapid.Bool().Draw(rt, "more") {
				lines = append(lines, fmt.Sprintf(`c{k="%d"} %d`, 2+v%3, v))
			}
			lines = append(lines, "# TYPE h histogram", fmt.Sprintf(`h_bucket{le="1"} %d`, v), fmt.Sprintf(`h_bucket{le="+Inf"} %d`, 2*v), fmt.Sprint("h_sum ", v), fmt.Sprint("h_count ", 2*v))
			lines = append(lines, "# TYPE g gauge", fmt.Sprint("g ", v))
			ops = append(ops, func(b bed) {
				_, err := b.Ingest(scrapeOf(name, now, start, lines...))
				require.NoError(b, err)
			})
		}
	}
	return func(b bed) {
		for _, op := range ops {
			op(b)
		}
	}, from + n
}

// Whatever happens between the declaration of a view and the time at which the last instance is bound to it, all is as
// if they had all been bound at the declaration.
func TestWhatHappensAmidADeclaration(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		before, n := drawnOps(rt, "before", 1)
		amid, n := drawnOps(rt, "amid", n)
		after, _ := drawnOps(rt, "after", n)
		c := aggregate.Config{Window: time.Minute}
		if rapid.Bool().Draw(rt, "joinable") {
			c.JoinHorizon = time.Hour
		}
		view := aggregate.View{Select: `{__name__=~"c|h|g"}`, By: []string{"k", "zone"}}
		states := make([][]byte, 2)
		for i := range states {
			b := newBed(rt, c)
			b.describe(aggregate.Target{Name: "lb", Balanced: true})
			b.counter(aggregate.View{Select: "c", By: []string{"zone"}})
			before(b)
			if i == 0 {
				b.DeclareAround(view, func() {})
				amid(b)
			} else {
				b.DeclareAround(view, func() { amid(b) })
			}
			after(b)
			states[i] = saved(rt, b.Fleet)
		}
		assert.True(rt, bytes.Equal(states[0], states[1]), "states of %d and %d bytes", len(states[0]), len(states[1]))
	})
}

// A part that is merged meanwhile, or joined, comes before the declaration or after it: then it lacks the views.
func TestMergeAmidADeclaration(t *testing.T) {
	for _, merge := range []func(b, o bed) error{
		func(b, o bed) error { return b.Merge(o.Fleet) },
		func(b, o bed) error { return b.Join(o.Fleet) },
	} {
		c := aggregate.Config{Window: time.Minute, JoinHorizon: time.Hour}
		b, o := newBed(t, c), newBed(t, c)
		for i, x := range []bed{b, o} {
			x.counter(aggregate.View{Select: "c"})
			x.scrape(fmt.Sprint("i", i), 0, -100, typeC, "c 1")
		}
		done := make(chan error, 1)
		b.DeclareAround(aggregate.View{Select: "c", By: []string{"k"}}, func() {
			go func() { done <- merge(b, o) }()
			for range 1000 { // it would be there
				runtime.Gosched()
			}
		})
		assert.ErrorIs(t, <-done, aggregate.ErrIncompatible)
		assert.Equal(t, 1, b.Sizes().Instances)
	}
}

// Many instances are scraped while views are declared: each view counts from where an instance was at some moment of the
// declaration, as the view from before it does.
func TestDeclareAmongScrapes(t *testing.T) {
	const instances, rounds = 300, 8
	b := newBed(t, aggregate.Config{Window: time.Hour})
	early := b.counter(aggregate.View{Select: "c"})
	scrape := func(i, round int) {
		_, err := b.Ingest(scrapeOf(fmt.Sprint("i", i), float64(10*round), -100, typeC, fmt.Sprint("c ", 5*round), fmt.Sprintf(`d{x="%d"} 1`, round/4)))
		assert.NoError(t, err)
	}
	for i := range instances {
		scrape(i, 0)
	}
	var all sync.WaitGroup
	for part := range 4 {
		all.Go(func() {
			for round := 1; round <= rounds; round++ {
				for i := part; i < instances; i += 4 {
					scrape(i, round)
				}
			}
		})
	}
	var late []*aggregate.CounterView
	for range 5 {
		late = append(late, b.counter(aggregate.View{Select: "c"}))
		saved(t, b.Fleet)
	}
	all.Wait()
	for i := range instances {
		scrape(i, rounds+1)
	}
	since := func(v *aggregate.CounterView) float64 { return grew(b.one(v, 10*(rounds+1), sinceStart)) }
	for _, v := range late {
		assert.LessOrEqual(t, since(v), since(early))
		assert.Equal(t, 5.0*instances, grew(b.one(v, 10*(rounds+1), 10*time.Second)))
	}
	assert.Equal(t, 5.0*instances*(rounds+1), since(early))
	loadedFrom(t, saved(t, b.Fleet), aggregate.Config{Window: time.Hour})
}

// A view that does not fit leaves all as it was, and lines that are swept later are not taken for others.
func TestRefusedLateView(t *testing.T) {
	const instances, name = 20, "i%d"
	fill := func(b bed) {
		b.counter(aggregate.View{Select: "c", By: []string{"k"}})
		for i := range instances {
			for round := range 2 {
				b.scrape(fmt.Sprintf(name, i), float64(10*round), -100, typeC, fmt.Sprint("c ", round), `c{k="1"} 1`)
			}
		}
	}
	room := roomFor(t, fill)
	beds := [2]bed{newBed(t, aggregate.Config{MaxBytes: room}), newBed(t, aggregate.Config{MaxBytes: room})}
	for _, b := range beds {
		fill(b)
	}
	for b, n := beds[0], 0; ; n++ {
		dump, held := b.Dump(), b.held()
		view := aggregate.View{Select: everyFamily, By: []string{fmt.Sprint("x", n)}}
		if _, err := b.Everything(view); err != nil {
			assert.ErrorIs(t, err, aggregate.ErrLimit)
			assert.Equal(t, dump, b.Dump())
			assert.Equal(t, held, b.held())
			break
		}
		_, err := beds[1].Everything(view)
		require.NoError(t, err)
	}
	for _, b := range beds {
		for round := range 60 {
			for i := range instances {
				_, err := b.Ingest(scrapeOf(fmt.Sprintf(name, i), float64(20+10*round), -100, typeC, "c 3", fmt.Sprintf(`c{k="%d"} 1`, round/2), fmt.Sprintf(`d{k="%d"} 1`, round)))
				if err != nil {
					assert.ErrorIs(t, err, aggregate.ErrLimit)
				}
			}
		}
	}
	assert.Equal(t, beds[1].Dump(), beds[0].Dump())
}
