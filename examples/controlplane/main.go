// Controlplane shows what a Kubernetes control plane does, and on how much of it
// each number rests: one page on 127.0.0.1 with a row for each question that an
// operator asks.
//
//	controlplane [flags]                plays the recording inside the program
//	controlplane [flags] -replay DIR    plays DIR: manifest.jsonl and gzipped bodies,
//	                                    or directories apiserver-ha, etcd, controllers-ha of these
//	controlplane [flags] URL URL URL    watches API servers
//
// With -json or -text it prints what the page shows and serves nothing.
//
// The exit status is 0 if a server answered, 1 if none did, 2 for bad flags.
package main

import (
	"context"
	"errors"
	"io"

	"github.com/promfold/promfold/examples/internal/example"
)

func main() { example.Main(run) }

// run runs the program until what it prints ends, or ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return example.End("controlplane", watch(ctx, args, stdout, stderr), stderr)
}

func watch(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parseFlags(args, stderr)
	if err != nil {
		return err
	}
	b, err := newBoard(o.settings)
	if err != nil {
		return err
	}
	w := &watcher{o: o, board: b, history: newHistory(o.keep), screen: example.NewScreen(o.Output, stdout, stderr)}
	if o.JSON || o.text {
		err = w.print(ctx)
	} else {
		err = site{w}.serve(ctx)
	}
	if err == nil && !w.answered.Load() {
		err = errors.New("no server answered")
	}
	return err
}
