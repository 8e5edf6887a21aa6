package watch_test

import (
	"fmt"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/watch"
)

func value(n int64) (v watch.Value) {
	var s exact.Sum
	s.AddInt(n)
	return watch.Value{Count: s}
}

// One watcher saw a process from 100 to 150 and then failed; another one met it at 120 and left it at 200. Together they
// know of 100, though neither saw that, and tell each other by way of bytes.
func Example() {
	key := watch.Key{Name: "10.0.0.7:6443", Start: 1_000}
	a, b := watch.New(watch.Clocks{Tolerance: 2_000}), watch.New(watch.Clocks{Tolerance: 2_000})
	fmt.Println(a.Tell(watch.Process{Keys: []watch.Key{key}, Last: 20_000, Groups: []watch.Growth{{Group: `verb="GET"`,
		Met: watch.Reading{At: 10_000, Value: value(100)}, Left: watch.Reading{At: 20_000, Value: value(150)}}}}))
	key.Start = 1_437 // the same process; its body says more precisely when it began
	fmt.Println(b.Tell(watch.Process{Keys: []watch.Key{key}, Last: 40_000, Groups: []watch.Growth{{Group: `verb="GET"`,
		Met: watch.Reading{At: 15_000, Value: value(120)}, Left: watch.Reading{At: 40_000, Value: value(200)}}}}))

	told, err := watch.Decode(a.AppendTo(nil))
	b.Join(told)
	fmt.Println(err)
	for _, t := range b.Totals() {
		fmt.Println(t.Group, t.Count.Float64())
	}

	// The process ends, and later only what it counted is kept.
	fmt.Println(b.Tell(watch.Process{Keys: []watch.Key{key}, Ended: 50_000}))
	b.Fold(60_000)
	fmt.Println(b.Totals()[0].Count.Float64(), b.Size())
	// Output:
	// <nil>
	// <nil>
	// <nil>
	// verb="GET" 100
	// <nil>
	// 100 {0 2 1 0}
}
