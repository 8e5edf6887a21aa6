// E2e runs tiers of Collectors as processes on this machine, kills them and
// their targets, and compares the totals of the root with those of one
// Collector that sees everything and with what the targets counted.
//
//	go build . && go run ./e2e -collector ./collector
//
// It prints a row for each number of leaves, and exits with 1 if anything is
// wrong. It ends only processes that it started.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
)

// targetRole is the first argument of a process that is a target.
const targetRole = "target"

func main() {
	if len(os.Args) == 4 && os.Args[1] == targetRole {
		exit(beTarget(os.Args[2], os.Args[3]))
	}
	collector := flag.String("collector", "./collector", "the Collector's binary")
	targets := flag.Int("targets", 30, "how many targets")
	leaves := flag.String("leaves", "1,3,8", "numbers of leaves, each of which is a run")
	verbose := flag.Bool("v", false, "print the Collectors' logs")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	exit(runAll(ctx, *collector, *targets, strings.Split(*leaves, ","), *verbose))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// runAll runs a trial for each number of leaves, and prints a table of all.
func runAll(ctx context.Context, collector string, targets int, leaves []string, verbose bool) error {
	rows := []string{"leaves | processes | leaves killed | roots killed | requests handled | never scraped | looks at totals | root"}
	bad := 0
	for _, text := range leaves {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return fmt.Errorf("-leaves: %q is no number of leaves", text)
		}
		x, err := newTrial(ctx, collector, targets, n, verbose)
		if err != nil {
			return err
		}
		err = x.run()
		x.end()
		verdict := "equals one Collector and the truth, and never fell"
		if err != nil {
			bad++
			verdict = "WRONG: " + err.Error()
		}
		rows = append(rows, fmt.Sprintf("%d | %d | %d | %d | %d | %d | %d | %s", n, x.fleet.processes, x.leavesKilled, x.rootsKilled,
			x.fleet.handled().Total(), x.fleet.lost, x.looks(), verdict))
	}
	fmt.Println(strings.Join(rows, "\n"))
	if bad > 0 {
		return fmt.Errorf("%d of %d runs are wrong", bad, len(leaves))
	}
	return nil
}
