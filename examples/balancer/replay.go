package main

import (
	"context"
	"io/fs"

	"github.com/promfold/promfold/examples/internal/example"
	"github.com/promfold/promfold/internal/recording"
)

// replay passes the recorded scrapes to the fleet in the order of their times,
// and prints the answers at the last one.
func replay(ctx context.Context, dir fs.FS, w *watch) error {
	all, err := recording.Manifest(dir)
	if err != nil {
		return err
	}
	scrapes := w.o.Choose(all, func(r recording.Scrape) bool { return r.Target == w.o.target })
	if len(scrapes) == 0 {
		return nil
	}
	if err := w.expect(scrapes[0].At()); err != nil {
		return err
	}
	err = example.Each(ctx, scrapes, func(_ int, r recording.Scrape) error {
		body, err := r.Body(dir)
		w.observe(r.At(), r.Header(), body, err)
		return nil
	})
	if err != nil || w.scrapes == 0 {
		return err
	}
	return w.show(scrapes[0].At(), true) // that is, at the last accepted scrape
}
