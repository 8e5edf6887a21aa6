package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"

	"github.com/promfold/promfold/examples/resourcemetrics/serving"
)

// options are the command line.
type options struct {
	*serving.Options
	resolution, timeout time.Duration
	incomplete          string
	addresses           []string
	kubeletCA           string
	insecure, plain     bool
}

func newOptions() *options {
	return &options{
		Options: serving.NewOptions(), resolution: 15 * time.Second, timeout: 10 * time.Second, incomplete: "refuse",
		addresses: []string{string(corev1.NodeInternalIP), string(corev1.NodeHostName), string(corev1.NodeInternalDNS)},
	}
}

func parseFlags(args []string) (*options, error) {
	o := newOptions()
	fs := pflag.NewFlagSet("resourcemetrics", pflag.ContinueOnError)
	fs.DurationVar(&o.resolution, "resolution", o.resolution, "the interval between scrapes")
	fs.DurationVar(&o.timeout, "timeout", o.timeout, "of one scrape")
	fs.StringVar(&o.incomplete, "incomplete", o.incomplete, "a pod that lacks a container's CPU: refuse leaves it out; serve lists that container without CPU, and says why in the annotation "+Missing)
	fs.StringSliceVar(&o.addresses, "kubelet-address-types", o.addresses, "which address of a node to ask, the first that it has")
	fs.StringVar(&o.kubeletCA, "kubelet-ca", "", "trust the certificates in this file for the kubelets")
	fs.BoolVar(&o.insecure, "kubelet-insecure-tls", false, "do not check the certificates of kubelets")
	fs.BoolVar(&o.plain, "kubelet-http", false, "ask kubelets without TLS")
	o.AddTo(fs)
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	switch {
	case fs.NArg() > 0:
		return nil, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	case o.incomplete != "refuse" && o.incomplete != "serve":
		return nil, fmt.Errorf("--incomplete is refuse or serve, not %q", o.incomplete)
	case o.resolution <= 0 || o.timeout <= 0:
		return nil, errors.New("--resolution and --timeout must be positive")
	}
	return o, o.Validate()
}
