package main

import (
	"bytes"
	"fmt"
	"io"
	"runtime/debug"
	"text/tabwriter"
	"time"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/bench/cputime"
)

// cost measures a pair of which each saw all instances twice: how large the state
// of one is, and how long it takes to save it, to read it, and to join it; and how
// long a root takes that is told that state of its part, and to be put together.
// Times are of processors, collecting garbage included: on a machine with other
// programs those on the wall differed by a factor of five. What is not needed any more
// is dropped: when there are two fleets, one of them is a state that was read.
func cost(w io.Writer, sizes [][2]int) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "instances\tgroups\tstate, MB\tbytes a series\tsave, s\tload, s\tjoin, s\tjoin, ns a series\tnext join, s\ttotals, s\tset part, s\troot, s\tpeak, MB\t")
	for _, n := range sizes {
		if err := costOf(out, n[0], n[1]); err != nil {
			return err
		}
		debug.FreeOSMemory()
	}
	return out.Flush()
}

// watcher is one of the pair.
type watcher struct {
	*aggregate.Fleet
	view *aggregate.CounterView
}

var config = aggregate.Config{Since: begin.Add(-30 * time.Hour), JoinHorizon: time.Hour, MaxBytes: 1 << 40}

var begin = time.Unix(1_700_000_000, 0)

func declared(f *aggregate.Fleet) (watcher, error) {
	v, err := f.Counter(aggregate.View{Select: "c_total", By: []string{"group"}})
	return watcher{f, v}, err
}

// watched returns a fleet that saw the instances at two times.
func watched(instances, groups, from int) (watcher, error) {
	f, err := aggregate.NewFleet(config)
	if err != nil {
		return watcher{}, err
	}
	w, err := declared(f)
	if err != nil {
		return w, err
	}
	for round := from; round < from+2; round++ {
		for i := range instances {
			var b bytes.Buffer
			fmt.Fprintln(&b, "# TYPE c_total counter")
			for g := range groups {
				fmt.Fprintf(&b, "c_total{group=\"%d\"} %d\n", g, 1+i+g*round)
			}
			start := begin.Add(-time.Duration(10*i) * time.Second)
			sc := aggregate.Scrape{Target: fmt.Sprintf("i%05d", i), Start: start, Time: begin.Add(time.Duration(60*round)*time.Second + time.Duration(i)), Body: b.Bytes()}
			if _, err := f.Ingest(sc); err != nil {
				return w, err
			}
		}
	}
	return w, nil
}

func costOf(w io.Writer, instances, groups int) error {
	b, err := watched(instances, groups, 2)
	if err != nil {
		return err
	}
	var a watcher
	var took [8]time.Duration
	var state bytes.Buffer
	var peer *aggregate.Fleet
	root, err := aggregate.NewFleet(config)
	if err != nil {
		return err
	}
	if _, err := declared(root); err != nil {
		return err
	}
	size := 0
	for i, do := range []func() error{
		func() error { return b.Save(&state) },
		func() (err error) {
			b, size = watcher{}, state.Len()
			peer, err = aggregate.Load(bytes.NewReader(state.Bytes()), config)
			return err
		},
		func() (err error) { a, err = watched(instances, groups, 1); return err },
		func() error { return a.Join(peer) },
		func() error { return a.Join(peer) },
		func() error {
			if n := len(a.view.Totals(a.Snapshot(begin.Add(time.Hour)))); n != groups {
				return fmt.Errorf("%d groups of %d", n, groups)
			}
			return nil
		},
		func() error {
			a, peer = watcher{}, nil
			return root.SetPart("part", begin, &state)
		},
		func() error {
			if n := root.Snapshot(begin.Add(time.Hour)).Health().Instances; n != instances {
				return fmt.Errorf("%d instances of %d", n, instances)
			}
			return nil
		},
	} {
		started := cputime.Now()
		if err := do(); err != nil {
			return err
		}
		took[i] = cputime.Now() - started
	}
	series := instances * groups
	fmt.Fprintf(w, "%d\t%d\t%.1f\t%.1f\t%.2f\t%.2f\t%.2f\t%.0f\t%.2f\t%.2f\t%.2f\t%.2f\t%.0f\t\n", instances, groups, float64(size)/1e6, float64(size)/float64(series),
		took[0].Seconds(), took[1].Seconds(), took[3].Seconds(), float64(took[3].Nanoseconds())/float64(series), took[4].Seconds(), took[5].Seconds(), took[6].Seconds(), took[7].Seconds(), peak())
	return nil
}
