package main

import (
	"io"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/promfold/promfold/aggregate"
)

// standingFigures are of fleets that stand: what an instance of them takes, and
// who waits for whom.
func standingFigures(d *data, rounds int) []figure {
	return []figure{
		memoryOf(d, "memory/instance-0-views", func() *fleet { return &fleet{Fleet: newBare()} }),
		memoryOf(d, "memory/instance-2-views", newFleet),
		memoryOf(d, "memory/instance-20-views", newFleetOf20),
		memoryOf(d, "memory/instance-everything", func() *fleet {
			f := &fleet{Fleet: newBare()}
			_, err := f.Everything(aggregate.View{TotalsOnly: true})
			must(err)
			return f
		}),
		whileSaved(),
		whileDeclared(),
		whileAsked(d, min(rounds, 7)),
	}
}

func newBare() *aggregate.Fleet {
	f, err := aggregate.NewFleet(aggregate.Config{Window: kept})
	must(err)
	return f
}

// memoryOf is what the heap grows by for an instance of the recorded API servers
// after all its rounds, in kB: 41 times the three, with values and start times of
// their own, in one fleet. The first three are not counted. There are so many because
// the fleet sweeps lines that are gone now and then: up to a megabyte more or less.
func memoryOf(d *data, name string, begin func() *fleet) figure {
	if !chosen.MatchString(name) || alone > 0 {
		return figure{}
	}
	const copies = 40
	f, instances := begin(), map[string]bool{}
	take := func(n, from int) {
		for _, s := range d.fleet {
			for i := from; i < from+n; i++ {
				own := s
				own.target = s.target + "-" + strconv.Itoa(i)
				own.body = ownValues(s.body, i)
				f.observe(own.target, own)
				instances[own.target] = true
			}
		}
	}
	heap := func() float64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc)
	}
	take(1, 0)
	before, known := heap(), len(instances)
	take(copies, 1)
	kB := (heap() - before) / float64(len(instances)-known) / 1000
	runtime.KeepAlive(f)
	return figure{Name: name, Ours: kB, Unit: "kB"}
}

// whileSaved is the longest Ingest while a state of 60 instances with 5,000
// series each is saved, against the longest while it is not.
func whileSaved() figure {
	return longestWhile("save/longest-ingest", 60, 5000, func(f *fleet) { must(f.Save(io.Discard)) })
}

// whileDeclared is the longest Ingest while a view is declared late of 1,000
// instances with 500 series each, against the longest while it is not.
func whileDeclared() figure {
	return longestWhile("declare/longest-ingest", 1000, 500, func(f *fleet) {
		_, err := f.Counter(aggregate.View{Select: "c"})
		must(err)
	})
}

// longestWhile is the longest Ingest while something is done to a fleet of so many
// instances, against the longest while it is not.
func longestWhile(name string, instances, series int, do func(f *fleet)) figure {
	if !chosen.MatchString(name) || alone > 0 {
		return figure{}
	}
	const times = 10
	f := &fleet{Fleet: newBare()}
	_, err := f.Counter(aggregate.View{Select: `{__name__=~".+"}`, ByAllLabels: true})
	must(err)
	body := func(i, n int) []byte {
		var b strings.Builder
		b.WriteString("# TYPE c counter\n")
		for k := range series {
			b.WriteString("c{series=\"" + strconv.Itoa(k) + "\"} " + strconv.Itoa(i+n+k) + "\n")
		}
		b.WriteString("process_start_time_seconds " + strconv.Itoa(1e9+60*i) + "\n")
		return []byte(b.String())
	}
	now := int64(1_700_000_000_000)
	step := func(n int, over func() bool) (longest time.Duration) {
		for i := 0; i < instances && !over(); i++ {
			s := scrape{time: now + int64(n)*10_000, body: body(i, n)}
			start := time.Now()
			f.observe("i"+strconv.Itoa(i), s)
			longest = max(longest, time.Since(start))
		}
		return longest
	}
	never := func() bool { return false }
	var undisturbed, disturbed []float64
	n := 0
	for range 3 { // all of it has its size
		step(n, never)
		n++
	}
	for range times {
		undisturbed = append(undisturbed, float64(step(n, never)))
		n++
		var done atomic.Bool
		go func() {
			do(f)
			done.Store(true)
		}()
		longest := time.Duration(0)
		for once := true; once || !done.Load(); once = false {
			longest = max(longest, step(n, done.Load))
			n++
		}
		disturbed = append(disturbed, float64(longest))
	}
	a, b := median(disturbed)/1e6, median(undisturbed)/1e6
	return figure{Name: name, Ours: a, Peer: b, Unit: "ms", Ratio: a / b, RatioMin: a / b, RatioMax: a / b}
}

// whileAsked is what is left of the rate of ingest while somebody asks 1,000
// questions a second.
func whileAsked(d *data, rounds int) figure {
	const name, copies = "ingest/while-asked", 10
	if !chosen.MatchString(name) {
		return figure{}
	}
	var list []scrape
	for _, s := range d.steady {
		for i := range copies {
			own := s
			own.target, own.body = s.target+"-"+strconv.Itoa(i), ownValues(s.body, i)
			list = append(list, own)
		}
	}
	warm, rest := list[:2*copies], list[2*copies:]
	ingest := func(asked bool) way {
		var f *fleet
		return way{
			wall: true,
			prepare: func() {
				f = newFleet()
				for _, s := range warm {
					f.observe(s.target, s)
				}
			},
			run: func() (n int) {
				var now atomic.Int64
				now.Store(warm[len(warm)-1].time)
				end, ended := make(chan struct{}), make(chan struct{})
				go func() {
					defer close(ended)
					tick := time.NewTicker(time.Millisecond)
					defer tick.Stop()
					for asked {
						select {
						case <-end:
							return
						case <-tick.C:
							f.rates(now.Load(), askedWindow)
						}
					}
				}()
				for _, s := range rest {
					n += f.observe(s.target, s)
					now.Store(s.time)
				}
				close(end)
				<-ended
				return n
			},
		}
	}
	return compare(name, rounds, len(rest), false, ingest(true), ingest(false))
}
