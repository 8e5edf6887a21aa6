// Balancer tells what the instances behind one address do: who they are, how
// much they counted, how fast, and how far that may be from the truth. Beside
// it stands what reset logic makes of the same scrapes when it takes them for
// those of one process.
//
//	balancer [flags]                            replays a recording that is part of the program
//	balancer [flags] -replay DIR -target NAME   replays the scrapes of one target in DIR
//	balancer [flags] URL                        asks URL every interval, on fresh connections
//
// A cluster's API servers behind their one address:
//
//	balancer -token-file TOKEN -ca CA.crt -expect 3 https://cluster.example:6443/metrics
//
// The exit status is 0 if the address ever answered, 1 if it never did, 2 for
// bad flags.
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
	exitSilent   = 1 // the address never answered, or the answers could not be written
	exitUsage    = 2
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
		fmt.Fprintf(stderr, "balancer: %v\nbalancer: -help lists the flags\n", err)
		return exitUsage
	}
	w, err := newWatch(o, stdout, stderr)
	if err == nil && o.url != "" {
		err = watchLive(ctx, o, w)
	} else if err == nil {
		err = replay(ctx, o.source(), o, w)
	}
	if err == nil && !w.answered() {
		err = errors.New("no answer")
	}
	if err != nil {
		fmt.Fprintf(stderr, "balancer: %s: %v\n", o.name(), err)
		return exitSilent
	}
	return exitAnswered
}
