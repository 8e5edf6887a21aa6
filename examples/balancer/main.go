// Balancer shows what the instances behind one address do: which they are, how
// much each counted, how fast, and what is unknown. For comparison it shows
// what reset logic computes from the same scrapes if it takes the address for
// one process.
//
//	balancer [flags]                            replays the recording inside the program
//	balancer [flags] -replay DIR -target NAME   replays the scrapes of one target in DIR
//	balancer [flags] URL                        scrapes URL every interval, on new connections
//
// The API servers of a cluster behind their address:
//
//	balancer -token-file TOKEN -ca CA.crt -expect 3 https://cluster.example:6443/metrics
//
// The exit status is 0 if the address answered, 1 if it never did, 2 for bad
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

	"github.com/promfold/promfold/examples/internal/show"
)

const (
	exitAnswered = 0
	exitSilent   = 1 // the address never answered, or the answers could not be written
	exitUsage    = 2
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
		fmt.Fprintf(stderr, "balancer: %s\nbalancer: -help lists the flags\n", show.Text(err.Error()))
		return exitUsage
	}
	w, err := newWatch(o, stdout, stderr)
	if err == nil && o.url != "" {
		err = watchLive(ctx, o, w)
	} else if err == nil {
		err = replay(ctx, o.source(), o, w)
	}
	if err == nil && w.scrapes == 0 {
		err = errors.New("no answer")
	}
	if err != nil {
		fmt.Fprintf(stderr, "balancer: %s: %s\n", o.name(), show.Text(err.Error()))
		return exitSilent
	}
	return exitAnswered
}
