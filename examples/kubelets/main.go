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
	"io"

	"github.com/promfold/promfold/examples/internal/example"
)

func main() { example.Main(run) }

// run runs the program until the replay ends, the rounds end, or ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return example.End("kubelets", watchNodes(ctx, args, stdout, stderr), stderr)
}

func watchNodes(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parseFlags(args, stderr)
	if err != nil {
		return err
	}
	w, err := newWatch(o, example.NewScreen(o.Output, stdout, stderr))
	if err == nil && (o.nodes != "" || o.apiserver != "") {
		var l *live
		if l, err = newLive(w); err == nil {
			err = l.run(ctx)
		}
	} else if err == nil {
		err = replay(ctx, o.FS(example.Sub(files, "recording")), w)
	}
	if err == nil && o.check && w.doubled {
		err = example.ErrWrong
	}
	return err
}
