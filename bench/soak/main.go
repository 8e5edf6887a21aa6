// Command soak watches a simulated fleet for a day:
//
//	go -C bench run ./soak [-hours 24] [-instances 200] [-interval 15s] [-workers 2] [-seed 1]
//
// Every hour all processes are replaced one after the other: in turn by others at
// the same addresses, and by others under new names. Besides, processes crash and
// lose what they counted since their last scrape; scrapes fail, are cut anywhere,
// come twice, and come again when they are old. Several are taken in at a time, and
// questions are asked meanwhile. Every sixth hour the watcher ends, too: a fleet
// that was saved is loaded, and goes on.
//
// A naive model adds up what each process showed last. The totals of the fleet are
// equal to it after every hour, to the last unit, and never fall; every value lies
// in its bounds, and in those of the time since the beginning lies what the
// processes counted in truth, what was lost in crashes among it. A row says so, and
// how large the heap is after a collection and a saved state. In the end no goroutine
// is left, and the heap is what it was.
//
// The exit code is 1 if something of this does not hold. With -race, an hour of it
// is enough:
//
//	go -C bench run -race ./soak -hours 1
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"time"

	"go.uber.org/goleak"
)

func main() {
	var s setting
	flag.IntVar(&s.hours, "hours", 24, "simulated hours")
	flag.IntVar(&s.instances, "instances", 200, "instances at a time")
	flag.DurationVar(&s.interval, "interval", 15*time.Second, "between two scrapes of an instance")
	flag.IntVar(&s.workers, "workers", 2, "how many scrapes are taken in at a time")
	flag.Uint64Var(&s.seed, "seed", 1, "of all that happens")
	flag.Parse()
	if err := soak(s); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

// setting is what is simulated.
type setting struct {
	hours, instances, workers int
	interval                  time.Duration
	seed                      uint64
}

// soak runs the hours and prints a row of each.
func soak(s setting) error {
	w, err := newWatcher(s)
	if err != nil {
		return err
	}
	fmt.Printf("%4s %8s %8s %8s %8s %8s %8s %10s %8s %8s %10s\n",
		"hour", "scrapes", "refused", "cut", "failed", "ended", "crashed", "questions", "heap kB", "state kB", "counted")
	var heaps []uint64
	for hour := 1; hour <= s.hours; hour++ {
		for range time.Hour / s.interval {
			if err := w.next(); err != nil {
				return fmt.Errorf("hour %d: %w", hour, err)
			}
		}
		if hour%6 == 0 {
			if err := w.reload(); err != nil {
				return fmt.Errorf("hour %d: %w", hour, err)
			}
		}
		counted, err := w.check()
		if err != nil {
			return fmt.Errorf("hour %d: %w", hour, err)
		}
		state, err := w.stateSize()
		if err != nil {
			return err
		}
		heaps = append(heaps, heap())
		x := &w.seen
		fmt.Printf("%4d %8d %8d %8d %8d %8d %8d %10d %8d %8d %10d\n", hour,
			x.scrapes, x.refused, x.cut, x.failed, x.ended, x.crashed, w.questions.Load(), heaps[hour-1]>>10, state>>10, counted)
	}
	if err := flat(heaps); err != nil {
		return err
	}
	if err := goleak.Find(); err != nil {
		return err
	}
	fmt.Println("totals are those of the model, the truth lies in the bounds, nothing fell, no goroutine is left")
	return nil
}

// flat returns an error if the heap of the last third of the hours is larger by more
// than a twentieth than that of the second third. In the first one windows fill, and
// who left is remembered for an hour.
func flat(heaps []uint64) error {
	third := len(heaps) / 3
	if third == 0 {
		return nil
	}
	median := func(list []uint64) uint64 { return slices.Sorted(slices.Values(list))[len(list)/2] }
	before, last := median(heaps[third:2*third]), median(heaps[2*third:])
	fmt.Printf("heap: %d kB in the second third, %d kB in the last one\n", before>>10, last>>10)
	if last > before+before/20 {
		return fmt.Errorf("the heap grows")
	}
	return nil
}
