package main

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"

	"github.com/promfold/promfold/examples/autoscale/internal/keda"
	"github.com/promfold/promfold/examples/resourcemetrics/serving"
)

// options are the command line.
type options struct {
	*serving.Options
	config string
	grpc   keda.Listen // without an address, no KEDA
}

func parseFlags(args []string) (*options, error) {
	o := &options{Options: serving.NewOptions()}
	fs := pflag.NewFlagSet("autoscale", pflag.ContinueOnError)
	fs.StringVar(&o.config, "config", "", "the file with targets and metrics")
	fs.StringVar(&o.grpc.Address, "grpc", "", "serve KEDA, too, on this address; beyond this machine only with --grpc-cert")
	fs.StringVar(&o.grpc.Cert, "grpc-cert", "", "the certificate for KEDA, in PEM")
	fs.StringVar(&o.grpc.Key, "grpc-key", "", "its key")
	o.AddTo(fs)
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	switch {
	case fs.NArg() > 0:
		return nil, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	case o.config == "":
		return nil, errors.New("--config is missing")
	case o.grpc.Address != "":
		if err := o.grpc.Validate(); err != nil {
			return nil, fmt.Errorf("--grpc: %w", err)
		}
	}
	return o, o.Validate()
}

// objects returns what knows the objects of the cluster. With --open there may
// be no cluster.
func (o *options) objects() (metadata.Interface, error) {
	c, err := o.Client()
	if errors.Is(err, rest.ErrNotInCluster) && o.Open {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return metadata.NewForConfig(c)
}
