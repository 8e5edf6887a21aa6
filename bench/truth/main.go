// Command truth simulates fleets whose truth is known, and counts the answers
// that do not hold it:
//
//	go -C bench run ./truth [-fleets N] [-seed S] [-kind K] [-details] [-v]
//	go -C bench run ./truth -kinds
//
// Fleets are of the kinds in turn, with seeds from S on; -kind chooses one and
// -kinds lists them. The first table has a row for each kind, or with -details
// for each kind of answer: how many intervals miss the truth, how many misses are
// excused by what the answer says itself that it does not know, and how wide the
// intervals are, relative to the truth. The second one has the misses, each with the smallest seed that shows
// it; -v prints the fleets of these seeds as cases, to be copied into
// internal/cases/testdata.
//
// The exit code is 1 if an answer misses in a kind of fleet that keeps the
// assumptions that the library names and hides nothing, or if the answers of all
// kinds together exceed a budget, which the third table shows. Upper bounds of rates
// assume that nothing unseen was faster than all that was seen: where it was, a miss
// is excused, and one in ten thousand may miss otherwise, as the simulator does not
// know to the last step what a reader could see. Behind the kinds that hide something
// the second table says what.
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/promfold/promfold/internal/truth"
)

func main() {
	fleets := flag.Int("fleets", 1000, "how many fleets")
	seed := flag.Uint64("seed", 1, "the first seed")
	kind := flag.String("kind", "", "fleets of this kind alone")
	details := flag.Bool("details", false, "a row for each kind of answer")
	verbose := flag.Bool("v", false, "print the smallest failing fleets as cases")
	list := flag.Bool("kinds", false, "list the kinds")
	flag.Parse()
	if *list {
		for _, k := range truth.Kinds() {
			fmt.Printf("%-20s %s\n", k, truth.About(k))
		}
		return
	}
	broken, err := run(*kind, *fleets, *seed, *details || *kind != "", *verbose)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "truth:", err)
		os.Exit(2)
	case len(broken) > 0:
		fmt.Fprintln(os.Stderr, "truth:", strings.Join(broken, "\ntruth: "))
		os.Exit(1)
	}
}

func run(kind string, fleets int, seed uint64, details, verbose bool) (broken []string, err error) {
	kinds := truth.Kinds()
	if kind != "" {
		if !slices.Contains(kinds, kind) {
			return nil, fmt.Errorf("no kind is called %q: see -kinds", kind)
		}
		kinds = []string{kind}
	}
	tally, err := truth.Measure(kinds, fleets, seed)
	if err != nil {
		return nil, err
	}
	if verbose {
		for _, key := range tally.Misses() {
			fmt.Println(tally.Counts[key].Example)
		}
	}
	return tally.Broken(), tally.Write(os.Stdout, details)
}
