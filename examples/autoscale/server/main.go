// Server answers autoscalers with the metrics of a file: as custom.metrics.k8s.io
// and external.metrics.k8s.io behind the aggregator of an API server, and as
// KEDA's external push scaler. Where too little of the fleet answers it says so
// with an error, and a HorizontalPodAutoscaler leaves everything as it is.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apiserver/pkg/server/healthz"

	"github.com/promfold/promfold/examples/autoscale/internal/keda"
	"github.com/promfold/promfold/examples/autoscale/internal/live"
	"github.com/promfold/promfold/examples/internal/printable"
	"github.com/promfold/promfold/examples/resourcemetrics/serving"
)

func main() { serving.Main("autoscale", run) }

// run scrapes and serves until ctx ends.
func run(ctx context.Context, args []string) error {
	o, err := parseFlags(args)
	if err != nil {
		return err
	}
	fleet, err := live.Open(o.config, slog.New(slog.NewTextHandler(printable.To(os.Stderr), nil)))
	if err != nil {
		return err
	}
	objects, err := o.objects()
	if err != nil {
		return err
	}
	s, err := newServer(o, &metrics{set: fleet.Set, objects: objects, now: time.Now}, fleet.Scraper)
	if err != nil {
		return err
	}
	if err := s.AddReadyzChecks(healthz.NamedCheck("scraped", fleet.Ready)); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		fleet.Run(ctx)
		return nil
	})
	if o.grpc.Address != "" {
		scaler := keda.Scaler{Set: fleet.Set, Changed: fleet.Changes.Next, Now: time.Now}
		group.Go(func() error { return scaler.Serve(ctx, o.grpc) })
	}
	group.Go(func() error { return s.PrepareRun().RunWithContext(ctx) })
	return group.Wait()
}
