// Server is the resource metrics API (metrics.k8s.io) of a cluster, in the place
// of metrics-server: kubectl top and HorizontalPodAutoscalers ask it what nodes
// and pods use. It scrapes all kubelets. A pod that lacks a container's numbers
// is left out, or says so: see --incomplete.
package main

import (
	"context"
	"fmt"
	"os"

	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/klog/v2"
)

func main() {
	o, err := parseFlags(os.Args[1:])
	if err == nil {
		err = run(genericapiserver.SetupSignalContext(), o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "resourcemetrics:", err)
		klog.Flush()
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, o *options) error {
	s, err := newServer(o)
	if err != nil {
		return err
	}
	return s.run(ctx)
}
