// Fleet adds up the metrics of many instances of one program and keeps the
// instances in sight: how fast the fleet counts and which instance is the
// hottest, how its latencies are distributed and which instance is the
// slowest, who restarted, who does not answer.
//
//	fleet [flags]               replays a recording that is part of the program
//	fleet [flags] -replay DIR   replays DIR: manifest.jsonl and gzipped bodies
//	fleet [flags] URL URL URL   asks each URL for its metrics every interval
//
// What is asked stands in the flags -counter, -gauge and -histogram, each a
// SPEC, and each as often as wanted:
//
//	metric
//	metric{label="v",label!="v",label=~"re",label!~"re"} by (a, b)
//	max(metric{label="v"}) without (c)
//
// An operation in front is for gauges: sum (the default), min, max, mean over
// the instances, or fact, where every instance repeats one outside truth.
//
// The exit status is 0 if any target ever answered, 1 if none did, 2 for bad
// flags.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

const (
	exitAnswered = 0
	exitSilent   = 1 // no target ever answered, or the answers could not be written
	exitUsage    = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C does not wait for us
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program: it ends when the replay or the rounds do, or with ctx.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	opts, err := parseFlags(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitAnswered
	case err != nil:
		fmt.Fprintf(stderr, "fleet: %s\nfleet: -help lists the flags\n", clean(err.Error()))
		return exitUsage
	}
	w, err := newWatch(opts, newScreen(opts.json, stdout, stderr))
	if err == nil && len(opts.endpoints) > 0 {
		err = newLive(opts, w).run(ctx)
	} else if err == nil {
		err = replay(ctx, opts.source(), opts, w)
	}
	switch {
	case err != nil:
		fmt.Fprintf(stderr, "fleet: %s\n", clean(err.Error()))
		return exitSilent
	case !w.answered():
		fmt.Fprintln(stderr, "fleet: no target answered")
		return exitSilent
	}
	return exitAnswered
}
