package main

import (
	"fmt"
	"io"

	"github.com/promfold/promfold/examples/autoscale/internal/keda"
	"github.com/promfold/promfold/examples/internal/example"
)

// options are the command line.
type options struct {
	example.Output
	keda.Listen
	config    string
	processes bool
}

const usageText = `usage: autoscale [flags]                             play the demo
       autoscale [flags] -processes                  play it with processes of this machine
       autoscale [flags] -config FILE -grpc ADDRESS   scrape, and serve KEDA

`

func parseFlags(args []string, stderr io.Writer) (options, error) {
	var o options
	fs := example.NewFlags("autoscale", usageText)
	o.Output.AddTo(fs)
	fs.StringVar(&o.config, "config", "", "the `FILE` with targets and metrics")
	fs.BoolVar(&o.processes, "processes", false, "play the demo with processes of this machine, for a minute")
	fs.StringVar(&o.Address, "grpc", "127.0.0.1:6000", "serve KEDA on `ADDRESS`; beyond this machine only with -cert")
	fs.StringVar(&o.Cert, "cert", "", "the certificate in `FILE`, in PEM")
	fs.StringVar(&o.Key, "key", "", "its key in `FILE`")
	err := fs.Parse(args, stderr, func(rest []string) error {
		if len(rest) > 0 {
			return fmt.Errorf("unexpected argument %q", rest[0])
		}
		return o.Validate()
	})
	return o, err
}
