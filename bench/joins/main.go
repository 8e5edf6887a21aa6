// Command joins simulates fleets that several watchers look at, which are killed,
// begin anew, are cut off, and tell each other what they know in any order:
//
//	go -C bench run ./joins [-fleets N] [-seed S] [-mode M]
//	go -C bench run ./joins -modes
//	go -C bench run ./joins -cost [-instances N -groups N]
//
// Fleets are of the modes in turn, with seeds from S on; -mode chooses one and
// -modes lists them. A row of the table says of a mode in how many fleets a law of
// joining broke, a total was above the truth, an exposed total fell, a state was
// saved again as other bytes, or something was lost that has to be known; and how
// much was lost by the rules, and why. What has to hold stands in the documentation
// of internal/joins. Of a failure the smallest input is printed.
//
// -cost measures instead how large the state of a watcher is and how long a join
// takes: of whole fleets of up to a million series, which take some 3 GB, and of what
// watchers know of up to ten million, some 5 GB; or both of so many instances and
// groups. All of it grows with the series.
//
// The exit code is 1 if anything failed.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"

	"github.com/promfold/promfold/internal/joins"
)

func main() {
	fleets := flag.Int("fleets", 10_000, "how many fleets, of all modes together")
	seed := flag.Uint64("seed", 1, "the first seed")
	mode := flag.String("mode", "", "fleets of this mode alone")
	list := flag.Bool("modes", false, "list the modes")
	costs := flag.Bool("cost", false, "measure what a join costs")
	instances := flag.Int("instances", 0, "measure the cost of so many")
	groups := flag.Int("groups", 1000, "with so many series each")
	flag.Parse()
	if *costs {
		if err := measureCosts(*instances, *groups); err != nil {
			fmt.Fprintln(os.Stderr, "joins:", err)
			os.Exit(2)
		}
		return
	}
	names, about := joins.Modes()
	if *list {
		for i, name := range names {
			fmt.Printf("%-14s %s\n", name, about[i])
		}
		return
	}
	if *mode != "" {
		names = []string{*mode}
	}
	broken, err := run(names, *fleets, *seed)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "joins:", err)
		os.Exit(2)
	case broken:
		fmt.Fprintln(os.Stderr, "joins: totals do not hold what they promise")
		os.Exit(1)
	}
}

// measureCosts prints what joins cost: what watchers know, and whole fleets.
func measureCosts(instances, groups int) error {
	known, fleets := [][2]int{{100, 1000}, {1000, 1000}, {10_000, 1000}}, [][2]int{{100, 100}, {100, 1000}, {1000, 100}, {1000, 1000}, {10_000, 100}}
	if instances > 0 {
		known, fleets = [][2]int{{instances, groups}}, [][2]int{{instances, groups}}
	}
	if err := cost(os.Stdout, fleets); err != nil {
		return err
	}
	fmt.Println()
	return costKnown(os.Stdout, known)
}

func run(modes []string, fleets int, seed uint64) (broken bool, err error) {
	var rows []*joins.Row
	each := (fleets + len(modes) - 1) / len(modes)
	for _, name := range modes {
		row, err := joins.Measure(name, each, seed, runtime.GOMAXPROCS(0))
		if err != nil {
			return false, err
		}
		rows, broken = append(rows, row), broken || row.Broken()
	}
	if err := joins.Write(os.Stdout, rows); err != nil {
		return broken, err
	}
	for _, row := range rows {
		if row.Example != "" {
			fmt.Println()
			fmt.Print(row.Example)
		}
	}
	return broken, nil
}
