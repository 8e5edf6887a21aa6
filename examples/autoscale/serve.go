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
	var changes keda.Changes
	set, scraper, err := live.Open(o.config, slog.New(slog.NewTextHandler(stderr, nil)), changes.Note)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		_ = scraper.Run(ctx) // it ends with ctx
	}()
	scaler := keda.Scaler{Set: set, Changed: changes.Next, Now: time.Now}
	return scaler.Serve(ctx, o.Listen)
}
