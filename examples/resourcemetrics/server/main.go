// Server is the resource metrics API (metrics.k8s.io) of a cluster, in the place
// of metrics-server: kubectl top and HorizontalPodAutoscalers ask it what nodes
// and pods use. It scrapes all kubelets. A pod that lacks a container's numbers
// is left out, or says so: see --incomplete.
package main

import (
	"context"

	"github.com/promfold/promfold/examples/resourcemetrics/serving"
)

func main() { serving.Main("resourcemetrics", run) }

// run serves until ctx ends.
func run(ctx context.Context, args []string) error {
	o, err := parseFlags(args)
	if err != nil {
		return err
	}
	s, err := newServer(o)
	if err != nil {
		return err
	}
	return s.run(ctx)
}
