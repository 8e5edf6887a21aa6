package main

import (
	"cmp"
	"context"
	"io/fs"
	"net/http"
	"slices"
	"time"

	"github.com/promfold/promfold/internal/recording"
)

// replay tells the watch of recorded scrapes in the order of their times, and
// has the answers at the last one shown.
func replay(ctx context.Context, dir fs.FS, o options, w *watch) error {
	scrapes, err := recording.Manifest(dir)
	if err != nil {
		return err
	}
	scrapes = slices.DeleteFunc(scrapes, func(r recording.Scrape) bool {
		return r.Target != o.target || o.scenario != "" && r.Scenario != o.scenario
	})
	slices.SortStableFunc(scrapes, func(a, b recording.Scrape) int { return cmp.Compare(a.Time, b.Time) })
	for _, r := range scrapes {
		if ctx.Err() != nil {
			break // what is there is still worth a table
		}
		body, err := r.Body(dir)
		w.observe(time.UnixMilli(r.Time), http.Header{"Content-Type": {r.ContentType}}, body, err)
	}
	if !w.answered() {
		return nil
	}
	return w.show(w.last)
}
