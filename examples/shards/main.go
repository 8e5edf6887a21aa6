// Shards puts the shards of a kube-state-metrics together again: the disjoint
// union of what they expose, and whether it is all there is. Each pod's UID
// proves which shard of how many has to tell of it, so wrong settings show
// without asking anybody; overlaps, gaps, shards that are frozen, silent or
// begin anew are told apart, with the objects named. A total that could be
// wrong is withheld, never filled up.
//
//	shards [flags]                 replays a recording that is part of the program
//	shards [flags] -replay DIR     replays DIR: manifest.jsonl and gzipped bodies
//	shards [flags] URL URL URL     asks each shard every interval
//
// The exit status is 0 if any shard ever answered, 1 if none did, 2 for bad
// flags, and with -check 3 if something is wrong at the end.
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
	exitSilent   = 1 // no shard ever answered, or the answers could not be written
	exitUsage    = 2
	exitWrong    = 3
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C does not wait for us
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program: it ends when the replay or the rounds do, or with ctx.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parseFlags(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitAnswered
	case err != nil:
		fmt.Fprintf(stderr, "shards: %v\nshards: -help lists the flags\n", err)
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
		fmt.Fprintf(stderr, "shards: %v\n", err)
		return exitSilent
	case o.check && s.wrong:
		return exitWrong
	}
	return exitAnswered
}
