package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/internal/recording"
)

// replay passes recorded scrapes to the fleet in the order of their times, and
// prints the answers at the last one.
func replay(ctx context.Context, dir fs.FS, o options, w *watch) error {
	all, err := recording.Manifest(dir)
	if err != nil {
		return err
	}
	scrapes := choose(all, o)
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
	for i, r := range scrapes {
		if ctx.Err() != nil {
			break // the scrapes up to here are still worth a table
		}
		w.screen.progress(i+1, len(scrapes))
		body, err := r.Body(dir)
		if err == nil {
			_, err = w.fleet.Ingest(aggregate.Scrape{Target: r.Target, Time: r.At(), Header: r.Header(), Body: body})
		}
		if err != nil && !errors.Is(err, aggregate.ErrConflict) { // another body was accepted for that time
			w.fleet.ScrapeFailed(r.Target, r.At(), err) // a late one changes nothing
		}
		w.note(r.Target, r.At(), err)
	}
	if !w.answered {
		return nil
	}
	d, err := w.document(scrapes[0].At()) // that is, at the last accepted scrape
	if err != nil {
		return err
	}
	return w.screen.show(d, w.failing, true)
}

// choose returns the selected scrapes, sorted by time.
func choose(all []recording.Scrape, o options) []recording.Scrape {
	var chosen []recording.Scrape
	for _, r := range all {
		if len(o.scenarios) > 0 && !slices.Contains(o.scenarios, r.Scenario) {
			continue
		}
		if selected(r, o.globs) {
			chosen = append(chosen, r)
		}
	}
	slices.SortStableFunc(chosen, func(a, b recording.Scrape) int { return cmp.Compare(a.Time, b.Time) })
	return chosen
}

func selected(r recording.Scrape, globs []string) bool {
	if len(globs) == 0 {
		return r.Format == "text" && r.Path == "/metrics" && !r.ThroughLB
	}
	return slices.ContainsFunc(globs, func(glob string) bool { return matches(glob, r.Target) })
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
