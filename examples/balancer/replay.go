package main

import (
	"cmp"
	"context"
	"io/fs"
	"slices"

	"github.com/promfold/promfold/internal/recording"
)

// replay passes the recorded scrapes to the fleet in the order of their times,
// and prints the answers at the last one.
func replay(ctx context.Context, dir fs.FS, o options, w *watch) error {
	scrapes, err := recording.Manifest(dir)
	if err != nil {
		return err
	}
	scrapes = slices.DeleteFunc(scrapes, func(r recording.Scrape) bool {
		return r.Target != o.target || o.scenario != "" && r.Scenario != o.scenario
	})
	if len(scrapes) == 0 {
		return nil
	}
	slices.SortStableFunc(scrapes, func(a, b recording.Scrape) int { return cmp.Compare(a.Time, b.Time) })
	if err := w.expect(scrapes[0].At()); err != nil {
		return err
	}
	for _, r := range scrapes {
		if ctx.Err() != nil {
			break // the scrapes up to here are still worth a table
		}
		body, err := r.Body(dir)
		w.observe(r.At(), r.Header(), body, err)
	}
	if w.scrapes == 0 {
		return nil
	}
	return w.show(scrapes[0].At()) // that is, at the last accepted scrape
}
