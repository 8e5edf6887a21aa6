package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/examples/internal/example"
	"github.com/promfold/promfold/internal/recording"
)

// replay passes recorded scrapes to the fleet in the order of their times, and
// prints the answers at the last one.
func replay(ctx context.Context, dir fs.FS, o options, w *watch) error {
	all, err := recording.Manifest(dir)
	if err != nil {
		return err
	}
	scrapes := o.Choose(all, o.selected)
	if len(scrapes) == 0 {
		return fmt.Errorf("no scrape is selected; there are %s", inventory(all))
	}
	if len(o.specs) == 0 {
		specs, err := defaultSpecs(dir, scrapes)
		if err != nil {
			return err
		}
		if err := w.declare(specs); err != nil {
			return err
		}
	}
	var expected []aggregate.Target
	for _, name := range targets(scrapes) {
		expected = append(expected, w.target(name))
	}
	if err := w.fleet.SetTargets(scrapes[0].At(), expected...); err != nil {
		return err
	}
	err = example.Each(ctx, scrapes, func(i int, r recording.Scrape) error {
		w.screen.Progress(i+1, len(scrapes))
		body, err := r.Body(dir)
		if err == nil {
			_, err = w.fleet.Ingest(aggregate.Scrape{Target: r.Target, Time: r.At(), Header: r.Header(), Body: body})
		}
		if err != nil && !errors.Is(err, aggregate.ErrConflict) { // another body was accepted for that time
			w.fleet.ScrapeFailed(r.Target, r.At(), err) // a late one changes nothing
		}
		w.note(r.Target, r.At(), err)
		return nil
	})
	if err != nil || !w.answered {
		return err
	}
	return w.show(scrapes[0].At(), true) // that is, at the last accepted scrape
}

// selected reports whether a scrape is of a target to replay.
func (o *options) selected(r recording.Scrape) bool {
	if len(o.globs) == 0 {
		return r.Format == "text" && r.Path == "/metrics" && !r.ThroughLB
	}
	return slices.ContainsFunc(o.globs, func(glob string) bool { return matches(glob, r.Target) })
}

func targets(scrapes []recording.Scrape) []string {
	return names(scrapes, func(r recording.Scrape) string { return r.Target })
}

// inventory lists what can be selected.
func inventory(all []recording.Scrape) string {
	scenarios := names(all, func(r recording.Scrape) string { return r.Scenario })
	return fmt.Sprintf("the scenarios %s and the targets %s", strings.Join(scenarios, ", "), strings.Join(targets(all), ", "))
}

// names returns the distinct names of scrapes, sorted.
func names(scrapes []recording.Scrape, name func(recording.Scrape) string) []string {
	var list []string
	for _, r := range scrapes {
		list = append(list, name(r))
	}
	slices.Sort(list)
	return slices.Compact(list)
}
