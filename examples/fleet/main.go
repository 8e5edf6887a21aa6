// Fleet adds up the metrics of many instances of one program and names the
// instances behind the numbers: how fast the fleet counts and which instance
// is the hottest, how its latencies are distributed and which instance is the
// slowest, which instances restarted, and which do not answer.
//
//	fleet [flags]               replays the recording inside the program
//	fleet [flags] -replay DIR   replays DIR: manifest.jsonl and gzipped bodies
//	fleet [flags] URL URL URL   scrapes each URL every interval
//
// The flags -counter, -gauge and -histogram each take a SPEC and may be
// repeated:
//
//	metric
//	metric{label="v",label!="v",label=~"re",label!~"re"} by (a, b)
//	max(metric{label="v"}) without (c)
//
// A gauge may have an operation in front. It combines the instances: sum (the
// default), min, max, mean, or fact for a value that every instance repeats.
//
// The exit status is 0 if a target answered, 1 if none did, 2 for bad flags.
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

	"github.com/promfold/promfold/examples/internal/show"
)

const (
	exitAnswered = 0
	exitSilent   = 1 // no target answered, or the answers could not be written
	exitUsage    = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run runs the program until the replay ends, the rounds end, or ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	opts, err := parseFlags(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return exitAnswered
	}
	var w *watch
	if err == nil {
		w, err = newWatch(opts, newScreen(opts.json, stdout, stderr))
	}
	if err != nil {
		fmt.Fprintf(stderr, "fleet: %s\nfleet: -help lists the flags\n", show.Text(err.Error()))
		return exitUsage
	}
	if len(opts.endpoints) > 0 {
		var l *live
		if l, err = newLive(opts, w); err == nil {
			err = l.run(ctx)
		}
	} else {
		err = replay(ctx, opts.source(), opts, w)
	}
	if err == nil && !w.answered {
		err = errors.New("no target answered")
	}
	if err != nil {
		fmt.Fprintf(stderr, "fleet: %s\n", show.Text(err.Error()))
		return exitSilent
	}
	return exitAnswered
}
