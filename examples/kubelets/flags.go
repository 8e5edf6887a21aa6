package main

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/promfold/promfold/examples/internal/example"
)

// files is the recording inside the program; its README says how it was made.
//
//go:embed recording
var files embed.FS

// options are the command line.
type options struct {
	example.Replay
	example.Live
	example.Output
	nodes     string // a file
	apiserver string
	scrape    bool
	metric    string
	kubeletCA string
	check     bool
}

const usage = `usage: kubelets [flags]                  replay the recording inside the program
       kubelets [flags] -replay DIR      replay DIR
       kubelets [flags] -nodes FILE      decide about a list of nodes
       kubelets [flags] -apiserver URL   decide about the nodes of a cluster

`

func parseFlags(args []string, stderr io.Writer) (options, error) {
	o := options{Live: example.Live{Interval: 15 * time.Second}}
	fs := example.NewFlags("kubelets", usage)
	o.Replay.AddTo(fs)
	o.Live.AddTo(fs)
	o.Output.AddTo(fs)
	fs.StringVar(&o.nodes, "nodes", "", "read the nodes from `FILE`, a NodeList in JSON")
	fs.StringVar(&o.apiserver, "apiserver", "", "read the nodes from the API server at `URL`, whose certificate -insecure does not concern")
	fs.BoolVar(&o.scrape, "scrape", false, "scrape the chosen kubelets, too")
	fs.StringVar(&o.metric, "metric", "kubelet_runtime_operations_total", "the `counter` to add up over the kubelets")
	fs.StringVar(&o.kubeletCA, "kubelet-ca", "", "trust the certificates in `FILE` for the kubelets")
	fs.BoolVar(&o.check, "check", false, "exit with 3 if a kubelet has two names or is not resolved")
	err := fs.Parse(args, stderr, o.complete)
	return o, err
}

func (o *options) complete(args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("unexpected argument %q", args[0])
	}
	sources := 0
	for _, s := range []string{o.Dir, o.nodes, o.apiserver} {
		if s != "" {
			sources++
		}
	}
	switch {
	case sources > 1:
		return errors.New("-replay, -nodes and -apiserver exclude each other")
	case o.scrape && o.nodes == "" && o.apiserver == "":
		return errors.New("-scrape needs -nodes or -apiserver")
	}
	if o.apiserver != "" {
		if _, err := example.URL(o.apiserver); err != nil {
			return err
		}
	}
	return o.Live.Complete()
}
