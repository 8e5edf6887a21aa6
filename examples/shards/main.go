// Shards joins the shards of a kube-state-metrics: it exposes the disjoint union
// of what they expose, and reports whether that is complete. The UID of a pod
// proves which shard of how many must expose it, so the bodies alone show wrong
// settings. The program tells overlaps and gaps apart, and shards that are
// frozen, silent or listing again, and names objects. It withholds a total that
// could be wrong.
//
//	shards [flags]                 replays the recording inside the program
//	shards [flags] -replay DIR     replays DIR: manifest.jsonl and gzipped bodies
//	shards [flags] URL URL URL     scrapes each shard every interval
//
// The exit status is 0 if a shard answered, 1 if none did, 2 for bad flags, and
// with -check 3 if something is wrong at the end.
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
	exitSilent   = 1 // no shard answered, or the answers could not be written
	exitUsage    = 2
	exitWrong    = 3
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run runs the program until the replay ends, the rounds end, or ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parseFlags(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitAnswered
	case err != nil:
		fmt.Fprintf(stderr, "shards: %s\nshards: -help lists the flags\n", show.Text(err.Error()))
		return exitUsage
	}
	s := &screen{o: o, stdout: stdout}
	if len(o.urls) > 0 {
		err = watchLive(ctx, o, s)
	} else {
		err = replay(ctx, o.source(), o, s)
	}
	if err == nil {
		err = s.end()
	}
	switch {
	case err != nil:
		fmt.Fprintf(stderr, "shards: %s\n", show.Text(err.Error()))
		return exitSilent
	case o.check && s.wrong:
		return exitWrong
	}
	return exitAnswered
}
