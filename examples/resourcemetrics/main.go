// Resourcemetrics replays what kubelets answered to /metrics/resource, and prints
// what kubectl top would: the CPU and memory of nodes and pods. It compares each
// number with the one that a real metrics-server gave at the time. The program
// in directory server does the same in a cluster, as its resource metrics API.
//
//	resourcemetrics [flags]               replays the recording inside the program
//	resourcemetrics [flags] -replay DIR   replays DIR: manifest.jsonl, bodies
//
// The exit status is 0 if there were numbers, 1 if not, 2 for bad flags.
package main

import (
	"context"
	"io"

	"github.com/promfold/promfold/examples/internal/example"
)

func main() { example.Main(run) }

// run runs the program until the replay ends or ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return example.End("resourcemetrics", top(ctx, args, stdout, stderr), stderr)
}

func top(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parseFlags(args, stderr)
	if err != nil {
		return err
	}
	r := newReplayed(o)
	if err := r.replay(ctx, o.FS(example.Sub(files, "recording"))); err != nil {
		return err
	}
	d := r.document()
	return example.NewScreen(o.Output, stdout, stderr).Show(d, func() []example.Line { return render(d) }, true)
}
