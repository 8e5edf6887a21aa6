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
	"fmt"
	"io"
	"time"

	"github.com/promfold/promfold/examples/internal/example"
	"github.com/promfold/promfold/internal/recording"
)

func main() { example.Main(run) }

// run runs the program until the replay ends, the rounds end, or ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return example.End("balancer", watchAddress(ctx, args, stdout, stderr), stderr)
}

func watchAddress(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parseFlags(args, stderr)
	if err != nil {
		return err
	}
	w, err := newWatch(o, example.NewScreen(o.Output, stdout, stderr))
	if err == nil && o.url != "" {
		err = watchLive(ctx, w, time.Now)
	} else if err == nil {
		err = replay(ctx, o.FS(recording.FS), w)
	}
	if err == nil && w.scrapes == 0 {
		err = errors.New("no answer")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", o.name(), err)
	}
	return nil
}
