package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/promfold/promfold/examples/internal/example"
	"github.com/promfold/promfold/internal/recording"
)

const listOfNodes = "api-nodes"

// replay decides about the recorded nodes, and passes the answers of the chosen
// ones to the fleet in the order of their times.
func replay(ctx context.Context, dir fs.FS, w *watch) error {
	all, err := recording.Manifest(dir)
	if err != nil {
		return err
	}
	all = w.o.Choose(all, nil)
	first := slices.IndexFunc(all, func(r recording.Scrape) bool { return r.Target == listOfNodes })
	if first < 0 {
		return errors.New("the recording has no list of nodes")
	}
	// Nothing can be decided before the nodes are known.
	all = slices.Concat(all[first:first+1], all[:first], all[first+1:])
	err = example.Each(ctx, all, func(_ int, r recording.Scrape) error { return w.replayed(dir, r) })
	if err != nil {
		return err
	}
	return w.show(true)
}

func (w *watch) replayed(dir fs.FS, r recording.Scrape) error {
	switch {
	case r.Target == listOfNodes:
		body, err := r.Body(dir)
		if err != nil {
			return fmt.Errorf("%s: %w", listOfNodes, err)
		}
		nodes, err := readNodes(body)
		if err != nil {
			return fmt.Errorf("%s: %w", r.File, err)
		}
		return w.plan(nodes, r.At())
	case w.chosen(r.Target) && r.Path == "/metrics" && r.Format == "text":
		body, err := r.Body(dir)
		w.observe(r.Target, r.At(), r.Header(), body, err)
	}
	return nil
}
