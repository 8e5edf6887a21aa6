package main

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/promfold/promfold/examples/autoscale/internal/keda"
	"github.com/promfold/promfold/examples/autoscale/internal/live"
)

// serve scrapes and answers KEDA until ctx ends.
func serve(ctx context.Context, o options, stderr io.Writer) error {
	fleet, err := live.Open(o.config, slog.New(slog.NewTextHandler(stderr, nil)))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go fleet.Run(ctx)
	scaler := keda.Scaler{Set: fleet.Set, Changed: fleet.Changes.Next, Now: time.Now}
	return scaler.Serve(ctx, o.Listen)
}
