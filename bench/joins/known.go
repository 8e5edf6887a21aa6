package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"text/tabwriter"
	"time"

	"github.com/promfold/promfold/bench/cputime"
	"github.com/promfold/promfold/internal/watch"
)

// costKnown measures what a watcher knows of processes, which is what a join joins,
// without the fleet that scrapes them: how large it is as bytes and in memory, and
// how long it takes to write it down, to read it, to join it with that of another one,
// to hear the same again, and to add it up. The other one met all processes later and
// left them later, so that both change what is known of each series.
func costKnown(w io.Writer, sizes [][2]int) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "instances\tgroups\tknown, MB\tbytes a series\tin memory, MB\tbytes a series\twrite, s\tread, s\tjoin, s\tns a series\tnext join, s\ttotals, s\tpeak, MB\t")
	for _, n := range sizes {
		if err := costOfKnown(out, n[0], n[1]); err != nil {
			return err
		}
		debug.FreeOSMemory()
	}
	return out.Flush()
}

// knows returns what a watcher knows of so many processes, which it met and left so
// much later than another one.
func knows(instances, groups int, later int64) (*watch.State, error) {
	names := make([]string, groups)
	for i := range names {
		names[i] = fmt.Sprintf("group=%06d", i)
	}
	at := begin.UnixMilli()
	s := watch.New(watch.Clocks{Tolerance: 2000, Skew: 60_000})
	for i := range instances {
		p := watch.Process{Keys: []watch.Key{{Name: fmt.Sprintf("i%05d", i), Start: at - 10_000*int64(i+1)}}, Last: at + 300_000 + later}
		for g, name := range names {
			var met, left watch.Value
			met.Count.AddInt(int64(1+i) + int64(g)*later/1000)
			left.Count.AddInt(int64(1+i) + int64(g)*(300+later/1000))
			p.Groups = append(p.Groups, watch.Growth{Group: name, Met: watch.Reading{At: at + later, Value: met}, Left: watch.Reading{At: p.Last, Value: left}})
		}
		if err := s.Tell(p); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func costOfKnown(w io.Writer, instances, groups int) error {
	live := heap()
	mine, err := knows(instances, groups, 0)
	if err != nil {
		return err
	}
	live = heap() - live
	var took [5]time.Duration
	measure := func(i int, do func()) {
		started := cputime.Now()
		do()
		took[i] = cputime.Now() - started
	}
	theirs, err := knows(instances, groups, 60_000)
	if err != nil {
		return err
	}
	var state []byte
	measure(0, func() { state = theirs.AppendTo(nil) })
	theirs = nil
	measure(1, func() { theirs, err = watch.Decode(state) })
	if err != nil {
		return err
	}
	size := len(state)
	state = nil
	measure(2, func() { mine.Join(theirs) })
	measure(3, func() { mine.Join(theirs) })
	measure(4, func() {
		if n := len(mine.Totals()); n != groups {
			err = fmt.Errorf("%d groups of %d", n, groups)
		}
	})
	series := float64(instances * groups)
	fmt.Fprintf(w, "%d\t%d\t%.1f\t%.1f\t%.1f\t%.1f\t%.2f\t%.2f\t%.2f\t%.0f\t%.2f\t%.2f\t%.0f\t\n", instances, groups, float64(size)/1e6, float64(size)/series,
		live/1e6, live/series, took[0].Seconds(), took[1].Seconds(), took[2].Seconds(), float64(took[2].Nanoseconds())/series, took[3].Seconds(), took[4].Seconds(), peak())
	return err
}

// heap returns the bytes that are held.
func heap() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// peak returns what the program took from the system so far, in MB.
func peak() float64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.Sys) / 1e6
}
