// Kubelets decides which kubelets of a cluster to scrape, so that each counts
// once: of nodes that share an address one is chosen, whatever they say of
// their readiness, and two addresses that reach one process are found out by
// what it answers. Each decision is told with its reason.
//
//	kubelets [flags]                  replays a recording that is part of the program
//	kubelets [flags] -replay DIR      replays DIR: manifest.jsonl, bodies, lists of nodes
//	kubelets [flags] -nodes FILE      decides about a list of nodes (kubectl get nodes -o json)
//	kubelets [flags] -apiserver URL   decides about the nodes of a cluster
//
// With -scrape the last two also ask the kubelets, every interval.
//
// The exit status is 0 if there was something to decide, 1 if not, 2 for bad
// flags, and with -check 3 if a kubelet has two names or is not resolved.
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
	exitDecided = 0
	exitNothing = 1 // no nodes, no answer, or nobody to tell
	exitUsage   = 2
	exitDoubled = 3
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
		return exitDecided
	case err != nil:
		fmt.Fprintf(stderr, "kubelets: %v\nkubelets: -help lists the flags\n", err)
		return exitUsage
	}
	w, err := newWatch(o, stdout, stderr)
	if err == nil && (o.nodes != "" || o.apiserver != "") {
		err = watchLive(ctx, o, w)
	} else if err == nil {
		err = replay(ctx, o.source(), w)
	}
	switch {
	case err != nil:
		fmt.Fprintf(stderr, "kubelets: %v\n", err)
		return exitNothing
	case o.check && w.doubled:
		return exitDoubled
	}
	return exitDecided
}
