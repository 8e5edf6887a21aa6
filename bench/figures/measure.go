package main

import (
	"regexp"
	"runtime"
	"slices"
	"time"

	"github.com/promfold/promfold/bench/cputime"
)

// A figure compares two ways to do one thing. Of each the median over the rounds
// counts; a round measures both, one right after the other.
type figure struct {
	Name     string  `json:"name"`
	Ours     float64 `json:"ours"`
	Peer     float64 `json:"peer"`
	Unit     string  `json:"unit"`
	Ratio    float64 `json:"ratio"`
	RatioMin float64 `json:"ratio_min"`
	RatioMax float64 `json:"ratio_max"`
	Allocs   float64 `json:"allocs"` // ours, for each scrape or question
}

// way is one way to do a thing n times; it returns how many units (lines,
// questions) that were. prepare, if there is one, is not measured.
type way struct {
	prepare func()
	run     func() (units int)
	wall    bool // measure time on the wall, not that of the processors

	timed func() (spent time.Duration, units int) // instead of run: measures a part of what it does
}

// once measures a way in nanoseconds a unit.
func (w way) once() float64 {
	if w.prepare != nil {
		w.prepare()
	}
	runtime.GC()
	if w.timed != nil {
		spent, n := w.timed()
		return float64(spent.Nanoseconds()) / float64(n)
	}
	start, cpu := time.Now(), cputime.Now()
	n := w.counted()
	spent := cputime.Now() - cpu
	if w.wall {
		spent = time.Since(start)
	}
	return float64(spent.Nanoseconds()) / float64(n)
}

// chosen says which figures are measured.
var chosen = regexp.MustCompile("")

// counted is what a profiler has to look at: callgrind --toggle-collect=main.way.counted
//
//go:noinline
func (w way) counted() int { return w.run() }

// alone runs ours so many times more and the peers never, for a profiler.
var alone int

// compare measures both ways over so many rounds. The ratio is how many times
// faster ours is, or with floor how many times slower.
func compare(name string, rounds, calls int, floor bool, ours, peer way) figure {
	f := figure{Name: name, Unit: "ns/line"}
	if !chosen.MatchString(name) {
		return figure{}
	}
	if alone > 0 {
		for range 1 + alone {
			ours.once()
		}
		return figure{}
	}
	var a, b, ratios []float64
	ours.once()
	peer.once()
	for range rounds {
		x, y := ours.once(), peer.once()
		a, b = append(a, x), append(b, y)
		if floor {
			ratios = append(ratios, x/y)
		} else {
			ratios = append(ratios, y/x)
		}
	}
	f.Ours, f.Peer, f.Ratio = median(a), median(b), median(ratios)
	f.RatioMin, f.RatioMax = slices.Min(ratios), slices.Max(ratios)
	if ours.run != nil {
		f.Allocs = allocs(ours) / float64(calls)
	}
	return f
}

func median(xs []float64) float64 {
	xs = slices.Sorted(slices.Values(xs))
	if n := len(xs); n%2 == 0 {
		return (xs[n/2-1] + xs[n/2]) / 2
	}
	return xs[len(xs)/2]
}

// allocs counts the allocations of one run.
func allocs(w way) float64 {
	if w.prepare != nil {
		w.prepare()
	}
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	w.run()
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs - before.Mallocs)
}
