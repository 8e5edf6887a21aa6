// Kubelets decides which kubelets of a cluster to scrape, so that each counts
// once. Of several nodes with one address it chooses one, and it finds out from
// the answers whether two addresses reach one process. It gives the reason of
// each decision.
//
//	kubelets [flags]                  replays the recording inside the program
//	kubelets [flags] -replay DIR      replays DIR: manifest.jsonl, bodies, lists of nodes
//	kubelets [flags] -nodes FILE      decides about a list of nodes (kubectl get nodes -o json)
//	kubelets [flags] -apiserver URL   decides about the nodes of a cluster
//
// With -scrape the last two also scrape the kubelets, every interval.
//
// The exit status is 0 if there were nodes, 1 if not, 2 for bad flags, and with
// -check 3 if a kubelet has two names or is not resolved.
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
	exitDecided = 0
	exitNothing = 1 // there are no nodes, or they could not be read or written
	exitUsage   = 2
	exitDoubled = 3
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
		return exitDecided
	case err != nil:
		fmt.Fprintf(stderr, "kubelets: %s\nkubelets: -help lists the flags\n", show.Text(err.Error()))
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
		fmt.Fprintf(stderr, "kubelets: %s\n", show.Text(err.Error()))
		return exitNothing
	case o.check && w.doubled:
		return exitDoubled
	}
	return exitDecided
}
