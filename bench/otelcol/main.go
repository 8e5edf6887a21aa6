// Otelcol compares the processor promfold with the ways the Collector's users
// have otherwise to drop the instance and keep a cumulative sum: cumulative to
// delta, drop the instance's attributes, delta to cumulative.
//
//	go -C bench run ./otelcol [-corpus DIR] [-only REGEXP] [-details]
//
// All get the same requests: one for each scrape of recorded API servers, in the
// order in which they came, as the Prometheus receiver makes them. The first
// table says by how much each total differs from what the same scrapes say of
// each process, and how often a total fell. The second one says how many data
// points a core takes in a second.
package main

import (
	"flag"
	"fmt"
	"log"
	"regexp"
)

func main() {
	log.SetFlags(0)
	dir := flag.String("corpus", "../../shared/corpus", "directory of the whole recording; without it the trimmed one is used")
	only := flag.String("only", "", "rows to make, as a regular expression")
	details := flag.Bool("details", false, "print the totals, too")
	flag.Parse()
	wanted, err := regexp.Compile(*only)
	check(err)
	r, err := load(*dir)
	check(err)
	fmt.Printf("Scrapes of API servers from %s.\n\n", r.source)
	printTotals(r, wanted, *details)
	if wanted.MatchString("speed") {
		printSpeed(r)
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
